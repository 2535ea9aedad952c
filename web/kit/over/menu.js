/** A button that opens a menu. Arrow keys walk it, Escape closes it, a disabled item says why. */
import { classes, html, useEffect, useLayoutEffect, useRef, useState } from "../../lib/dom.js";
import { lookingOnly } from "../../lib/answers/session.js";
import { Button } from "../button.js";
import { Icon } from "../icons.js";

/**
 * @typedef {{label: string, icon?: import("../icons.js").IconName, onClick?: () => void, reason?: string | null, danger?: boolean,
 *   separator?: boolean, writes?: boolean}}
 *   MenuItem
 */

/**
 * @param {{items: (MenuItem | false | null | undefined)[], label: string, icon?: import("../icons.js").IconName, children?: any, quiet?: boolean, small?:
 *   boolean}} props
 */
export function Menu({ items, label, icon = "more", children, quiet, small }) {
  const [open, setOpen] = useState(false);
  const anchor = useRef(/** @type {any} */ (null));
  return html`<span class="menu-anchor" ref=${anchor}>
    <${Button} icon=${icon} label=${label} quiet=${quiet} small=${small} aria-haspopup="menu" aria-expanded=${open} onClick=${() => setOpen(!open)}>
      ${children}<//>
    ${
      open &&
      html`<${Popover} anchor=${anchor} close=${() => setOpen(false)}>
      <${MenuList} items=${items.filter(Boolean)} label=${label} close=${() => setOpen(false)} /><//>`
    }
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
    ${items
      .map(one => (one.writes ? { ...one, reason: lookingOnly() ?? one.reason } : one))
      .map(item =>
        item.separator
          ? html`<hr />`
          : html`
      <button type="button" role="menuitem" class=${classes("menu-item", item.danger && "danger")} aria-disabled=${item.reason ? "true" : undefined}
        title=${item.reason ?? undefined}
        onClick=${() => {
          if (!item.reason) {
            close();
            item.onClick?.();
          }
        }}>
        ${item.icon && html`<${Icon} name=${item.icon} />`}<span>${item.label}${item.reason && html`<small>${item.reason}</small>`}</span>
      </button>`,
      )}
  </div>`;
}

/**
 * Something that floats below an element and closes when the reader turns elsewhere.
 * @param {{anchor: {current: HTMLElement}, close: () => void, children: any}} props
 */
export function Popover({ anchor, close, children }) {
  const box = useRef(/** @type {any} */ (null));
  const [place, setPlace] = useState({ left: -9999, top: 0, room: 0 });
  useLayoutEffect(() => {
    const put = () => {
      if (!box.current || !anchor.current) return;
      const next = placed(
        anchor.current.getBoundingClientRect(),
        box.current.offsetWidth,
        box.current.scrollHeight + 2,
      );
      setPlace(old => (old.left === next.left && old.top === next.top && old.room === next.room ? old : next));
    };
    put();
    const grown = new ResizeObserver(put); // what is in it may come later
    grown.observe(box.current);
    for (const child of box.current.children) grown.observe(child);
    addEventListener("resize", put);
    addEventListener("scroll", put, true);
    return () => (grown.disconnect(), removeEventListener("resize", put), removeEventListener("scroll", put, true));
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
  return html`<div class="popover" ref=${box} style=${{
    left: `${place.left}px`,
    top: `${place.top}px`,
    maxHeight: place.room ? `${place.room}px` : undefined,
  }}>${children}</div>`;
}

const edge = 8; // px that are kept free at the window's edges
const least = 140; // px of height below which it covers its button rather than be of no use

/**
 * Where something stands that belongs to a button: below it, or above where there is more room; no higher than the room there, so that it is scrolled
 * in itself and the button stays in sight.
 * @param {{left: number, top: number, bottom: number}} at the button's box @param {number} width @param {number} height that it would like
 * @param {{width: number, height: number}} [screen]
 */
export function placed(at, width, height, screen = { width: innerWidth, height: innerHeight }) {
  const [above, below] = [at.top - 4 - edge, screen.height - at.bottom - 4 - edge];
  const under = height <= below || below >= above;
  const room = Math.min(Math.max(least, under ? below : above), screen.height - 2 * edge);
  const tall = Math.min(height, room);
  const top = under ? Math.min(at.bottom + 4, screen.height - edge - tall) : Math.max(edge, at.top - 4 - tall);
  return { left: Math.max(edge, Math.min(at.left, screen.width - width - edge)), top: Math.max(edge, top), room };
}

/**
 * A button that opens a panel with anything in it.
 * @param {{label: string, icon?: import("../icons.js").IconName, text?: any, children: (close: () => void) => any, quiet?: boolean, small?: boolean, marked?:
 *   boolean}} props
 */
export function PopoverButton({ label, icon, text, children, quiet, small, marked }) {
  const [open, setOpen] = useState(false);
  const anchor = useRef(/** @type {any} */ (null));
  return html`<span class="menu-anchor" ref=${anchor}>
    <${Button} icon=${icon} label=${label} quiet=${quiet} small=${small} class=${classes(marked && "marked")} aria-haspopup="dialog" aria-expanded=${open}
      onClick=${() => setOpen(!open)}>${text}<//>
    ${
      open &&
      html`<${Popover} anchor=${anchor} close=${() => setOpen(false)}>
        <div class="panel" role="dialog" aria-label=${label}>${children(() => setOpen(false))}</div><//>`
    }
  </span>`;
}
