/** Debug samples as the server lists them, turned into what a page shows at one iteration. No drawing here. */

/**
 * @typedef {object} Sample one title and series, with every iteration that the server still has
 * @property {string} metric @property {string} variant @property {string} name
 * @property {{iter: number, url: string, timestamp: number}[]} history oldest first
 */

/**
 * @param {any[]} metrics `metrics` of `events.debug_images` (https://clear.ml/docs/latest/docs/references/api/events)
 * @returns {Sample[]} sorted by name
 */
export function samplesOf(metrics) {
  /** @type {Map<string, Sample>} */
  const found = new Map();
  for (const { iterations = [] } of metrics ?? []) {
    for (const { events = [] } of iterations) {
      for (const { metric, variant, iter, url, timestamp } of events) {
        const name = variant && variant !== metric ? `${metric} / ${variant}` : metric;
        /** @type {Sample} */
        const sample = found.get(name) ?? { metric, variant, name, history: [] };
        if (url) sample.history.push({ iter, url, timestamp });
        found.set(name, sample);
      }
    }
  }
  for (const sample of found.values()) sample.history.sort((a, b) => a.iter - b.iter);
  return [...found.values()]
    .filter(sample => sample.history.length > 0)
    .sort((a, b) => a.name.localeCompare(b.name, undefined, { numeric: true }));
}

/** Every iteration at which something was reported, ascending. @param {Sample[]} samples */
export const iterationsOf = samples =>
  [...new Set(samples.flatMap(sample => sample.history.map(one => one.iter)))].sort((a, b) => a - b);

/** The newest entry not after an iteration. @param {Sample} sample @param {number} iteration */
export const entryAt = (sample, iteration) => sample.history.findLast(one => one.iter <= iteration);

/** The iteration of the list nearest to a number. @param {number[]} iterations @param {number} wanted */
export const nearest = (iterations, wanted) =>
  iterations.reduce((best, one) => (Math.abs(one - wanted) < Math.abs(best - wanted) ? one : best), iterations[0]);
