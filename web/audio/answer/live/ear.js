/**
 * Sound that goes on: kept as far as a window reaches, at the model's rate, and drawn column by column as it comes. No
 * canvas here.
 */
import { logMel } from "../../picture/pictures.js";
import { readFrontEnd } from "../../picture/frontend.js";
import { shadedBetween } from "../../picture/shades.js";
import { stepOf, windowOf } from "../hearing/prepare.js";
import { Resampler } from "../hearing/resample.js";

const soonest = 0.5; // s that have to be there for an answer, or a window where that is shorter
const span = 12; // of the logarithms that colours differ between: 52 dB
const fading = 0.01; // by which the loudest colour comes down with every column

/** @typedef {{pixels: Uint8ClampedArray, width: number, height: number}} Columns of a spectrogram, RGBA */

export class Ear {
  /** @param {number} rate Hz of the microphone @param {import("../hearing/metadata.js").About} about */
  constructor(rate, { preparation, frontEnd }) {
    this.how = preparation;
    this.settings = { ...readFrontEnd(frontEnd, preparation.sample_rate), sample_rate: preparation.sample_rate };
    this.resampler = new Resampler(rate, preparation.sample_rate);
    this.kept = new Float32Array(stepOf(preparation));
    this.heard = 0;
    this.waiting = new Float32Array(); // what the next columns need
    this.high = Math.log(this.settings.log_offset) + span;
  }

  /**
   * @param {Float32Array} samples at the microphone's rate
   * @returns {Generator<undefined, Columns>} the new ones
   */
  *take(samples) {
    const fresh = yield* this.resampler.push(samples);
    const { kept } = this;
    if (fresh.length >= kept.length) kept.set(fresh.subarray(fresh.length - kept.length));
    else {
      kept.copyWithin(0, fresh.length);
      kept.set(fresh, kept.length - fresh.length);
    }
    this.heard += fresh.length;
    return yield* this.columns(fresh);
  }

  /** The newest window; null while there is too little. */
  window() {
    const least = Math.min(this.kept.length, soonest * this.how.sample_rate);
    if (this.heard < least) return null;
    return windowOf(this.kept.subarray(Math.max(0, this.kept.length - this.heard)), this.how);
  }

  /** @param {Float32Array} fresh @returns {Generator<undefined, Columns>} */
  *columns(fresh) {
    const { n_fft: size, hop_length: hop } = this.settings;
    const all = new Float32Array(this.waiting.length + fresh.length);
    all.set(this.waiting);
    all.set(fresh, this.waiting.length);
    const margin = Math.ceil(size / 2 / hop); // frames whose window reaches over an end
    const frames = Math.floor(all.length / hop) - 2 * margin;
    this.waiting = frames > 0 ? all.slice(frames * hop) : all;
    if (frames <= 0) return { pixels: new Uint8ClampedArray(), width: 0, height: 0 };
    const picture = yield* logMel(all, this.settings);
    const { bands } = picture;
    const values = picture.values.subarray(margin * bands, (margin + frames) * bands);
    this.high = values.reduce((most, value) => Math.max(most, value), this.high - frames * fading);
    this.high = Math.max(this.high, Math.log(this.settings.log_offset) + span);
    return yield* shadedBetween({ ...picture, values, frames }, this.high - span, this.high);
  }
}
