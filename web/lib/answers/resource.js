/**
 * One question to the server, kept answered: asked again every few seconds while the tab is seen, at once after something
 * was written, and by itself for as long as the server is gone. The newest question wins: what was asked before it is
 * cancelled, and an answer of it that comes late is dropped. No drawing here.
 */

const first = 1000; // ms until the first try after the server was gone; each later one takes twice as long
const longest = 15_000;
const settling = 25; // ms after a write in which further writes may follow, as in a bulk action
const patience = 45_000; // ms after which an answer is not waited for any longer

/** @type {Set<Resource>} every question that is on screen now */
const open = new Set();

/** Something was written: whatever was asked before that may be out of date. */
export const written = () => open.forEach(one => one.stale());

/** The server answers again. */
export const recovered = () => open.forEach(one => one.waking());

/** An answer that did not come. */
export class NoAnswer extends Error {
  gone = true;
}

/**
 * @typedef {object} Wishes
 * @property {number} [every] seconds between live refreshes; 0 never
 * @property {boolean} [fixed] what it asks for cannot be changed by anybody, so that no write makes it stale
 * @property {number} [patience] ms to wait for an answer
 * @property {boolean} [compare] false: every answer is taken for another one, however alike (they are long, or told apart by `ask`)
 * @property {any} [data] what was known before
 */

export class Resource {
  /** @type {any} the newest answer */
  data;
  /** @type {any} what the newest try failed with */
  error = null;
  /** true while a question is on its way */
  asking = false;

  #ask;
  #changed;
  /** @type {Required<Wishes>} */
  #wishes;
  #number = 0; // of the newest question
  #tries = 0; // that failed in a row
  /** @type {any} */
  #timer = 0;
  #due = false; // the timer has run out while nobody was looking
  #settled = false; // some answer has come, or failed
  #closed = false;
  /** @type {AbortController | null} */
  #control = null;
  /** @type {Promise<void>} */
  #running = Promise.resolve();

  /**
   * @param {(signal: AbortSignal, old: any) => Promise<any>} ask gets the answer before, to ask only for what is new; a function as
   *   its result is called with what is known by then, and gives the answer
   * @param {() => void} changed called when `data`, `error` or `asking` is another
   * @param {Wishes} [wishes]
   */
  constructor(ask, changed, wishes = {}) {
    this.#ask = ask;
    this.#changed = changed;
    this.#wishes = { every: 0, fixed: false, patience, compare: true, data: undefined, ...wishes };
    this.data = this.#wishes.data;
  }

  /** Seconds between live refreshes from now on. @param {number} seconds */
  every(seconds) {
    if (seconds === this.#wishes.every) return;
    this.#wishes.every = seconds;
    if (!this.asking && this.#number && !this.error) this.#next();
  }

  /** Take something as the answer that was found otherwise. @param {any} data */
  put(data) {
    this.data = data;
    this.#changed();
  }

  /** Ask now. What is on its way is cancelled. Resolves when the newest question is settled, whether it failed or not. */
  load() {
    if (this.#closed) return Promise.resolve();
    open.add(this);
    watchTab();
    this.#stop();
    this.#running = this.#run();
    return this.#running;
  }

  /** What was asked so far may be out of date: drop it, and ask in a moment. */
  stale() {
    if (this.#wishes.fixed || !this.#number) return;
    this.#stop();
    this.#number += 1;
    this.#after(settling);
  }

  /** The server is back, if it was gone for this one: ask now instead of later. */
  waking() {
    if (this.error?.gone && !this.asking) this.#after(settling);
  }

  /** The tab is seen, or not any more. @param {boolean} seen */
  seen(seen) {
    if (seen && !this.asking && (this.#due || this.#wishes.every > 0)) this.load();
  }

  close() {
    this.#closed = true;
    this.#stop();
    open.delete(this);
  }

  #stop() {
    clearTimeout(this.#timer);
    this.#timer = 0;
    this.#due = false;
    this.#control?.abort();
    this.#control = null;
    this.asking = false;
  }

  async #run() {
    const mine = (this.#number += 1);
    const control = (this.#control = new AbortController());
    const late = setTimeout(
      () => control.abort(new NoAnswer("The server has not answered for a long time.")),
      this.#wishes.patience,
    );
    this.asking = true;
    try {
      const answer = await orAborted(this.#ask(control.signal, this.data), control.signal);
      if (mine === this.#number && !this.#closed)
        this.#settle(this.#known(typeof answer === "function" ? answer(this.data) : answer), null);
    } catch (error) {
      const reason = control.signal.reason instanceof NoAnswer ? control.signal.reason : error;
      if (mine === this.#number && !this.#closed) this.#settle(this.data, reason);
    } finally {
      clearTimeout(late);
    }
    if (mine !== this.#number && this.asking) await this.#running;
  }

  /** The object that is shown already, where the answer says the same. @param {any} data */
  #known(data) {
    return this.#wishes.compare && same(this.data, data) ? this.data : data;
  }

  /** @param {any} data @param {any} error */
  #settle(data, error) {
    const news = !this.#settled || data !== this.data || error !== this.error;
    this.#settled = true;
    this.asking = false;
    this.#control = null;
    this.data = data;
    this.error = error;
    this.#tries = error ? this.#tries + 1 : 0;
    this.#next();
    if (news) this.#changed();
  }

  #next() {
    clearTimeout(this.#timer);
    this.#timer = 0;
    const live = this.#wishes.every * 1000;
    if (this.error?.gone) this.#after(Math.min(longest, first * 2 ** Math.min(8, this.#tries - 1)));
    else if (live) this.#after(live);
  }

  /** @param {number} ms */
  #after(ms) {
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => {
      this.#timer = 0;
      if (hidden()) this.#due = true;
      else void this.load();
    }, ms);
  }
}

const hidden = () => typeof document !== "undefined" && document.hidden;

let watching = false;

function watchTab() {
  if (watching || typeof document === "undefined") return;
  watching = true;
  document.addEventListener("visibilitychange", () => open.forEach(one => one.seen(!document.hidden)));
}

/**
 * A promise that ends when the signal does, also where whoever made it does not look at the signal.
 * @param {Promise<any>} work @param {AbortSignal} signal
 */
function orAborted(work, signal) {
  return new Promise((resolve, reject) => {
    signal.addEventListener("abort", () => reject(signal.reason), { once: true });
    work.then(resolve, reject);
  });
}

/** Live refreshes mostly bring what is already shown: keep the old object, so that nothing is drawn again. @param {any} a @param {any} b */
function same(a, b) {
  return a === b || (a !== undefined && typeof b === "object" && JSON.stringify(a) === JSON.stringify(b));
}
