/** Sounds in the hands of the worker that measures and draws them. A sound is handed over once, in pieces: copying an hour at once would stop the page. */
import { basePath } from "../../lib/addresses/config.js";
import { Asking } from "../../workers/asking.js";
import { sharesOf } from "./channels.js";
import { maskOf } from "./decoded.js";

const piece = 1 << 19; // samples of a channel

const worker = new Asking(
  () => /** @type {any} */ (new Worker(`${basePath}/workers/sound.js`, { type: "module", name: "sound" })),
);
/** @type {WeakMap<AudioBuffer, {number: number, there: Promise<void>}>} */
const handed = new WeakMap();
let count = 0;

/** @param {AudioBuffer} buffer @param {number} number */
async function handOver(buffer, number) {
  const shares = sharesOf(buffer.numberOfChannels, maskOf(buffer));
  await worker.ask("begin", { number, length: buffer.length });
  for (let from = 0; from < buffer.length; from += piece) {
    const length = Math.min(piece, buffer.length - from);
    const channels = shares.map((_, channel) => {
      const part = new Float32Array(length);
      buffer.copyFromChannel(part, channel, from);
      return part;
    });
    await worker.ask("piece", { number, from, channels, shares }, { transfer: channels.map(one => one.buffer) });
  }
}

/** @param {AudioBuffer} buffer */
function known(buffer) {
  const found = handed.get(buffer);
  if (found) return found;
  const number = (count += 1);
  const fresh = { number, there: handOver(buffer, number) };
  fresh.there.catch(() => handed.delete(buffer));
  handed.set(buffer, fresh);
  return fresh;
}

/** @param {string} kind @param {AudioBuffer} buffer @param {any} more @param {AbortSignal} [signal] @returns {Promise<any>} */
async function asked(kind, buffer, more, signal) {
  for (let again = 0; ; again += 1) {
    const { number, there } = known(buffer);
    try {
      await there;
      return await worker.ask(kind, { number, ...more }, { signal });
    } catch (error) {
      if (/** @type {Error} */ (error).message !== "gone" || again) throw error;
      handed.delete(buffer); // the worker needed the room for others, or is a new one
    }
  }
}

/**
 * Loudness of the mix that a model hears, dB, and the peak of what is heard, 0…1.
 * @param {AudioBuffer} buffer @returns {Promise<{loudness: number, peak: number}>}
 */
export const measure = buffer => asked("measure", buffer, {});

/**
 * Lowest and highest sample of the mix in each column, in turn.
 * @param {AudioBuffer} buffer @param {number} columns @param {AbortSignal} [signal] @returns {Promise<Float32Array>}
 */
export const outlineOf = (buffer, columns, signal) => asked("outline", buffer, { columns }, signal);

/**
 * The mix as a front end shows it.
 * @param {AudioBuffer} buffer @param {import("../picture/frontend.js").FrontEnd} settings @param {string} view @param {AbortSignal} [signal]
 * @returns {Promise<import("../picture/shades.js").Shaded>}
 */
export const shadedOf = (buffer, settings, view, signal) => asked("picture", buffer, { settings, view }, signal);
