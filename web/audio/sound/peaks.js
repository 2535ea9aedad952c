/** Peaks of a sound file, for a strip that shows where something is to be heard. They are kept, the sound is not. */
import { readFile } from "../../api.js";
import { Bounded } from "../../lib/answers/bounded.js";
import { headerOf } from "./header.js";
import { outlineOf } from "./mixes.js";

const pairs = 160;
const kept = 2000; // strips
const largest = 30e6; // bytes
const usualRate = 48_000; // Hz, of a file that does not tell its own

/** @typedef {{peaks: Int8Array, duration: number}} Strip peaks: lowest and highest in turn, −128…127; none for a file that is too large */

/** @type {Bounded<Strip>} */
const known = new Bounded(kept, () => 1);
/** @type {Promise<unknown>} one at a time, so that scrolling stays smooth */
let last = Promise.resolve();

/** @param {string} url @returns {Promise<Strip>} */
export const peaksOfFile = url =>
  known.get(url, () => {
    const fresh = last.then(() => decoded(url));
    last = fresh.catch(() => {});
    return fresh;
  });

/** @param {string} url */
async function decoded(url) {
  const response = await readFile(url);
  if (Number(response.headers.get("content-length")) > largest) return { peaks: new Int8Array(), duration: 0 };
  const bytes = await response.arrayBuffer();
  const buffer = await new OfflineAudioContext(1, 1, headerOf(bytes).rate || usualRate).decodeAudioData(bytes);
  const peaks = Int8Array.from(await outlineOf(buffer, pairs), value =>
    Math.max(-128, Math.min(127, Math.round(value * 128))),
  );
  return { peaks, duration: buffer.duration };
}
