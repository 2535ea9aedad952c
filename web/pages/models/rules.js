/** What a list of models shows of them: the metrics of the tasks that made them, and their order. No drawing here. */
import { firstMetrics } from "../tasks/columns.js";

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
        found.set(`${metric}.${variant}`, { metric: one.metric, variant: one.variant, metric_hash: metric, variant_hash: variant });
      }
    }
  }
  return firstMetrics([...found.values()]).slice(0, most).map((id) => {
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
    const order = typeof x === "number" && typeof y === "number" ? x - y : String(x).localeCompare(String(y), undefined, { numeric: true });
    return down ? -order : order;
  });
}
