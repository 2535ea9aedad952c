/**
 * Long work in steps: a generator that yields now and then. It can be run to its end at once, or piece by piece so that
 * whoever works through it can be told to stop. What yields a promise is given what it comes to; such work has no "at once".
 */

/** @template T @param {Generator<undefined, T>} steps @returns {T} its result, at once */
export function finished(steps) {
  for (;;) {
    const { done, value } = steps.next();
    if (done) return /** @type {T} */ (value);
  }
}

/**
 * Run steps and let others have a turn every few milliseconds.
 * @template T @param {Generator<any, T, any>} steps @param {() => boolean} cancelled asked after every turn of others
 * @param {{slice?: number, turn?: () => Promise<void>}} [how] `slice`: milliseconds of work between turns
 * @returns {Promise<T | undefined>} undefined when it was cancelled
 */
export async function worked(steps, cancelled, { slice = 20, turn = others } = {}) {
  let since = performance.now();
  /** @type {any} */
  let given;
  for (;;) {
    const { done, value } = steps.next(given);
    if (done) return /** @type {T} */ (value);
    given = value instanceof Promise ? await value : undefined;
    if (performance.now() - since < slice) continue;
    await turn();
    if (cancelled()) return undefined;
    since = performance.now();
  }
}

const channel = typeof WorkerGlobalScope === "undefined" ? null : new MessageChannel(); // timers of browsers wait 4 ms

/** Until the messages that wait have been read. @returns {Promise<void>} */
function others() {
  return new Promise(resolve => {
    if (!channel) return void setTimeout(resolve);
    channel.port1.onmessage = () => resolve();
    channel.port2.postMessage(0);
  });
}
