/**
 * What each front end makes of a sound, as `audio/features/transformed.py` and `audio/features/pretrained.py` compute it. In steps,
 * as generators (`workers/steps.js`): a sound may be hours long. No drawing here.
 */
import { kaldiSpectrum, spectrum } from "./fourier.js";
import { melBank, melEdges } from "./mel.js";

/**
 * @typedef {{values: Float32Array, bands: number, frames: number, range: number[], label: (band: number) => string}} Picture `values`: [frame][band];
 *   `range`: the shares of them between which colours differ
 * @typedef {import("./frontend.js").FrontEnd} FrontEnd
 * @typedef {Generator<undefined, Picture>} Drawing
 */

const usual = [0.05, 1]; // shares of the values

/** Log-mel of a waveform. @param {Float32Array} samples @param {FrontEnd} settings @returns {Drawing} */
export const logMel = (samples, settings) =>
  inBands(spectrum, samples, settings, melBank(settings), power => Math.log(power + settings.log_offset));

/** Kaldi's log filter bank, which AST was trained with. @param {Float32Array} samples @param {FrontEnd} settings @returns {Drawing} */
export const kaldi = (samples, settings) =>
  inBands(kaldiSpectrum, samples, settings, melBank(settings, true), power =>
    Math.log(Math.max(power, settings.log_offset)),
  );

/**
 * @param {typeof spectrum} spectra @param {Float32Array} samples @param {FrontEnd} settings
 * @param {{first: number, weights: number[]}[]} bank @param {(power: number) => number} log @returns {Drawing}
 */
function* inBands(spectra, samples, settings, bank, log) {
  const bands = bank.length;
  let values = new Float32Array();
  const frames = yield* spectra(samples, settings, count => {
    values = new Float32Array(count * bands);
    return (frame, power) => {
      for (let band = 0; band < bands; band += 1) {
        const { first, weights } = bank[band];
        let total = 0;
        for (let i = 0; i < weights.length; i += 1) total += weights[i] * power[first + i];
        values[frame * bands + band] = log(total);
      }
    };
  });
  const centres = melEdges(settings);
  return { values, bands, frames, range: usual, label: band => hertz(centres[Math.min(bands - 1, band) + 1]) };
}

/** Every bin. @param {Float32Array} samples @param {FrontEnd} settings @param {(power: number) => number} log @returns {Drawing} */
function* inBins(samples, settings, log) {
  let [values, bands] = [new Float32Array(), 0];
  const frames = yield* spectrum(samples, settings, (count, bins) => {
    [values, bands] = [new Float32Array(count * bins), bins];
    return (frame, power) => {
      for (let bin = 0; bin < bins; bin += 1) values[frame * bins + bin] = log(power[bin]);
    };
  });
  return { values, bands, frames, range: usual, label: bin => hertz((bin * settings.sample_rate) / settings.n_fft) };
}

/** Log power of every bin. @param {Float32Array} samples @param {FrontEnd} settings @returns {Drawing} */
export const logSpectrum = (samples, settings) =>
  inBins(samples, settings, power => Math.log(power + settings.log_offset));

/** Decibels on a linear frequency axis up to half the sample rate. @param {Float32Array} samples @param {FrontEnd} settings @returns {Drawing} */
export const decibels = (samples, settings) => inBins(samples, settings, power => 10 * Math.log10(power + 1e-9));

/** Each band over its own recent past (Wang et al. 2017, arXiv:1607.05666). @param {Float32Array} samples @param {FrontEnd} settings @returns {Drawing} */
export function* pcen(samples, settings) {
  const {
    sample_rate,
    hop_length,
    pcen_gain = 0.98,
    pcen_bias = 2,
    pcen_power = 0.5,
    pcen_eps = 1e-6,
    pcen_seconds = 0.4,
  } = settings;
  const picture = yield* logMel(samples, settings);
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
    yield;
  }
  return picture;
}

/** Cepstral coefficients: the orthonormal DCT-II of the log-mel. @param {Float32Array} samples @param {FrontEnd} settings @returns {Drawing} */
export function* mfcc(samples, settings) {
  const { values: log, bands, frames } = yield* logMel(samples, settings);
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
    yield;
  }
  return { values, bands: count, frames, range: usual, label: k => String(Math.min(count - 1, k)) };
}

/** Power of mel bands, without a logarithm. @param {Float32Array} samples @param {FrontEnd} settings @returns {Drawing} */
export const melPower = (samples, settings) => inBands(spectrum, samples, settings, melBank(settings), power => power);

/** Mel bands in decibels, down to `top_db` below the clip's loudest. @param {Float32Array} samples @param {FrontEnd} settings @returns {Drawing} */
export function* melDecibels(samples, settings) {
  const picture = yield* logMel(samples, settings);
  const level = picture.values.map(value => (10 / Math.LN10) * value);
  const floor = level.reduce((most, value) => Math.max(most, value), -Infinity) - (settings.top_db ?? 80);
  return { ...picture, values: level.map(value => Math.max(value, floor)) };
}

/** Log-mel down to 80 dB below the clip's loudest. @param {Float32Array} samples @param {FrontEnd} settings @returns {Drawing} */
export function* whisper(samples, settings) {
  const picture = yield* logMel(samples, settings);
  const floor = picture.values.reduce((most, value) => Math.max(most, value), -Infinity) - 8 * Math.LN10;
  return { ...picture, values: picture.values.map(value => Math.max(value, floor)) };
}

/** How fast each band rises: the regression over five frames with repeated edges of the HTK Book. @param {Picture} picture @returns {Drawing} */
export function* slope(picture) {
  const { values: from, bands, frames } = picture;
  const values = new Float32Array(from.length);
  const row = (/** @type {number} */ frame) => Math.max(0, Math.min(frames - 1, frame)) * bands;
  for (let frame = 0; frame < frames; frame += 1) {
    const [before, after, early, late] = [row(frame - 1), row(frame + 1), row(frame - 2), row(frame + 2)];
    for (let band = 0; band < bands; band += 1) {
      values[frame * bands + band] =
        0.1 * (from[after + band] - from[before + band]) + 0.2 * (from[late + band] - from[early + band]);
    }
    if (frame % 256 === 0) yield;
  }
  return { ...picture, values, range: [0.01, 0.99] };
}

const hertz = (/** @type {number} */ value) =>
  value >= 1000 ? `${(value / 1000).toFixed(value < 9950 ? 1 : 0)} kHz` : `${Math.round(value)} Hz`;
