/** Tabs that are links: each has an address of its own. */
import { html } from "../lib/dom.js";

/** @param {{label: string, tabs: {id: string, label: string, href: string, count?: number | null}[], current: string}} props */
export const Tabs = ({ label, tabs, current }) => html`
  <nav class="tabs" aria-label=${label}>
    ${tabs.map((tab) => html`<a href=${tab.href} aria-current=${tab.id === current ? "page" : undefined}>${tab.label}${
      tab.count ? html`<span class="count">${tab.count}</span>` : null}</a>`)}
  </nav>`;
