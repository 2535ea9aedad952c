/** The clips, as strips: a waveform, what it is, what it was taken for. Only those in sight are drawn. */
import { html, useEffect, useRef } from "../../lib/dom.js";
import { decibels, duration, number, percent } from "../../lib/format.js";
import { t } from "../../lib/text.js";
import { Chip } from "../../kit/chip.js";
import { Icon } from "../../kit/icons.js";
import { Empty } from "../../kit/states.js";
import { DataTable } from "../../kit/lists/table.js";
import { isRight } from "./clips.js";
import { drawPeaks } from "../picture/draw.js";

/** @typedef {import("./clips.js").Clip} Clip */

/** @param {{clips: Clip[], judged: boolean, current: string | null, open: (clip: Clip) => void, marked: Set<string>}} props `judged`: there are predictions */
export function ClipList({ clips, judged, current, open, marked }) {
  const roomy = innerWidth > 1500;
  const strip = (/** @type {number} */ width) => ({
    id: "strip",
    label: t("Waveform"),
    width,
    render: (/** @type {Clip} */ clip) => html`<${Strip} peaks=${clip.peaks} silent=${!clip.url} />`,
  });
  const name = (/** @type {number} */ width) => ({
    id: "clip",
    label: t("Clip"),
    width,
    render: (/** @type {Clip} */ clip) =>
      html`<button type="button" class="link path" title=${clip.url ? clip.id : `${clip.id}: ${t("its sound was not uploaded")}`} onClick=${() => open(clip)}>
          <${Path} text=${clip.id} /></button>${marked.has(clip.id) && html`<${Icon} name="mark" size=${13} />`}`,
  });
  const label = {
    id: "label",
    label: t("Label"),
    width: roomy ? 150 : 96,
    render: (/** @type {Clip} */ clip) =>
      html`<span class="chips" title=${clip.labels.join(", ")}>${clip.labels.map(one => html`<${Chip}>${one}<//>`)}</span>`,
  };
  const length = {
    id: "duration",
    label: t("Length"),
    width: roomy ? 80 : 68,
    numeric: true,
    render: (/** @type {Clip} */ clip) => duration(clip.duration),
  };
  const columns = judged
    ? [
        strip(roomy ? 150 : 98),
        name(roomy ? 200 : 126),
        label,
        {
          id: "prediction",
          label: t("Prediction"),
          width: roomy ? 180 : 150,
          render: (
            /** @type {Clip} */ clip,
          ) => html`<${Chip} tone=${isRight(clip) ? "good" : "bad"}>${clip.prediction}<//>
      <small title=${t("Probability")}>${percent(clip.confidence)}</small>`,
        },
        {
          id: "loss",
          label: t("Loss"),
          width: roomy ? 70 : 56,
          numeric: true,
          render: (/** @type {Clip} */ clip) => number(clip.loss),
        },
        length,
      ]
    : [
        strip(roomy ? 190 : 100),
        name(roomy ? 230 : 148),
        label,
        {
          id: "part",
          label: clips.some(clip => clip.split) ? t("Split") : t("Fold"),
          width: roomy ? 90 : 78,
          render: (/** @type {Clip} */ clip) => clip.split || clip.fold,
        },
        {
          id: "loudness",
          label: t("Loudness"),
          width: 92,
          numeric: true,
          render: (/** @type {Clip} */ clip) => decibels(clip.loudness),
        },
        length,
      ];
  return html`<${DataTable} label=${t("Clips")} columns=${columns} count=${clips.length} rowAt=${(/** @type {number} */ i) => clips[i]} rowHeight=${40}
    current=${current} onOpen=${open} empty=${html`<${Empty} icon="filter" title=${t("Nothing fits")} />`} />`;
}

/** A path whose last part stays readable when there is little room. @param {{text: string}} props */
function Path({ text }) {
  const cut = text.lastIndexOf("/") + 1;
  return html`<span class="cell-text">${text.slice(0, cut)}</span><span>${text.slice(cut)}</span>`;
}

/** @param {{peaks: Int8Array, silent: boolean}} props `silent`: it can't be played */
function Strip({ peaks, silent }) {
  const canvas = useRef(/** @type {any} */ (null));
  useEffect(() => drawPeaks(canvas.current, peaks), [peaks]);
  return html`<canvas class=${silent ? "strip silent" : "strip"} ref=${canvas} aria-hidden="true"></canvas>`;
}
