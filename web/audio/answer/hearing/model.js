/** A model that this browser runs itself: its file and the runtime are fetched once, sounds are heard in a worker, and nothing is sent anywhere. */
import { readFile } from "../../../api.js";
import { command } from "../../../lib/addresses/commands.js";
import { basePath } from "../../../lib/addresses/config.js";
import { t } from "../../../lib/text.js";
import { Asking } from "../../../workers/asking.js";
import { mixInto, sharesOf } from "../../sound/channels.js";
import { load, maskOf } from "../../sound/decoded.js";
import { headerOf } from "../../sound/header.js";
import { pcmOf } from "./pcm.js";

const runtime = `${basePath}/vendor/onnxruntime-web/dist/ort-wasm-simd-threaded.wasm`;

/**
 * @typedef {import("./metadata.js").About} About
 * @typedef {import("../edits.js").Edits} Edits
 * @typedef {{probabilities: number[], byWindow: number[][], starts: number[], left: [number, number], samples: Float32Array}} Answer `starts` and
 *   `left` in samples; `samples`: what was heard
 * @typedef {{probabilities: number[] | null, pixels: Uint8ClampedArray, width: number, height: number}} Moment `probabilities`: null while too little was heard
 */

/** @type {Record<string, () => string>} what is wrong, in words */
const faults = {
  foreign: () =>
    t("This ONNX file does not say how sound is prepared for it. Export the model again: {command}", {
      command: command("tasks.export"),
    }),
  empty: () => t("There is no sound in it."),
  gone: () => t("The worker that ran the model has ended. Give it the sound again."),
};

/** @param {any} error @returns {Error} */
const worded = error => (error?.message in faults ? new Error(faults[error.message]()) : error);

export class BrowserModel {
  /** @param {string} url of the ONNX file */
  constructor(url) {
    this.url = url;
    this.worker = new Asking(
      () => /** @type {any} */ (new Worker(`${basePath}/workers/model.js`, { type: "module", name: "model" })),
    );
    /** @type {Promise<About> | null} */
    this.opening = null;
  }

  /** Ready to hear. Asked again it is the same; after a failure it tries anew. @returns {Promise<About>} */
  open() {
    this.opening ??= this.opened().catch(error => {
      this.opening = null;
      throw worded(error);
    });
    return this.opening;
  }

  /** @returns {Promise<About>} */
  async opened() {
    const [compiled, file] = await Promise.all([bytesOf(runtime), bytesOf(this.url)]);
    return this.worker.ask("open", { compiled, file }, { transfer: [compiled, file] });
  }

  /** @param {string} kind @param {any} content @param {{signal?: AbortSignal, transfer?: Transferable[]}} [options] @returns {Promise<any>} */
  async ask(kind, content, options) {
    await this.open();
    return this.worker.ask(kind, content, options).catch(error => {
      if (error.message === "gone" || !this.worker.port) this.opening = null; // the worker broke down: the next question starts another
      throw worded(error);
    });
  }

  /**
   * Take a sound, whatever its rate and channels. @param {string} url @param {AbortSignal} signal
   * @returns {Promise<Float32Array>} as the model hears it: one channel at its rate
   */
  async take(url, signal) {
    const [{ channels, rate, mask }] = await Promise.all([soundOf(url), this.open()]);
    signal.throwIfAborted();
    const samples = new Float32Array(channels[0].length);
    mixInto(channels, sharesOf(channels.length, mask), samples);
    return this.ask("sound", { samples, rate }, { signal, transfer: [samples.buffer] });
  }

  /** What it says of the sound that it took last. @param {Edits} edits @param {number} temperature @param {AbortSignal} [signal] @returns {Promise<Answer>} */
  answer(edits, temperature, signal) {
    return this.ask("answer", { edits, temperature }, { signal });
  }

  /**
   * What it says without each box of a column of the grid (`occlusion.js`).
   * @param {Edits} edits @param {number} column @param {number} temperature @param {AbortSignal} signal @returns {Promise<number[][]>} [row][class]
   */
  without(edits, column, temperature, signal) {
    return this.ask("without", { edits, column, temperature }, { signal });
  }

  close() {
    this.worker.close();
    this.opening = null;
  }
}

/** A sound at the rate that it was stored with: a WAV to the bit, others as the browser decodes them. @param {string} url */
async function soundOf(url) {
  const bytes = await bytesOf(url);
  const plain = pcmOf(bytes);
  if (plain) return { ...plain, mask: headerOf(bytes).mask };
  const buffer = await load(url);
  const channels = Array.from({ length: buffer.numberOfChannels }, (_, i) => buffer.getChannelData(i));
  if (!buffer.length) throw new Error(faults.empty());
  return { channels, rate: buffer.sampleRate, mask: maskOf(buffer) };
}

/** @param {string} url @returns {Promise<ArrayBuffer>} */
const bytesOf = async url => (await readFile(url)).arrayBuffer();
