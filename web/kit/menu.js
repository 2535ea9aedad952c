/** A button that opens a menu. Arrow keys walk it, Escape closes it, a disabled item says why. */
import { classes, html, useEffect, useLayoutEffect, useRef, useState } from "../lib/dom.js";
import { lookingOnly } from "../lib/session.js";
import { Button } from "./button.js";
import { Icon } from "./icons.js";

/**
 * @typedef {{label: string, icon?: import("./icons.js").IconName, onClick?: () => void, reason?: string | null, danger?: boolean,
 *   separator?: boolean, writes?: boolean}}
 *   MenuItem
 */

/**
 * @param {{items: (MenuItem | false | null | undefined)[], label: string, icon?: import("./icons.js").IconName, children?: any, quiet?: boolean, small?:
 *   boolean}} props
 */
export function Menu({ items, label, icon = "more", children, quiet, small }) {
  const [open, setOpen] = useState(false);
  const anchor = useRef(/** @type {any} */ (null));
  return html`<span class="menu-anchor" ref=${anchor}>
    <${Button} icon=${icon} label=${label} quiet=${quiet} small=${small} aria-haspopup="menu" aria-expanded=${open} onClick=${() => setOpen(!open)}>
      ${children}<//>
    ${open && html`<${Popover} anchor=${anchor} close=${() => setOpen(false)}>
      <${MenuList} items=${items.filter(Boolean)} label=${label} close=${() => setOpen(false)} /><//>`}
  </span>`;
}

/** @param {{items: MenuItem[], label: string, close: () => void}} props */
function MenuList({ items, label, close }) {
  const list = useRef(/** @type {any} */ (null));
  useEffect(() => list.current.querySelector("[role=menuitem]")?.focus(), []);
  const walk = (/** @type {KeyboardEvent} */ event) => {
    const all = [...list.current.querySelectorAll("[role=menuitem]")];
    const at = all.indexOf(document.activeElement);
    const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
    if (step) {
      event.preventDefault();
      all[(at + step + all.length) % all.length].focus();
    }
  };
  return html`<div class="menu" role="menu" aria-label=${label} ref=${list} onKeyDown=${walk}>
    ${items.map((one) => (one.writes ? { ...one, reason: lookingOnly() ?? one.reason } : one)).map((item) => item.separator ? html`<hr />` : html`
      <button type="button" role="menuitem" class=${classes("menu-item", item.danger && "danger")} aria-disabled=${item.reason ? "true" : undefined}
        title=${item.reason ?? undefined}
        onClick=${() => { if (!item.reason) { close(); item.onClick?.(); } }}>
        ${item.icon && html`<${Icon} name=${item.icon} />`}<span>${item.label}${item.reason && html`<small>${item.reason}</small>`}</span>
      </button>`)}
  </div>`;
}

/**
 * Something that floats below an element and closes when the reader turns elsewhere.
 * @param {{anchor: {current: HTMLElement}, close: () => void, children: any}} props
 */
export function Popover({ anchor, close, children }) {
  const box = useRef(/** @type {any} */ (null));
  const [place, setPlace] = useState({ left: -9999, top: 0 });
  useLayoutEffect(() => {
    const a = anchor.current.getBoundingClientRect();
    const { width, height } = box.current.getBoundingClientRect();
    const below = a.bottom + 4 + height <= innerHeight || a.top < height;
    setPlace({
      left: Math.max(8, Math.min(a.left, innerWidth - width - 8)),
      top: below ? Math.min(a.bottom + 4, Math.max(8, innerHeight - height - 8)) : a.top - height - 4,
    });
  }, []);
  useEffect(() => {
    const away = (/** @type {Event} */ event) => {
      const target = /** @type {Node} */ (event.target);
      if (!box.current?.contains(target) && !anchor.current?.contains(target)) close();
    };
    const key = (/** @type {KeyboardEvent} */ event) => {
      if (event.key !== "Escape") return;
      event.stopPropagation();
      event.preventDefault();
      close();
      /** @type {HTMLElement | null} */ (anchor.current?.querySelector("button"))?.focus();
    };
    document.addEventListener("mousedown", away);
    document.addEventListener("keydown", key, true);
    return () => {
      document.removeEventListener("mousedown", away);
      document.removeEventListener("keydown", key, true);
    };
  }, []);
  return html`<div class="popover" ref=${box} style=${{ left: `${place.left}px`, top: `${place.top}px` }}>${children}</div>`;
}

/**
 * A button that opens a panel with anything in it.
 * @param {{label: string, icon?: import("./icons.js").IconName, text?: any, children: (close: () => void) => any, quiet?: boolean, small?: boolean, marked?:
 *   boolean}} props
 */
export function PopoverButton({ label, icon, text, children, quiet, small, marked }) {
  const [open, setOpen] = useState(false);
  const anchor = useRef(/** @type {any} */ (null));
  return html`<span class="menu-anchor" ref=${anchor}>
    <${Button} icon=${icon} label=${label} quiet=${quiet} small=${small} class=${classes(marked && "marked")} aria-haspopup="dialog" aria-expanded=${open}
      onClick=${() => setOpen(!open)}>${text}<//>
    ${open && html`<${Popover} anchor=${anchor} close=${() => setOpen(false)}>
        <div class="panel" role="dialog" aria-label=${label}>${children(() => setOpen(false))}</div><//>`}
  </span>`;
}
