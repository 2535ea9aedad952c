/** A model that listens: the sound as it comes, scrolling by, and what the model says of its newest window. */
import { html, useEffect, useRef, useState } from "../../../lib/dom.js";
import { t } from "../../../lib/text.js";
import { toastError } from "../../../kit/over/toast.js";
import { hearLive } from "./live.js";
import { Said } from "../said.js";

const width = 640; // columns that are seen

/**
 * @typedef {import("../hearing/model.js").BrowserModel} BrowserModel
 * @typedef {import("../hearing/metadata.js").About} About
 *
 * @param {{browser: BrowserModel, about: About, temperature: number, calibrated: boolean, stop: () => void}} props
 */
export function Live({ browser, about, temperature, calibrated, stop }) {
  const canvas = useRef(/** @type {any} */ (null));
  const [said, setSaid] = useState(
    /** @type {{probabilities: number[] | null, rate: number}} */ ({ probabilities: null, rate: 0 }),
  );
  useEffect(() => {
    const controller = new AbortController();
    /** @type {number[]} */
    const times = [];
    const tell = (/** @type {import("../hearing/model.js").Moment} */ moment) => {
      scroll(canvas.current, moment);
      if (!moment.probabilities) return;
      times.push(performance.now());
      if (times.length > 20) times.shift();
      setSaid({
        probabilities: moment.probabilities,
        rate: (1000 * (times.length - 1)) / Math.max(1, times[times.length - 1] - times[0]),
      });
    };
    hearLive(browser, temperature, controller.signal, tell).catch(error => {
      if (controller.signal.aborted) return;
      toastError(new Error(t("The microphone can’t be used: {reason}", { reason: error.message })));
      stop();
    });
    return () => controller.abort();
  }, [browser, temperature]);
  return html`<div class="what-if live">
    <div class="what-if-seen"><div class="timeline"><canvas class="scrolling" ref=${canvas} width=${width} height="1" role="img"
      aria-label=${t("Spectrogram of what is heard")}></canvas></div></div>
    <div class="what-if-said stack">${
      said.probabilities
        ? html`<${Said} about=${about} now=${said.probabilities} calibrated=${calibrated} />
          <p class="hint" data-rate=${said.rate.toFixed(2)}>${t("{n} answers a second, each of the last {s} s.", {
            n: said.rate.toFixed(0),
            s: (about.preparation.window / about.preparation.sample_rate).toFixed(1),
          })}</p>`
        : html`<p class="hint" role="status">${t("It listens…")}</p>`
    }</div></div>`;
}

/**
 * What is there moves to the left, the new columns come in at the right.
 * @param {HTMLCanvasElement | null} canvas @param {import("../hearing/model.js").Moment} moment
 */
function scroll(canvas, { pixels, width: count, height }) {
  if (!canvas || !count) return;
  if (canvas.height !== height) canvas.height = height;
  const paint = /** @type {CanvasRenderingContext2D} */ (canvas.getContext("2d"));
  paint.drawImage(canvas, -count, 0);
  paint.putImageData(new ImageData(/** @type {any} */ (pixels), count, height), width - count, 0);
}
