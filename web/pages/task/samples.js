/** What a task has shown: pictures, sounds, pages and texts, at any iteration. */
import { html, useState } from "../../lib/dom.js";
import { fileKind, fileName, fileUrl } from "../../lib/addresses/files.js";
import { useApi } from "../../lib/answers/hooks.js";
import { useQuery } from "../../lib/addresses/router.js";
import { entryAt, iterationsOf, nearest, samplesOf } from "../../lib/reading/samples.js";
import { t, tn } from "../../lib/text.js";
import { listenClosely } from "../../audio/closely.js";
import { pins, togglePin } from "../../audio/clips/pins.js";
import { AudioPlayer } from "../../audio/player.js";
import { Button } from "../../kit/button.js";
import { Icon } from "../../kit/icons.js";
import { showPictures } from "../../kit/over/lightbox.js";
import { More } from "../../kit/lists/more.js";
import { Answered, Empty } from "../../kit/states.js";

const history = 200; // iterations a title that are asked for
const portion = 60; // samples drawn before "show more"

/** @param {{task: any, live: boolean, also?: any}} props `also`: another task whose samples belong here */
export default function SamplesTab({ task, live, also }) {
  const answer = useApi(
    "events.debug_images",
    { metrics: [task, also].filter(Boolean).map(one => ({ task: one.id })), iters: history },
    { every: live ? 10 : 0 },
  );
  return html`<${Answered} answer=${answer}>${(/** @type {any} */ data) => {
    const samples = samplesOf(data.metrics);
    if (!samples.length)
      return html`<${Empty} icon="sound" title=${t("No debug samples yet")}>
      <p>${t("Pictures and sounds that the task reports appear here.")}</p><//>`;
    return html`<${Samples} samples=${samples} frontEnd=${task.configuration?.frontend?.value} />`;
  }}<//>`;
}

/** @param {{samples: import("../../lib/reading/samples.js").Sample[], frontEnd?: string}} props */
function Samples({ samples, frontEnd }) {
  const [find, setFind] = useQuery("find");
  const [at, setAt] = useQuery("at");
  const [most, setMost] = useState(portion);
  const iterations = iterationsOf(samples);
  const now = at === "" ? iterations[iterations.length - 1] : nearest(iterations, Number(at) || 0);
  const wanted = find.toLowerCase();
  const shown = samples
    .filter(sample => sample.name.toLowerCase().includes(wanted))
    .map(sample => ({ sample, entry: entryAt(sample, now) }))
    .filter(one => one.entry !== undefined);
  const pictures = shown
    .filter(one => fileKind(one.entry?.url) === "image")
    .map(one => ({
      url: fileUrl(one.entry?.url),
      label: one.sample.name,
      iterations: one.sample.history.map(past => ({ iter: past.iter, url: fileUrl(past.url) })),
    }));
  return html`<div class="tool-bar">
      <input type="search" class="search" aria-label=${t("Find a sample")} placeholder=${t("Find a sample")} value=${find}
        onInput=${(/** @type {any} */ e) => setFind(e.target.value)} />
      ${iterations.length > 1 && html`<${Iteration} iterations=${iterations} now=${now} set=${setAt} />`}
      <small>${tn(shown.length, "1 sample", "{n} samples")}</small><span class="grow"></span>
      ${
        pins.value.length > 0 &&
        html`<${Button} small icon="sound" onClick=${() => listenClosely({ title: t("Side by side"), sounds: pins.value, frontEnd })}>
          ${tn(pins.value.length, "Listen to 1 pinned", "Listen to {n} pinned")}<//>
          <${Button} small quiet icon="close" label=${t("Unpin all")} onClick=${() => (pins.value = [])} />`
      }</div>
    <div class="scroll stack">
      ${byTitle(shown.slice(0, most)).map(
        ([title, ones]) => html`<section key=${title} class="sample-group"><h2>${title}</h2><div class="samples">
        ${ones.map(
          ({ sample, entry }) =>
            html`<${Card} key=${sample.name} sample=${sample} entry=${entry} now=${now} frontEnd=${frontEnd}
              open=${(/** @type {string} */ url) =>
                showPictures(
                  pictures,
                  pictures.findIndex(one => one.url === url),
                )} />`,
        )}</div></section>`,
      )}
      <${More} total=${shown.length} most=${most} portion=${portion} setMost=${setMost} />
      ${!shown.length && html`<${Empty} icon="filter" title=${t("Nothing fits")} />`}
    </div>`;
}

/** @typedef {{sample: import("../../lib/reading/samples.js").Sample, entry: any}} Shown */

/**
 * Samples beneath their titles; within one, sounds stand before pictures, so that rows are of one height.
 * @param {Shown[]} shown
 * @returns {[string, Shown[]][]}
 */
function byTitle(shown) {
  /** @type {Map<string, Shown[]>} */
  const groups = new Map();
  for (const one of shown) groups.set(one.sample.metric, [...(groups.get(one.sample.metric) ?? []), one]);
  const sound = (/** @type {Shown} */ one) => Number(fileKind(one.entry?.url) !== "audio");
  return [...groups].map(([title, ones]) => [title, ones.sort((a, b) => sound(a) - sound(b))]);
}

/** A slider over the iterations that there are, and a field to type one. @param {{iterations: number[], now: number, set: (value: string) => void}} props */
const Iteration = ({ iterations, now, set }) => html`<div class="iteration"><span>${t("Iteration")}</span>
  <input type="range" min="0" max=${iterations.length - 1} value=${iterations.indexOf(now)} aria-label=${t("Iteration")} aria-valuetext=${String(now)}
    onInput=${(/** @type {any} */ e) => set(String(iterations[Number(e.target.value)]))} />
  <input type="number" value=${now} aria-label=${t("Iteration, typed")}
    onChange=${(/** @type {any} */ e) => set(String(nearest(iterations, Number(e.target.value))))} />
  <${Button} small onClick=${() => set("")}>${t("Newest")}<//></div>`;

/** @param {{sample: import("../../lib/reading/samples.js").Sample, entry: any, now: number, frontEnd?: string, open: (url: string) => void}} props */
function Card({ sample, entry, now, frontEnd, open }) {
  const url = fileUrl(entry.url);
  return html`<figure class="sample"><${Medium} url=${url} label=${sample.name} open=${open} />
    <figcaption><span title=${sample.name}>${sample.variant || sample.name}</span>
      ${fileKind(url) === "audio" && html`<${SoundButtons} sample=${sample} entry=${entry} frontEnd=${frontEnd} />`}
      ${entry.iter !== now && html`<small>${t("iteration {n}", { n: entry.iter })}</small>`}
      <a class="button quiet small icon-only" href=${url} download=${fileName(url)} title=${t("Download")}
        aria-label=${t("Download {name}", { name: sample.name })}><${Icon} name="download" size=${14} /></a></figcaption></figure>`;
}

/**
 * Listen closely to a sound with its last iterations; put it aside.
 * @param {{sample: import("../../lib/reading/samples.js").Sample, entry: any, frontEnd?: string}} props
 */
function SoundButtons({ sample, entry, frontEnd }) {
  const url = fileUrl(entry.url);
  const name = `${sample.name} · ${entry.iter}`;
  const closely = () => {
    const at = sample.history.indexOf(entry);
    const near = sample.history.slice(Math.max(0, at - 3), Math.max(4, at + 1));
    listenClosely({
      title: sample.name,
      sounds: near.map(one => ({ name: t("iteration {n}", { n: one.iter }), url: fileUrl(one.url) })),
      first: near.indexOf(entry),
      frontEnd,
    });
  };
  return html`<${Button} quiet small icon="expand" label=${t("Listen closely to {name}", { name: sample.name })} onClick=${closely} />
    <${Button} quiet small icon="mark" pressed=${pins.value.some(one => one.url === url)} label=${t("Pin {name} to hear it against others", { name })}
      onClick=${() => togglePin({ name, url })} />`;
}

/** @param {{url: string, label: string, open: (url: string) => void}} props */
function Medium({ url, label, open }) {
  const kind = fileKind(url);
  if (kind === "image")
    return html`<button type="button" class="bare" aria-label=${t("Enlarge {name}", { name: label })} onClick=${() => open(url)}>
    <img loading="lazy" src=${url} alt=${label} /></button>`;
  if (kind === "audio") return html`<${AudioPlayer} url=${url} label=${label} />`;
  if (kind === "video") return html`<video controls preload="metadata" src=${url} aria-label=${label}></video>`;
  return html`<a href=${url} target="_blank" rel="noopener">${t("Open {name}", { name: fileName(url) })}</a>`;
}
