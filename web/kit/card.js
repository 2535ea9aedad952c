/** A card: one part of a page, with a heading. What breaks in it stays in it. */
import { html } from "../lib/dom.js";
import { Boundary } from "./boundary.js";

/**
 * @param {{title?: any, class?: string, head?: any, children: any, on?: any, label?: string, name?: string}} props `children`: a function, so that
 *   a fault in what it draws breaks this card only; `head` stands beside the title; `on`: what is shown, for another one it is tried anew
 */
export const Card = ({
  title,
  class: more = "",
  head,
  children,
  on,
  label,
  name,
}) => html`<section class=${`card ${more}`} aria-label=${label}>
  ${head ? html`<header class="card-head"><h2>${title}</h2>${head}</header>` : title && html`<h2>${title}</h2>`}
  <${Boundary} name=${name ?? label ?? (typeof title === "string" ? title : undefined)} on=${on}>${children}<//></section>`;
