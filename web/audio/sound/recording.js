/** Recording from the microphone as it hears: no echo cancelled, no noise removed, nothing compressed. */
import { basePath } from "../../lib/addresses/config.js";
import { mixInto, sharesOf } from "./channels.js";
import { peakOf } from "./levels.js";
import { wavOf } from "./wav.js";

/**
 * The microphone's sound as one channel, block by block.
 * @param {(block: Float32Array) => void} take @param {AbortSignal} signal whoever asks is gone: the microphone is let go of, even while the question for
 *   it is open
 * @returns {Promise<{rate: number, end: () => void}>} `rate` in Hz
 */
export async function listen(take, signal) {
  const stream = await navigator.mediaDevices.getUserMedia({
    audio: { echoCancellation: false, noiseSuppression: false, autoGainControl: false },
  });
  const context = new AudioContext();
  const end = () => {
    for (const track of stream.getTracks()) track.stop();
    if (context.state !== "closed") context.close();
  };
  signal.addEventListener("abort", end, { once: true });
  if (signal.aborted) end();
  else await context.audioWorklet.addModule(`${basePath}/workers/microphone.js`);
  signal.throwIfAborted();
  const node = new AudioWorkletNode(context, "microphone", { numberOfOutputs: 0 });
  node.port.onmessage = ({ data: channels }) => {
    const block = new Float32Array(channels[0].length);
    mixInto(channels, sharesOf(channels.length), block);
    take(block);
  };
  context.createMediaStreamSource(stream).connect(node);
  return { rate: context.sampleRate, end };
}

/**
 * @typedef {{stop: () => ArrayBuffer, drop: () => void}} Recording `stop` gives a WAV; either one lets go of the microphone
 * @param {(level: number, seconds: number) => void} heard the newest block's peak, 0…1
 * @param {AbortSignal} signal
 * @returns {Promise<Recording>}
 */
export async function record(heard, signal) {
  /** @type {Float32Array[]} */
  const blocks = [];
  let [length, rate] = [0, 0];
  const take = (/** @type {Float32Array} */ block) => {
    blocks.push(block);
    length += block.length;
    if (rate) heard(peakOf(block), length / rate);
  };
  const { rate: told, end } = await listen(take, signal);
  rate = told;
  return { drop: end, stop: () => (end(), wavOf(joined(blocks, length), rate)) };
}

/** @param {Float32Array[]} blocks @param {number} length */
export function joined(blocks, length) {
  const all = new Float32Array(length);
  let at = 0;
  for (const block of blocks) {
    all.set(block, at);
    at += block.length;
  }
  return all;
}
