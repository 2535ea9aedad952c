/**
 * The model's front end in the browser: what is drawn is what the network sees. The settings are those of the task's
 * `frontend` configuration object, as `audio/frontend.py` and `audio/features.py` describe them. No drawing here.
 */
import { spectrum } from "./fourier.js";

/**
 * @typedef {object} FrontEnd
 * @property {number} sample_rate @property {number} n_fft @property {number} win_length @property {number} hop_length
 * @property {number} n_mels @property {number} f_min @property {number} f_max @property {string} mel_scale "htk" or "slaney"
 * @property {string} norm "slaney" or "none" @property {number} log_offset
 * @property {string} [name] of the front end; several that share a filter bank stand with a plus between them
 * @property {boolean} [known] a model's own, and of a kind that is drawn here; else a log-mel
 * @property {number} [n_mfcc] @property {number} [pcen_gain] @property {number} [pcen_bias] @property {number} [pcen_power] @property {number} [pcen_eps]
 * @property {number} [pcen_seconds] time constant of the smoothing
 */

/** @type {FrontEnd} */
const usual = { sample_rate: 22050, n_fft: 1024, win_length: 1024, hop_length: 512, n_mels: 64, f_min: 20, f_max: 11025, mel_scale: "htk", norm: "none", log_offset: 1e-6 };

/** What is drawn when no model says how it listens: windows of the same length at any rate. @param {number} rate Hz @returns {FrontEnd} */
function usualAt(rate) {
  const size = 2 ** Math.round(Math.log2((usual.n_fft * rate) / usual.sample_rate));
  return { ...usual, sample_rate: rate, n_fft: size, win_length: size, hop_length: size / 2, f_max: rate / 2 };
}

/** Read the configuration object, JSON or `key = value` lines. @param {string | undefined} text @param {number} [rate] of the sound, Hz @returns {FrontEnd} */
export function readFrontEnd(text, rate) {
  if (!text) return rate ? usualAt(rate) : usual;
  const settings = { ...usual, ...parsed(text) };
  return { ...settings, known: viewsOf(settings).every((name) => name in kinds) };
}

/** @param {string} text @returns {Record<string, any>} */
function parsed(text) {
  try {
    return JSON.parse(text);
  } catch {
    const pairs = [...text.matchAll(/^\s*"?(\w+)"?\s*[=:]\s*"?([^"\n]*?)"?\s*,?\s*$/gm)];
    return Object.fromEntries(pairs.map(([, name, value]) => [name, value !== "" && Number.isFinite(Number(value)) ? Number(value) : value]));
  }
}

/** The pictures that a model sees of a sound, by the names of its front ends. @param {FrontEnd} settings */
export const viewsOf = ({ name = "logmel" }) => String(name).split("+").map((one) => one.trim());

/** What a front end gives. @param {Float32Array} samples @param {FrontEnd} settings @param {string} [name] one of its views; the first if it has no such @returns {Picture} */
export function modelView(samples, settings, name = "") {
  const views = viewsOf(settings);
  const draw = settings.known ? kinds[views.includes(name) ? name : views[0]] : logMel;
  return draw(samples, settings);
}

/** @typedef {{values: Float32Array, bands: number, frames: number, low: number, high: number, label: (band: number) => string}} Picture `values`: [frame][band] */

/** Log-mel of a waveform. @param {Float32Array} samples @param {FrontEnd} settings @returns {Picture} */
export function logMel(samples, settings) {
  const { n_mels: bands, log_offset: offset } = settings;
  const bank = melBank(settings);
  const { power, frames, bins } = spectrum(samples, settings);
  const values = new Float32Array(frames * bands);
  for (let frame = 0; frame < frames; frame += 1) {
    for (let band = 0; band < bands; band += 1) {
      const { first, weights } = bank[band];
      let total = 0;
      for (let i = 0; i < weights.length; i += 1) total += weights[i] * power[frame * bins + first + i];
      values[frame * bands + band] = Math.log(total + offset);
    }
  }
  const centres = melEdges(settings);
  return { values, bands, frames, ...range(values), label: (band) => hertz(centres[Math.min(bands - 1, band) + 1]) };
}

/** Log power of every bin. @param {Float32Array} samples @param {FrontEnd} settings @returns {Picture} */
function logSpectrum(samples, settings) {
  const { power, frames, bins } = spectrum(samples, settings);
  const values = power.map((one) => Math.log(one + settings.log_offset));
  return { values, bands: bins, frames, ...range(values), label: (bin) => hertz((bin * settings.sample_rate) / settings.n_fft) };
}

/** Each band over its own recent past (Wang et al. 2017, arXiv:1607.05666). @param {Float32Array} samples @param {FrontEnd} settings @returns {Picture} */
function pcen(samples, settings) {
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

/** Cepstral coefficients: the orthonormal DCT-II of the log-mel. @param {Float32Array} samples @param {FrontEnd} settings @returns {Picture} */
function mfcc(samples, settings) {
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

/** Log-mel down to 80 dB below the clip's loudest. @param {Float32Array} samples @param {FrontEnd} settings @returns {Picture} */
function whisper(samples, settings) {
  const picture = logMel(samples, settings);
  const floor = picture.high - 8 * Math.LN10;
  const values = picture.values.map((value) => Math.max(value, floor));
  return { ...picture, values, ...range(values) };
}

/** @type {Record<string, (samples: Float32Array, settings: FrontEnd) => Picture>} */
const kinds = { logmel: logMel, stft: logSpectrum, pcen, mfcc, whisper };

/** Decibels on a linear frequency axis up to half the sample rate. @param {Float32Array} samples @param {FrontEnd} settings @returns {Picture} */
export function decibels(samples, settings) {
  const { power, frames, bins } = spectrum(samples, settings);
  const values = power.map((one) => 10 * Math.log10(one + 1e-9));
  return { values, bands: bins, frames, ...range(values), label: (bin) => hertz((bin * settings.sample_rate) / settings.n_fft) };
}

/** The quietest value worth a colour, and the loudest. @param {Float32Array} values */
function range(values) {
  const sorted = Float32Array.from(values).sort();
  return { low: sorted[Math.floor(sorted.length * 0.05)] ?? 0, high: sorted[sorted.length - 1] ?? 1 };
}

const hertz = (/** @type {number} */ value) => (value >= 1000 ? `${(value / 1000).toFixed(value < 9950 ? 1 : 0)} kHz` : `${Math.round(value)} Hz`);

const scales = {
  htk: { to: (/** @type {number} */ hz) => 2595 * Math.log10(1 + hz / 700), from: (/** @type {number} */ mel) => 700 * (10 ** (mel / 2595) - 1) },
  slaney: {
    to: (/** @type {number} */ hz) => (hz < 1000 ? (3 * hz) / 200 : 15 + (27 * Math.log(hz / 1000)) / Math.log(6.4)),
    from: (/** @type {number} */ mel) => (mel < 15 ? (200 * mel) / 3 : 1000 * Math.exp((Math.log(6.4) * (mel - 15)) / 27)),
  },
};

/** Corner frequencies of the triangular bands, Hz. @param {FrontEnd} settings */
function melEdges({ n_mels, f_min, f_max, mel_scale }) {
  const scale = mel_scale === "slaney" ? scales.slaney : scales.htk;
  const [low, high] = [scale.to(f_min), scale.to(f_max)];
  return Array.from({ length: n_mels + 2 }, (_, i) => scale.from(low + ((high - low) * i) / (n_mels + 1)));
}

/** @param {FrontEnd} settings */
function melBank(settings) {
  const edges = melEdges(settings);
  const bins = Math.floor(settings.n_fft / 2) + 1;
  const frequency = (/** @type {number} */ bin) => (bin * settings.sample_rate) / settings.n_fft;
  return Array.from({ length: settings.n_mels }, (_, band) => {
    const [left, centre, right] = edges.slice(band, band + 3);
    const area = settings.norm === "slaney" ? 2 / (right - left) : 1;
    const weights = [];
    let first = 0;
    for (let bin = 0; bin < bins; bin += 1) {
      const weight = Math.min((frequency(bin) - left) / (centre - left), (right - frequency(bin)) / (right - centre));
      if (weight > 0) {
        if (!weights.length) first = bin;
        weights.push(weight * area);
      }
    }
    return { first, weights };
  });
}
