/**
 * A sound changed to see what the answer makes of it: boxes of time and frequency muted, noise laid beneath, louder or
 * quieter. What lies outside of a box stays as it is to the bit. In steps. No drawing here.
 *
 * What is muted is taken out of the short-time spectrum and the rest put together again: overlapping windows, the same one
 * before and behind the transform (Griffin and Lim 1984).
 */
import { transformOf } from "../picture/fourier.js";

/**
 * @typedef {{from: number, to: number, low: number, high: number}} Box in s and Hz
 * @typedef {{boxes: Box[], level: number, noise: number | null}} Edits `level`: dB; `noise`: dB that the sound is above it, null: none
 */

const overlap = 4;
const sum = 3 / 8; // of the squared windows that overlap, for each of them

/** @param {Edits} edits */
export const changes = ({ boxes, level, noise }) => boxes.length > 0 || level !== 0 || noise !== null;

/** Samples of a transform at a rate: about a twentieth of a second. @param {number} rate Hz */
export const sizeAt = rate => 2 ** Math.round(Math.log2(rate * 0.046));

/**
 * What lies within boxes, to be taken from the sound.
 * @param {Float32Array} samples @param {number} rate Hz @param {Box[]} boxes
 * @returns {Generator<undefined, {start: number, part: Float32Array}>} `start`: its place
 */
export function* within(samples, rate, boxes) {
  const size = sizeAt(rate);
  const hop = size / overlap;
  const [before, behind] = [-overlap / 2, Math.ceil(samples.length / hop) + overlap / 2]; // frames that reach into the sound
  const spans = boxes.map(({ from, to, ...box }) => ({
    ...box,
    first: from <= 0 ? before : Math.ceil((from * rate) / hop),
    last: to >= samples.length / rate ? behind : Math.ceil((to * rate) / hop) - 1,
  }));
  const first = Math.max(before, Math.min(...spans.map(box => box.first)));
  const last = Math.min(behind, Math.max(...spans.map(box => box.last)));
  const middle = (/** @type {number} */ frame) => frame * hop; // of a frame, in samples
  const start = middle(first) - size / 2;
  const part = new Float32Array(Math.max(0, middle(last) + size / 2 - start));
  const window = Float64Array.from({ length: size }, (_, i) => 0.5 - 0.5 * Math.cos((2 * Math.PI * i) / size));
  const transform = transformOf(size);
  const [re, im] = [new Float64Array(size), new Float64Array(size)];
  for (let frame = first; frame <= last; frame += 1) {
    const here = spans.filter(box => frame >= box.first && frame <= box.last);
    if (!here.length) continue;
    const at = middle(frame) - size / 2;
    for (let i = 0; i < size; i += 1) re[i] = (samples[at + i] ?? 0) * window[i];
    im.fill(0);
    transform(re, im);
    for (let bin = 0; bin <= size / 2; bin += 1) {
      const hertz = (bin * rate) / size;
      if (here.some(box => hertz >= box.low && hertz < box.high)) continue;
      re[bin] = im[bin] = 0;
      if (bin) re[size - bin] = im[size - bin] = 0;
    }
    transform(im, re); // parts changed over: so the same transform goes back
    for (let i = 0; i < size; i += 1) part[at - start + i] += (re[i] * window[i]) / (size * sum * overlap);
    if (frame % 32 === 0) yield;
  }
  return { start, part };
}

/**
 * A sound without what lies within boxes.
 * @param {Float32Array} samples @param {number} rate @param {Box[]} boxes @returns {Generator<undefined, Float32Array>}
 */
export function* muted(samples, rate, boxes) {
  const found = samples.slice();
  if (!boxes.length) return found;
  const { start, part } = yield* within(samples, rate, boxes);
  const [from, to] = [Math.max(0, start), Math.min(found.length, start + part.length)];
  for (let i = from; i < to; i += 1) found[i] -= part[i - start];
  return found;
}

/** White noise of power one, the same every time. @param {number} length @returns {Generator<undefined, Float32Array>} */
function* noiseOf(length) {
  const found = new Float32Array(length);
  let state = 1;
  const next = () => (state = (Math.imul(state, 1664525) + 1013904223) >>> 0) / 2 ** 32; // Numerical Recipes
  for (let i = 0; i < length; i += 2) {
    const [size, turn] = [Math.sqrt(-2 * Math.log(1 - next())), 2 * Math.PI * next()];
    found[i] = size * Math.cos(turn);
    if (i + 1 < length) found[i + 1] = size * Math.sin(turn);
    if (i % 65_536 === 0) yield;
  }
  return found;
}

/**
 * Muted, with noise beneath, at another level, in that order.
 * @param {Float32Array} samples @param {number} rate Hz @param {Edits} edits @returns {Generator<undefined, Float32Array>}
 */
export function* edited(samples, rate, { boxes, level, noise }) {
  const found = yield* muted(samples, rate, boxes);
  if (noise !== null) {
    let power = 0;
    for (let i = 0; i < samples.length; i += 1) power += samples[i] ** 2 / samples.length;
    const size = Math.sqrt(power / 10 ** (noise / 10));
    const hiss = yield* noiseOf(found.length);
    for (let i = 0; i < found.length; i += 1) found[i] += size * hiss[i];
  }
  const gain = 10 ** (level / 20);
  if (level) for (let i = 0; i < found.length; i += 1) found[i] *= gain;
  return found;
}
