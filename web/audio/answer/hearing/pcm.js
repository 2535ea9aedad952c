/**
 * Plain WAV files read to the bit, whatever their rate: browsers scale what is positive and what is negative differently, and
 * resample what they do not play. No drawing here.
 */

import { chunksOf } from "../../sound/header.js";

/** @typedef {{channels: Float32Array[], rate: number}} Sound */

const [integers, floats, extensible] = [1, 3, 0xfffe]; // formats

/** @type {Record<string, (view: DataView, at: number) => number>} a sample by format and bits */
const readers = {
  "1 8": (view, at) => (view.getUint8(at) - 128) / 2 ** 7,
  "1 16": (view, at) => view.getInt16(at, true) / 2 ** 15,
  "1 24": (view, at) => (view.getUint16(at, true) + view.getInt8(at + 2) * 2 ** 16) / 2 ** 23,
  "1 32": (view, at) => view.getInt32(at, true) / 2 ** 31,
  "3 32": (view, at) => view.getFloat32(at, true),
  "3 64": (view, at) => view.getFloat64(at, true),
};

/**
 * The sound of a WAV file of integers or floats (http://soundfile.sapp.org/doc/WaveFormat/).
 * @param {ArrayBuffer} buffer @returns {Sound | null} null: it is another kind of file, or none of sense
 */
export function pcmOf(buffer) {
  const view = new DataView(buffer);
  const word = (/** @type {number} */ at) => String.fromCharCode(...new Uint8Array(buffer, at, 4));
  if (view.byteLength < 44 || word(0) !== "RIFF" || word(8) !== "WAVE") return null;
  let [format, count, rate, bits] = [0, 0, 0, 0];
  for (const { name, start, size } of chunksOf(view)) {
    if (name === "fmt " && start + 16 <= view.byteLength) {
      format = view.getUint16(start, true);
      count = view.getUint16(start + 2, true);
      rate = view.getUint32(start + 4, true);
      bits = view.getUint16(start + 14, true);
      if (format === extensible && start + 26 <= view.byteLength) format = view.getUint16(start + 24, true);
    }
    if (name === "data") return samplesOf(view, start, size, { format, count, rate, bits });
  }
  return null;
}

/**
 * @param {DataView} view @param {number} start @param {number} told bytes that the header promises; the file may break off before
 * @param {{format: number, count: number, rate: number, bits: number}} how @returns {Sound | null}
 */
function samplesOf(view, start, told, { format, count, rate, bits }) {
  const read = [integers, floats].includes(format) ? readers[`${format} ${bits}`] : undefined;
  const size = bits / 8;
  const frames = Math.floor(Math.min(told, view.byteLength - start) / (size * count));
  if (!read || !rate || !(frames > 0)) return null;
  const channels = Array.from({ length: count }, () => new Float32Array(frames));
  for (let frame = 0, at = start; frame < frames; frame += 1)
    for (let channel = 0; channel < count; channel += 1, at += size) {
      const value = read(view, at);
      if (!Number.isFinite(value)) return null; // Python refuses it, and so do browsers
      channels[channel][frame] = value;
    }
  return { channels, rate };
}
