/** A text field with suggestions: type to narrow, arrows to walk, Enter to take. */
import { html, useRef, useState } from "../../lib/dom.js";
import { t } from "../../lib/text.js";

/**
 * @typedef {{value: string, label: string, note?: string}} Option
 * @param {{label: string, value: string, options: Option[], onChange: (value: string) => void, placeholder?: string, free?: boolean, hideLabel?: boolean,
 *   autofocus?: boolean, about?: string}} props `about`: id of what describes it
 *   `free`: any text may be given, not only the options
 */
export function Combobox({
  label,
  value,
  options,
  onChange,
  placeholder,
  free = false,
  hideLabel = false,
  autofocus = false,
  about,
}) {
  const [text, setText] = useState(/** @type {string | null} */ (null));
  const [at, setAt] = useState(0);
  const id = useRef(`combo-${Math.random().toString(36).slice(2)}`).current;
  const shown = options.find(option => option.value === value)?.label ?? (free ? value : "");
  const open = text !== null;
  const found = open ? narrowed(options, text).slice(0, 50) : [];

  const take = (/** @type {Option | undefined} */ option) => {
    if (option) onChange(option.value);
    else if (free && text !== null) onChange(text.trim());
    setText(null);
  };
  const key = (/** @type {KeyboardEvent} */ event) => {
    const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
    if (step) {
      event.preventDefault();
      if (!open) setText("");
      else setAt((at + step + found.length) % Math.max(1, found.length));
    } else if (event.key === "Enter" && open) {
      event.preventDefault();
      take(
        free &&
          text &&
          !found.some(option => option.label === text) &&
          at === 0 &&
          !found[0]?.label.toLowerCase().startsWith(text.toLowerCase())
          ? undefined
          : found[at],
      );
    } else if (event.key === "Escape" && open) {
      event.preventDefault();
      event.stopPropagation();
      setText(null);
    }
  };
  return html`<div class="field combobox">
    ${!hideLabel && html`<label for=${id}>${label}</label>`}
    <input id=${id} role="combobox" aria-label=${hideLabel ? label : undefined} aria-expanded=${open} aria-controls=${`${id}-list`} aria-autocomplete="list"
      aria-describedby=${about || undefined}
      autocomplete="off"
      aria-activedescendant=${open && found.length ? `${id}-${at}` : undefined} placeholder=${placeholder} value=${open ? text : shown} autofocus=${autofocus}
      onFocus=${(/** @type {any} */ e) => e.target.select()} onClick=${() => !open && setText("")}
      onInput=${(/** @type {any} */ e) => (setText(e.target.value), setAt(0))} onKeyDown=${key}
        onBlur=${() => (free && text ? take(undefined) : setText(null))} />
    ${
      open &&
      html`<ul class="combobox-list" role="listbox" id=${`${id}-list`} aria-label=${label}>
      ${found.map(
        (option, i) =>
          html`<li role="option" id=${`${id}-${i}`} aria-selected=${i === at} onMouseDown=${(/** @type {Event} */ e) => (e.preventDefault(), take(option))}>
        <span>${option.label}</span>${option.note && html`<small>${option.note}</small>`}</li>`,
      )}
      ${
        !found.length &&
        html`<li class="none" role="option" aria-disabled="true" aria-selected="false">
          ${free ? t("Press Enter to use what you typed") : t("Nothing fits")}</li>`
      }
    </ul>`
    }
  </div>`;
}

/** Options that contain the text; those that begin with it first. @param {Option[]} options @param {string} text */
export function narrowed(options, text) {
  const wanted = text.trim().toLowerCase();
  if (!wanted) return options;
  const rank = (/** @type {Option} */ option) => (option.label.toLowerCase().startsWith(wanted) ? 0 : 1);
  return options.filter(option => option.label.toLowerCase().includes(wanted)).sort((a, b) => rank(a) - rank(b));
}

/**
 * A plain choice.
 * @param {{label: string, value: string, options: Option[], onChange: (value: string) => void, hideLabel?: boolean}} props
 */
export const Select = ({ label, value, options, onChange, hideLabel }) => html`
  <label class="field">${!hideLabel && html`<span>${label}</span>`}
    <select aria-label=${hideLabel ? label : undefined} value=${value} onChange=${(/** @type {any} */ e) => onChange(e.target.value)}>
      ${options.map(option => html`<option value=${option.value} selected=${option.value === value}>${option.label}</option>`)}
    </select>
  </label>`;
