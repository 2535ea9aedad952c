/**
 * The `clips` table of an evaluation: reading it, counting it, choosing from it. No drawing here.
 * The table's columns are described in docs/audio.md.
 */

/**
 * @typedef {object} Clip
 * @property {string} id @property {string} url @property {string} split @property {string} fold
 * @property {string} label @property {string} prediction @property {number} confidence probability of the prediction
 * @property {[string, number][]} top the likeliest labels, best first
 * @property {number} loss @property {number} duration seconds @property {number} rate Hz @property {number} loudness dB
 * @property {Int8Array} peaks lowest and highest sample in turn, −128…127
 */

/** @param {Record<string, string>[]} rows @returns {Clip[]} */
export const clipsOf = (rows) => rows.map((row) => ({
  id: row.clip,
  url: row.url ?? "",
  split: row.split ?? "",
  fold: row.fold ?? "",
  label: row.label,
  prediction: row.prediction,
  confidence: Number(row.confidence),
  top: topOf(row.top),
  loss: Number(row.loss),
  duration: Number(row.duration),
  rate: Number(row.sample_rate) || 0,
  loudness: Number(row.loudness),
  peaks: peaksOf(row.peaks),
}));

/** @param {string | undefined} text @returns {[string, number][]} */
function topOf(text) {
  try {
    return JSON.parse(text || "[]");
  } catch {
    return [];
  }
}

/** @param {string | undefined} text base64 @returns {Int8Array} */
export function peaksOf(text) {
  try {
    return Int8Array.from(atob(text || ""), (letter) => letter.charCodeAt(0));
  } catch {
    return new Int8Array();
  }
}

/**
 * @typedef {object} Matrix
 * @property {string[]} classes @property {number[][]} counts [true][predicted] @property {number} total @property {number} right
 * @property {{label: string, precision: number, recall: number, f1: number, support: number}[]} figures
 *
 * @param {Clip[]} clips @returns {Matrix}
 */
export function confusion(clips) {
  const classes = [...new Set(clips.flatMap((clip) => [clip.label, clip.prediction]))].sort((a, b) => a.localeCompare(b));
  const number = new Map(classes.map((name, i) => [name, i]));
  const counts = classes.map(() => classes.map(() => 0));
  for (const clip of clips) counts[number.get(clip.label) ?? 0][number.get(clip.prediction) ?? 0] += 1;
  const figures = classes.map((label, i) => {
    const support = sum(counts[i]);
    const called = sum(counts.map((row) => row[i]));
    const recall = support ? counts[i][i] / support : 0;
    const precision = called ? counts[i][i] / called : 0;
    return { label, support, recall, precision, f1: recall + precision ? (2 * recall * precision) / (recall + precision) : 0 };
  });
  return { classes, counts, figures, total: clips.length, right: sum(classes.map((_, i) => counts[i][i])) };
}

const sum = (/** @type {number[]} */ values) => values.reduce((a, b) => a + b, 0);

/** @typedef {{label: string, prediction: string, right: string, split: string, fold: string, find: string, sort: string, sure?: string, long?: string}} Choice empty: any; `sure` and `long` are ranges, as in "0.5-0.9" */

const orders = {
  loss: (/** @type {Clip} */ a, /** @type {Clip} */ b) => b.loss - a.loss,
  sure: (/** @type {Clip} */ a, /** @type {Clip} */ b) => Number(isRight(a)) - Number(isRight(b)) || b.confidence - a.confidence,
  unsure: (/** @type {Clip} */ a, /** @type {Clip} */ b) => a.confidence - b.confidence,
  duration: (/** @type {Clip} */ a, /** @type {Clip} */ b) => b.duration - a.duration,
  name: (/** @type {Clip} */ a, /** @type {Clip} */ b) => a.id.localeCompare(b.id, undefined, { numeric: true }),
};

export const orderNames = Object.keys(orders);

/** @param {Clip} clip */
export const isRight = (clip) => clip.label === clip.prediction;

/** Is a number in a range of which either end may be open, as in "0.9-"? @param {number} value @param {string | undefined} range */
export function inRange(value, range) {
  if (!range) return true;
  const [from, to] = range.split("-");
  return value >= Number(from || -Infinity) && value < Number(to || Infinity);
}

/** The clips that fit, in order. @param {Clip[]} clips @param {Choice} choice */
export function chosen(clips, choice) {
  const wanted = choice.find.toLowerCase();
  const fits = (/** @type {Clip} */ clip) =>
    (!choice.label || clip.label === choice.label) &&
    (!choice.prediction || clip.prediction === choice.prediction) &&
    (!choice.right || isRight(clip) === (choice.right === "right")) &&
    (!choice.split || clip.split === choice.split) &&
    (!choice.fold || clip.fold === choice.fold) &&
    inRange(clip.confidence, choice.sure) &&
    inRange(clip.duration, choice.long) &&
    (!wanted || clip.id.toLowerCase().includes(wanted));
  return clips.filter(fits).sort(orders[/** @type {keyof typeof orders} */ (choice.sort)] ?? orders.loss);
}
