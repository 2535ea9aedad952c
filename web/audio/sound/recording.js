/** Recording from the microphone as it hears: no echo cancelled, no noise removed, nothing compressed. */
import { basePath } from "../../lib/addresses/config.js";
import { mixInto, sharesOf } from "./channels.js";
import { wavOf } from "./wav.js";

/**
 * @typedef {{stop: () => ArrayBuffer, drop: () => void}} Recording `stop` gives a WAV; either one lets go of the microphone
 * @param {(level: number, seconds: number) => void} heard the newest block's peak, 0…1
 * @param {AbortSignal} signal whoever asks is gone: the microphone is let go of, even while the question for it is open
 * @returns {Promise<Recording>}
 */
export async function record(heard, signal) {
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
  /** @type {Float32Array[]} */
  const blocks = [];
  let length = 0;
  const node = new AudioWorkletNode(context, "microphone", { numberOfOutputs: 0 });
  node.port.onmessage = ({ data: channels }) => {
    const block = new Float32Array(channels[0].length);
    mixInto(channels, sharesOf(channels.length), block);
    blocks.push(block);
    length += block.length;
    heard(
      block.reduce((most, value) => Math.max(most, Math.abs(value)), 0),
      length / context.sampleRate,
    );
  };
  context.createMediaStreamSource(stream).connect(node);
  const { sampleRate } = context;
  return { drop: end, stop: () => (end(), wavOf(joined(blocks, length), sampleRate)) };
}

/** @param {Float32Array[]} blocks @param {number} length */
function joined(blocks, length) {
  const all = new Float32Array(length);
  let at = 0;
  for (const block of blocks) {
    all.set(block, at);
    at += block.length;
  }
  return all;
}
