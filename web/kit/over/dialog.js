/**
 * Dialogs, one on top of another if need be. `openDialog(Component, props)` shows one and resolves with what the component
 * hands to its `close`; Escape and the backdrop close it with undefined.
 */
import { html, signal, useEffect, useRef, useState } from "../../lib/dom.js";
import { t } from "../../lib/text.js";
import { Button } from "../button.js";

/** @type {import("@preact/signals").Signal<{id: number, component: any, props: any, resolve: (value: any) => void}[]>} */
const open = signal([]);
let last = 0;

/**
 * @param {any} component gets its props and `close(value)` @param {Record<string, any>} [props]
 * @returns {Promise<any>}
 */
export function openDialog(component, props = {}) {
  const id = (last += 1);
  return new Promise(resolve => {
    open.value = [...open.value, { id, component, props, resolve }];
  });
}

/** @param {number} id @param {any} value */
function close(id, value) {
  const one = open.value.find(entry => entry.id === id);
  open.value = open.value.filter(entry => entry.id !== id);
  one?.resolve(value);
}

/** Close every dialog: the view under them has changed. */
export const closeDialogs = () => open.value.forEach(one => close(one.id, undefined));

export const Dialogs = () =>
  open.value.map(
    ({ id, component, props }) =>
      html`<${component} key=${id} ...${props} close=${(/** @type {any} */ value) => close(id, value)} />`,
  );

/**
 * The frame of a dialog: title, content, buttons at the foot.
 * @param {{title: string, close: (value?: any) => void, children: any, footer?: any, wide?: boolean, onSubmit?: () => any}} props
 *   `onSubmit` runs when the form is sent (Enter, or a submit button)
 */
export function Dialog({ title, close, children, footer, wide, onSubmit }) {
  const element = useRef(/** @type {any} */ (null));
  useEffect(() => {
    const opener = /** @type {HTMLElement | null} */ (document.activeElement);
    element.current.showModal();
    return () => opener?.focus?.();
  }, []);
  const submit = (/** @type {Event} */ event) => {
    event.preventDefault();
    onSubmit?.();
  };
  return html`<dialog ref=${element} class=${wide ? "dialog wide" : "dialog"} aria-label=${title}
    onCancel=${(/** @type {Event} */ event) => (event.preventDefault(), close())} onClose=${() => close()}
    onMouseDown=${(/** @type {MouseEvent} */ event) => event.target === element.current && close()}>
    <form onSubmit=${submit} novalidate>
      <header><h2>${title}</h2><${Button} quiet icon="close" label=${t("Close")} onClick=${() => close()} /></header>
      <div class="dialog-body">${children}</div>
      ${footer && html`<footer>${footer}</footer>`}
    </form>
  </dialog>`;
}

/**
 * Ask before something is done that cannot be undone.
 * @param {{title: string, text: any, confirm: string, danger?: boolean, close: (value?: any) => void}} props
 */
const Confirm = ({ title, text, confirm, danger, close }) => html`
  <${Dialog} title=${title} close=${close} onSubmit=${() => close(true)} footer=${html`
    <${Button} onClick=${() => close()}>${t("Cancel")}<//><${Button} type="submit" primary danger=${danger} autofocus>${confirm}<//>`}>
    <p>${text}</p>
  <//>`;

/** @param {{title: string, text: any, confirm: string, danger?: boolean}} question @returns {Promise<boolean>} */
export const confirmed = async question => (await openDialog(Confirm, question)) === true;

/**
 * Ask for one line of text.
 * @param {Question & {close: (value?: any) => void}} props
 */
function Prompt({ title, label, value = "", confirm, empty, check, close }) {
  const [text, setText] = useState(value);
  const problem = check?.(text.trim());
  const reason = text.trim() || empty ? problem : t("Type something first");
  return html`<${Dialog} title=${title} close=${close} onSubmit=${() => !reason && close(text.trim())} footer=${html`
    <${Button} onClick=${() => close()}>${t("Cancel")}<//><${Button} type="submit" primary reason=${reason}>${confirm}<//>`}>
    <label class="field"><span>${label}</span>
      <input autofocus value=${text} aria-invalid=${Boolean(problem)} onInput=${(/** @type {any} */ e) => setText(e.target.value)} /></label>
    ${problem && html`<p class="problem" role="alert">${problem}</p>`}
  <//>`;
}

/**
 * @typedef {{title: string, label: string, value?: string, confirm: string, empty?: boolean, check?: (text: string) => string | null}} Question
 *   `empty`: no text is an answer too; `check`: what is wrong with a text, or null
 * @param {Question} question @returns {Promise<string | undefined>}
 */
export const asked = question => openDialog(Prompt, question);
