/**
 * Power spectra of a sound, as the model's front end computes them, a frame at a time and in steps (`workers/steps.js`):
 * a sound may be hours long. No drawing here.
 */

/**
 * What to do with a frame's power spectrum; the array is used again for the next frame.
 * @typedef {(frame: number, power: Float64Array) => void} Take
 * @typedef {Generator<undefined, number>} Frames gives how many frames there were
 */

/**
 * Power spectra; frames centred on multiples of the hop, edges mirrored, or zero where the sound is shorter than that.
 * @param {Float32Array} samples @param {{n_fft: number, win_length: number, hop_length: number}} settings
 * @param {(frames: number, bins: number) => Take} taker @returns {Frames}
 */
export function spectrum(samples, { n_fft: size, win_length: length, hop_length: hop }, taker) {
  const middle = Math.floor(size / 2);
  const window = hann(length, size, length);
  const mirrored = samples.length > middle;
  const last = samples.length - size;
  return powers(1 + Math.floor(samples.length / hop), size, taker, (frame, into) => {
    const start = frame * hop - middle;
    if (start >= 0 && start <= last) for (let i = 0; i < size; i += 1) into[i] = samples[start + i] * window[i];
    else for (let i = 0; i < size; i += 1) into[i] = at(samples, start + i, mirrored) * window[i];
  });
}

/**
 * Power spectra as Kaldi takes them: frames within the sound, their mean removed, high frequencies raised, a symmetric Hann window.
 * @param {Float32Array} samples @param {{n_fft: number, win_length: number, hop_length: number, preemphasis?: number}} settings
 * @param {(frames: number, bins: number) => Take} taker @returns {Frames}
 */
export function kaldiSpectrum(
  samples,
  { n_fft: size, win_length: length, hop_length: hop, preemphasis = 0.97 },
  taker,
) {
  const window = hann(length, length, length - 1);
  const part = new Float64Array(length);
  return powers(1 + Math.floor(Math.max(0, samples.length - length) / hop), size, taker, (frame, into) => {
    let mean = 0;
    for (let i = 0; i < length; i += 1) mean += (part[i] = samples[frame * hop + i] ?? 0) / length;
    into.fill(0);
    for (let i = 0; i < length; i += 1)
      into[i] = (part[i] - mean - preemphasis * (part[Math.max(0, i - 1)] - mean)) * window[i];
  });
}

/**
 * Two frames are transformed at a time, one as the real and one as the imaginary part: their spectra are told apart by symmetry.
 * @param {number} frames @param {number} size of the transform @param {(frames: number, bins: number) => Take} taker
 * @param {(frame: number, into: Float64Array) => void} frameAt writes a windowed frame @returns {Frames}
 */
function* powers(frames, size, taker, frameAt) {
  const bins = Math.floor(size / 2) + 1;
  const take = taker(frames, bins);
  const [re, im, first, second] = [size, size, bins, bins].map(length => new Float64Array(length));
  const transform = transformOf(size);
  for (let frame = 0; frame < frames; frame += 2) {
    frameAt(frame, re);
    if (frame + 1 < frames) frameAt(frame + 1, im);
    else im.fill(0);
    transform(re, im);
    for (let bin = 0; bin < bins; bin += 1) {
      const other = bin ? size - bin : 0;
      first[bin] = ((re[bin] + re[other]) ** 2 + (im[bin] - im[other]) ** 2) / 4;
      second[bin] = ((im[bin] + im[other]) ** 2 + (re[other] - re[bin]) ** 2) / 4;
    }
    take(frame, first);
    if (frame + 1 < frames) take(frame + 1, second);
    if (frame % 64 === 0) yield;
  }
  return frames;
}

/** @typedef {(re: Float64Array, im: Float64Array) => void} Transform in place */

/** The Fourier transform of a length. @param {number} size @returns {Transform} */
export const transformOf = size => (size & (size - 1) ? anyLength(size) : powerOfTwo(size));

/**
 * For lengths that are no power of two: as a convolution, by transforms that are (Bluestein 1970).
 * @param {number} size @returns {Transform}
 */
function anyLength(size) {
  const long = 2 ** Math.ceil(Math.log2(2 * size - 1));
  const inner = powerOfTwo(long);
  const turn = (/** @type {number} */ i) => (Math.PI * ((i * i) % (2 * size))) / size;
  const cosine = Float64Array.from({ length: size }, (_, i) => Math.cos(turn(i)));
  const sine = Float64Array.from({ length: size }, (_, i) => Math.sin(turn(i)));
  const [chirpRe, chirpIm, a, b] = [0, 0, 0, 0].map(() => new Float64Array(long));
  for (let i = 0; i < size; i += 1) {
    chirpRe[i] = chirpRe[(long - i) % long] = cosine[i];
    chirpIm[i] = chirpIm[(long - i) % long] = sine[i];
  }
  inner(chirpRe, chirpIm);
  return (re, im) => {
    a.fill(0);
    b.fill(0);
    for (let i = 0; i < size; i += 1) {
      a[i] = re[i] * cosine[i] + im[i] * sine[i];
      b[i] = im[i] * cosine[i] - re[i] * sine[i];
    }
    inner(a, b);
    for (let i = 0; i < long; i += 1) {
      // the product, with its parts changed over: so the same transform goes back
      const real = a[i] * chirpRe[i] - b[i] * chirpIm[i];
      a[i] = a[i] * chirpIm[i] + b[i] * chirpRe[i];
      b[i] = real;
    }
    inner(a, b);
    for (let i = 0; i < size; i += 1) {
      re[i] = (b[i] * cosine[i] + a[i] * sine[i]) / long;
      im[i] = (a[i] * cosine[i] - b[i] * sine[i]) / long;
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

/** The length is a power of two (Cooley and Tukey 1965). @param {number} n @returns {Transform} */
function powerOfTwo(n) {
  const cosine = Float64Array.from({ length: n / 2 }, (_, i) => Math.cos((-2 * Math.PI * i) / n));
  const sine = Float64Array.from({ length: n / 2 }, (_, i) => Math.sin((-2 * Math.PI * i) / n));
  const mirror = new Uint32Array(n);
  for (let i = 1; i < n; i += 1) mirror[i] = (mirror[i >> 1] >> 1) | (i & 1 ? n >> 1 : 0);
  return (re, im) => {
    for (let i = 1; i < n; i += 1) {
      const j = mirror[i];
      if (i >= j) continue;
      const [real, imaginary] = [re[i], im[i]];
      re[i] = re[j];
      im[i] = im[j];
      re[j] = real;
      im[j] = imaginary;
    }
    for (let half = 1; half < n; half *= 2) {
      const stride = n / (2 * half);
      for (let from = 0; from < n; from += 2 * half) {
        for (let k = 0; k < half; k += 1) {
          const [c, s, i, j] = [cosine[k * stride], sine[k * stride], from + k, from + k + half];
          const real = re[j] * c - im[j] * s;
          const imaginary = re[j] * s + im[j] * c;
          re[j] = re[i] - real;
          im[j] = im[i] - imaginary;
          re[i] += real;
          im[i] += imaginary;
        }
      }
    }
  };
}
