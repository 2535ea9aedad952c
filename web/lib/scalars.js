/**
 * Curves from the server. The first answer is thinned by the server to what the screen can show; refreshes ask from the
 * last known iteration on (`from_iter`, which servers that do not know it leave aside: then the whole answer replaces).
 */
import { call } from "../api.js";
import { useEffect, useRef, useState } from "./dom.js";
import { useEvery } from "./hooks.js";
import { appended, askFrom } from "./smooth.js";

/** @typedef {import("../kit/chart.js").Line} Line */

const samples = () => Math.min(6000, Math.max(500, 2 * Math.round((window.innerWidth || 1280) / 2)));

/**
 * Metric → variant → points, of one task.
 * @param {string} task @param {string} xKind @param {number | null} from
 */
async function ask(task, xKind, from) {
  const body = { task, key: xKind === "iter" ? "iter" : "timestamp", samples: samples() };
  return call("events.scalar_metrics_iter_histogram", from === null ? body : { ...body, from_iter: from });
}

/**
 * @param {string[]} tasks @param {string} xKind "iter", "relative" or "time" @param {boolean} live
 * @param {(task: string, metric: string, variant: string) => Partial<Line> & {name: string}} [naming] of a line
 * @returns {{charts: Record<string, Line[]> | null, error: any}}
 */
export function useScalars(tasks, xKind, live, naming = (_, __, variant) => ({ name: variant })) {
  const [state, setState] = useState(/** @type {{charts: Record<string, Line[]> | null, error: any}} */ ({ charts: null, error: null }));
  const known = useRef(/** @type {Map<string, any>} */ (new Map()));
  const rounds = useRef(0);
  const key = `${tasks.join()} ${xKind}`;
  const current = useRef(key);
  current.current = key;

  const load = async (/** @type {boolean} */ fresh) => {
    try {
      const answers = await Promise.all(tasks.map((task) => refreshed(task, xKind, fresh ? null : known.current.get(task))));
      if (current.current !== key) return;
      if (!answers.some((one) => one.changed)) return;
      answers.forEach((one, i) => known.current.set(tasks[i], one.data));
      setState({ charts: chartsOf(tasks, known.current, xKind, naming), error: null });
    } catch (error) {
      if (current.current === key) setState((old) => ({ ...old, error }));
    }
  };
  useEffect(() => {
    known.current = new Map();
    rounds.current = 0;
    load(true);
  }, [key]);
  useEvery(live ? 4 : 0, () => {
    rounds.current += 1;
    // Iterations only grow, so new points can be asked for; times cannot be asked for, and now and then all is checked.
    if (xKind === "iter") return load(rounds.current % 30 === 0);
    return rounds.current % 4 === 0 ? load(true) : undefined;
  });
  return state;
}

/** @param {string} task @param {string} xKind @param {any} old */
async function refreshed(task, xKind, old) {
  if (!old) return { data: await ask(task, xKind, null), changed: true };
  const lasts = Object.values(old).flatMap((variants) => Object.values(variants).map((/** @type {any} */ line) => line.x.at(-1) ?? 0));
  const fresh = await ask(task, xKind, askFrom(lasts));
  const data = { ...old };
  let changed = false;
  for (const [metric, variants] of Object.entries(fresh)) {
    for (const [variant, line] of Object.entries(/** @type {Record<string, any>} */ (variants))) {
      const before = data[metric]?.[variant];
      const after = before ? { ...before, ...appended(before, line) } : line;
      if (before && before.x.length === after.x.length && before.y.at(-1) === after.y.at(-1)) continue;
      changed = true;
      data[metric] = { ...data[metric], [variant]: after };
    }
  }
  return { data, changed };
}

/** @param {string[]} tasks @param {Map<string, any>} known @param {string} xKind @param {Function} naming */
function chartsOf(tasks, known, xKind, naming) {
  /** @type {Record<string, Line[]>} */
  const charts = {};
  for (const task of tasks) {
    const metrics = known.get(task) ?? {};
    const start = xKind === "relative"
      ? Math.min(...Object.values(metrics).flatMap((variants) => Object.values(variants).map((/** @type {any} */ line) => line.x[0] ?? Infinity))) : 0;
    for (const [metric, variants] of Object.entries(metrics)) {
      for (const [variant, line] of Object.entries(/** @type {Record<string, any>} */ (variants))) {
        const x = xKind === "relative" ? line.x.map((/** @type {number} */ at) => (at - start) / 1000) : line.x;
        (charts[metric] ??= []).push({ x, y: line.y, ...naming(task, metric, variant) });
      }
    }
  }
  return charts;
}
