/** A player for a sample in a list: its waveform, drawn when it comes into sight; starting one stops the others. */
import { html, useEffect, useRef, useState } from "../lib/dom.js";
import { duration } from "../lib/format.js";
import { useVisible } from "../lib/answers/hooks.js";
import { t } from "../lib/text.js";
import { Button } from "../kit/button.js";
import { toastError } from "../kit/over/toast.js";
import { alone } from "./sound/alone.js";
import { drawPeaks } from "./picture/draw.js";
import { peaksOfFile } from "./sound/peaks.js";

/** @param {{url: string, label: string}} props */
export function AudioPlayer({ url, label }) {
  const sound = useRef(/** @type {any} */ (null));
  const [on, setOn] = useState(false);
  const [at, setAt] = useState(0);
  const [length, setLength] = useState(0);
  useFrames(on, () => setAt(sound.current?.currentTime ?? 0));
  const started = (/** @type {any} */ { currentTarget: element }) => {
    alone(element, () => element.pause());
    setOn(true);
  };
  const toggle = () => (sound.current.paused ? sound.current.play().catch(toastError) : sound.current.pause());
  const seek = (/** @type {number} */ seconds) => {
    if (!Number.isFinite(sound.current.duration)) return;
    sound.current.currentTime = Math.max(0, Math.min(sound.current.duration, seconds));
    setAt(sound.current.currentTime);
  };
  return html`<div class="audio-player">
    <audio ref=${sound} preload="none" src=${url} aria-label=${label} onPlay=${started} onPause=${() => setOn(false)}
      onEnded=${() => setAt(0)}
      onLoadedMetadata=${(/** @type {any} */ e) => setLength(e.currentTarget.duration)}></audio>
    <${Button} small icon=${on ? "pause" : "play"} label=${on ? t("Pause {name}", { name: label }) : t("Play {name}", { name: label })} onClick=${toggle} />
    <${Wave} url=${url} at=${at} length=${length} setLength=${setLength} seek=${seek} label=${label} />
    <small class="numeric">${duration(on || at ? at : length)}</small>
  </div>`;
}

/** Runs with every frame that is drawn, while something plays. @param {boolean} on @param {() => void} work */
function useFrames(on, work) {
  useEffect(() => {
    if (!on) return undefined;
    let frame = requestAnimationFrame(function again() {
      work();
      frame = requestAnimationFrame(again);
    });
    return () => cancelAnimationFrame(frame);
  }, [on]);
}

/** @param {{url: string, at: number, length: number, setLength: (seconds: number) => void, seek: (seconds: number) => void, label: string}} props */
function Wave({ url, at, length, setLength, seek, label }) {
  const [box, visible] = useVisible();
  const canvas = useRef(/** @type {any} */ (null));
  const [peaks, setPeaks] = useState(/** @type {Int8Array | null} */ (null));
  useEffect(() => {
    if (visible)
      peaksOfFile(url).then(
        strip => (setPeaks(strip.peaks), setLength(strip.duration)),
        () => setPeaks(new Int8Array()),
      );
  }, [visible, url]);
  useEffect(() => {
    if (peaks) drawPeaks(canvas.current, peaks);
  }, [peaks]);
  const click = (/** @type {MouseEvent} */ event) => {
    const place = box.current.getBoundingClientRect();
    seek(((event.clientX - place.left) / place.width) * length);
  };
  const key = (/** @type {KeyboardEvent} */ event) => {
    const step = { ArrowLeft: -0.1, ArrowRight: 0.1 }[event.key];
    if (step) seek(at + step * length);
  };
  return html`<div class="audio-wave" ref=${box} role="slider" tabindex="0" aria-label=${t("Place in {name}", { name: label })} aria-valuemin="0"
    aria-valuemax=${length.toFixed(2)} aria-valuenow=${at.toFixed(2)} onClick=${click} onKeyDown=${key}>
    <canvas class="strip" ref=${canvas} aria-hidden="true"></canvas>
    <span class="playhead" style=${{ left: `${length ? (100 * at) / length : 0}%` }}></span></div>`;
}
