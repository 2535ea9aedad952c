/** Things worth keeping while there is room: the one that was asked for longest ago goes first. */

/** @template T */
export class Bounded {
  /** @param {number} room in whatever `weigh` counts, bytes mostly @param {(value: T) => number} weigh */
  constructor(room, weigh) {
    this.room = room;
    this.weigh = weigh;
    this.used = 0;
    /** @type {Map<string, {promise: Promise<T>, weight: number}>} oldest first */
    this.kept = new Map();
  }

  /** What is kept under a key, or is made now. What could not be made is not kept. @param {string} key @param {() => Promise<T>} make @returns {Promise<T>} */
  get(key, make) {
    const known = this.kept.get(key);
    if (known) {
      this.kept.delete(key);
      this.kept.set(key, known);
      return known.promise;
    }
    const entry = { promise: make(), weight: 0 };
    this.kept.set(key, entry);
    entry.promise.then(
      value => this.settle(key, entry, value),
      () => this.kept.get(key) === entry && this.kept.delete(key),
    );
    return entry.promise;
  }

  /** @param {string} key @param {{promise: Promise<T>, weight: number}} entry @param {T} value */
  settle(key, entry, value) {
    if (this.kept.get(key) !== entry) return;
    entry.weight = this.weigh(value);
    this.used += entry.weight;
    for (const [name, old] of this.kept) {
      if (this.used <= this.room) break;
      if (old === entry || !old.weight) continue; // the newest stays however large it is; what is on its way has no weight yet
      this.used -= old.weight;
      this.kept.delete(name);
    }
  }
}
