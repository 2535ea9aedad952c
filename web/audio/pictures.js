/** What each front end makes of a sound, as `audio/features.py` and `audio/models/encoder_frontends.py` compute it. No drawing here. */
import { kaldiSpectrum, spectrum } from "./fourier.js";
import { melBank, melEdges } from "./mel.js";

/**
 * @typedef {{values: Float32Array, bands: number, frames: number, low: number, high: number, label: (band: number) => string}} Picture `values`: [frame][band]
 */

/** Log-mel of a waveform. @param {Float32Array} samples @param {import("./frontend.js").FrontEnd} settings @returns {Picture} */
export const logMel = (samples, settings) =>
  inBands(spectrum(samples, settings), settings, melBank(settings), (power) => Math.log(power + settings.log_offset));

/** Kaldi's log filter bank, which AST was trained with. @param {Float32Array} samples @param {import("./frontend.js").FrontEnd} settings @returns {Picture} */
export const kaldi = (samples, settings) =>
  inBands(kaldiSpectrum(samples, settings), settings, melBank(settings, true), (power) => Math.log(Math.max(power, settings.log_offset)));

/**
 * @param {{power: Float32Array, frames: number, bins: number}} spectra @param {import("./frontend.js").FrontEnd} settings
 * @param {{first: number, weights: number[]}[]} bank @param {(power: number) => number} log @returns {Picture}
 */
function inBands({ power, frames, bins }, settings, bank, log) {
  const bands = bank.length;
  const values = new Float32Array(frames * bands);
  for (let frame = 0; frame < frames; frame += 1) {
    for (let band = 0; band < bands; band += 1) {
      const { first, weights } = bank[band];
      let total = 0;
      for (let i = 0; i < weights.length; i += 1) total += weights[i] * power[frame * bins + first + i];
      values[frame * bands + band] = log(total);
    }
  }
  const centres = melEdges(settings);
  return { values, bands, frames, ...range(values), label: (band) => hertz(centres[Math.min(bands - 1, band) + 1]) };
}

/** Log power of every bin. @param {Float32Array} samples @param {import("./frontend.js").FrontEnd} settings @returns {Picture} */
export function logSpectrum(samples, settings) {
  const { power, frames, bins } = spectrum(samples, settings);
  const values = power.map((one) => Math.log(one + settings.log_offset));
  return { values, bands: bins, frames, ...range(values), label: (bin) => hertz((bin * settings.sample_rate) / settings.n_fft) };
}

/**
 * Each band over its own recent past (Wang et al. 2017, arXiv:1607.05666).
 * @param {Float32Array} samples
 * @param {import("./frontend.js").FrontEnd} settings
 * @returns {Picture}
 */
export function pcen(samples, settings) {
  const { sample_rate, hop_length, pcen_gain = 0.98, pcen_bias = 2, pcen_power = 0.5, pcen_eps = 1e-6, pcen_seconds = 0.4 } = settings;
  const picture = logMel(samples, settings);
  const { values, bands, frames } = picture;
  const constant = (pcen_seconds * sample_rate) / hop_length;
  const share = (Math.sqrt(1 + 4 * constant ** 2) - 1) / (2 * constant ** 2);
  for (let band = 0; band < bands; band += 1) {
    let smooth = Math.exp(values[band]);
    for (let frame = 0; frame < frames; frame += 1) {
      const at = frame * bands + band;
      const energy = Math.exp(values[at]);
      smooth += share * (energy - smooth);
      values[at] = (energy / (pcen_eps + smooth) ** pcen_gain + pcen_bias) ** pcen_power - pcen_bias ** pcen_power;
    }
  }
  return { ...picture, ...range(values) };
}

/**
 * Cepstral coefficients: the orthonormal DCT-II of the log-mel.
 * @param {Float32Array} samples
 * @param {import("./frontend.js").FrontEnd} settings
 * @returns {Picture}
 */
export function mfcc(samples, settings) {
  const { values: log, bands, frames } = logMel(samples, settings);
  const count = settings.n_mfcc ?? 40;
  const values = new Float32Array(frames * count);
  for (let k = 0; k < count; k += 1) {
    const scale = Math.sqrt((k ? 2 : 1) / bands);
    const wave = Float64Array.from({ length: bands }, (_, n) => scale * Math.cos((Math.PI / bands) * (n + 0.5) * k));
    for (let frame = 0; frame < frames; frame += 1) {
      let total = 0;
      for (let n = 0; n < bands; n += 1) total += wave[n] * log[frame * bands + n];
      values[frame * count + k] = total;
    }
  }
  return { values, bands: count, frames, ...range(values), label: (k) => String(Math.min(count - 1, k)) };
}

/** Log-mel down to 80 dB below the clip's loudest. @param {Float32Array} samples @param {import("./frontend.js").FrontEnd} settings @returns {Picture} */
export function whisper(samples, settings) {
  const picture = logMel(samples, settings);
  const floor = picture.high - 8 * Math.LN10;
  const values = picture.values.map((value) => Math.max(value, floor));
  return { ...picture, values, ...range(values) };
}

/** How fast each band rises: the regression over five frames with repeated edges of the HTK Book. @param {Picture} picture @returns {Picture} */
export function slope(picture) {
  const { values: from, bands, frames } = picture;
  const value = (/** @type {number} */ frame, /** @type {number} */ band) => from[Math.max(0, Math.min(frames - 1, frame)) * bands + band];
  const values = from.map((_, at) => {
    const [frame, band] = [Math.floor(at / bands), at % bands];
    return 0.1 * (value(frame + 1, band) - value(frame - 1, band)) + 0.2 * (value(frame + 2, band) - value(frame - 2, band));
  });
  return { ...picture, values, ...range(values, 0.01, 0.99) };
}

/**
 * Decibels on a linear frequency axis up to half the sample rate.
 * @param {Float32Array} samples
 * @param {import("./frontend.js").FrontEnd} settings
 * @returns {Picture}
 */
export function decibels(samples, settings) {
  const { power, frames, bins } = spectrum(samples, settings);
  const values = power.map((one) => 10 * Math.log10(one + 1e-9));
  return { values, bands: bins, frames, ...range(values), label: (bin) => hertz((bin * settings.sample_rate) / settings.n_fft) };
}

/**
 * The values between which colours differ.
 * @param {Float32Array} values @param {number} [from] share of values below @param {number} [to] share up to the upper one
 */
function range(values, from = 0.05, to = 1) {
  const sorted = Float32Array.from(values).sort();
  return { low: sorted[Math.floor(sorted.length * from)] ?? 0, high: sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * to))] ?? 1 };
}

const hertz = (/** @type {number} */ value) => (value >= 1000 ? `${(value / 1000).toFixed(value < 9950 ? 1 : 0)} kHz` : `${Math.round(value)} Hz`);
