/** Asking the API from a component: once, again when the question changes, or again and again while the tab is seen. */
import { call } from "../../api.js";
import { missed } from "./asides.js";
import { useEffect, useMemo, useRef, useState } from "../dom.js";
import { Resource } from "./resource.js";

/**
 * @typedef {object} Answer
 * @property {any} data the newest answer (kept while the next one is on its way, unless the question is another)
 * @property {any} error what the newest try failed with; `data` may still be there, of an earlier one
 * @property {boolean} loading
 * @property {() => Promise<void>} reload
 */

/**
 * @typedef {object} Asking
 * @property {number} [every] seconds between live refreshes
 * @property {string} [keep] the old answer stays while a changed question is asked, as long as this is the same: what both are about
 * @property {boolean} [aside] it has no place of its own on the page: the page says it where it fails
 * @property {boolean} [fixed] no write on this page can change the answer (a stored file)
 */

/**
 * The answer of one endpoint.
 * @param {string | null} endpoint null asks nothing
 * @param {Record<string, any>} [body]
 * @param {Asking} [options]
 * @returns {Answer}
 */
export function useApi(endpoint, body = {}, options = {}) {
  return useAsked(
    endpoint ? signal => call(endpoint, body, { signal }) : null,
    `${endpoint} ${JSON.stringify(body)}`,
    options,
  );
}

/**
 * As `useApi`, for questions that take several calls.
 * @param {((signal: AbortSignal) => Promise<any>) | null} ask
 * @param {string} key changes when the question does
 * @param {Asking} [options]
 * @returns {Answer}
 */
export function useAsked(ask, key, { every = 0, keep, fixed = false, aside = false } = {}) {
  const resource = useResource(ask, key, { every, fixed });
  const kept = useRef(/** @type {{of?: string, data?: any}} */ ({}));
  if (resource.data !== undefined) kept.current = { of: keep, data: resource.data };
  const { error } = resource;
  useEffect(() => (aside && error && !error.gone ? missed(resource) : undefined), [aside, resource, error]);
  return {
    data:
      resource.data === undefined && keep !== undefined && kept.current.of === keep ? kept.current.data : resource.data,
    error: resource.error,
    loading: Boolean(ask) && resource.data === undefined && !resource.error,
    reload: () => resource.load(),
  };
}

/**
 * The question itself, for those that keep more than the newest answer.
 * @param {((signal: AbortSignal, old: any) => Promise<any>) | null} ask @param {string} key @param {import("./resource.js").Wishes} wishes
 */
export function useResource(ask, key, wishes) {
  const [, redraw] = useState(0);
  const latest = useRef(ask);
  latest.current = ask;
  const asked = Boolean(ask);
  const resource = useMemo(
    () =>
      new Resource(
        async (signal, old) => latest.current?.(signal, old),
        () => redraw(n => n + 1),
        wishes,
      ),
    [key, asked],
  );
  useEffect(() => {
    if (asked) resource.load();
    return () => resource.close();
  }, [resource]);
  useEffect(() => resource.every(wishes.every ?? 0), [wishes.every]);
  return resource;
}

/**
 * A listener on the window for as long as the component is there.
 * @param {string} type @param {(event: any) => void} listener
 */
export function useWindow(type, listener) {
  const latest = useRef(listener);
  latest.current = listener;
  useEffect(() => {
    const run = (/** @type {any} */ event) => latest.current(event);
    window.addEventListener(type, run);
    return () => window.removeEventListener(type, run);
  }, [type]);
}

/**
 * The width and height of an element, as it changes.
 * @returns {[any, {width: number, height: number}]}
 */
export function useSize() {
  const element = useRef(/** @type {any} */ (null));
  const [size, setSize] = useState({ width: 0, height: 0 });
  useEffect(() => {
    if (!element.current) return undefined;
    const observer = new ResizeObserver(([entry]) => {
      const { width, height } = entry.contentRect;
      setSize(old => (old.width === width && old.height === height ? old : { width, height }));
    });
    observer.observe(element.current);
    return () => observer.disconnect();
  }, []);
  return [element, size];
}

/**
 * True once the element has come near the viewport, and while it is there.
 * @returns {[any, boolean]}
 */
export function useVisible() {
  const element = useRef(/** @type {any} */ (null));
  const [visible, setVisible] = useState(false);
  useEffect(() => {
    if (!element.current) return undefined;
    const observer = new IntersectionObserver(([entry]) => setVisible(entry.isIntersecting), { rootMargin: "200px" });
    observer.observe(element.current);
    return () => observer.disconnect();
  }, []);
  return [element, visible];
}
