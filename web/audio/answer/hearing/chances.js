/** From logits to an answer, as `audio/inference/prediction.py`. No drawing here. */

/** @typedef {import("./metadata.js").About} About */

/** Probabilities of one window. @param {ArrayLike<number>} logits @param {boolean} multiLabel each label on its own @param {number} temperature */
export function chances(logits, multiLabel, temperature) {
  const values = Array.from(logits, value => value / temperature);
  if (multiLabel) return values.map(value => 0.5 * (1 + Math.tanh(0.5 * value)));
  const most = Math.max(...values);
  const raised = values.map(value => Math.exp(value - most));
  const sum = raised.reduce((all, one) => all + one, 0);
  return raised.map(value => value / sum);
}

/** The mean of the windows' probabilities. @param {number[][]} windows @returns {number[]} */
export const meanOf = windows =>
  windows[0].map((_, i) => windows.reduce((sum, one) => sum + one[i], 0) / windows.length);

/**
 * What was found: the most probable class, or of several labels those above their thresholds.
 * @param {number[]} probabilities @param {About} about @param {boolean} calibrated @returns {string[]}
 */
export function labelsOf(probabilities, { classes, multiLabel, calibration }, calibrated) {
  if (!multiLabel) return [classes[probabilities.indexOf(Math.max(...probabilities))]];
  const thresholds = (calibrated && calibration?.thresholds) || [];
  return classes.filter((_, i) => probabilities[i] > (thresholds[i] ?? 0.5));
}

/** The likeliest, best first. @param {number[]} probabilities @param {string[]} classes @param {number} count @returns {[string, number][]} */
export const likeliest = (probabilities, classes, count) =>
  classes
    .map((name, i) => /** @type {[string, number]} */ ([name, probabilities[i]]))
    .sort((a, b) => b[1] - a[1])
    .slice(0, count);
