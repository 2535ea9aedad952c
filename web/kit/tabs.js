/** Tabs that are links: each has an address of its own. */
import { html, useEffect, useRef } from "../lib/dom.js";

/** @param {{label: string, tabs: {id: string, label: string, href: string, count?: number | null}[], current: string}} props */
export function Tabs({ label, tabs, current }) {
  const bar = useRef(/** @type {any} */ (null));
  useEffect(() => {
    // where they do not all fit, the one that is shown is in sight
    const one = /** @type {HTMLElement | null} */ (bar.current?.querySelector("[aria-current]"));
    if (one)
      bar.current.scrollLeft =
        one.offsetLeft - bar.current.offsetLeft - (bar.current.clientWidth - one.offsetWidth) / 2;
  }, [current, tabs.length]);
  return html`<nav class="tabs" aria-label=${label} ref=${bar}>
    ${tabs.map(
      tab =>
        html`<a href=${tab.href} aria-current=${tab.id === current ? "page" : undefined}>${tab.label}${
          tab.count ? html`<span class="count">${tab.count}</span>` : null
        }</a>`,
    )}
  </nav>`;
}
