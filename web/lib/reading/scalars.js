/**
 * Curves from the server. The first answer is thinned by the server to what the screen can show; refreshes ask from the
 * last known iteration on (`from_iter`, which servers that do not know it leave aside: then the whole answer replaces).
 */
import { call } from "../../api.js";
import { useMemo, useRef } from "../dom.js";
import { useResource } from "../answers/hooks.js";
import { appended, askFrom } from "./smooth.js";

/** @typedef {import("../../kit/charts/chart.js").Line} Line */

const samples = () => Math.min(6000, Math.max(500, 2 * Math.round((window.innerWidth || 1280) / 2)));

/**
 * Metric → variant → points, of one task.
 * @param {string} task @param {string} xKind @param {number | null} from @param {AbortSignal} signal @param {boolean} model
 */
async function ask(task, xKind, from, signal, model) {
  const body = {
    task,
    key: xKind === "iter" ? "iter" : "timestamp",
    samples: samples(),
    ...(model ? { model_events: true } : {}),
  };
  return call("events.scalar_metrics_iter_histogram", from === null ? body : { ...body, from_iter: from }, { signal });
}

/** @typedef {{charts: Record<string, Line[]>, xKind: string}} Curves with the axis that they are drawn along */

/**
 * @param {string[]} tasks @param {string} xKind "iter", "relative" or "time" @param {boolean} live
 * @param {(task: string, metric: string, variant: string) => Partial<Line> & {name: string}} [naming] of a line
 * @param {boolean} [model] `tasks` are models, with curves of their own
 * @returns {{charts: Record<string, Line[]> | null, xKind: string, error: any, reload: () => Promise<void>}} `xKind`: of the charts, which are
 *   those of the axis before until the new ones are there
 */
export function useScalars(tasks, xKind, live, naming = (_, __, variant) => ({ name: variant }), model = false) {
  const rounds = useRef(0);
  const kept = useRef(/** @type {Curves | null} */ (null));
  const key = `${tasks.join()} ${xKind}`;
  const question = async (/** @type {AbortSignal} */ signal, /** @type {Record<string, any> | undefined} */ old) => {
    // Iterations only grow, so new points can be asked for; times cannot be asked for, and now and then all is checked.
    rounds.current = old ? rounds.current + 1 : 0;
    if (old && xKind !== "iter" && rounds.current % 4) return old;
    const fresh = !old || xKind !== "iter" || rounds.current % 30 === 0;
    const answers = await Promise.all(
      tasks.map(task => refreshed(task, xKind, fresh ? null : old[task], signal, model)),
    );
    if (old && !answers.some(one => one.changed)) return old;
    return Object.fromEntries(tasks.map((task, i) => [task, answers[i].data]));
  };
  const resource = useResource(tasks.length ? question : null, key, { every: live ? 4 : 0, compare: false });
  const drawn = useMemo(
    () => resource.data && { charts: chartsOf(tasks, new Map(Object.entries(resource.data)), xKind, naming), xKind },
    [resource.data],
  );
  const same = useRef(tasks.join());
  if (same.current !== tasks.join()) kept.current = null; // the curves of other tasks are no stand-in
  same.current = tasks.join();
  if (drawn) kept.current = drawn;
  return {
    charts: kept.current?.charts ?? null,
    xKind: kept.current?.xKind ?? xKind,
    error: resource.error,
    reload: () => resource.load(),
  };
}

/** @param {string} task @param {string} xKind @param {any} old @param {AbortSignal} signal @param {boolean} model */
async function refreshed(task, xKind, old, signal, model) {
  if (!old) return { data: await ask(task, xKind, null, signal, model), changed: true };
  const lasts = Object.values(old).flatMap(variants =>
    Object.values(variants).map((/** @type {any} */ line) => line.x.at(-1) ?? 0),
  );
  const fresh = await ask(task, xKind, askFrom(lasts), signal, model);
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
    const start =
      xKind === "relative"
        ? Math.min(
            ...Object.values(metrics).flatMap(variants =>
              Object.values(variants).map((/** @type {any} */ line) => line.x[0] ?? Infinity),
            ),
          )
        : 0;
    for (const [metric, variants] of Object.entries(metrics)) {
      for (const [variant, line] of Object.entries(/** @type {Record<string, any>} */ (variants))) {
        const x = xKind === "relative" ? line.x.map((/** @type {number} */ at) => (at - start) / 1000) : line.x;
        (charts[metric] ??= []).push({ x, y: line.y, ...naming(task, metric, variant) });
      }
    }
  }
  return charts;
}
