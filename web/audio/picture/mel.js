/** Filter banks on mel scales. No drawing here. */

/**
 * @typedef {{sample_rate: number, n_fft: number, n_mels: number, f_min: number, f_max: number, mel_scale: string, norm: string}} Bank `mel_scale`: "htk" or
 *   "slaney"; `norm`: "slaney" or "none"
 */

export const scales = {
  htk: {
    to: (/** @type {number} */ hz) => 2595 * Math.log10(1 + hz / 700),
    from: (/** @type {number} */ mel) => 700 * (10 ** (mel / 2595) - 1),
  },
  slaney: {
    to: (/** @type {number} */ hz) => (hz < 1000 ? (3 * hz) / 200 : 15 + (27 * Math.log(hz / 1000)) / Math.log(6.4)),
    from: (/** @type {number} */ mel) =>
      mel < 15 ? (200 * mel) / 3 : 1000 * Math.exp((Math.log(6.4) * (mel - 15)) / 27),
  },
};

const scaleOf = (/** @type {Bank} */ { mel_scale }) => (mel_scale === "slaney" ? scales.slaney : scales.htk);

/** Corner frequencies of the triangular bands, Hz. @param {Bank} settings */
export function melEdges(settings) {
  const { n_mels, f_min, f_max } = settings;
  const scale = scaleOf(settings);
  const [low, high] = [scale.to(f_min), scale.to(f_max)];
  return Array.from({ length: n_mels + 2 }, (_, i) => scale.from(low + ((high - low) * i) / (n_mels + 1)));
}

/**
 * The weights of each band from its first bin on.
 * @param {Bank} settings
 * @param {boolean} [inMel] the triangles' sides are straight in mel, as Kaldi's, not in Hz
 */
export function melBank(settings, inMel = false) {
  const place = inMel ? scaleOf(settings).to : (/** @type {number} */ hz) => hz;
  const edges = melEdges(settings).map(place);
  const bins = Math.floor(settings.n_fft / 2) + 1;
  const frequency = (/** @type {number} */ bin) => place((bin * settings.sample_rate) / settings.n_fft);
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
