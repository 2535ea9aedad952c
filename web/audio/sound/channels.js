/**
 * Several channels to one, as the model hears them (`audio/io/channels.py`): the mean, or for surround sound the usual
 * coefficients (ITU-R BS.775). No drawing here.
 */

const side = Math.SQRT1_2; // −3 dB: of the centre in each front channel, and of a surround channel in the front one beside it
/** @type {Record<string, number>} of a speaker in the mix, before they are made to add up to one */
const weights = {
  FL: 0.5,
  FR: 0.5,
  FC: side,
  LFE: 0,
  BL: 0.5 * side,
  BR: 0.5 * side,
  SL: 0.5 * side,
  SR: 0.5 * side,
  BC: 0.5,
};

/** @type {Record<number, string[]>} speakers by the number of channels, in the order in which browsers decode them: WAV's */
const usual = {
  5: ["FL", "FR", "FC", "BL", "BR"],
  6: ["FL", "FR", "FC", "LFE", "BL", "BR"],
  7: ["FL", "FR", "FC", "LFE", "BC", "SL", "SR"],
  8: ["FL", "FR", "FC", "LFE", "BL", "BR", "SL", "SR"],
};

/** The bits of a WAV's channel mask, lowest first (Microsoft, WAVEFORMATEXTENSIBLE). */
const bits = ["FL", "FR", "FC", "LFE", "BL", "BR", "FLC", "FRC", "BC", "SL", "SR"];

/** The share of each channel in the mix. @param {number} channels @param {number} [mask] of a WAV's header @returns {number[]} they add up to one */
export function sharesOf(channels, mask = 0) {
  const told = bits.filter((_, bit) => (mask >>> bit) & 1);
  const speakers = told.length === channels ? told : (usual[channels] ?? []);
  if (channels <= 2 || speakers.length !== channels || !speakers.every(name => name in weights))
    return Array(channels).fill(1 / channels);
  const all = speakers.reduce((sum, name) => sum + weights[name], 0);
  return speakers.map(name => weights[name] / all);
}

/** The mix of channels of one length. @param {Float32Array[]} channels @param {number[]} shares @param {Float32Array} into */
export function mixInto(channels, shares, into) {
  if (channels.length === 1) return void into.set(channels[0]);
  channels.forEach((samples, number) => {
    const share = shares[number];
    if (!number) for (let i = 0; i < samples.length; i += 1) into[i] = samples[i] * share;
    else if (share) for (let i = 0; i < samples.length; i += 1) into[i] += samples[i] * share;
  });
}
