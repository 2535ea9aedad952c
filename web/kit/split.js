/** Two panes and a bar between them that can be dragged or moved with the arrow keys; the place is remembered. */
import { html, useState } from "../lib/dom.js";
import { remember, remembered } from "../lib/preferences.js";
import { t } from "../lib/text.js";

/** @param {{name: string, first: any, second: any, size?: number, least?: number, most?: number}} props `size`: width of the second pane in pixels */
export function SplitPane({ name, first, second, size = 480, least = 280, most = 1100 }) {
  const [width, setWidth] = useState(() => Number(remembered(`split:${name}`, size)));
  const set = (/** @type {number} */ next) => {
    const fit = Math.round(Math.max(least, Math.min(most, next)));
    setWidth(fit);
    remember(`split:${name}`, fit);
  };
  const drag = (/** @type {PointerEvent} */ event) => {
    const bar = /** @type {HTMLElement} */ (event.currentTarget);
    const from = event.clientX;
    bar.setPointerCapture(event.pointerId);
    bar.onpointermove = move => set(width + from - move.clientX);
    bar.onpointerup = () => (bar.onpointermove = null);
  };
  const key = (/** @type {KeyboardEvent} */ event) => {
    const step = { ArrowLeft: 24, ArrowRight: -24 }[event.key];
    if (!step) return;
    event.preventDefault();
    event.stopPropagation();
    set(width + step);
  };
  return html`<div class="split" style=${{ gridTemplateColumns: `minmax(0, 1fr) 6px min(${width}px, 62%)` }}>
    <div class="split-first">${first}</div>
    <div class="split-bar" role="separator" tabindex="0" aria-orientation="vertical" aria-label=${t("Width of the panes")} aria-valuenow=${width}
      aria-valuemin=${least} aria-valuemax=${most}
      onPointerDown=${drag} onKeyDown=${key}></div>
    <div class="split-second">${second}</div>
  </div>`;
}
