/**
 * Sound at another rate, as soxr in its quality HQ gives it, which prepares sounds for a model (`audio/io/decoding.py`): what
 * lies below 91.3 % of the lower rate's half passes, what lies above it is 120 dB down. Browsers' own resamplers are
 * coarser, and each another. A windowed sinc; block by block gives the same as at once. No drawing here.
 */

// soxr's own low pass, as measured from its impulse response: half is let through at `edge` of the lower rate's half, the
// window (Kaiser's, with `beta`) ends `width` samples of the lower rate from the middle.
const [edge, width, beta] = [0.9568718, 97.25013, 13.04007];
const most = 1024; // phases that are tabulated; between more of them is interpolated

/** @param {number} a @param {number} b @returns {number} */
const divisor = (a, b) => (b ? divisor(b, a % b) : a);

/** The modified Bessel function of order zero (Abramowitz and Stegun, 9.6.12). @param {number} x */
function bessel(x) {
  let [sum, term] = [1, 1];
  for (let k = 1; term > 1e-17 * sum; k += 1) sum += term *= (x / (2 * k)) ** 2;
  return sum;
}

/**
 * The filter's taps for each phase: a row for each place between two samples, and one more behind the last.
 * @param {number} from Hz @param {number} to Hz @param {number} phases
 */
function tableOf(from, to, phases) {
  const lower = Math.min(1, to / from); // rate, in cycles a sample
  const [cutoff, end] = [edge * lower, width / lower];
  const reach = Math.ceil(end);
  const whole = bessel(beta);
  const taps = 2 * reach;
  const table = new Float64Array((phases + 1) * taps);
  for (let phase = 0; phase <= phases; phase += 1) {
    let sum = 0;
    for (let k = 0; k < taps; k += 1) {
      const at = phase / phases + reach - 1 - k; // samples from the place that is wanted
      const inside = 1 - (at / end) ** 2;
      const wave = at ? Math.sin(Math.PI * cutoff * at) / (Math.PI * at) : cutoff;
      sum += table[phase * taps + k] = inside > 0 ? (wave * bessel(beta * Math.sqrt(inside))) / whole : 0;
    }
    for (let k = 0; k < taps; k += 1) table[phase * taps + k] /= sum; // what is constant stays as it is
  }
  return { table, taps, reach };
}

export class Resampler {
  /** @param {number} from Hz @param {number} to Hz, both whole */
  constructor(from, to) {
    const common = divisor(from, to);
    this.same = from === to;
    this.step = from / common; // a sample at the new rate is `step` of `parts` of one at the old
    this.parts = to / common;
    this.phases = Math.min(most, this.parts);
    const { table, taps, reach } = this.same
      ? { table: new Float64Array(), taps: 0, reach: 0 }
      : tableOf(from, to, this.phases);
    this.table = table;
    this.taps = taps;
    this.reach = reach;
    this.held = new Float32Array(Math.max(0, reach - 1)); // silence before the first sample
    this.first = 1 - reach; // place of the first one that is held
    this.heard = 0;
    this.made = 0;
  }

  /** What can be told with this block. In steps. @param {Float32Array} block @returns {Generator<undefined, Float32Array>} */
  *push(block) {
    this.heard += block.length;
    return yield* this.more(block, this.heard - 1 - this.reach);
  }

  /** The rest, as if silence followed. @returns {Generator<undefined, Float32Array>} */
  *end() {
    if (this.same) return new Float32Array();
    return yield* this.more(new Float32Array(this.reach + 1), Infinity);
  }

  /** @param {Float32Array} block @param {number} last place up to which samples are known far enough @returns {Generator<undefined, Float32Array>} */
  *more(block, last) {
    if (this.same) return block;
    const held = new Float32Array(this.held.length + block.length);
    held.set(this.held);
    held.set(block, this.held.length);
    const whole = Math.round((this.heard * this.parts) / this.step); // all that this sound gives
    const count =
      last === Infinity
        ? whole
        : Math.min(whole, Math.max(0, Math.floor(((last + 1) * this.parts - 1) / this.step) + 1));
    const found = new Float32Array(Math.max(0, count - this.made));
    for (let i = 0; i < found.length; i += 1) {
      found[i] = this.at(held, this.made + i);
      if (i % 4096 === 4095) yield;
    }
    this.made += found.length;
    const next = Math.floor((this.made * this.step) / this.parts) - this.reach + 1;
    const keep = Math.max(0, Math.min(held.length, next - this.first));
    this.held = held.slice(keep);
    this.first += keep;
    return found;
  }

  /** Sample `n` at the new rate. @param {Float32Array} held @param {number} n */
  at(held, n) {
    const { table, taps } = this;
    const place = n * this.step;
    const base = Math.floor(place / this.parts);
    const phase = ((place - base * this.parts) / this.parts) * this.phases;
    const row = Math.floor(phase) * taps;
    const share = phase - Math.floor(phase);
    const from = base - this.reach + 1 - this.first;
    let sum = 0;
    if (share < 1e-9) for (let k = 0; k < taps; k += 1) sum += table[row + k] * held[from + k];
    else
      for (let k = 0; k < taps; k += 1)
        sum += (table[row + k] + share * (table[row + taps + k] - table[row + k])) * held[from + k];
    return sum;
  }
}

/** All of a sound, in steps. @param {Float32Array} samples @param {number} from Hz @param {number} to Hz @returns {Generator<undefined, Float32Array>} */
export function* resampled(samples, from, to) {
  if (from === to) return samples;
  const resampler = new Resampler(from, to);
  const [begun, rest] = [yield* resampler.push(samples), yield* resampler.end()];
  const found = new Float32Array(begun.length + rest.length);
  found.set(begun);
  found.set(rest, begun.length);
  return found;
}
