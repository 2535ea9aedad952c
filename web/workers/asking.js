/**
 * The page's half of the protocol that `serving.js` describes. A worker is started with the first request; one that
 * breaks down fails what it was asked, and the next request starts another.
 */

/** @typedef {{postMessage: (message: any, transfer?: Transferable[]) => void, terminate: () => void, onmessage: any, onerror: any}} Port */

export class Asking {
  /** @param {() => Port} start */
  constructor(start) {
    this.start = start;
    /** @type {Port | null} */
    this.port = null;
    /** @type {Map<number, {resolve: (value: any) => void, reject: (error: any) => void}>} */
    this.open = new Map();
    this.count = 0;
  }

  /**
   * @param {string} kind @param {any} content @param {{signal?: AbortSignal, transfer?: Transferable[]}} [options]
   * @returns {Promise<any>} rejected with an AbortError when the signal aborts
   */
  ask(kind, content, { signal, transfer = [] } = {}) {
    if (signal?.aborted) return Promise.reject(aborted());
    const port = this.started();
    const id = (this.count += 1);
    return new Promise((resolve, reject) => {
      this.open.set(id, { resolve, reject });
      signal?.addEventListener(
        "abort",
        () => {
          if (!this.open.delete(id)) return;
          port.postMessage({ cancel: id });
          reject(aborted());
        },
        { once: true },
      );
      port.postMessage({ id, kind, content }, transfer);
    });
  }

  /** @returns {Port} */
  started() {
    if (this.port) return this.port;
    const port = this.start();
    port.onmessage = (/** @type {MessageEvent} */ { data }) => {
      const asked = this.open.get(data.id);
      this.open.delete(data.id);
      if ("error" in data) asked?.reject(new Error(data.error));
      else asked?.resolve(data.result);
    };
    port.onerror = (/** @type {ErrorEvent} */ event) => this.broken(event.message);
    return (this.port = port);
  }

  /** Nothing more is wanted: the worker ends, and what it was asked is given up. */
  close() {
    for (const { reject } of this.open.values()) reject(aborted());
    this.open.clear();
    this.broken();
  }

  /** @param {string} [reason] */
  broken(reason = "") {
    this.port?.terminate();
    this.port = null;
    const left = [...this.open.values()];
    this.open.clear();
    for (const { reject } of left) reject(new Error(reason || "The worker could not be started."));
  }
}

const aborted = () => new DOMException("It is not wanted any more.", "AbortError");
