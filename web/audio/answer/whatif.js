/** What if, by ear: a sound with parts of it muted, louder, quieter or in noise, heard and answered anew; and what the answer rests on. */
import { html, useEffect, useMemo, useState } from "../../lib/dom.js";
import { t } from "../../lib/text.js";
import { Button, Choice } from "../../kit/button.js";
import { ErrorBox, Loading } from "../../kit/states.js";
import { Controls } from "../inspector.js";
import { readFrontEnd } from "../picture/frontend.js";
import { Engine } from "../sound/engine.js";
import { measure } from "../sound/mixes.js";
import { Timeline } from "../timeline.js";
import { axisOf } from "./axis.js";
import { Boxes } from "./boxes.js";
import { labelsOf } from "./hearing/chances.js";
import { EditFields } from "./fields.js";
import { changes } from "./edits.js";
import { RestsOn, useGrid } from "./rests.js";
import { Said } from "./said.js";

/**
 * @typedef {import("./hearing/metadata.js").About} About
 * @typedef {import("./hearing/model.js").BrowserModel} BrowserModel
 * @typedef {{url: string, name: string, since: number}} Sound `since`: when it was given, ms of the page's clock
 */

/** @type {import("./edits.js").Edits} */
const none = { boxes: [], level: 0, noise: null };

/** @param {Float32Array} samples @param {number} sampleRate */
function bufferOf(samples, sampleRate) {
  const buffer = new AudioBuffer({ length: samples.length, sampleRate });
  buffer.copyToChannel(/** @type {any} */ (samples), 0);
  return buffer;
}

/**
 * @param {{browser: BrowserModel, about: About, sound: Sound, ready: number, temperature: number, calibrated: boolean}} props `ready`: since when the
 *   model is, ms of the page's clock
 */
export function WhatIf({ browser, about, sound, ready, temperature, calibrated }) {
  const engine = useMemo(() => new Engine(), []);
  const frontEnd = useMemo(() => readFrontEnd(about.frontEnd, about.preparation.sample_rate), [about]);
  const [view, setView] = useState("");
  const [edits, setEdits] = useState(none);
  const { whole, before, now, took, error } = useAnswers(browser, about, sound, edits, temperature);
  const buffers = useVersions(engine, whole, changes(edits) ? (now?.buffer ?? null) : null);
  const place = now && about.classes.indexOf(labelsOf(now.probabilities, about, calibrated)[0] ?? "");
  const grid = useGrid(browser, edits, temperature, now?.probabilities ?? null, place ?? -1);
  useEffect(() => () => engine.stop(), [engine]);
  if (error) return html`<${ErrorBox} error=${error} />`;
  if (!whole || !before || !now || !buffers) return html`<${Loading} />`;
  const { sample_rate: rate } = about.preparation;
  const axis = axisOf(frontEnd, view, rate);
  const shown = buffers[Math.min(engine.selected.value, buffers.length - 1)];
  const mute = (/** @type {import("./edits.js").Box} */ box) =>
    setEdits(old => ({ ...old, boxes: [...old.boxes, box] }));
  return html`<div class="what-if">
    <div class="what-if-seen">
      <div class="what-if-stage"><${Timeline} engine=${engine} url=${sound.url} buffer=${shown} frontEnd=${frontEnd} view=${view} />
        ${
          axis &&
          html`<${Boxes} axis=${axis} duration=${whole.duration} rate=${rate} boxes=${edits.boxes} mute=${mute}
            seek=${(/** @type {number} */ at) => engine.seek(at)} grid=${grid.weights} />`
        }</div>
      <${Controls} engine=${engine} frontEnd=${frontEnd} view=${view} setView=${setView} />
      ${
        buffers.length > 1 &&
        html`<div class="row"><${Choice} label=${t("Version")} value=${String(engine.selected.value)}
          onChange=${(/** @type {string} */ value) => engine.select(Number(value))}
          options=${[t("as it was"), t("changed")].map((label, i) => ({ value: String(i), label }))} /></div>`
      }
      <p class="hint">${
        axis
          ? t("Drag a box over the spectrogram to mute it; the answer follows. Drag over the waveform to loop a part.")
          : t("This view has no frequencies: choose “all frequencies” to mute a box.")
      }</p>
    </div>
    <div class="what-if-said stack">
      <div role="status"><${Said} about=${about} now=${now.probabilities} calibrated=${calibrated}
        before=${changes(edits) ? before.probabilities : null} /></div>
      <p class="hint">${heardHow(about, before, took - Math.max(sound.since, ready))}</p>
    </div>
    <div class="what-if-fields stack">
      <${EditFields} edits=${edits} setEdits=${setEdits} mute=${mute} duration=${whole.duration} rate=${rate} />
      ${changes(edits) && html`<div class="row"><${Button} small icon="close" onClick=${() => setEdits(none)}>${t("As it was")}<//></div>`}
      <${RestsOn} grid=${grid} label=${about.classes[place ?? -1]} duration=${whole.duration} rate=${rate} />
    </div>
  </div>`;
}

/** @param {Sound} sound @param {Error} error */
const undecodable = ({ name }, error) =>
  new Error(t("{name} can’t be decoded by this browser: {reason}", { name, reason: error.message }));

/** @param {About} about @param {import("./hearing/model.js").Answer} answer @param {number} took ms from when sound and model were there */
function heardHow({ preparation }, { starts, left }, took) {
  const seconds = (/** @type {number} */ samples) => (samples / preparation.sample_rate).toFixed(1);
  const windows =
    starts.length > 1
      ? t("The mean of {n} windows of {s} s.", { n: starts.length, s: seconds(preparation.window) })
      : "";
  const edges =
    left[0] + left[1] > 0.1 * preparation.sample_rate
      ? t("{s} s at its edges are left out, as of the model’s clips.", { s: seconds(left[0] + left[1]) })
      : "";
  return [t("Answered in this browser after {n} ms.", { n: Math.round(took) }), windows, edges]
    .filter(Boolean)
    .join(" ");
}

/**
 * What the model says of a sound as it is, and as it was changed; of the change before while the next one is on its way.
 * @param {BrowserModel} browser @param {About} about @param {Sound} sound @param {import("./edits.js").Edits} edits @param {number} temperature
 */
function useAnswers(browser, about, sound, edits, temperature) {
  const [state, setState] = useState(
    /** @type {any} */ ({ whole: null, before: null, now: null, took: 0, error: null }),
  );
  const update = (/** @type {any} */ more) => setState((/** @type {any} */ old) => ({ ...old, ...more }));
  const { sample_rate: rate } = about.preparation;
  /** @param {(signal: AbortSignal) => Promise<any>} work */
  const whileHere = work => {
    const controller = new AbortController();
    work(controller.signal).then(
      more => controller.signal.aborted || update(more),
      error =>
        controller.signal.aborted ||
        update({ error: error.name === "EncodingError" ? undecodable(sound, error) : error }),
    );
    return () => controller.abort();
  };
  useEffect(
    () => whileHere(async signal => ({ whole: bufferOf(await browser.take(sound.url, signal), rate) })),
    [browser, sound.url],
  );
  useEffect(() => {
    if (!state.whole) return undefined;
    return whileHere(async signal => {
      const before = await browser.answer(none, temperature, signal);
      return { before, took: performance.now() };
    });
  }, [state.whole, temperature]);
  useEffect(() => {
    if (!state.whole || !changes(edits)) return undefined;
    return whileHere(async signal => {
      const now = await browser.answer(edits, temperature, signal);
      return { now: { ...now, buffer: bufferOf(now.samples, rate) } };
    });
  }, [state.whole, temperature, edits]);
  return { ...state, now: (changes(edits) && state.now) || state.before };
}

/**
 * The sound as it was and as it is now on one clock; what plays goes on where it is.
 * @param {Engine} engine @param {AudioBuffer | null} whole @param {AudioBuffer | null} changed @returns {AudioBuffer[] | null}
 */
function useVersions(engine, whole, changed) {
  const [buffers, setBuffers] = useState(/** @type {AudioBuffer[] | null} */ (null));
  useEffect(() => {
    if (!whole) return;
    const fresh = changed ? [whole, changed] : [whole];
    const [at, playing, looping, loop] = [
      engine.position(),
      engine.playing.value,
      engine.looping.value,
      engine.loop.value,
    ];
    engine.use(fresh.map(buffer => ({ buffer })));
    engine.setLoop(looping, loop);
    engine.seek(at);
    engine.select(fresh.length - 1);
    if (playing) engine.play(at);
    setBuffers(fresh);
    for (const buffer of fresh)
      measure(buffer).then(
        found => engine.measured(buffer, found),
        () => {},
      ); // then nothing is turned up
  }, [whole, changed]);
  return buffers;
}
