/** What tasks have in common and where they differ. No drawing here. */
import { isGap } from "../../lib/reading/figure.js";
import { duration, moment } from "../../lib/format.js";
import { statusWord } from "../../kit/chip.js";

/** @typedef {{name: string, values: string[], differs: boolean}} DiffRow */

/** @param {string} name @param {any[]} values @returns {DiffRow} */
const row = (name, values) => {
  const texts = values.map(value => (value === null || value === undefined ? "" : String(value)));
  return { name, values: texts, differs: new Set(texts).size > 1 };
};

const details = [
  ["Type", "type"],
  ["Status", "status"],
  ["Project", "project.name"],
  ["User", "user.name"],
  ["Created", "created"],
  ["Started", "started"],
  ["Ended", "completed"],
  ["Run time", "active_duration"],
  ["Iteration", "last_iteration"],
  ["Repository", "script.repository"],
  ["Branch", "script.branch"],
  ["Commit", "script.version_num"],
  ["Entry point", "script.entry_point"],
  ["Working folder", "script.working_dir"],
  ["Uncommitted changes", "script.diff"],
  ["Packages", "script.requirements.pip"],
  ["Worker", "last_worker"],
  ["Description", "comment"],
];

export const detailFields = details.map(([, path]) => path);

/** @param {any} value @param {string} path */
const at = (value, path) => path.split(".").reduce((inner, key) => inner?.[key], value);

/** @type {Record<string, (value: any) => string>} how a detail is written; the others as they are */
const written = { status: statusWord, created: moment, started: moment, completed: moment, active_duration: duration };

/** @param {any[]} tasks @param {(text: string) => string} t */
export const detailRows = (tasks, t) =>
  details.map(([name, path]) =>
    row(
      t(name),
      tasks.map(task => {
        const value = at(task, path);
        return value === null || value === undefined ? value : (written[path]?.(value) ?? value);
      }),
    ),
  );

/** @param {any[]} tasks @returns {DiffRow[]} one a hyperparameter that any of the tasks has */
export function paramRows(tasks) {
  const names = new Set(
    tasks.flatMap(task =>
      Object.entries(task.hyperparams ?? {}).flatMap(([section, params]) =>
        Object.keys(params).map(name => `${section}/${name}`),
      ),
    ),
  );
  return [...names].sort().map(full => {
    const cut = full.indexOf("/");
    return row(
      full,
      tasks.map(task => task.hyperparams?.[full.slice(0, cut)]?.[full.slice(cut + 1)]?.value),
    );
  });
}

/** @typedef {{name: string, values: ({last: number, min: number, max: number} | null)[]}} MetricRow */

/** @param {any[]} tasks @returns {MetricRow[]} one a metric that any of the tasks has */
export function metricRows(tasks) {
  /** @type {Map<string, any[]>} */
  const found = new Map();
  tasks.forEach((task, i) => {
    for (const variants of Object.values(task.last_metrics ?? {})) {
      for (const one of Object.values(/** @type {Record<string, any>} */ (variants))) {
        const name = `${one.metric}/${one.variant}`;
        if (!found.has(name))
          found.set(
            name,
            tasks.map(() => null),
          );
        /** @type {any[]} */ (found.get(name))[i] = { last: one.value, min: one.min_value, max: one.max_value };
      }
    }
  });
  const twice = (/** @type {string} */ name) => name.startsWith("Summary/") && found.has(name.slice("Summary/".length));
  return [...found]
    .map(([name, values]) => ({ name, values }))
    .filter(one => !one.name.startsWith(":") && !twice(one.name))
    .sort((a, b) => a.name.localeCompare(b.name));
}

/** Which of a metric's values is the best, where that is known from its name; else NaN. @param {string} name @param {number[]} values */
export function bestOf(name, values) {
  if (/loss|error|perplexity/i.test(name)) return Math.min(...values);
  return /accuracy|f1|precision|recall|auc|map\b|score|per_second/i.test(name) ? Math.max(...values) : NaN;
}

/** The metric that people compare first. @param {MetricRow[]} metrics */
export const firstMetric = metrics =>
  [/accuracy\/(validation|test)/i, /accuracy/i, /f1/i, /loss/i]
    .map(wanted => metrics.find(one => wanted.test(one.name)))
    .find(Boolean) ?? metrics[0];

/** Hyperparameters that say something: ids of tasks, models and datasets do not, unless there is nothing else. @param {DiffRow[]} params */
export function telling(params) {
  const kept = params.filter(one => !one.values.some(value => /^[0-9a-f]{32}$/.test(value)));
  return kept.length ? kept : params;
}

/**
 * A figure of parallel coordinates: one line a task, the hyperparameters that differ and one metric as axes.
 * @param {DiffRow[]} params @param {MetricRow} metric
 */
export function parallel(params, metric) {
  const there = metric.values.map((one, i) => (Number.isFinite(one?.last) ? i : -1)).filter(i => i >= 0); // a line has no gaps
  const goal = there.map(i => metric.values[i]?.last ?? null);
  const axes = params
    .filter(one => one.differs)
    .slice(0, 12)
    .map(one =>
      axis(
        one.name.split("/").pop() ?? one.name,
        there.map(i => one.values[i]),
      ),
    );
  return {
    data: [
      {
        type: "parcoords",
        line: { color: goal, colorscale: "Viridis", showscale: true },
        dimensions: [...axes, { label: metric.name, values: goal }],
      },
    ],
    layout: { margin: { t: 60, l: 60, r: 60, b: 30 } },
  };
}

/** Numbers as they are; words as numbered ticks. @param {string} label @param {string[]} values */
function axis(label, values) {
  const numbers = values.map(Number);
  if (values.every((value, i) => value !== "" && Number.isFinite(numbers[i]))) return { label, values: numbers };
  const words = [...new Set(values)].sort();
  return {
    label,
    values: values.map(value => words.indexOf(value)),
    tickvals: words.map((_, i) => i),
    ticktext: words.map(word => word || "–"),
  };
}

/** A figure of one hyperparameter against one metric. @param {DiffRow} param @param {MetricRow} metric @param {string[]} names of the tasks */
export const scatter = (param, metric, names) => ({
  data: [
    {
      type: "scatter",
      mode: "markers",
      marker: { size: 10 },
      x: param.values.map(value =>
        value !== "" && Number.isFinite(Number(value)) ? Number(value) : isGap(value) ? null : value,
      ),
      y: metric.values.map(one => one?.last ?? null),
      text: names,
    },
  ],
  layout: { xaxis: { title: { text: param.name } }, yaxis: { title: { text: metric.name } } },
});
