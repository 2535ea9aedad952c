/** Spectrograms as pixels: which values the colours lie between, and no more columns than can be drawn. No canvas here. */

/** Colours from quiet to loud: dark violet over red to light yellow, even steps in lightness. */
const anchors = [
  [4, 3, 18],
  [44, 17, 95],
  [114, 31, 129],
  [183, 55, 121],
  [241, 96, 93],
  [254, 175, 119],
  [252, 253, 191],
];
const colours = Uint8ClampedArray.from(Array.from({ length: 256 }, (_, i) => mixed(i / 255)).flat());
const most = 4096; // columns: more than any screen has, and fewer than any canvas takes
const fineness = 1 << 16; // steps of the histogram that quantiles are read from

/** @param {number} place 0…1 @returns {number[]} */
function mixed(place) {
  const at = place * (anchors.length - 1);
  const lower = Math.min(anchors.length - 2, Math.floor(at));
  return anchors[lower].map((value, i) => value + (anchors[lower + 1][i] - value) * (at - lower));
}

/**
 * The values below which given shares of all lie, to a 65,536th of their span; sorting them would take seconds.
 * @param {Float32Array} values @param {number[]} shares 0…1 @returns {Generator<undefined, number[]>} zeros where there is no value
 */
export function* quantiles(values, shares) {
  let [low, high, count] = [Infinity, -Infinity, 0];
  for (let i = 0; i < values.length; i += 1) {
    const value = values[i];
    if (i % 262_144 === 0) yield;
    if (!Number.isFinite(value)) continue;
    count += 1;
    if (value < low) low = value;
    if (value > high) high = value;
  }
  if (!count) return shares.map(() => 0);
  const scale = (fineness - 1) / Math.max(1e-30, high - low);
  const histogram = new Uint32Array(fineness);
  for (let i = 0; i < values.length; i += 1) {
    if (i % 262_144 === 0) yield;
    if (Number.isFinite(values[i])) histogram[Math.round((values[i] - low) * scale)] += 1;
  }
  return shares.map(share => {
    if (share >= 1) return high;
    let step = 0;
    for (let seen = histogram[0]; step < fineness - 1 && seen <= share * count; seen += histogram[step]) step += 1;
    return low + step / scale;
  });
}

/**
 * @typedef {{pixels: Uint8ClampedArray, width: number, height: number, frames: number, labels: string[]}} Shaded `labels`: of the top, the middle, the
 *   bottom
 */

/**
 * A picture's pixels, between the colours that its own values ask for.
 * @param {import("./pictures.js").Picture} picture @returns {Generator<undefined, Shaded>}
 */
export function* shaded(picture) {
  const [low, high] = yield* quantiles(picture.values, picture.range);
  return yield* shadedBetween(picture, low, high);
}

/**
 * A picture's pixels, RGBA. Of frames that share a column the loudest is seen, so that no click is lost.
 * @param {import("./pictures.js").Picture} picture @param {number} low of the values, darkest @param {number} high lightest
 * @returns {Generator<undefined, Shaded>}
 */
export function* shadedBetween({ values, bands, frames, label }, low, high) {
  const width = Math.min(frames, most);
  const scale = 255 / Math.max(1e-9, high - low);
  const pixels = new Uint8ClampedArray(4 * width * bands);
  for (let column = 0; column < width; column += 1) {
    if (column % 64 === 0) yield;
    const from = Math.floor((column * frames) / width);
    const to = Math.max(from + 1, Math.floor(((column + 1) * frames) / width));
    for (let band = 0; band < bands; band += 1) {
      let value = values[from * bands + band];
      for (let frame = from + 1; frame < to; frame += 1) value = Math.max(value, values[frame * bands + band]);
      const shade = 3 * Math.max(0, Math.min(255, Math.round((value - low) * scale) || 0));
      const at = 4 * ((bands - 1 - band) * width + column);
      pixels[at] = colours[shade];
      pixels[at + 1] = colours[shade + 1];
      pixels[at + 2] = colours[shade + 2];
      pixels[at + 3] = 255;
    }
  }
  return {
    pixels,
    width,
    height: bands,
    frames,
    labels: [1, 0.5, 0].map(place => label(Math.round(place * (bands - 1)))),
  };
}

/**
 * Shades that were made elsewhere as pixels.
 * @param {Uint8Array} shades 0…255, band by band from the lowest, column by column @param {number} bands @returns {Shaded}
 */
export function painted(shades, bands) {
  const width = Math.floor(shades.length / bands);
  const pixels = new Uint8ClampedArray(4 * width * bands);
  for (let column = 0; column < width; column += 1) {
    for (let band = 0; band < bands; band += 1) {
      const shade = 3 * shades[column * bands + band];
      pixels.set(
        [colours[shade], colours[shade + 1], colours[shade + 2], 255],
        4 * ((bands - 1 - band) * width + column),
      );
    }
  }
  return { pixels, width, height: bands, frames: width, labels: [] };
}
