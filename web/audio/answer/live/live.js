/** A model that hears the microphone as it goes on: the newest window, again and again, at a pace that leaves the machine to others. */
import { joined, listen } from "../../sound/recording.js";

const pace = 80; // ms between questions at the least
const share = 0.5; // of the time that answering may take

/**
 * Hears until the signal aborts. @param {import("../hearing/model.js").BrowserModel} browser @param {number} temperature @param {AbortSignal} signal
 * @param {(moment: import("../hearing/model.js").Moment) => void} tell
 * @returns {Promise<void>} when it has ended; rejected where the microphone or the model can't be used
 */
export async function hearLive(browser, temperature, signal, tell) {
  await browser.open();
  /** @type {Float32Array[]} */
  let blocks = [];
  let [length, due, ready] = [0, 0, false];
  /** @type {(error: any) => void} */
  let fail = () => {};
  const ended = new Promise((resolve, reject) => {
    fail = reject;
    signal.addEventListener("abort", () => resolve(undefined), { once: true });
  });
  const ask = async () => {
    const asked = performance.now();
    const samples = joined(blocks, length);
    [blocks, length, ready] = [[], 0, false];
    const moment = await browser.ask("hear", { samples, temperature }, { signal, transfer: [samples.buffer] });
    due = asked + Math.max(pace, (performance.now() - asked) / share);
    ready = true;
    if (!signal.aborted) tell(moment);
  };
  const microphone = await listen(block => {
    blocks.push(block);
    length += block.length;
    if (ready && performance.now() >= due) ask().catch(fail);
  }, signal);
  try {
    await browser.ask("listen", { rate: microphone.rate }, { signal });
    ready = true;
    await ended;
  } finally {
    microphone.end();
  }
}
