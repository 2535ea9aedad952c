/** One clip, seen and heard: versions of it on one clock, a region to loop, the model's own view. */
import { html } from "../lib/dom.js";
import { fileName, fileUrl } from "../lib/files.js";
import { duration, number, percent } from "../lib/format.js";
import { t } from "../lib/text.js";
import { Button, Choice } from "../kit/button.js";
import { Chip } from "../kit/chip.js";
import { Facts } from "../kit/facts.js";
import { Empty, ErrorBox, Loading } from "../kit/states.js";
import { useBuffers } from "./buffers.js";
import { isRight } from "./clips.js";
import { Timeline } from "./timeline.js";

/** @typedef {{name: string, clip: import("./clips.js").Clip}} Version the clip in one run */

/**
 * @param {{versions: Version[], engine: import("./engine.js").Engine, frontEnd: import("./frontend.js").FrontEnd, autoplay: boolean, modelView: boolean, setModelView: (on: boolean) => void,
 *   marked: boolean, mark: () => void}} props the first version is of the run whose page this is
 */
export function Inspector({ versions, engine, frontEnd, autoplay, modelView, setModelView, marked, mark }) {
  const sounds = versions.map((one) => ({ url: fileUrl(one.clip.url), loudness: one.clip.loudness })).filter((one) => one.url);
  const { buffers, error } = useBuffers(sounds, engine, frontEnd.sample_rate, autoplay);
  const shown = versions[engine.selected.value] ?? versions[0];
  const { clip } = shown;
  const buffer = buffers?.[engine.selected.value] ?? buffers?.[0];
  return html`<section class="inspector" aria-label=${t("Clip")}>
    <header class="row"><h2 class="grow" title=${clip.id}>${clip.id}</h2><${Chip}>${clip.label}<//><span aria-hidden="true">→</span><${Chip} tone=${isRight(clip) ? "good" : "bad"}>${clip.prediction}<//></header>
    ${!clip.url ? html`<${Empty} icon="sound" title=${t("This clip’s sound was not kept")}><p>${t("The evaluation kept the worst mistakes only; its parameter for the number of uploaded clips decides how many.")}</p><//>`
      : error ? html`<${ErrorBox} error=${error} />`
      : buffer ? html`<${Timeline} engine=${engine} buffer=${buffer} frontEnd=${frontEnd} modelView=${modelView} />` : html`<${Loading} />`}
    <${Controls} engine=${engine} modelView=${modelView} setModelView=${setModelView} marked=${marked} mark=${mark} />
    ${versions.length > 1 && html`<${Choice} label=${t("Version")} value=${String(engine.selected.value)} onChange=${(/** @type {string} */ value) => engine.select(Number(value))} options=${versions.map((one, i) => ({ value: String(i), label: `${i + 1} ${one.name}` }))} />`}
    <${Likely} top=${clip.top} label=${clip.label} />
    <${Facts} facts=${[[t("Loss"), number(clip.loss)], [t("Length"), duration(clip.duration)], [t("Sample rate"), clip.rate ? `${clip.rate} Hz` : ""], [t("Loudness"), Number.isFinite(clip.loudness) ? `${clip.loudness.toFixed(1)} dB` : ""], [t("Fold"), clip.fold], [t("Split"), clip.split], [t("File"), clip.url && html`<a href=${fileUrl(clip.url)} download=${fileName(clip.url)}>${t("Download")}</a>`]]} />
  </section>`;
}

/** @param {{engine: import("./engine.js").Engine, modelView: boolean, setModelView: (on: boolean) => void, marked?: boolean, mark?: () => void, first?: boolean}} props `first`: Play has the focus in the dialog that this is in */
export const Controls = ({ engine, modelView, setModelView, marked, mark, first }) => html`<div class="row controls">
  <${Button} primary icon=${engine.playing.value ? "pause" : "play"} title=${t("Space")} autofocus=${first} onClick=${() => engine.toggle()}>${engine.playing.value ? t("Pause") : t("Play")}<//>
  <${Button} icon="loop" pressed=${engine.looping.value} title="L" onClick=${() => engine.setLoop(!engine.looping.value)}>${engine.loop.value ? t("Loop the region") : t("Loop")}<//>
  ${engine.loop.value && html`<${Button} quiet icon="close" label=${t("Drop the region")} onClick=${() => engine.setLoop(false, null)} />`}
  <${Button} icon="sound" pressed=${engine.normalised.value} title="N" onClick=${() => engine.normalise()}>${t("Even loudness")}<//>
  ${mark && html`<${Button} icon="mark" pressed=${marked} title="M" onClick=${mark}>${t("Mark")}<//>`}
  <${Choice} label=${t("Spectrogram")} value=${modelView ? "model" : "plain"} onChange=${(/** @type {string} */ value) => setModelView(value === "model")} options=${[{ value: "model", label: t("model’s view") }, { value: "plain", label: t("all frequencies") }]} />
</div>`;

/** The likeliest labels. @param {{top: [string, number][], label: string}} props */
export const Likely = ({ top, label }) => top.length > 0 && html`<ul class="likely" aria-label=${t("Likeliest labels")}>${top.map(([name, share]) => html`
  <li class=${name === label ? "is-label" : ""}><span>${name}</span><span class="meter"><span style=${{ width: `${share * 100}%` }}></span></span><span class="numeric">${percent(share)}</span></li>`)}</ul>`;
