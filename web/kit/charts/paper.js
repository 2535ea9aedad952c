/** Curves as a picture for a paper: an SVG on white ground with title, axis names and the whole legend. No canvas here. */
import { number } from "../../lib/format.js";

const [width, plotHeight] = [720, 360];
const [left, right, top, below] = [64, 20, 44, 46];
const row = 18; // of the legend

/** @typedef {{name: string, x: number[], y: (number | null)[], ink: string, dash?: number[], low?: (number | null)[], high?: (number | null)[]}} Curve */
/** @typedef {{title: string, curves: Curve[], xName: string, yName?: string, logY?: boolean, xText?: (value: number) => string}} Paper */

/** @param {string} text */
const plain = text =>
  text
    .replace(/[&<>"]/g, one => ({ "&": "&amp;", "<": "&lt;", ">": "&gt;", '"': "&quot;" })[one] ?? one)
    // eslint-disable-next-line no-control-regex
    .replace(/[\x00-\x08\x0b\x0c\x0e-\x1f\ufffe\uffff]/g, ""); // no XML may hold these

/** Round places for about so many ticks. @param {number} low @param {number} high @param {number} [count] @returns {number[]} */
export function ticks(low, high, count = 6) {
  if (!(high > low)) return [low];
  const rough = (high - low) / count;
  const size = 10 ** Math.floor(Math.log10(rough));
  const step = size * ([1, 2, 5].find(one => one * size >= rough) ?? 10);
  const found = [];
  for (let i = Math.ceil(low / step - 1e-9); i * step <= high + 1e-9 * step; i += 1)
    found.push(Number((i * step).toPrecision(12)));
  return found;
}

/** The span of what can be drawn. @param {(number | null)[]} values @param {boolean} [positive] @returns {[number, number]} */
function span(values, positive = false) {
  let [low, high] = [Infinity, -Infinity];
  for (const value of values) {
    if (value === null || !Number.isFinite(value) || (positive && value <= 0)) continue;
    low = Math.min(low, value);
    high = Math.max(high, value);
  }
  if (low > high) return [0, 1];
  return low === high ? [low - (Math.abs(low) || 1) / 2, high + (Math.abs(high) || 1) / 2] : [low, high];
}

/** @param {Paper} paper @returns {{svg: string, width: number, height: number}} */
export function paperOf({ title, curves, xName, yName = "", logY = false, xText = number }) {
  const [x0, x1] = span(curves.flatMap(curve => curve.x));
  const log = (/** @type {number} */ value) => (logY ? Math.log10(value) : value);
  const [low, high] = span(
    curves.flatMap(curve => [...curve.y, ...(curve.low ?? []), ...(curve.high ?? [])]),
    logY,
  );
  const [y0, y1] =
    logY && low <= 0 ? [0, 1] : [log(low) - (log(high) - log(low)) * 0.04, log(high) + (log(high) - log(low)) * 0.04];
  const across = (/** @type {number} */ value) => left + ((value - x0) / (x1 - x0)) * (width - left - right);
  const up = (/** @type {number} */ value) => top + plotHeight - ((log(value) - y0) / (y1 - y0)) * plotHeight;
  const drawn = (/** @type {number | null} */ value) =>
    value !== null && Number.isFinite(value) && (!logY || value > 0);
  const path = (/** @type {Curve} */ { x, y }) =>
    x
      .map((at, i) =>
        drawn(y[i]) ? `${i && drawn(y[i - 1]) ? "L" : "M"}${across(at).toFixed(2)} ${up(Number(y[i])).toFixed(2)}` : "",
      )
      .join("");
  const area = (/** @type {Curve} */ { x, low: under = [], high: over = [] }) => {
    const there = x.map((_, i) => i).filter(i => drawn(under[i] ?? null) && drawn(over[i] ?? null));
    const edge = [...there.map(i => [x[i], over[i]]), ...[...there].reverse().map(i => [x[i], under[i]])];
    return edge
      .map(([at, value], i) => `${i ? "L" : "M"}${across(Number(at)).toFixed(2)} ${up(Number(value)).toFixed(2)}`)
      .join("");
  };
  const yTicks = ticks(y0, y1).map(at => (logY ? 10 ** at : at));
  const legend = laidOut(curves);
  const legendTop = top + plotHeight + below + 14;
  const height = legendTop + row * (1 + Math.max(0, ...legend.map(one => one.line)));
  const size = `width="${width}" height="${height}"`;
  const svg = `<svg xmlns="http://www.w3.org/2000/svg" ${size} viewBox="0 0 ${width} ${height}" font-family="sans-serif" font-size="12">
<rect width="${width}" height="${height}" fill="#ffffff"/>${text(width / 2, 24, title, 'text-anchor="middle" font-size="15" font-weight="600"')}
<g stroke="#d8dcda" stroke-width="1">${yTicks.map(at => `<line x1="${left}" x2="${width - right}" y1="${up(at)}" y2="${up(at)}"/>`).join("")}</g>
<g fill="#333333">${yTicks.map(at => text(left - 6, up(at) + 4, number(at), 'text-anchor="end"')).join("")}
${ticks(x0, x1)
  .map(at => text(across(at), top + plotHeight + 17, xText(at), 'text-anchor="middle"'))
  .join("")}
${text((left + width - right) / 2, top + plotHeight + 36, xName, 'text-anchor="middle"')}
${yName && text(16, top + plotHeight / 2, yName, `text-anchor="middle" transform="rotate(-90 16 ${top + plotHeight / 2})"`)}</g>
<rect x="${left}" y="${top}" width="${width - left - right}" height="${plotHeight}" fill="none" stroke="#333333"/>
${curves.map(curve => (curve.low ? `<path class="band" d="${area(curve)}Z" fill="${plain(curve.ink)}" fill-opacity="0.16"/>` : "")).join("")}
${curves.map(curve => `<path d="${path(curve)}" fill="none" stroke="${plain(curve.ink)}" stroke-width="1.8" ${dashed(curve)}/>`).join("")}
${legend
  .map(
    ({
      curve,
      x,
      line,
    }) => `<line x1="${x}" x2="${x + 22}" y1="${legendTop + line * row - 4}" y2="${legendTop + line * row - 4}"
  stroke="${plain(curve.ink)}" stroke-width="2.4" ${dashed(curve)}/>${text(x + 28, legendTop + line * row, curve.name, 'fill="#111111"')}`,
  )
  .join("")}
</svg>`;
  return { svg, width, height };
}

/** @param {number} x @param {number} y @param {string} words @param {string} [more] attributes */
const text = (x, y, words, more = "") => `<text x="${x}" y="${y}" ${more}>${plain(words)}</text>`;

/** @param {Curve} curve */
const dashed = ({ dash }) => (dash ? `stroke-dasharray="${dash.join(" ")}"` : "");

/** Where each name of the legend stands: as many in a line as fit. @param {Curve[]} curves */
function laidOut(curves) {
  let [x, line] = [left, 0];
  return curves.map(curve => {
    const wide = 44 + 6.8 * curve.name.length;
    if (x > left && x + wide > width - right) [x, line] = [left, line + 1];
    const place = { curve, x, line };
    x += wide;
    return place;
  });
}
