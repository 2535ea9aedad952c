/** One clip, seen and heard: versions of it on one clock, a region to loop, the model's own view. */
import { html } from "../lib/dom.js";
import { fileName, fileUrl } from "../lib/addresses/files.js";
import { decibels, duration, number as figure, percent } from "../lib/format.js";
import { taskLink } from "../lib/addresses/links.js";
import { t } from "../lib/text.js";
import { Button, Choice } from "../kit/button.js";
import { Chip } from "../kit/chip.js";
import { Select } from "../kit/over/combobox.js";
import { Facts } from "../kit/lists/facts.js";
import { Empty, ErrorBox, Loading } from "../kit/states.js";
import { useBuffers } from "./sound/buffers.js";
import { isRight } from "./clips/clips.js";
import { speeds } from "./sound/engine.js";
import { viewsOf } from "./picture/frontend.js";
import { Timeline } from "./timeline.js";

const speedWords = { 1: "1 ×", 0.5: "½ ×", 0.25: "¼ ×" };

/** @typedef {{name: string, clip: import("./clips/clips.js").Clip | null}} Version the clip in one run; null: that run has no such clip */

/**
 * @param {{versions: Version[], judged: boolean, engine: import("./sound/engine.js").Engine, frontEnd: import("./picture/frontend.js").FrontEnd, model: any,
 *   autoplay: boolean, view: string, setView: (view: string) => void, marked: boolean, mark: () => void}} props the first version is of the run whose page
 *   this is, and has the clip; `model`: the task whose front end is drawn, when it is another one
 */
export function Inspector({ versions, judged, engine, frontEnd, model, autoplay, view, setView, marked, mark }) {
  const heard = versions.flatMap(({ name, clip }) => (clip?.url ? [{ name, clip }] : []));
  const sounds = heard.map(({ clip }) => ({ url: fileUrl(clip.url), loudness: clip.loudness }));
  const { buffers, error } = useBuffers(sounds, engine, autoplay);
  const number = Math.min(engine.selected.value, Math.max(0, heard.length - 1));
  const clip = heard[number]?.clip ?? /** @type {import("./clips/clips.js").Clip} */ (versions[0].clip);
  const buffer = buffers?.[number];
  return html`<section class="inspector" aria-label=${t("Clip")}>
    <header class="row"><h2 class="grow" title=${clip.id}>${clip.id}</h2>${clip.labels.map(label => html`<${Chip}>${label}<//>`)}
      ${clip.prediction && html`<span aria-hidden="true">→</span><${Chip} tone=${isRight(clip) ? "good" : "bad"}>${clip.prediction}<//>`}</header>
    ${
      !heard.length
        ? html`<${NotKept} judged=${judged} />`
        : error
          ? html`<${ErrorBox} error=${error} />`
          : buffer
            ? html`<${Timeline} engine=${engine} url=${sounds[number].url} buffer=${buffer} frontEnd=${frontEnd} view=${view} />`
            : html`<${Loading} />`
    }
    ${heard.length > 0 && html`<${Controls} engine=${engine} frontEnd=${frontEnd} view=${view} setView=${setView} marked=${marked} mark=${mark} />`}
    ${versions.length > 1 && html`<${Versions} versions=${versions} heard=${heard} number=${number} engine=${engine} />`}
    <${Likely} top=${clip.top} labels=${clip.labels} />
    <${Facts} facts=${[
      [t("Loss"), judged && figure(clip.loss)],
      [t("Length"), duration(clip.duration)],
      [t("Sample rate"), clip.rate ? `${clip.rate} Hz` : ""],
      [t("Loudness"), Number.isFinite(clip.loudness) ? decibels(clip.loudness) : ""],
      [t("Fold"), clip.fold],
      [t("Split"), clip.split],
      [t("Model’s view"), model && html`<a href=${taskLink(model)}>${model.name}</a>`],
      [t("File"), clip.url && html`<a href=${fileUrl(clip.url)} download=${fileName(clip.url)}>${t("Download")}</a>`],
    ]} />
  </section>`;
}

/** Why nothing is heard, and what to do about it. @param {{judged: boolean}} props */
const NotKept = ({ judged }) =>
  html`<${Empty} icon="sound" title=${t("This clip’s sound was not kept")}><p>${
    judged
      ? t("The evaluation uploads the sounds of the worst mistakes first; its parameter audio_limit decides how many.")
      : t(
          "The preprocess task uploads the sounds of some clips, as many of each class; run it again with a larger audio_limit to hear them all.",
        )
  }</p><//>`;

/**
 * Switch between the runs; those without this clip's sound are named.
 * @param {{versions: Version[], heard: Version[], number: number, engine: import("./sound/engine.js").Engine}} props
 */
const Versions = ({ versions, heard, number, engine }) => html`<div class="versions">
  ${
    heard.length > 0 &&
    html`<${Choice} label=${t("Version")} value=${String(number)} onChange=${(/** @type {string} */ value) => engine.select(Number(value))}
      options=${heard.map((one, i) => ({ value: String(i), label: `${i + 1} ${one.name}` }))} />`
  }
  ${versions
    .filter(({ clip }) => !clip?.url)
    .map(
      ({ name, clip }) =>
        html`<p class="hint">${clip ? t("{name} has not kept this clip’s sound.", { name }) : t("{name} does not have this clip.", { name })}</p>`,
    )}
</div>`;

/** What can be drawn; a model that hears several front ends, or slopes, has a view for each. @param {import("./picture/frontend.js").FrontEnd} frontEnd */
function viewNames(frontEnd) {
  const views = frontEnd.known ? viewsOf(frontEnd) : [""];
  const words = frontEnd.known ? t("model’s view") : t("log-mel");
  const more = /** @type {Record<string, string>} */ ({ slope: t("slope"), curvature: t("curvature") });
  const named = views.map(view => ({
    value: view,
    label: `${words}: ${view
      .split(" ")
      .map(part => more[part] ?? part)
      .join(", ")}`,
  }));
  return [
    ...(views.length > 1 ? named : [{ value: views[0], label: words }]),
    { value: "plain", label: t("all frequencies") },
  ];
}

/** @param {{frontEnd: import("./picture/frontend.js").FrontEnd, view: string, setView: (view: string) => void}} props */
function ViewChoice({ frontEnd, view, setView }) {
  const options = viewNames(frontEnd);
  const value = (options.find(one => one.value === view) ?? options[0]).value;
  return html`<${options.length > 3 ? Select : Choice} label=${t("Spectrogram")} hideLabel value=${value} onChange=${setView} options=${options} />`;
}

/**
 * @param {{engine: import("./sound/engine.js").Engine, frontEnd: import("./picture/frontend.js").FrontEnd, view: string,
 *   setView: (view: string) => void, marked?: boolean, mark?: () => void, first?: boolean}} props
 *   `first`: Play has the focus in the dialog that this is in
 */
export const Controls = ({ engine, frontEnd, view, setView, marked, mark, first }) => html`<div class="row controls">
  <${Button} primary icon=${engine.playing.value ? "pause" : "play"} title=${t("Space")} autofocus=${first} onClick=${() => engine.toggle()}>
    ${engine.playing.value ? t("Pause") : t("Play")}<//>
  <${Button} icon="loop" pressed=${engine.looping.value} title="L" onClick=${() => engine.setLoop(!engine.looping.value)}>
    ${engine.loop.value ? t("Loop the region") : t("Loop")}<//>
  ${engine.loop.value && html`<${Button} quiet icon="close" label=${t("Drop the region")} onClick=${() => engine.setLoop(false, null)} />`}
  <${Button} icon="sound" pressed=${engine.normalised.value} title="N" onClick=${() => engine.normalise()}>${t("Even loudness")}<//>
  ${mark && html`<${Button} icon="mark" pressed=${marked} title="M" onClick=${mark}>${t("Mark")}<//>`}
  <${Choice} label=${t("Speed")} value=${String(engine.speed.value)} onChange=${(/** @type {string} */ value) => engine.setSpeed(Number(value))}
    options=${speeds.map(value => ({ value: String(value), label: speedWords[/** @type {1} */ (value)] }))} />
  <${ViewChoice} frontEnd=${frontEnd} view=${view} setView=${setView} />
</div>`;

/** The likeliest labels. @param {{top: [string, number][], labels: string[]}} props `labels`: those it has */
export const Likely = ({ top, labels }) =>
  top.length > 0 &&
  html`<ul class="likely" aria-label=${t("Likeliest labels")}>${top.map(
    ([name, share]) => html`
  <li class=${labels.includes(name) ? "is-label" : ""}><span>${name}</span><span class="meter"><span style=${{ width: `${share * 100}%` }}></span></span>
    <span class="numeric">${percent(share)}</span></li>`,
  )}</ul>`;
