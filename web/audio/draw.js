/** Pixels: waveforms and spectrograms on canvases. */

/** Colours of a spectrogram from quiet to loud: dark violet over red to light yellow, even steps in lightness. */
const anchors = [[4, 3, 18], [44, 17, 95], [114, 31, 129], [183, 55, 121], [241, 96, 93], [254, 175, 119], [252, 253, 191]];
const colours = Uint8ClampedArray.from(Array.from({ length: 256 }, (_, i) => mixed(i / 255)).flat());

/** @param {number} place 0…1 @returns {number[]} */
function mixed(place) {
  const at = place * (anchors.length - 1);
  const lower = Math.min(anchors.length - 2, Math.floor(at));
  return anchors[lower].map((value, i) => value + (anchors[lower + 1][i] - value) * (at - lower));
}

/** @param {HTMLCanvasElement} canvas @param {number} width CSS pixels @param {number} height */
function sized(canvas, width, height) {
  const scale = window.devicePixelRatio || 1;
  canvas.width = Math.max(1, Math.round(width * scale));
  canvas.height = Math.max(1, Math.round(height * scale));
  return /** @type {CanvasRenderingContext2D} */ (canvas.getContext("2d"));
}

/** The computed value of a colour of ours. @param {Element} element @param {string} name */
const colour = (element, name) => getComputedStyle(element).getPropertyValue(name).trim();

/** A strip from stored peaks. @param {HTMLCanvasElement} canvas @param {Int8Array} peaks lowest and highest in turn */
export function drawPeaks(canvas, peaks) {
  const paint = sized(canvas, canvas.clientWidth, canvas.clientHeight);
  const pairs = peaks.length >> 1;
  let most = 8;
  for (const peak of peaks) most = Math.max(most, Math.abs(peak));
  bars(canvas, paint, pairs, (i) => [peaks[2 * i] / most, peaks[2 * i + 1] / most]);
}

/** The waveform of samples. @param {HTMLCanvasElement} canvas @param {Float32Array} samples @param {number} width @param {number} height */
export function drawWave(canvas, samples, width, height) {
  const paint = sized(canvas, width, height);
  const columns = canvas.width;
  bars(canvas, paint, columns, (i) => {
    const from = Math.floor((i * samples.length) / columns);
    const to = Math.max(from + 1, Math.floor(((i + 1) * samples.length) / columns));
    let low = samples[from] ?? 0;
    let high = low;
    for (let at = from; at < to; at += 1) {
      if (samples[at] < low) low = samples[at];
      if (samples[at] > high) high = samples[at];
    }
    return [low, high];
  });
}

/** @param {HTMLCanvasElement} canvas @param {CanvasRenderingContext2D} paint @param {number} count @param {(i: number) => [number, number]} extremes −1…1 */
function bars(canvas, paint, count, extremes) {
  const { width, height } = canvas;
  paint.clearRect(0, 0, width, height);
  paint.fillStyle = colour(canvas, "--wave");
  for (let i = 0; i < count; i += 1) {
    const [low, high] = extremes(i);
    const top = (0.5 - high / 2) * height;
    paint.fillRect((i * width) / count, top, Math.max(1, width / count), Math.max(1, ((high - low) / 2) * height));
  }
}

/** @param {HTMLCanvasElement} canvas @param {import("./pictures.js").Picture} picture */
export function drawSpectrogram(canvas, { values, bands, frames, low, high }) {
  canvas.width = frames;
  canvas.height = bands;
  const paint = /** @type {CanvasRenderingContext2D} */ (canvas.getContext("2d"));
  const image = paint.createImageData(frames, bands);
  const scale = 255 / Math.max(1e-9, high - low);
  for (let frame = 0; frame < frames; frame += 1) {
    for (let band = 0; band < bands; band += 1) {
      const shade = Math.max(0, Math.min(255, Math.round((values[frame * bands + band] - low) * scale)));
      const to = 4 * ((bands - 1 - band) * frames + frame);
      image.data[to] = colours[3 * shade];
      image.data[to + 1] = colours[3 * shade + 1];
      image.data[to + 2] = colours[3 * shade + 2];
      image.data[to + 3] = 255;
    }
  }
  paint.putImageData(image, 0, 0);
}
