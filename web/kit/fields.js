/** Fields of forms: a labelled line of text, and a box to tick. */
import { html } from "../lib/dom.js";

/**
 * @param {{label: string, value: any, set: (value: string) => void, type?: string, autofocus?: boolean, placeholder?: string,
 *   problem?: string | null}} props `problem`: what is wrong with what stands there
 */
export const Field = ({
  label,
  value,
  set,
  type = "text",
  autofocus,
  placeholder,
  problem,
}) => html`<label class="field"><span>${label}</span>
  <input type=${type} step="any" autocomplete=${type === "password" ? "new-password" : "off"} autofocus=${autofocus} value=${value ?? ""}
    placeholder=${placeholder} aria-invalid=${problem ? "true" : undefined} onInput=${(/** @type {any} */ e) => set(e.target.value)} />
  ${problem && html`<span class="problem" role="alert">${problem}</span>`}</label>`;

/** @param {{label: string, checked: boolean, set: (value: boolean) => void}} props */
export const Check = ({
  label,
  checked,
  set,
}) => html`<label class="check-line"><input type="checkbox" checked=${checked}
  onChange=${(/** @type {any} */ e) => set(e.target.checked)} /> <span>${label}</span></label>`;
