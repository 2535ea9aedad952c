/** What tasks have in common and where they differ. No drawing here. */

/** @typedef {{name: string, values: string[], differs: boolean}} DiffRow */

/** @param {string} name @param {any[]} values @returns {DiffRow} */
const row = (name, values) => {
  const texts = values.map((value) => (value === null || value === undefined ? "" : String(value)));
  return { name, values: texts, differs: new Set(texts).size > 1 };
};

const details = [
  ["Type", "type"], ["Status", "status"], ["Project", "project.name"], ["User", "user.name"], ["Created", "created"], ["Started", "started"],
  ["Repository", "script.repository"], ["Branch", "script.branch"], ["Commit", "script.version_num"], ["Entry point", "script.entry_point"],
  ["Working folder", "script.working_dir"], ["Uncommitted changes", "script.diff"], ["Packages", "script.requirements.pip"], ["Worker", "last_worker"], ["Description", "comment"],
];

export const detailFields = details.map(([, path]) => path);

/** @param {any} value @param {string} path */
const at = (value, path) => path.split(".").reduce((inner, key) => inner?.[key], value);

/** @param {any[]} tasks @param {(text: string) => string} t */
export const detailRows = (tasks, t) => details.map(([name, path]) => row(t(name), tasks.map((task) => at(task, path))));

/** @param {any[]} tasks @returns {DiffRow[]} one a hyperparameter that any of the tasks has */
export function paramRows(tasks) {
  const names = new Set(tasks.flatMap((task) => Object.entries(task.hyperparams ?? {}).flatMap(([section, params]) => Object.keys(params).map((name) => `${section}/${name}`))));
  return [...names].sort().map((full) => {
    const cut = full.indexOf("/");
    return row(full, tasks.map((task) => task.hyperparams?.[full.slice(0, cut)]?.[full.slice(cut + 1)]?.value));
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
        if (!found.has(name)) found.set(name, tasks.map(() => null));
        /** @type {any[]} */ (found.get(name))[i] = { last: one.value, min: one.min_value, max: one.max_value };
      }
    }
  });
  return [...found].map(([name, values]) => ({ name, values })).filter((one) => !one.name.startsWith(":")).sort((a, b) => a.name.localeCompare(b.name));
}

/**
 * A figure of parallel coordinates: one line a task, the hyperparameters that differ and one metric as axes.
 * @param {DiffRow[]} params @param {MetricRow} metric
 */
export function parallel(params, metric) {
  const goal = metric.values.map((one) => one?.last ?? null);
  const axes = params.filter((one) => one.differs).slice(0, 12).map((one) => axis(one.name.split("/").pop() ?? one.name, one.values));
  return { data: [{ type: "parcoords", line: { color: goal, colorscale: "Viridis", showscale: true }, dimensions: [...axes, { label: metric.name, values: goal }] }], layout: { margin: { t: 60, l: 60, r: 60, b: 30 } } };
}

/** Numbers as they are; words as numbered ticks. @param {string} label @param {string[]} values */
function axis(label, values) {
  const numbers = values.map(Number);
  if (values.every((value, i) => value !== "" && Number.isFinite(numbers[i]))) return { label, values: numbers };
  const words = [...new Set(values)].sort();
  return { label, values: values.map((value) => words.indexOf(value)), tickvals: words.map((_, i) => i), ticktext: words.map((word) => word || "–") };
}

/** A figure of one hyperparameter against one metric. @param {DiffRow} param @param {MetricRow} metric @param {string[]} names of the tasks */
export const scatter = (param, metric, names) => ({
  data: [{ type: "scatter", mode: "markers", marker: { size: 10 }, x: param.values.map((value) => (value !== "" && Number.isFinite(Number(value)) ? Number(value) : value)), y: metric.values.map((one) => one?.last ?? null), text: names }],
  layout: { xaxis: { title: { text: param.name } }, yaxis: { title: { text: metric.name } } },
});
