/** Over a spectrogram: a drag mutes a box of time and frequency, a click sets the playhead; and what the answer rests on. */
import { html, useState } from "../../lib/dom.js";
import { percent } from "../../lib/format.js";
import { t } from "../../lib/text.js";
import { columnOf } from "./occlusion.js";

/** @typedef {import("./edits.js").Box} Box @typedef {import("./axis.js").Axis} Axis */

const least = 6; // pixels that a drag has to span either way: less is a click

/** @param {Box} box @param {Axis} axis @param {number} duration s */
function placed({ from, to, low, high }, axis, duration) {
  const [bottom, top] = [axis.place(low), axis.place(high)];
  return {
    left: `${(100 * from) / duration}%`,
    width: `${(100 * (to - from)) / duration}%`,
    bottom: `${100 * bottom}%`,
    height: `${100 * (top - bottom)}%`,
  };
}

/**
 * @param {{axis: Axis, duration: number, rate: number, boxes: Box[], mute: (box: Box) => void, seek: (seconds: number) => void, grid: number[][] | null}} props
 *   `grid`: how much each box bears, [column][row]
 */
export function Boxes({ axis, duration, rate, boxes, mute, seek, grid }) {
  const [drag, setDrag] = useState(/** @type {{from: number[], to: number[], size: number[]} | null} */ (null));
  const at = (/** @type {PointerEvent} */ event) => {
    const box = /** @type {HTMLElement} */ (event.currentTarget).getBoundingClientRect();
    const inside = (/** @type {number} */ value) => Math.max(0, Math.min(1, value));
    const place = [inside((event.clientX - box.left) / box.width), inside((box.bottom - event.clientY) / box.height)];
    return { place, size: [box.width, box.height] };
  };
  const start = (/** @type {PointerEvent} */ event) => {
    /** @type {HTMLElement} */ (event.currentTarget).setPointerCapture(event.pointerId);
    const { place, size } = at(event);
    setDrag({ from: place, to: place, size });
  };
  const boxOf = (/** @type {{from: number[], to: number[]}} */ { from, to }) => ({
    from: Math.min(from[0], to[0]) * duration,
    to: Math.max(from[0], to[0]) * duration,
    low: axis.hertz(Math.min(from[1], to[1])),
    high: axis.hertz(Math.max(from[1], to[1])),
  });
  const end = () => {
    if (!drag) return;
    const { from, to, size } = drag;
    setDrag(null);
    if ([0, 1].every(i => Math.abs(to[i] - from[i]) * size[i] >= least)) mute(boxOf(drag));
    else seek(from[0] * duration);
  };
  const move = (/** @type {PointerEvent} */ event) => drag && setDrag({ ...drag, to: at(event).place });
  return html`<div class="boxes" onPointerDown=${start} onPointerMove=${move}
    onPointerUp=${end} onPointerCancel=${() => setDrag(null)}>
    ${grid && html`<${Grid} grid=${grid} axis=${axis} duration=${duration} rate=${rate} />`}
    ${boxes.map(box => html`<span class="muted-box" style=${placed(box, axis, duration)}></span>`)}
    ${drag && html`<span class="muted-box drawn" style=${placed(boxOf(drag), axis, duration)}></span>`}
  </div>`;
}

/** The heavier a box, the clearer it is seen. @param {{grid: number[][], axis: Axis, duration: number, rate: number}} props */
function Grid({ grid, axis, duration, rate }) {
  const most = Math.max(0.01, ...grid.flat());
  return grid.map((cells, column) =>
    columnOf(column, duration, rate).map((box, row) => {
      const weight = cells[row];
      return html`<span class=${weight < -0.01 ? "bears against" : "bears"} title=${t("without it {n}", { n: signed(-weight) })}
        style=${{ ...placed({ ...box, high: Math.min(box.high, rate / 2) }, axis, duration), "--dark": 1 - Math.max(0, weight) / most }}></span>`;
    }),
  );
}

/** @param {number} share */
const signed = share => `${share > 0 ? "+" : ""}${percent(share).replace("-", "−")}`;
