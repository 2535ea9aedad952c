/**
 * The model's front end in the browser: what is drawn is what the network sees. The settings are those of the task's
 * `frontend` configuration object, as `audio/frontend.py` describes them. No drawing here.
 */

/**
 * @typedef {object} FrontEnd
 * @property {number} sample_rate @property {number} n_fft @property {number} win_length @property {number} hop_length
 * @property {number} n_mels @property {number} f_min @property {number} f_max @property {string} mel_scale "htk" or "slaney"
 * @property {string} norm "slaney" or "none" @property {number} log_offset
 * @property {boolean} [known] a model's own; else the usual one of a sound at that rate
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
  try {
    return { ...usual, ...JSON.parse(text), known: true };
  } catch {
    const pairs = [...text.matchAll(/^\s*"?(\w+)"?\s*[=:]\s*"?([^"\n]*?)"?\s*,?\s*$/gm)];
    return { ...usual, known: true, ...Object.fromEntries(pairs.map(([, name, value]) => [name, value !== "" && Number.isFinite(Number(value)) ? Number(value) : value])) };
  }
}

/** @typedef {{values: Float32Array, bands: number, frames: number, low: number, high: number, label: (band: number) => string}} Picture `values`: [frame][band] */

/** Log-mel of a waveform, frames centred on multiples of the hop. @param {Float32Array} samples @param {FrontEnd} settings @returns {Picture} */
export function logMel(samples, settings) {
  const { n_fft: size, n_mels: bands, log_offset: offset } = settings;
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
  return { values, bands, frames, ...range(values), label: (band) => hertz(centres[Math.min(bands, band) + 1] ?? size) };
}

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

/** Power spectra, [frame][bin]; edges reflected. @param {Float32Array} samples @param {FrontEnd} settings */
function spectrum(samples, { n_fft: size, win_length: length, hop_length: hop }) {
  const frames = 1 + Math.floor(samples.length / hop);
  const bins = size / 2 + 1;
  const window = hann(length, size);
  const power = new Float32Array(frames * bins);
  const re = new Float64Array(size);
  const im = new Float64Array(size);
  for (let frame = 0; frame < frames; frame += 1) {
    const start = frame * hop - size / 2;
    for (let i = 0; i < size; i += 1) re[i] = at(samples, start + i) * window[i];
    im.fill(0);
    fft(re, im);
    for (let bin = 0; bin < bins; bin += 1) power[frame * bins + bin] = re[bin] ** 2 + im[bin] ** 2;
  }
  return { power, frames, bins };
}

/** @param {Float32Array} samples @param {number} i */
function at(samples, i) {
  const last = samples.length - 1;
  if (i < 0) i = -i;
  if (i > last) i = 2 * last - i;
  return i >= 0 && i <= last ? samples[i] : 0;
}

/** A periodic Hann window, centred in the transform. @param {number} length @param {number} size */
function hann(length, size) {
  const window = new Float64Array(size);
  const left = (size - length) >> 1;
  for (let i = 0; i < length; i += 1) window[left + i] = 0.5 - 0.5 * Math.cos((2 * Math.PI * i) / length);
  return window;
}

/** In place; the length is a power of two (Cooley and Tukey 1965). @param {Float64Array} re @param {Float64Array} im */
export function fft(re, im) {
  const n = re.length;
  for (let i = 1, j = 0; i < n; i += 1) {
    let bit = n >> 1;
    for (; j & bit; bit >>= 1) j ^= bit;
    j ^= bit;
    if (i < j) {
      [re[i], re[j]] = [re[j], re[i]];
      [im[i], im[j]] = [im[j], im[i]];
    }
  }
  for (let size = 2; size <= n; size *= 2) {
    const half = size / 2;
    const turn = (-2 * Math.PI) / size;
    for (let k = 0; k < half; k += 1) {
      const c = Math.cos(turn * k);
      const s = Math.sin(turn * k);
      for (let i = k; i < n; i += size) {
        const xr = re[i + half] * c - im[i + half] * s;
        const xi = re[i + half] * s + im[i + half] * c;
        re[i + half] = re[i] - xr;
        im[i + half] = im[i] - xi;
        re[i] += xr;
        im[i] += xi;
      }
    }
  }
}

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
  const bins = settings.n_fft / 2 + 1;
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
