/** Power spectra of a sound, as the model's front end computes them. No drawing here. */

/**
 * Power spectra, [frame][bin]; frames centred on multiples of the hop, edges mirrored, or zero where the sound is shorter than that.
 * @param {Float32Array} samples @param {{n_fft: number, win_length: number, hop_length: number}} settings
 */
export function spectrum(samples, { n_fft: size, win_length: length, hop_length: hop }) {
  const middle = Math.floor(size / 2);
  const window = hann(length, size, length);
  const mirrored = samples.length > middle;
  return powers(1 + Math.floor(samples.length / hop), size, (frame, re) => {
    const start = frame * hop - middle;
    for (let i = 0; i < size; i += 1) re[i] = at(samples, start + i, mirrored) * window[i];
  });
}

/**
 * Power spectra as Kaldi takes them, [frame][bin]: frames within the sound, their mean removed, high frequencies raised, a symmetric Hann window.
 * @param {Float32Array} samples @param {{n_fft: number, win_length: number, hop_length: number, preemphasis?: number}} settings
 */
export function kaldiSpectrum(samples, { n_fft: size, win_length: length, hop_length: hop, preemphasis = 0.97 }) {
  const window = hann(length, length, length - 1);
  return powers(1 + Math.floor(Math.max(0, samples.length - length) / hop), size, (frame, re) => {
    const part = Float64Array.from({ length }, (_, i) => samples[frame * hop + i] ?? 0);
    const mean = part.reduce((sum, one) => sum + one, 0) / length;
    re.fill(0);
    for (let i = 0; i < length; i += 1) re[i] = (part[i] - mean - preemphasis * (part[Math.max(0, i - 1)] - mean)) * window[i];
  });
}

/** @param {number} frames @param {number} size of the transform @param {(frame: number, re: Float64Array) => void} take writes a windowed frame */
function powers(frames, size, take) {
  const bins = Math.floor(size / 2) + 1;
  const power = new Float32Array(frames * bins);
  const re = new Float64Array(size);
  const im = new Float64Array(size);
  const transform = size & (size - 1) ? slowly(size) : fft;
  for (let frame = 0; frame < frames; frame += 1) {
    take(frame, re);
    im.fill(0);
    transform(re, im);
    for (let bin = 0; bin < bins; bin += 1) power[frame * bins + bin] = re[bin] ** 2 + im[bin] ** 2;
  }
  return { power, frames, bins };
}

/**
 * The transform by its definition, up to half the rate, for lengths that are no power of two.
 * @param {number} size
 * @returns {(re: Float64Array, im: Float64Array) => void}
 */
function slowly(size) {
  const cosine = Float64Array.from({ length: size }, (_, i) => Math.cos((2 * Math.PI * i) / size));
  const sine = Float64Array.from({ length: size }, (_, i) => Math.sin((2 * Math.PI * i) / size));
  const from = new Float64Array(size);
  return (re, im) => {
    from.set(re);
    for (let bin = 0; bin <= size / 2; bin += 1) {
      let [real, imaginary] = [0, 0];
      for (let i = 0, turn = 0; i < size; i += 1, turn = (turn + bin) % size) {
        real += from[i] * cosine[turn];
        imaginary -= from[i] * sine[turn];
      }
      re[bin] = real;
      im[bin] = imaginary;
    }
  };
}

/** @param {Float32Array} samples @param {number} i @param {boolean} mirrored */
function at(samples, i, mirrored) {
  const last = samples.length - 1;
  if (mirrored && i < 0) i = -i;
  if (mirrored && i > last) i = 2 * last - i;
  return i >= 0 && i <= last ? samples[i] : 0;
}

/** A Hann window, centred in the transform. @param {number} length @param {number} size @param {number} period `length`, or one less for a symmetric one */
function hann(length, size, period) {
  const window = new Float64Array(size);
  const left = Math.floor((size - length) / 2);
  for (let i = 0; i < length; i += 1) window[left + i] = 0.5 - 0.5 * Math.cos((2 * Math.PI * i) / period);
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
