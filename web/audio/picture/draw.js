/** Pixels: waveforms and spectrograms on canvases. */

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
  bars(canvas, paint, pairs, i => [peaks[2 * i] / most, peaks[2 * i + 1] / most]);
}

/**
 * A waveform from its outline.
 * @param {HTMLCanvasElement} canvas @param {Float32Array} outline lowest and highest of each column in turn, −1…1
 * @param {number} width @param {number} height
 */
export function drawWave(canvas, outline, width, height) {
  const paint = sized(canvas, width, height);
  bars(canvas, paint, outline.length >> 1, i => [outline[2 * i], outline[2 * i + 1]]);
}

/**
 * @param {HTMLCanvasElement} canvas @param {CanvasRenderingContext2D} paint @param {number} count
 * @param {(i: number) => [number, number]} extremes −1…1
 */
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

/** @param {HTMLCanvasElement} canvas @param {import("./shades.js").Shaded} picture */
export function drawSpectrogram(canvas, { pixels, width, height }) {
  canvas.width = width;
  canvas.height = height;
  const paint = /** @type {CanvasRenderingContext2D} */ (canvas.getContext("2d"));
  paint.putImageData(new ImageData(/** @type {any} */ (pixels), width, height), 0, 0);
}
