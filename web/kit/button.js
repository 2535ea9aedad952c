/** Buttons. A disabled one says why: the reason is its tooltip and reaches assistive technology. */
import { classes, html } from "../lib/dom.js";
import { lookingOnly } from "../lib/answers/session.js";
import { Icon } from "./icons.js";

/**
 * @param {{icon?: import("./icons.js").IconName, label?: string, primary?: boolean, danger?: boolean, quiet?: boolean, pressed?: boolean,
 *   small?: boolean, writes?: boolean, reason?: string | null, disabled?: boolean, title?: string, onClick?: (event: any) => void,
 *   children?: any, type?: string, [rest:
 * string]: any}} props
 *   `writes`: it changes something, which not everybody may; `reason`: why it cannot be used now; `label`: the name when there is only an icon
 */
export function Button({
  icon,
  label,
  primary,
  danger,
  quiet,
  small,
  pressed,
  writes,
  reason: why,
  disabled,
  title,
  onClick,
  children,
  type = "button",
  class: extra,
  ...rest
}) {
  const reason = (writes && lookingOnly()) || why;
  const off = Boolean(reason) || disabled;
  return html`<button type=${type}
    class=${classes("button", primary && "primary", danger && "danger", quiet && "quiet", small && "small", !children && "icon-only", extra)}
    aria-label=${children ? undefined : label} aria-pressed=${pressed} aria-disabled=${off ? "true" : undefined} title=${reason || title || label}
    onClick=${(/** @type {any} */ event) => (off ? event.preventDefault() : onClick?.(event))} ...${rest}>
    ${icon && html`<${Icon} name=${icon} />`}${children}
  </button>`;
}

/**
 * A few choices of which one holds, drawn as one row of buttons.
 * @param {{label: string, value: string, options: {value: string, label: string}[], onChange: (value: string) => void}} props
 */
export const Choice = ({ label, value, options, onChange }) => html`
  <div class="choice" role="radiogroup" aria-label=${label} onKeyDown=${walk}>
    ${options.map(
      (option, i) => html`<button type="button" role="radio" aria-checked=${option.value === value}
        tabindex=${option.value === value || (i === 0 && !options.some(one => one.value === value)) ? 0 : -1}
        onClick=${() => onChange(option.value)}>${option.label}</button>`,
    )}
  </div>`;

const steps = { ArrowRight: 1, ArrowDown: 1, ArrowLeft: -1, ArrowUp: -1 };

/** Arrow keys choose the next one, as in every group of radio buttons. @param {KeyboardEvent} event */
function walk(event) {
  const step = steps[/** @type {keyof typeof steps} */ (event.key)];
  if (!step) return;
  const all = [.../** @type {HTMLElement} */ (event.currentTarget).querySelectorAll("[role=radio]")];
  const next = /** @type {HTMLElement} */ (
    all.at((all.indexOf(/** @type {Element} */ (document.activeElement)) + step) % all.length)
  );
  event.preventDefault();
  next.focus();
  next.click();
}
