/** Sound files, fetched and decoded: at the rate that they were stored with, so that nothing in them is lost, or at another. */
import { readFile } from "../../api.js";
import { Bounded } from "../../lib/answers/bounded.js";
import { headerOf } from "./header.js";

const room = 256e6; // bytes of decoded sound that are kept
const filesRoom = 64e6; // and of files
const [lowest, highest] = [8000, 192_000]; // Hz, what every browser can play
const unknown = 48_000; // Hz, of a file that does not tell its rate

/** @typedef {{bytes: ArrayBuffer, rate: number, mask: number}} Stored `rate` in Hz; `mask`: a WAV's loudspeakers */

/** @type {Bounded<Stored>} */
const files = new Bounded(filesRoom, one => one.bytes.byteLength);
/** @type {Bounded<AudioBuffer>} */
const decoded = new Bounded(room, buffer => 4 * buffer.length * buffer.numberOfChannels);
/** @type {WeakMap<AudioBuffer, number>} loudspeakers of the channels */
const masks = new WeakMap();

/** @param {AudioBuffer} buffer @returns {number} its channels' loudspeakers as a WAV's mask, 0 where they are not told */
export const maskOf = buffer => masks.get(buffer) ?? 0;

/** A rate that can be played. @param {number} rate Hz */
const playable = rate => Math.max(lowest, Math.min(highest, rate || unknown));

/** @param {string} url @returns {Promise<Stored>} */
const fetched = url =>
  files.get(url, async () => {
    const bytes = await (await readFile(url)).arrayBuffer();
    return { bytes, ...headerOf(bytes) };
  });

/**
 * A sound, decoded. @param {string} url @param {number} [rate] Hz; 0: its own
 * @returns {Promise<AudioBuffer>} all of its channels
 */
export async function load(url, rate = 0) {
  const stored = await fetched(url);
  const wanted = playable(rate || stored.rate);
  return decoded.get(`${wanted} ${url}`, async () => {
    const buffer = await new OfflineAudioContext(1, 1, wanted).decodeAudioData(stored.bytes.slice(0));
    masks.set(buffer, stored.mask);
    return buffer;
  });
}

/** Several sounds at one rate, the highest that one of them was stored with: so they can run on one clock. @param {string[]} urls */
export async function loadTogether(urls) {
  const rates = (await Promise.all(urls.map(fetched))).map(one => playable(one.rate));
  return Promise.all(urls.map(url => load(url, Math.max(0, ...rates))));
}
