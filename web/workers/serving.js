/**
 * The worker's half of the one protocol between the page and its workers:
 * `{id, kind, content}` asks, `{cancel: id}` takes it back, `{id, result}` or `{id, error}` answers; a request that was
 * taken back gets no answer. Requests are worked through one after another.
 */
import { worked } from "./steps.js";

/** @typedef {(content: any) => Generator<any, {result: any, transfer?: Transferable[]}, any>} Work */

/** @param {Record<string, Work>} kinds @param {{onmessage: any, postMessage: (message: any, transfer: Transferable[]) => void}} port */
export function serve(kinds, port) {
  const gone = new Set();
  const waiting = new Set();
  let last = Promise.resolve();
  const run = async (/** @type {{id: number, kind: string, content: any}} */ { id, kind, content }) => {
    try {
      const made = gone.has(id) ? undefined : await worked(kinds[kind](content), () => gone.has(id));
      if (made) port.postMessage({ id, result: made.result }, made.transfer ?? []);
    } catch (error) {
      port.postMessage({ id, error: String(/** @type {Error} */ (error).message ?? error) }, []);
    }
    gone.delete(id);
    waiting.delete(id);
  };
  port.onmessage = (/** @type {MessageEvent} */ { data }) => {
    if (data.cancel !== undefined) return void (waiting.has(data.cancel) && gone.add(data.cancel));
    waiting.add(data.id);
    last = last.then(() => run(data));
  };
}
