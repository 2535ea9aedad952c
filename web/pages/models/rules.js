/** What a list of models shows of them: the metrics of the tasks that made them, and their order. No drawing here. */
import { firstMetrics } from "../tasks/columns.js";
import { seemsAlive } from "../workers/rules.js";

/** @typedef {{id: string, label: string, metric: string, variant: string}} MetricColumn hashes, as `last_metrics` is keyed */

/**
 * The metrics by which somebody chooses a model: those that the tasks behind them have reported, the telling ones first.
 * @param {any[]} tasks with `last_metrics` @param {number} [most] @returns {MetricColumn[]}
 */
export function metricColumns(tasks, most = 2) {
  /** @type {Map<string, any>} */
  const found = new Map();
  for (const task of tasks) {
    for (const [metric, variants] of Object.entries(task.last_metrics ?? {})) {
      for (const [variant, one] of Object.entries(/** @type {Record<string, any>} */ (variants))) {
        found.set(`${metric}.${variant}`, {
          metric: one.metric,
          variant: one.variant,
          metric_hash: metric,
          variant_hash: variant,
        });
      }
    }
  }
  return firstMetrics([...found.values()])
    .slice(0, most)
    .map(id => {
      const [path, label] = id.slice(2).split("|");
      const [metric, variant] = path.split(".");
      return { id, label, metric, variant };
    });
}

/** A model's value of a metric: its task's best is unknown, so its last. @param {any} task @param {MetricColumn} column @returns {number | undefined} */
export const metricOf = (task, { metric, variant }) => task?.last_metrics?.[metric]?.[variant]?.value ?? undefined;

/**
 * In the order asked for; those without a value come last either way.
 * @template T @param {T[]} rows @param {(row: T) => any} value @param {boolean} down @returns {T[]}
 */
export function ordered(rows, value, down) {
  const there = (/** @type {any} */ one) => one !== undefined && one !== null && one !== "" && !Number.isNaN(one);
  return [...rows].sort((a, b) => {
    const [x, y] = [value(a), value(b)];
    if (!there(x) || !there(y)) return Number(there(y)) - Number(there(x));
    const order =
      typeof x === "number" && typeof y === "number"
        ? x - y
        : String(x).localeCompare(String(y), undefined, { numeric: true });
    return down ? -order : order;
  });
}

/** The queue on which models are asked: an agent that listens to it alone answers while others train. */
export const predictQueue = "predict";

/**
 * @typedef {{queue: string, name: string, served: boolean, atOnce: boolean}} Place
 *   `queue`: id, "" when it is still to be made; `served`: an agent listens to the queue for questions; `atOnce`: an agent is free for it now
 */

/**
 * Where to ask a model, so that the question stands behind no training: on the queue for questions where an agent serves it, else
 * where an agent has nothing to do, else on the queue for questions all the same, where it waits for an agent.
 * @param {any[]} queues with `entries` @param {any[]} workers of `workers.get_all` @param {number} now milliseconds @returns {Place}
 */
export function answerQueue(queues, workers, now) {
  const live = workers.filter(one => seemsAlive(one, now));
  const listening = (/** @type {any} */ queue) =>
    live.filter(one => one.queues?.some((/** @type {any} */ other) => other.id === queue.id));
  const idle = (/** @type {any} */ queue) => listening(queue).some(one => !one.task?.id) && !queue.entries?.length;
  const own = queues.find(one => one.name === predictQueue);
  const served = Boolean(own && listening(own).length);
  const free = queues.find(one => one.name !== "services" && idle(one));
  const chosen = served || !free ? own : free;
  return {
    queue: chosen?.id ?? "",
    name: chosen?.name ?? predictQueue,
    served,
    atOnce: Boolean(chosen && idle(chosen)),
  };
}

/**
 * The first of some models whose file a browser can run: ONNX, in floating point where there is one.
 * @param {{uri?: string}[]} models newest first @returns {any}
 */
export function runnable(models) {
  const ends = (/** @type {string} */ suffix) => (/** @type {{uri?: string}} */ model) =>
    (model.uri ?? "").split(/[?#]/)[0].toLowerCase().endsWith(suffix);
  const files = models.filter(ends(".onnx"));
  return files.find(model => !ends(".int8.onnx")(model)) ?? files[0] ?? null;
}
