/**
 * The model's front end in the browser: what is drawn is what the network sees. The settings are those of the task's
 * `frontend` configuration object, as `audio/features/logmel.py` and `audio/features/transformed.py` describe them. No drawing here.
 */
import { finished } from "../../workers/steps.js";
import { decibels, kaldi, logMel, logSpectrum, melDecibels, melPower, mfcc, pcen, slope, whisper } from "./pictures.js";

/**
 * @typedef {object} FrontEnd
 * @property {number} sample_rate @property {number} n_fft @property {number} win_length @property {number} hop_length
 * @property {number} n_mels @property {number} f_min @property {number} f_max @property {string} mel_scale "htk" or "slaney"
 * @property {string} norm "slaney" or "none" @property {number} log_offset
 * @property {string} [name] of the front end; several that share a filter bank stand with a plus between them
 * @property {boolean | string} [deltas] their slope and curvature along time are heard, too
 * @property {number} [preemphasis] of Kaldi's
 * @property {boolean} [known] a model's own, and of a kind that is drawn here; else a log-mel
 * @property {number} [top_db] that decibels are cut at below the loudest
 * @property {number} [n_mfcc] @property {number} [pcen_gain] @property {number} [pcen_bias] @property {number} [pcen_power] @property {number} [pcen_eps]
 * @property {number} [pcen_seconds] time constant of the smoothing
 * @property {number | null} [loudness] RMS level that every window is brought to, dBFS
 */

/** @type {FrontEnd} */
const usual = {
  sample_rate: 22050,
  n_fft: 1024,
  win_length: 1024,
  hop_length: 512,
  n_mels: 64,
  f_min: 20,
  f_max: 11025,
  mel_scale: "htk",
  norm: "none",
  log_offset: 1e-6,
};

/** What is drawn when no model says how it listens: windows of the same length at any rate. @param {number} rate Hz @returns {FrontEnd} */
export function usualAt(rate) {
  const size = 2 ** Math.round(Math.log2((usual.n_fft * rate) / usual.sample_rate));
  return { ...usual, sample_rate: rate, n_fft: size, win_length: size, hop_length: size / 2, f_max: rate / 2 };
}

/** Read the configuration object, JSON or `key = value` lines. @param {string | undefined} text @param {number} [rate] of the sound, Hz @returns {FrontEnd} */
export function readFrontEnd(text, rate) {
  if (!text) return rate ? usualAt(rate) : usual;
  const settings = { ...usual, ...parsed(text) };
  return { ...settings, known: namesOf(settings).every(name => name in kinds) };
}

/** @param {string} text @returns {Record<string, any>} */
function parsed(text) {
  try {
    return JSON.parse(text);
  } catch {
    const pairs = [...text.matchAll(/^\s*"?(\w+)"?\s*[=:]\s*"?([^"\n]*?)"?\s*,?\s*$/gm)];
    return Object.fromEntries(
      pairs.map(([, name, value]) => [name, value !== "" && Number.isFinite(Number(value)) ? Number(value) : value]),
    );
  }
}

/** @type {Record<string, (samples: Float32Array, settings: FrontEnd) => import("./pictures.js").Drawing>} */
const kinds = { logmel: logMel, stft: logSpectrum, meldb: melDecibels, melpower: melPower, pcen, mfcc, whisper, kaldi };

/** The front ends by their names. @param {FrontEnd} settings */
const namesOf = ({ name = "logmel" }) =>
  String(name)
    .split("+")
    .map(one => one.trim());

const derivatives = ["slope", "curvature"];

/**
 * The pictures that a model sees of a sound, by name: its front ends, each with its slope and its curvature if the model hears them.
 * @param {FrontEnd} settings
 */
export function viewsOf(settings) {
  const deltas = String(settings.deltas).toLowerCase() === "true" ? derivatives : [];
  return namesOf(settings).flatMap(name => [name, ...deltas.map(one => `${name} ${one}`)]);
}

/** What is drawn of all frequencies, whatever a model hears. */
export const plain = "plain";

/**
 * What a front end gives, in steps.
 * @param {Float32Array} samples @param {FrontEnd} settings of the samples' rate @param {string} [view] the first if it has no such; or `plain`
 * @returns {import("./pictures.js").Drawing}
 */
export function* pictureOf(samples, settings, view = "") {
  if (view === plain) return yield* decibels(samples, settings);
  const views = viewsOf(settings);
  const [name, derivative] = (views.includes(view) ? view : views[0]).split(" ");
  let picture = yield* (settings.known ? kinds[name] : logMel)(levelled(samples, settings.loudness), settings);
  for (let order = derivatives.indexOf(derivative); order >= 0; order -= 1) picture = yield* slope(picture);
  return picture;
}

const quietest = -70; // dBFS: what is below is raised no further than that

/** As the model's first layer hears it: at its loudness, if it has one. @param {Float32Array} samples @param {number | null} [loudness] dBFS */
export function levelled(samples, loudness) {
  if (typeof loudness !== "number") return samples;
  let power = 0;
  for (const sample of samples) power += sample * sample;
  const gain = Math.sqrt(10 ** (loudness / 10) / Math.max(power / samples.length, 10 ** (quietest / 10)));
  return samples.map(sample => sample * gain);
}

/** The same at once. @param {Float32Array} samples @param {FrontEnd} settings @param {string} [view] */
export const modelView = (samples, settings, view = "") => finished(pictureOf(samples, settings, view));
