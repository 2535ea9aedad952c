/** Hands the microphone's samples to the page as they come: no format in between that leaves anything out. Runs on the audio thread. */

const { AudioWorkletProcessor, registerProcessor } = /** @type {any} */ (globalThis); // of the audio thread's own scope

const most = 1024; // samples that are handed over at a time: a message for each 128 would keep the page busy

class Microphone extends AudioWorkletProcessor {
  constructor() {
    super();
    /** @type {Float32Array[]} */
    this.held = [];
    this.count = 0;
  }

  /** @param {Float32Array[][]} inputs */
  process([channels]) {
    if (!channels.length) return true;
    if (channels.length !== this.held.length) {
      this.handOver(); // a microphone may change its channels
      this.held = channels.map(() => new Float32Array(most));
    }
    channels.forEach((one, i) => this.held[i].set(one, this.count));
    this.count += channels[0].length;
    if (this.count + channels[0].length > most) this.handOver();
    return true;
  }

  handOver() {
    const { held, count } = this;
    if (count) /** @type {any} */ (this).port.postMessage(held.map(one => one.slice(0, count)));
    this.count = 0;
  }
}

registerProcessor("microphone", Microphone);
