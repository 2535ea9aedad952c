/** Asking the API from a component: once, again when the question changes, or again and again while the tab is seen. */
import { call } from "../api.js";
import { useCallback, useEffect, useRef, useState } from "./dom.js";

/**
 * @typedef {object} Answer
 * @property {any} data the newest answer (kept while the next one is on its way, unless the question is another)
 * @property {Error | null} error
 * @property {boolean} loading
 * @property {() => Promise<void>} reload
 */

/**
 * The answer of one endpoint.
 * @param {string | null} endpoint null asks nothing
 * @param {Record<string, any>} [body]
 * @param {{every?: number, keep?: boolean}} [options] `every`: seconds between live refreshes; `keep` the old answer
 *   while a changed question is asked
 * @returns {Answer}
 */
export function useApi(endpoint, body = {}, { every = 0, keep = false } = {}) {
  return useAsked(endpoint ? (signal) => call(endpoint, body, { signal }) : null, `${endpoint} ${JSON.stringify(body)}`, { every, keep });
}

/**
 * As `useApi`, for questions that take several calls.
 * @param {((signal: AbortSignal) => Promise<any>) | null} ask
 * @param {string} key changes when the question does
 * @param {{every?: number, keep?: boolean}} [options]
 * @returns {Answer}
 */
export function useAsked(ask, key, { every = 0, keep = false } = {}) {
  const [state, setState] = useState(/** @type {any} */ ({ key: null, data: undefined, error: null, text: "" }));
  const current = useRef(/** @type {any} */ (null));
  current.current = { ask, key };

  const load = useCallback(async (/** @type {AbortSignal} */ signal) => {
    const { ask, key } = current.current;
    if (!ask) return;
    const settle = (/** @type {any} */ change) => {
      if (!signal.aborted && current.current.key === key) setState(change);
    };
    try {
      const data = await ask(signal);
      settle((/** @type {any} */ old) => ({ key, data: same(old.data, data) ? old.data : data, error: null }));
    } catch (error) {
      settle((/** @type {any} */ old) => ({ key, data: old.key === key ? old.data : undefined, error }));
    }
  }, []);

  const controller = useRef(new AbortController());
  useEffect(() => {
    controller.current = new AbortController();
    load(controller.current.signal);
    return () => controller.current.abort();
  }, [key]);
  useEvery(every, () => load(controller.current.signal));

  const mine = state.key === key;
  return {
    data: mine || keep ? state.data : undefined,
    error: mine ? state.error : null,
    loading: Boolean(ask) && !mine,
    reload: () => load(controller.current.signal),
  };
}

/** Live refreshes mostly bring what is already shown: keep the old object, so that nothing is drawn again. */
function same(/** @type {any} */ a, /** @type {any} */ b) {
  return a !== undefined && JSON.stringify(a) === JSON.stringify(b);
}

/**
 * Do something every so many seconds while the tab is seen, and at once when it comes back.
 * @param {number} seconds 0 never @param {() => any} work
 */
export function useEvery(seconds, work) {
  const latest = useRef(work);
  latest.current = work;
  useEffect(() => {
    if (!seconds) return undefined;
    let timer = 0;
    let stopped = false;
    const next = () => {
      clearTimeout(timer);
      if (!stopped && !document.hidden) timer = window.setTimeout(run, seconds * 1000);
    };
    const run = async () => {
      await latest.current();
      next();
    };
    const seen = () => (document.hidden ? clearTimeout(timer) : void run());
    document.addEventListener("visibilitychange", seen);
    next();
    return () => {
      stopped = true;
      clearTimeout(timer);
      document.removeEventListener("visibilitychange", seen);
    };
  }, [seconds]);
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
      setSize((old) => (old.width === width && old.height === height ? old : { width, height }));
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
