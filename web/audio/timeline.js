/** Waveform and spectrogram on one time axis, with one playhead and one region. */
import { html, useEffect, useLayoutEffect, useRef, useState } from "../lib/dom.js";
import { duration } from "../lib/format.js";
import { useSize } from "../lib/answers/hooks.js";
import { t } from "../lib/text.js";
import { useRate } from "./sound/buffers.js";
import { drawSpectrogram, drawWave } from "./picture/draw.js";
import { plain, usualAt } from "./picture/frontend.js";
import { outlineOf, shadedOf } from "./sound/mixes.js";

const waveHeight = 110;
const least = 0.02; // seconds: a shorter drag is a click

/**
 * @param {{engine: import("./sound/engine.js").Engine, url: string, buffer: AudioBuffer, frontEnd: import("./picture/frontend.js").FrontEnd,
 *   view: string, start?: number, below?: any}} props `view`: "plain", or one of the front end's; its first for anything else; `start`: s at which the sound
 *   begins, where it is a part of something; `below`: what else stands on the same axis
 */
export function Timeline({ engine, url, buffer, frontEnd, view, start = 0, below }) {
  const [box, size] = useSize();
  return html`<div class="timeline" ref=${box}>
    <${Wave} buffer=${buffer} width=${Math.round(size.width)} />
    <${Spectrogram} url=${url} buffer=${buffer} frontEnd=${frontEnd} view=${view} />
    <${Axis} duration=${buffer.duration} start=${start} />
    ${below}
    <${Overlay} engine=${engine} duration=${buffer.duration} width=${size.width} />
  </div>`;
}

/**
 * What a worker makes of a sound; of the sound before while the next one is on its way.
 * @template T @param {((signal: AbortSignal) => Promise<T>) | null} ask @param {any[]} of what it depends on
 * @returns {{made: T | null, waiting: boolean, error: any}}
 */
function useMade(ask, of) {
  const [state, setState] = useState(/** @type {any} */ ({ made: null, of: null, error: null }));
  useEffect(() => {
    if (!ask) return undefined;
    const controller = new AbortController();
    ask(controller.signal).then(
      made => controller.signal.aborted || setState({ made, of, error: null }),
      error => controller.signal.aborted || setState({ made: null, of, error }),
    );
    return () => controller.abort();
  }, of);
  const waiting =
    state.of === null || state.of.some((/** @type {any} */ one, /** @type {number} */ i) => one !== of[i]);
  return { made: state.made, error: state.error, waiting };
}

/** @param {{buffer: AudioBuffer, width: number}} props */
function Wave({ buffer, width }) {
  const canvas = useRef(/** @type {any} */ (null));
  const columns = Math.round(width * (window.devicePixelRatio || 1));
  const { made } = useMade(columns ? signal => outlineOf(buffer, columns, signal) : null, [buffer, columns]);
  useLayoutEffect(() => {
    if (made) drawWave(canvas.current, made, width, waveHeight);
  }, [made]);
  return html`<canvas class="wave" ref=${canvas} style=${{ height: `${waveHeight}px` }} role="img" aria-label=${t("Waveform")}></canvas>`;
}

/** @param {{url: string, buffer: AudioBuffer, frontEnd: import("./picture/frontend.js").FrontEnd, view: string}} props */
function Spectrogram({ url, buffer, frontEnd, view }) {
  const canvas = useRef(/** @type {any} */ (null));
  const all = view === plain || frontEnd.known === undefined; // nobody's view: as it was stored
  const heard = useRate(url, buffer, all ? buffer.sampleRate : frontEnd.sample_rate);
  const settings = all ? usualAt(buffer.sampleRate) : frontEnd;
  const { made, waiting, error } = useMade(heard && (signal => shadedOf(heard, settings, view, signal)), [
    heard,
    frontEnd,
    view,
  ]);
  useLayoutEffect(() => {
    if (made) drawSpectrogram(canvas.current, made);
  }, [made]);
  const bands = made?.height ?? 0;
  const name =
    view === plain
      ? t("Spectrogram")
      : frontEnd.known
        ? t("What the model sees, {n} bands", { n: bands })
        : t("Log-mel, {n} bands", { n: bands });
  return html`<div class="spectrogram" aria-busy=${waiting}><canvas ref=${canvas} role="img" aria-label=${name}></canvas>
    ${
      made &&
      html`<ol class="bands" aria-hidden="true">
        ${made.labels.map((label, i) => html`<li style=${{ bottom: `${100 - 50 * i}%` }}>${label}</li>`)}</ol>`
    }
    ${
      error
        ? html`<p class="spectrogram-note problem" role="alert">${t("The spectrogram can’t be drawn: {reason}", { reason: error.message })}</p>`
        : waiting && html`<p class="spectrogram-note" role="status">${t("Drawing…")}</p>`
    }</div>`;
}

const steps = [0.1, 0.25, 0.5, 1, 2, 5, 10, 30, 60, 120, 300, 600, 1800, 3600, 7200]; // seconds
const minute = 60; // seconds, from which on places are told as clocks do

/** @param {{duration: number, start?: number}} props `start`: s at its left end */
export function Axis({ duration: length, start = 0 }) {
  const step = steps.find(one => length / one <= 10) ?? Math.ceil(length / 36_000) * 3600;
  const first = Math.ceil(start / step);
  const marks = Array.from(
    { length: Math.floor((start + length) / step) - first + 1 },
    (_, i) => (first + i) * step,
  ).filter(at => at - start < 0.96 * length); // the last one would be cut
  const words = (/** @type {number} */ at) =>
    start + length > minute
      ? at < minute
        ? `0:${String(at).padStart(2, "0")}`
        : duration(at)
      : `${Number(at.toFixed(2))} s`;
  return html`<ol class="axis" aria-hidden="true">
    ${marks.map(at => html`<li style=${{ left: `${((at - start) / length) * 100}%` }}>${words(at)}</li>`)}</ol>`;
}

/**
 * Takes the pointer: a click sets the playhead, a drag a region.
 * @param {{engine: import("./sound/engine.js").Engine, duration: number, width: number}} props
 */
function Overlay({ engine, duration, width }) {
  const head = useRef(/** @type {any} */ (null));
  const [dragged, setDragged] = useState(/** @type {[number, number] | null} */ (null));
  usePlayhead(() => engine.position(), head, duration, width, engine);
  const at = (/** @type {PointerEvent} */ event) => {
    const box = /** @type {HTMLElement} */ (event.currentTarget).getBoundingClientRect();
    return Math.max(0, Math.min(duration, ((event.clientX - box.left) / box.width) * duration));
  };
  const start = (/** @type {PointerEvent} */ event) => {
    /** @type {HTMLElement} */ (event.currentTarget).setPointerCapture(event.pointerId);
    const first = at(event);
    setDragged([first, first]);
  };
  const move = (/** @type {PointerEvent} */ event) => dragged && setDragged([dragged[0], at(event)]);
  const end = () => {
    if (!dragged) return;
    const [from, to] = [Math.min(...dragged), Math.max(...dragged)];
    setDragged(null);
    if (to - from >= least) engine.setLoop(true, [from, to]);
    else engine.seek(from);
  };
  const shown = dragged ?? engine.loop.value;
  return html`<div class="overlay" onPointerDown=${start} onPointerMove=${move} onPointerUp=${end}>
    ${
      shown &&
      html`<span class="region"
        style=${{ left: `${(Math.min(...shown) / duration) * 100}%`, width: `${(Math.abs(shown[1] - shown[0]) / duration) * 100}%` }}></span>`
    }
    <span class="playhead" ref=${head}></span></div>`;
}

/**
 * Moves the playhead with every frame that is drawn.
 * @param {() => number} position s
 * @param {{current: any}} head
 * @param {number} duration
 * @param {number} width
 * @param {any} [of] what the position is of
 */
export function usePlayhead(position, head, duration, width, of) {
  useEffect(() => {
    let frame = 0;
    const draw = () => {
      if (head.current) head.current.style.transform = `translateX(${(position() / duration) * width}px)`;
      frame = requestAnimationFrame(draw);
    };
    draw();
    return () => cancelAnimationFrame(frame);
  }, [of, duration, width]);
}
