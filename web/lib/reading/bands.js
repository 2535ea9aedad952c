/** Curves of runs that repeat one another, as one: their mean, and a band of one standard deviation around it. No drawing here. */

/** @typedef {import("../../kit/charts/chart.js").Line} Line */

/**
 * The mean where at least one of the lines has a value, the band where two have.
 * @param {Line[]} lines @returns {{x: number[], y: (number | null)[], low: (number | null)[], high: (number | null)[]}} sample standard deviation
 */
export function meanOf(lines) {
  /** @type {Map<number, number[]>} */
  const values = new Map();
  for (const line of lines) {
    line.x.forEach((at, i) => {
      const y = line.y[i];
      if (y !== null && y !== undefined && Number.isFinite(y)) values.set(at, [...(values.get(at) ?? []), y]);
    });
  }
  const x = [...values.keys()].sort((a, b) => a - b);
  const at = x.map(one => spread(/** @type {number[]} */ (values.get(one))));
  return {
    x,
    y: at.map(one => one.mean),
    low: at.map(one => (one.sd === null ? null : one.mean - one.sd)),
    high: at.map(one => (one.sd === null ? null : one.mean + one.sd)),
  };
}

/** @param {number[]} values @returns {{mean: number, sd: number | null}} */
function spread(values) {
  const mean = values.reduce((sum, one) => sum + one, 0) / values.length;
  if (values.length < 2) return { mean, sd: null };
  return { mean, sd: Math.sqrt(values.reduce((sum, one) => sum + (one - mean) ** 2, 0) / (values.length - 1)) };
}

/**
 * Tasks that have the same value of a hyperparameter; "" takes all together.
 * @param {any[]} tasks @param {string} param "Args/learning_rate"
 * @returns {{name: string, ids: string[]}[]} in the order in which their first ones come
 */
export function groupsOf(tasks, param) {
  const cut = param.indexOf("/");
  const [section, name] = [param.slice(0, cut), param.slice(cut + 1)];
  /** @type {Map<string, string[]>} */
  const found = new Map();
  for (const task of tasks) {
    const value = param ? `${name}=${task.hyperparams?.[section]?.[name]?.value ?? "–"}` : "";
    found.set(value, [...(found.get(value) ?? []), task.id]);
  }
  return [...found].map(([value, ids]) => ({ name: value, ids }));
}
