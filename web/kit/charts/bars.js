/** Values that were reported once, as bars: a dot on an axis of iterations would say nothing. */
import { html } from "../../lib/dom.js";
import { colour } from "../../lib/colours.js";
import { alike } from "../../lib/format.js";

/** @typedef {import("./chart.js").Line} Line */

/** Was each of these lines reported once only? @param {Line[]} lines */
export const areSingle = lines => lines.length > 0 && lines.every(line => line.x.length < 2);

/** The widths of bars in per cent: of one where all lie between nothing and one, as shares do; else of the largest. @param {(number | null)[]} values */
export function widths(values) {
  const sizes = values.map(value => (Number.isFinite(value) ? Math.abs(Number(value)) : 0));
  const largest = Math.max(...sizes);
  const whole = largest <= 1 && values.every(value => (value ?? 0) >= 0) ? 1 : largest;
  return sizes.map(size => (whole ? (100 * size) / whole : 0));
}

/** @param {{title: string, lines: Line[]}} props */
export function Bars({ title, lines }) {
  const values = lines.map(line => line.y.at(-1) ?? null);
  const wide = widths(values);
  const written = alike(values);
  return html`<ul class="bar-list" aria-label=${title}>${lines.map(
    (line, i) => html`<li key=${line.name}><span title=${line.name}>${line.name}</span>
    <span class="bar"><span style=${{ width: `${wide[i]}%`, background: line.colour ?? colour(i) }}></span></span>
    <span class="numeric">${written(values[i])}</span></li>`,
  )}</ul>`;
}
