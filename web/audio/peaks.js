/** Peaks of a sound file, for a strip that shows where something is to be heard. Decoded at a low rate and kept. */
import { readFile } from "../api.js";

const rate = 8000; // Hz: enough for a picture
const pairs = 160;
const largest = 30e6; // bytes

/** @typedef {{peaks: Int8Array, duration: number}} Strip peaks: lowest and highest in turn, −128…127; none for a file that is too large */

/** @type {Map<string, Promise<Strip>>} */
const known = new Map();
/** @type {Promise<unknown>} one at a time, so that scrolling stays smooth */
let last = Promise.resolve();

/** @param {string} url @returns {Promise<Strip>} */
export function peaksOfFile(url) {
  const found = known.get(url);
  if (found) return found;
  const fresh = last.then(() => decoded(url));
  last = fresh.catch(() => known.delete(url));
  known.set(url, fresh);
  return fresh;
}

/** @param {string} url */
async function decoded(url) {
  const response = await readFile(url);
  if (Number(response.headers.get("content-length")) > largest) return { peaks: new Int8Array(), duration: 0 };
  const buffer = await new OfflineAudioContext(1, 1, rate).decodeAudioData(await response.arrayBuffer());
  return { peaks: peaks(buffer.getChannelData(0)), duration: buffer.duration };
}

/** @param {Float32Array} samples */
export function peaks(samples) {
  const found = new Int8Array(2 * pairs);
  for (let i = 0; i < pairs; i += 1) {
    let [low, high] = [0, 0];
    for (let k = Math.floor((i * samples.length) / pairs); k < ((i + 1) * samples.length) / pairs && k < samples.length; k += 1) {
      low = Math.min(low, samples[k]);
      high = Math.max(high, samples[k]);
    }
    found[2 * i] = Math.max(-128, Math.round(low * 128));
    found[2 * i + 1] = Math.min(127, Math.round(high * 127));
  }
  return found;
}
