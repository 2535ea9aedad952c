/**
 * A listing that the server sorts, filters and pages: pages are asked for as the reader comes to them, and those in sight
 * are kept answered. No drawing here.
 */
import { Resource } from "./resource.js";

/**
 * @typedef {object} Source
 * @property {(page: number, signal: AbortSignal) => Promise<any[]>} rows of one page, fewer than `size` on the last
 * @property {(signal: AbortSignal) => Promise<number | null>} [count] how many there are in all
 */

export class Pages {
  #source;
  #changed;
  #every;
  /** @type {Map<number, Resource>} in sight */
  #shown = new Map();
  /** @type {Map<number, any[]>} seen earlier; asked again when they come into sight */
  #kept = new Map();
  /** @type {Resource | null} */
  #counting = null;
  /** @type {Pages | null} what was shown before, until the first rows are there */
  #before;

  /**
   * @param {Source} source @param {() => void} changed
   * @param {{every?: number, size?: number, before?: Pages | null}} [options]
   */
  constructor(source, changed, { every = 0, size = 60, before = null } = {}) {
    this.#source = source;
    this.#changed = changed;
    this.#every = every;
    this.size = size;
    this.#before = before?.loaded ? before : null;
    if (this.#before) this.#before.#before = null;
  }

  /** Begin with the first page. */
  start() {
    const { count } = this.#source;
    if (count) {
      this.#counting = new Resource(count, this.#changed, { every: this.#every });
      this.#counting.load();
    }
    if (!this.#shown.size) this.need(0, 1);
  }

  /** Rows from `first` up to `last` are in sight. @param {number} first @param {number} last */
  need(first, last) {
    const [from, to] = [
      Math.floor(Math.max(0, first) / this.size),
      Math.floor(Math.max(0, first, last - 1) / this.size),
    ];
    for (const [page, resource] of this.#shown) if (page < from || page > to) this.#leave(page, resource);
    for (let page = from; page <= to; page += 1) if (!this.#shown.has(page)) this.#show(page);
  }

  /** @param {number} page */
  #show(page) {
    const data = this.#kept.get(page);
    const one = new Resource(signal => this.#source.rows(page, signal), this.#changed, { every: this.#every, data });
    this.#shown.set(page, one);
    one.load();
  }

  /** @param {number} page @param {Resource} resource */
  #leave(page, resource) {
    if (resource.data) this.#kept.set(page, resource.data);
    resource.close();
    this.#shown.delete(page);
  }

  /** Every row from `first` to `last`, both included, fetched where they are not known. @param {number} first @param {number} last */
  async between(first, last) {
    const signal = new AbortController().signal;
    /** @type {any[]} */
    const rows = [];
    for (let page = Math.floor(first / this.size); page <= Math.floor(last / this.size); page += 1) {
      const known = this.#own ? this.#rows(page) : undefined;
      const found = known ?? (await this.#source.rows(page, signal));
      if (!known) this.#kept.set(page, found);
      found.forEach((row, i) => page * this.size + i >= first && page * this.size + i <= last && rows.push(row));
    }
    return rows;
  }

  /** Ask again for what is in sight. */
  async reload() {
    await Promise.all([this.#counting?.load(), ...[...this.#shown.values()].map(one => one.load())]);
  }

  close() {
    this.#counting?.close();
    for (const [page, resource] of [...this.#shown]) this.#leave(page, resource);
  }

  /** @param {number} page @returns {any[] | undefined} */
  #rows(page) {
    return this.#shown.get(page)?.data ?? this.#kept.get(page);
  }

  /** @param {number} index @returns {any} undefined while the row is still on its way */
  rowAt(index) {
    if (!this.#own) return this.#before?.rowAt(index);
    return this.#rows(Math.floor(index / this.size))?.[index % this.size];
  }

  get #own() {
    return this.#kept.size > 0 || [...this.#shown.values()].some(one => one.data !== undefined);
  }

  /** Whether there is anything to show, be it of the question before. */
  get loaded() {
    return this.#own;
  }

  /** What the server counted. @returns {number | null} */
  get total() {
    return this.#counting?.data ?? null;
  }

  /** What the newest try failed with, of any page in sight. */
  get error() {
    return [...this.#shown.values()].find(one => one.error)?.error ?? null;
  }

  /** How many rows are there, or presumed to be. @returns {number} */
  get count() {
    if (!this.#own) return this.#before?.count ?? 0;
    const known = [
      ...this.#kept,
      ...[...this.#shown].map(([page, one]) => /** @type {[number, any]} */ ([page, one.data])),
    ].filter(([, rows]) => rows);
    const ends = known
      .filter(([, rows]) => rows.length < this.size)
      .map(([page, rows]) => page * this.size + rows.length);
    const least = Math.max(
      0,
      ...known.filter(([, rows]) => rows.length).map(([page, rows]) => page * this.size + rows.length),
    );
    const presumed = this.total ?? (ends.length ? Math.min(...ends) : least + this.size);
    const shown = [...this.#shown]
      .filter(([, one]) => one.data?.length < this.size)
      .map(([page, one]) => page * this.size + one.data.length);
    return shown.length ? Math.min(presumed, ...shown) : Math.max(presumed, least);
  }
}
