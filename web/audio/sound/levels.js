/** How loud samples are, and their outline. In steps, as generators (`workers/steps.js`): a sound may be hours long. No drawing here. */

const stride = 1 << 18; // samples between steps

export const levels = {
  /** The largest magnitude. @param {Float32Array} samples @returns {Generator<undefined, number>} */
  *peak(samples) {
    let most = 0;
    for (let i = 0; i < samples.length; i += 1) {
      const size = Math.abs(samples[i]);
      if (size > most) most = size;
      if (i % stride === stride - 1) yield;
    }
    return most;
  },
  /** Root mean square in dB of full scale. @param {Float32Array} samples @returns {Generator<undefined, number>} */
  *loudness(samples) {
    let sum = 0;
    for (let i = 0; i < samples.length; i += 1) {
      sum += samples[i] * samples[i];
      if (i % stride === stride - 1) yield;
    }
    return 10 * Math.log10(sum / Math.max(1, samples.length) || 1e-12);
  },
};

/** The largest magnitude of a short sound, at once. @param {Float32Array} samples */
export function peakOf(samples) {
  let most = 0;
  for (let i = 0; i < samples.length; i += 1) {
    const size = Math.abs(samples[i]);
    if (size > most) most = size;
  }
  return most;
}

/**
 * Lowest and highest sample of each column, in turn.
 * @param {Float32Array} samples @param {number} columns @returns {Generator<undefined, Float32Array>}
 */
export function* outline(samples, columns) {
  const found = new Float32Array(2 * columns);
  for (let column = 0; column < columns; column += 1) {
    const from = Math.floor((column * samples.length) / columns);
    const to = Math.max(from + 1, Math.floor(((column + 1) * samples.length) / columns));
    let low = samples[from] ?? 0;
    let high = low;
    for (let at = from; at < to; at += 1) {
      if (samples[at] < low) low = samples[at];
      if (samples[at] > high) high = samples[at];
    }
    found[2 * column] = low;
    found[2 * column + 1] = high;
    yield;
  }
  return found;
}
