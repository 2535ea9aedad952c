/** Waveform and spectrogram on one time axis, with one playhead and one region. */
import { html, useEffect, useMemo, useRef, useState } from "../lib/dom.js";
import { useSize } from "../lib/hooks.js";
import { t } from "../lib/text.js";
import { drawSpectrogram, drawWave } from "./draw.js";
import { modelView } from "./frontend.js";
import { decibels } from "./pictures.js";

const waveHeight = 110;
const least = 0.02; // seconds: a shorter drag is a click

/**
 * @param {{engine: import("./engine.js").Engine, buffer: AudioBuffer, frontEnd: import("./frontend.js").FrontEnd, view: string}} props `view`: "plain", or one
 *   of the front
 *   end's; its first for anything else
 */
export function Timeline({ engine, buffer, frontEnd, view }) {
  const [box, size] = useSize();
  const wave = useRef(/** @type {any} */ (null));
  const spectrogram = useRef(/** @type {any} */ (null));
  const samples = useMemo(() => buffer.getChannelData(0), [buffer]);
  const settings = { ...frontEnd, sample_rate: buffer.sampleRate };
  const picture = useMemo(() => (view === "plain" ? decibels(samples, settings) : modelView(samples, settings, view)), [buffer, frontEnd, view]);
  const name = view === "plain" ? t("Spectrogram") : frontEnd.known ? t("What the model sees, {n} bands", { n: picture.bands })
    : t("Log-mel, {n} bands", { n: picture.bands });
  useEffect(() => {
    if (size.width) drawWave(wave.current, samples, size.width, waveHeight);
  }, [samples, size.width]);
  useEffect(() => drawSpectrogram(spectrogram.current, picture), [picture]);
  return html`<div class="timeline" ref=${box}>
    <canvas class="wave" ref=${wave} style=${{ height: `${waveHeight}px` }} role="img" aria-label=${t("Waveform")}></canvas>
    <div class="spectrogram"><canvas ref=${spectrogram} role="img" aria-label=${name}></canvas>
      <ol class="bands" aria-hidden="true">
        ${[1, 0.5, 0].map((place) =>
            html`<li style=${{ bottom: `${place * 100}%` }}>${picture.label(Math.round(place * (picture.bands - 1)))}</li>`)}</ol></div>
    <${Axis} duration=${buffer.duration} />
    <${Overlay} engine=${engine} duration=${buffer.duration} width=${size.width} />
  </div>`;
}

/** @param {{duration: number}} props */
function Axis({ duration }) {
  const step = [0.1, 0.25, 0.5, 1, 2, 5, 10, 30].find((one) => duration / one <= 10) ?? 60;
  const marks = Array.from({ length: Math.floor(duration / step) + 1 }, (_, i) => i * step).filter((at) => at < 0.96 * duration); // the last one would be cut
  return html`<ol class="axis" aria-hidden="true">
    ${marks.map((at) => html`<li style=${{ left: `${(at / duration) * 100}%` }}>${Number(at.toFixed(2))} s</li>`)}</ol>`;
}

/** Takes the pointer: a click sets the playhead, a drag a region. @param {{engine: import("./engine.js").Engine, duration: number, width: number}} props */
function Overlay({ engine, duration, width }) {
  const head = useRef(/** @type {any} */ (null));
  const [dragged, setDragged] = useState(/** @type {[number, number] | null} */ (null));
  usePlayhead(engine, head, duration, width);
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
    ${shown && html`<span class="region"
        style=${{ left: `${(Math.min(...shown) / duration) * 100}%`, width: `${(Math.abs(shown[1] - shown[0]) / duration) * 100}%` }}></span>`}
    <span class="playhead" ref=${head}></span></div>`;
}

/**
 * Moves the playhead with every frame that is drawn.
 * @param {import("./engine.js").Engine} engine
 * @param {{current: any}} head
 * @param {number} duration
 * @param {number} width
 */
function usePlayhead(engine, head, duration, width) {
  useEffect(() => {
    let frame = 0;
    const draw = () => {
      if (head.current) head.current.style.transform = `translateX(${(engine.position() / duration) * width}px)`;
      frame = requestAnimationFrame(draw);
    };
    draw();
    return () => cancelAnimationFrame(frame);
  }, [engine, duration, width]);
}
