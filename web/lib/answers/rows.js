/** The rows of a long listing for a table: see `pages.js`. */
import { call } from "../../api.js";
import { useCallback, useEffect, useMemo, useRef, useState } from "../dom.js";
import { Pages } from "./pages.js";

/**
 * @typedef {object} ServerRows
 * @property {number} count rows known or presumed to be there
 * @property {number | null} total what the server counted
 * @property {(index: number) => any} rowAt
 * @property {(first: number, last: number) => void} need
 * @property {(first: number, last: number) => Promise<any[]>} between every row of a range, fetched where it is not loaded
 * @property {() => Promise<void>} reload
 * @property {any} error
 * @property {boolean} loaded
 *
 * @param {string} endpoint @param {string} field @param {Record<string, any>} body without paging
 * @param {{every?: number, about?: string, count?: (signal: AbortSignal) => Promise<number | null>}} [options] `about`: whose rows they are; those of
 *   another are no stand-in while the new ones are on their way
 * @returns {ServerRows}
 */
export function useServerRows(endpoint, field, body, { every = 5, about = "", count } = {}) {
  const [, redraw] = useState(0);
  const before = useRef(/** @type {{about: string, pages: Pages} | null} */ (null));
  const pages = useMemo(() => {
    const rows = async (/** @type {number} */ page, /** @type {AbortSignal} */ signal) =>
      (await call(endpoint, { ...body, page, page_size: 60 }, { signal }))[field] ?? [];
    return new Pages({ rows, count }, () => redraw(n => n + 1), {
      every,
      before: before.current?.about === about ? before.current.pages : null,
    });
  }, [JSON.stringify([endpoint, body, about])]);
  before.current = { about, pages };
  useEffect(() => {
    pages.start();
    return () => pages.close();
  }, [pages]);
  return {
    count: pages.count,
    total: pages.total,
    error: pages.error,
    loaded: pages.loaded,
    rowAt: index => pages.rowAt(index),
    need: useCallback((/** @type {number} */ first, /** @type {number} */ last) => pages.need(first, last), [pages]),
    reload: () => pages.reload(),
    between: (first, last) => pages.between(first, last),
  };
}
