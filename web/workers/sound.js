/** The worker that measures and draws sounds: their mix, waveforms, levels, spectrograms. It is handed a sound in pieces, once. */
import { mixInto } from "../audio/sound/channels.js";
import { pictureOf } from "../audio/picture/frontend.js";
import { levels, outline } from "../audio/sound/levels.js";
import { shaded } from "../audio/picture/shades.js";
import { serve } from "./serving.js";

const room = 400e6; // bytes of samples that are kept

/** @type {Map<number, {samples: Float32Array, peak: number}>} mixes by number, the one that was handed over first is let go first */
const mixes = new Map();

/** @param {number} number @returns {{samples: Float32Array, peak: number}} @throws {Error} `gone`: the page hands it over again */
function mix(number) {
  const found = mixes.get(number);
  if (!found) throw new Error("gone");
  return found;
}

/** Make room for another one. @param {number} bytes */
function tidy(bytes) {
  let used = bytes;
  for (const { samples } of mixes.values()) used += samples.byteLength;
  for (const [number, { samples }] of mixes) {
    if (used <= room) return;
    used -= samples.byteLength;
    mixes.delete(number);
  }
}

serve(
  {
    *begin({ number, length }) {
      tidy(4 * length);
      mixes.set(number, { samples: new Float32Array(length), peak: 0 });
      return { result: null };
    },
    *piece({ number, from, channels, shares }) {
      const known = mix(number);
      mixInto(channels, shares, known.samples.subarray(from, from + channels[0].length));
      for (const channel of channels) known.peak = Math.max(known.peak, yield* levels.peak(channel));
      return { result: null };
    },
    *measure({ number }) {
      const { samples, peak } = mix(number);
      return { result: { loudness: yield* levels.loudness(samples), peak } };
    },
    *outline({ number, columns }) {
      const result = yield* outline(mix(number).samples, columns);
      return { result, transfer: [result.buffer] };
    },
    *picture({ number, settings, view }) {
      const result = yield* shaded(yield* pictureOf(mix(number).samples, settings, view));
      return { result, transfer: [result.pixels.buffer] };
    },
  },
  /** @type {any} */ (globalThis),
);
