/**
 * The worker that runs a model: it is handed ONNX Runtime's WebAssembly, the model's file and sounds, and asks nobody for
 * anything; its policy lets it compile, and nothing else (`server/app/web.py`).
 */
import { edited, muted } from "../audio/answer/edits.js";
import { Ear } from "../audio/answer/live/ear.js";
import { columnOf } from "../audio/answer/occlusion.js";
import { aboutOf } from "../audio/answer/hearing/metadata.js";
import { chances, meanOf } from "../audio/answer/hearing/chances.js";
import { prepared } from "../audio/answer/hearing/prepare.js";
import { resampled } from "../audio/answer/hearing/resample.js";
import { serve } from "./serving.js";

const library = "../vendor/onnxruntime-web/dist/ort.wasm.bundle.min.mjs";
const together = 8; // windows in one run at the most
const [input, output] = ["waveform", "logits"];

/** @type {any} */
let runtime = null;
/** @type {{session: any, about: import("../audio/answer/hearing/metadata.js").About} | null} */
let model = null;
/** @type {Float32Array | null} the sound that is asked about, at the model's rate */
let whole = null;
/** @type {Ear | null} */
let ear = null;

/** @returns {{session: any, about: import("../audio/answer/hearing/metadata.js").About}} */
function opened() {
  if (!model) throw new Error("gone");
  return model;
}

/** The sound that is asked about, changed. @param {import("../audio/answer/edits.js").Edits} edits */
function* changed(edits) {
  if (!whole) throw new Error("gone");
  return yield* edited(whole, opened().about.preparation.sample_rate, edits);
}

/** Logits of windows, a row each. @param {Float32Array[]} windows @returns {Generator<any, Float32Array[], any>} */
function* logitsOf(windows) {
  const { session, about } = opened();
  const size = about.preparation.window;
  /** @type {Float32Array[]} */
  const found = [];
  for (let from = 0; from < windows.length; from += together) {
    const part = windows.slice(from, from + together);
    const all = new Float32Array(part.length * size);
    part.forEach((window, i) => all.set(window, i * size));
    const tensor = new runtime.Tensor("float32", all, [part.length, size]);
    const { [output]: logits } = yield session.run({ [input]: tensor }, [output]);
    const classes = about.classes.length;
    part.forEach((_, i) => found.push(logits.data.slice(i * classes, (i + 1) * classes)));
  }
  return found;
}

/** What the model says of samples at its rate. @param {Float32Array} samples @param {number} temperature */
function* answerTo(samples, temperature) {
  const { about } = opened();
  const { windows, starts, left } = prepared(samples, about.preparation);
  /** @type {Float32Array[]} */
  const logits = yield* logitsOf(windows);
  const byWindow = logits.map(row => chances(row, about.multiLabel, temperature));
  return { probabilities: meanOf(byWindow), byWindow, starts, left };
}

serve(
  {
    *open({ compiled, file }) {
      if (!runtime) {
        runtime = yield import(library);
        Object.assign(runtime.env.wasm, { wasmBinary: compiled, numThreads: 1, proxy: false });
        runtime.env.logLevel = "error";
      }
      const bytes = new Uint8Array(file);
      const about = aboutOf(bytes);
      model?.session.release();
      model = null;
      const session = yield runtime.InferenceSession.create(bytes, {
        executionProviders: ["wasm"],
        graphOptimizationLevel: "all",
      });
      model = { session, about };
      yield* logitsOf([new Float32Array(about.preparation.window)]); // the first run is slower than the others
      return { result: about };
    },
    *sound({ samples, rate }) {
      whole = new Float32Array(yield* resampled(samples, rate, opened().about.preparation.sample_rate));
      const copy = whole.slice();
      return { result: copy, transfer: [copy.buffer] };
    },
    *answer({ edits, temperature }) {
      const samples = yield* changed(edits);
      const answer = yield* answerTo(samples, temperature);
      return { result: { ...answer, samples }, transfer: [samples.buffer] };
    },
    /** The answer without each box of one column of the grid. */
    *without({ edits, column, temperature }) {
      const rate = opened().about.preparation.sample_rate;
      const samples = yield* changed(edits);
      const found = [];
      for (const box of columnOf(column, samples.length / rate, rate)) {
        const { probabilities } = yield* answerTo(yield* muted(samples, rate, [box]), temperature);
        found.push(probabilities);
      }
      return { result: found };
    },
    *listen({ rate }) {
      ear = new Ear(rate, opened().about);
      return { result: null };
    },
    *hear({ samples, temperature }) {
      if (!ear) throw new Error("gone");
      const { about } = opened();
      const drawn = yield* ear.take(samples);
      const window = ear.window();
      if (!window) return { result: { probabilities: null, ...drawn }, transfer: [drawn.pixels.buffer] };
      const [logits] = yield* logitsOf([window]);
      return {
        result: { probabilities: chances(logits, about.multiLabel, temperature), ...drawn },
        transfer: [drawn.pixels.buffer],
      };
    },
  },
  /** @type {any} */ (globalThis),
);
