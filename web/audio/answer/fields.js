/** What is changed of a sound: its level, noise beneath it, and the boxes that are muted, by numbers too. */
import { html, useState } from "../../lib/dom.js";
import { t } from "../../lib/text.js";
import { Button } from "../../kit/button.js";
import { Select } from "../../kit/over/combobox.js";

/** @typedef {import("./edits.js").Box} Box @typedef {import("./edits.js").Edits} Edits */

const noises = [30, 20, 10, 5, 0, -5];
const hertz = (/** @type {number} */ value) => `${Math.round(value)} Hz`;
const signed = (/** @type {number} */ value) => `${value > 0 ? "+" : ""}${value} dB`.replace("-", "−");

/** @param {{edits: Edits, setEdits: (edits: Edits) => void, mute: (box: Box) => void, duration: number, rate: number}} props */
export function EditFields({ edits, setEdits, mute, duration, rate }) {
  const { boxes, level, noise } = edits;
  return html`<label class="field"><span>${t("Level")}: ${signed(level)}</span>
      <input type="range" min="-40" max="20" step="1" value=${level} aria-valuetext=${signed(level)}
        onInput=${(/** @type {any} */ event) => setEdits({ ...edits, level: Number(event.currentTarget.value) })} /></label>
    <${Select} label=${t("Noise")} value=${noise === null ? "" : String(noise)}
      onChange=${(/** @type {string} */ value) => setEdits({ ...edits, noise: value === "" ? null : Number(value) })}
      options=${[{ value: "", label: t("none") }, ...noises.map(one => ({ value: String(one), label: t("{n} below the sound", { n: signed(one) }) }))]} />
    ${
      boxes.length > 0 &&
      html`<ul class="muted-list" aria-label=${t("Muted")}>${boxes.map(
        (
          box,
          i,
        ) => html`<li class="row"><span class="grow">${box.from.toFixed(2)}–${box.to.toFixed(2)} s, ${hertz(box.low)}–${hertz(box.high)}</span>
          <${Button} small quiet icon="close" label=${t("Let it be heard again")}
            onClick=${() => setEdits({ ...edits, boxes: boxes.filter((_, other) => other !== i) })} /></li>`,
      )}</ul>`
    }
    <${ByNumbers} mute=${mute} duration=${duration} rate=${rate} />`;
}

/** A box for who does not draw one. @param {{mute: (box: Box) => void, duration: number, rate: number}} props */
function ByNumbers({ mute, duration, rate }) {
  const [box, setBox] = useState({ from: 0, to: Number(duration.toFixed(2)), low: 0, high: Math.round(rate / 2) });
  const limits = { from: duration, to: duration, low: rate / 2, high: rate / 2 };
  const words = { from: t("From (s)"), to: t("To (s)"), low: t("From (Hz)"), high: t("To (Hz)") };
  const fault = box.to > box.from && box.high > box.low ? null : t("The end lies before the beginning.");
  const submit = (/** @type {Event} */ event) => (event.preventDefault(), fault || mute(box));
  return html`<details><summary>${t("Mute by numbers")}</summary><form class="box-form" onSubmit=${submit}>
    ${Object.entries(box).map(
      ([name, value]) => html`<label class="field"><span>${words[/** @type {keyof typeof words} */ (name)]}</span>
        <input type="number" min="0" step="any" max=${limits[/** @type {keyof typeof limits} */ (name)].toFixed(2)} value=${value}
          onInput=${(/** @type {any} */ event) => setBox({ ...box, [name]: Number(event.currentTarget.value) })} /></label>`,
    )}
    <${Button} type="submit" small reason=${fault}>${t("Mute")}<//></form></details>`;
}
