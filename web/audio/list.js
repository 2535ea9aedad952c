/** The clips, as strips: a waveform, what it is, what it was taken for. Only those in sight are drawn. */
import { html, useEffect, useRef } from "../lib/dom.js";
import { duration, number, percent } from "../lib/format.js";
import { t } from "../lib/text.js";
import { Chip } from "../kit/chip.js";
import { Icon } from "../kit/icons.js";
import { DataTable } from "../kit/table.js";
import { isRight } from "./clips.js";
import { drawPeaks } from "./draw.js";

/** @param {{clips: import("./clips.js").Clip[], current: string | null, open: (clip: import("./clips.js").Clip) => void, marked: Set<string>}} props */
export function ClipList({ clips, current, open, marked }) {
  const columns = [
    { id: "strip", label: t("Waveform"), width: 118, render: (/** @type {any} */ clip) => html`<${Strip} peaks=${clip.peaks} />` },
    { id: "clip", label: t("Clip"), width: 156, render: (/** @type {any} */ clip) => html`<button type="button" class="link path" title=${clip.id} onClick=${() => open(clip)}><${Path} text=${clip.id} /></button>${marked.has(clip.id) && html`<${Icon} name="mark" size=${13} />`}` },
    { id: "label", label: t("Label"), width: 112, render: (/** @type {any} */ clip) => html`<${Chip}>${clip.label}<//>` },
    { id: "prediction", label: t("Prediction"), width: 158, render: (/** @type {any} */ clip) => html`<${Chip} tone=${isRight(clip) ? "good" : "bad"}>${clip.prediction}<//><small title=${t("Probability")}>${percent(clip.confidence)}</small>` },
    { id: "loss", label: t("Loss"), width: 58, numeric: true, render: (/** @type {any} */ clip) => number(clip.loss) },
    { id: "duration", label: t("Length"), width: 72, numeric: true, render: (/** @type {any} */ clip) => duration(clip.duration) },
  ];
  return html`<${DataTable} label=${t("Clips")} columns=${columns} count=${clips.length} rowAt=${(/** @type {number} */ i) => clips[i]} rowHeight=${40} current=${current} onOpen=${open} />`;
}

/** A path whose last part stays readable when there is little room. @param {{text: string}} props */
function Path({ text }) {
  const cut = text.lastIndexOf("/") + 1;
  return html`<span class="cell-text">${text.slice(0, cut)}</span><span>${text.slice(cut)}</span>`;
}

/** @param {{peaks: Int8Array}} props */
function Strip({ peaks }) {
  const canvas = useRef(/** @type {any} */ (null));
  useEffect(() => drawPeaks(canvas.current, peaks), [peaks]);
  return html`<canvas class="strip" ref=${canvas} aria-hidden="true"></canvas>`;
}
