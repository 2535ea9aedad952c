/** Hands the microphone's samples to the page as they come: no format in between that leaves anything out. Runs on the audio thread. */

const { AudioWorkletProcessor, registerProcessor } = /** @type {any} */ (globalThis); // of the audio thread's own scope

class Microphone extends AudioWorkletProcessor {
  /** @param {Float32Array[][]} inputs */
  process([channels]) {
    if (channels.length) /** @type {any} */ (this).port.postMessage(channels.map(one => one.slice()));
    return true;
  }
}

registerProcessor("microphone", Microphone);
