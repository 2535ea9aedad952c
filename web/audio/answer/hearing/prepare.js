/**
 * A sound at a model's rate as the model hears it: `audio/io/preparation.py` and `audio/io/decoding.py` in the browser; a test holds
 * them together. Rid of its silent edges, cut or filled to the clips' duration, in 16 bits of its own range, in windows.
 * No drawing here.
 */

import { peakOf } from "../../sound/levels.js";

/** @typedef {import("./metadata.js").Preparation} Preparation */

const quiet = 2 ** -6; // of full scale: below this peak, 16 bits are spread over the sound's own range

/** To the nearest whole number, halves to the even one. @param {number} value */
export function rounded(value) {
  const down = Math.floor(value);
  const rest = value - down;
  return rest > 0.5 || (rest === 0.5 && down % 2 !== 0) ? down + 1 : down;
}

/**
 * From which sample to which a sound is louder than that; all of it where it is silent.
 * @param {Float32Array} samples @param {number | null} decibels re its peak; null: all of it
 */
export function loudPart(samples, decibels) {
  if (decibels === null) return [0, samples.length];
  const threshold = Math.fround(peakOf(samples) * 10 ** (decibels / 20));
  let [first, last] = [0, samples.length];
  while (first < last && !(Math.abs(samples[first]) > threshold)) first += 1;
  if (first === last) return [0, samples.length];
  while (!(Math.abs(samples[last - 1]) > threshold)) last -= 1;
  return [first, last];
}

/** Samples as 16 bits keep them, of which full scale stands for the sound's own. @param {Float32Array} samples @param {number} peak of all of the sound */
export function stored(samples, peak) {
  const scale = peak > 0 && peak < quiet ? 2 ** Math.max(-100, Math.ceil(Math.log2(peak))) : Math.max(1, peak);
  const [up, down] = [Math.fround(32767 / scale), Math.fround(scale / 32768)];
  return samples.map(value => rounded(Math.fround(value * up)) * down);
}

/** Cut or filled to a number of samples: with itself (`loop`), or with silence. @param {Float32Array} samples @param {number} size @param {string} fill */
export function fitted(samples, size, fill) {
  if (samples.length >= size) return samples.subarray(0, size);
  const found = new Float32Array(size);
  found.set(samples);
  if (fill === "loop")
    for (let at = samples.length; at && at < size; at *= 2) found.copyWithin(at, 0, Math.min(at, size - at));
  return found;
}

/**
 * Where windows of a sound begin: every hop, and the last one where it ends; one alone where it is hardly longer.
 * @param {number} length @param {Preparation} how
 */
export function startsOf(length, { window: size, window_slack: slack }) {
  if (length <= size * (1 + slack)) return [0];
  const starts = [];
  for (let at = 0; at + size < length; at = rounded((starts.length * size) / 2)) starts.push(at);
  return [...starts, length - size];
}

/**
 * @typedef {{windows: Float32Array[], starts: number[], left: [number, number]}} Heard `starts` in samples of the sound; `left`: samples that
 *   were left out before and behind
 * @param {Float32Array} samples at the model's rate @param {Preparation} how @returns {Heard} @throws {Error} `empty`
 */
export function prepared(samples, how) {
  const [first, last] = loudPart(samples, how.trim_db);
  if (last <= first) throw new Error("empty");
  const wanted = how.duration === null ? last - first : Math.max(1, rounded(how.duration * how.sample_rate));
  const kept = Math.min(last - first, wanted);
  const clip = fitted(stored(samples.subarray(first, first + kept), peakOf(samples)), wanted, how.duration_fill);
  const starts = startsOf(clip.length, how);
  return {
    windows: starts.map(start =>
      fitted(starts.length === 1 ? clip : clip.subarray(start, start + how.window), how.window, how.window_fill),
    ),
    starts: starts.map(start => first + start),
    left: [first, samples.length - first - kept],
  };
}

/** Samples of a recording in a window: fewer than it has where the model's clips were shorter. @param {Preparation} how */
export const stepOf = ({ window: size, duration, sample_rate: rate }) =>
  duration === null ? size : Math.min(size, Math.max(1, rounded(duration * rate)));

/** One window of a sound that goes on, prepared as a clip by itself. @param {Float32Array} samples @param {Preparation} how */
export function windowOf(samples, how) {
  const part = samples.subarray(Math.max(0, samples.length - stepOf(how)));
  return fitted(fitted(stored(part, peakOf(part)), stepOf(how), how.duration_fill), how.window, how.window_fill);
}
