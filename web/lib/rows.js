/**
 * Rows of a listing that the server sorts, filters and pages: pages are fetched as the table comes to them, and those in
 * sight are asked again every few seconds.
 */
import { call } from "../api.js";
import { useCallback, useEffect, useRef, useState } from "./dom.js";
import { useEvery } from "./hooks.js";

const pageSize = 60;

/**
 * @typedef {object} ServerRows
 * @property {number} count rows known or presumed to be there
 * @property {number | null} total what the server counted
 * @property {(index: number) => any} rowAt
 * @property {(first: number, last: number) => void} need
 * @property {() => Promise<void>} reload
 * @property {Error | null} error
 * @property {boolean} loaded
 *
 * @param {string} endpoint @param {string} field @param {Record<string, any>} body without paging
 * @param {{every?: number, count?: () => Promise<number | null>}} [options]
 * @returns {ServerRows}
 */
export function useServerRows(endpoint, field, body, { every = 5, count } = {}) {
  const key = JSON.stringify([endpoint, body]);
  const store = useRef(/** @type {any} */ (null));
  const [, redraw] = useState(0);
  if (store.current?.key !== key) store.current = fresh(key, store.current);
  const state = store.current;

  const fetchPage = useCallback(async (/** @type {number} */ page, again = false) => {
    const mine = store.current;
    // A table below may still hold the functions of the question before; they must not answer for this one.
    if (mine.key !== key || (mine.asked.has(page) && !again)) return;
    mine.asked.add(page);
    try {
      const rows = (await call(endpoint, { ...body, page, page_size: pageSize }))[field] ?? [];
      if (store.current !== mine) return;
      mine.pages.set(page, rows);
      mine.error = null;
      if (rows.length < pageSize) mine.end = Math.min(mine.end, page * pageSize + rows.length);
      else if (mine.end <= (page + 1) * pageSize) mine.end = Infinity;
    } catch (error) {
      mine.asked.delete(page);
      if (store.current === mine) mine.error = error;
    }
    redraw((n) => n + 1);
  }, [key]);

  const recount = useCallback(async () => {
    const mine = store.current;
    const total = (await count?.().catch(() => null)) ?? null;
    if (store.current !== mine || total === mine.total) return;
    mine.total = total;
    redraw((n) => n + 1);
  }, [key]);

  const need = useCallback((/** @type {number} */ first, /** @type {number} */ last) => {
    store.current.sight = [Math.floor(first / pageSize), Math.floor(Math.max(first, last - 1) / pageSize)];
    for (let page = store.current.sight[0]; page <= store.current.sight[1]; page += 1) fetchPage(page);
  }, [fetchPage]);

  const reload = useCallback(async () => {
    const [from, to] = store.current.sight;
    const pages = Array.from({ length: to - from + 1 }, (_, i) => from + i);
    await Promise.all([recount(), ...pages.map((page) => fetchPage(page, true))]);
  }, [fetchPage]);

  useEffect(() => {
    fetchPage(0);
    recount();
  }, [key]);
  useEvery(every, reload);

  return { count: known(state), total: state.total, need, reload, error: state.error, loaded: state.pages.size > 0, rowAt: (index) => at(state, index) };
}

/** A new question; its first rows stand in until the answer comes, so that sorting does not blink. */
const fresh = (/** @type {string} */ key, /** @type {any} */ old) => ({
  key, pages: new Map(), asked: new Set(), end: Infinity, total: null, error: null, sight: [0, 0], before: old?.pages.size ? old : null,
});

/** @param {any} state @param {number} index */
function at(state, index) {
  const row = state.pages.get(Math.floor(index / pageSize))?.[index % pageSize];
  return row ?? (state.pages.size === 0 && state.before ? at(state.before, index) : undefined);
}

/** @param {any} state @returns {number} */
function known(state) {
  if (state.pages.size === 0 && state.before) return known({ ...state.before, before: null });
  if (state.end !== Infinity) return state.end;
  const fetched = Math.max(-1, ...state.pages.keys()) + 1;
  return Math.max(state.total ?? 0, fetched * pageSize);
}
