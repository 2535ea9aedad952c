/**
 * The `clips` table of an evaluation or of a dataset's version: reading it, counting it, choosing from it. No drawing
 * here. The table's columns are described in docs/audio.md.
 */

/**
 * @typedef {object} Clip
 * @property {string} id @property {string} url empty when the sound was not uploaded @property {string} split @property {string} fold
 * @property {string} label @property {string[]} labels several of a multi-label set, which joins them with "|"
 * @property {string} prediction empty in the table of a dataset @property {number} confidence probability of the prediction
 * @property {[string, number][]} top the likeliest labels, best first
 * @property {number} loss @property {number} duration seconds @property {number} rate Hz @property {number} loudness dB
 * @property {Int8Array} peaks lowest and highest sample in turn, −128…127
 */

/** @param {Record<string, string>[]} rows */
export const clipsOf = rows => rows.map(row => clipOf(row));

/** What is only drawn, `top` and `peaks`, is read when a clip comes in sight: of thousands few do. @param {Record<string, string>} row @returns {Clip} */
const clipOf = (row, top = /** @type {any} */ (null), peaks = /** @type {any} */ (null)) => ({
  id: row.clip,
  url: row.url ?? "",
  split: row.split ?? "",
  fold: row.fold === "0" ? "" : (row.fold ?? ""), // 0: the set has none
  label: row.label,
  labels: row.label.split("|"),
  prediction: row.prediction ?? "",
  confidence: Number(row.confidence),
  get top() {
    return (top ??= topOf(row.top));
  },
  loss: Number(row.loss),
  duration: Number(row.duration),
  rate: Number(row.sample_rate) || 0,
  loudness: Number(row.loudness),
  get peaks() {
    return (peaks ??= peaksOf(row.peaks));
  },
});

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
    return Int8Array.from(atob(text || ""), letter => letter.charCodeAt(0));
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
  const classes = inOrder(clips.flatMap(clip => [...clip.labels, clip.prediction]));
  const number = new Map(classes.map((name, i) => [name, i]));
  const counts = classes.map(() => classes.map(() => 0));
  for (const clip of clips)
    for (const label of clip.labels) counts[number.get(label) ?? 0][number.get(clip.prediction) ?? 0] += 1;
  const figures = classes.map((label, i) => {
    const support = sum(counts[i]);
    const called = sum(counts.map(row => row[i]));
    const recall = support ? counts[i][i] / support : 0;
    const precision = called ? counts[i][i] / called : 0;
    return {
      label,
      support,
      recall,
      precision,
      f1: recall + precision ? (2 * recall * precision) / (recall + precision) : 0,
    };
  });
  return { classes, counts, figures, total: clips.length, right: clips.filter(isRight).length };
}

const sum = (/** @type {number[]} */ values) => values.reduce((a, b) => a + b, 0);

const { compare } = new Intl.Collator(undefined, { numeric: true });

const splits = ["train", "training", "validation", "valid", "dev", "test"];

/** Each value once, in the order of people: fold 10 behind fold 9, test behind train. @param {string[]} values */
export const inOrder = values =>
  [...new Set(values)].filter(Boolean).sort((a, b) => splits.indexOf(a) - splits.indexOf(b) || compare(a, b));

/** Were these clips judged by a model? @param {Clip[]} clips */
export const areJudged = clips => clips.some(clip => clip.prediction !== "");

/**
 * @typedef {object} Classes
 * @property {"split" | "fold" | ""} field what the columns are
 * @property {string[]} parts its values
 * @property {{label: string, count: number, seconds: number, counts: number[]}[]} rows a class each; `counts`: clips in each part
 *
 * @param {Clip[]} clips @returns {Classes}
 */
export function classesOf(clips) {
  const field =
    /** @type {const} */ (["split", "fold"]).find(name => inOrder(clips.map(clip => clip[name])).length > 1) ?? "";
  const parts = field ? inOrder(clips.map(clip => clip[field])) : [];
  const place = new Map(parts.map((value, i) => [value, i]));
  const rows = new Map(
    inOrder(clips.flatMap(clip => clip.labels)).map(label => [
      label,
      { label, count: 0, seconds: 0, counts: parts.map(() => 0) },
    ]),
  );
  for (const clip of clips) {
    for (const label of clip.labels) {
      const row = rows.get(label);
      if (!row) continue;
      row.count += 1;
      row.seconds += clip.duration;
      const at = field ? place.get(clip[field]) : undefined;
      if (at !== undefined) row.counts[at] += 1;
    }
  }
  return { field, parts, rows: [...rows.values()] };
}

/**
 * @typedef {{label: string, prediction: string, right: string, split: string, fold: string, find: string, sort: string, sure?: string, long?: string, loud?:
 *   string, kept?: string}} Choice
 *   empty: any; `sure`, `long` and `loud` are ranges, as in "0.5..0.9"; `kept`: "yes" or "no", was the sound uploaded
 */

const orders = {
  loss: (/** @type {Clip} */ a, /** @type {Clip} */ b) => b.loss - a.loss,
  sure: (/** @type {Clip} */ a, /** @type {Clip} */ b) =>
    Number(isRight(a)) - Number(isRight(b)) || b.confidence - a.confidence,
  unsure: (/** @type {Clip} */ a, /** @type {Clip} */ b) => a.confidence - b.confidence,
  duration: (/** @type {Clip} */ a, /** @type {Clip} */ b) => b.duration - a.duration,
  loud: (/** @type {Clip} */ a, /** @type {Clip} */ b) => b.loudness - a.loudness,
  quiet: (/** @type {Clip} */ a, /** @type {Clip} */ b) => a.loudness - b.loudness,
  name: (/** @type {Clip} */ a, /** @type {Clip} */ b) => compare(a.id, b.id),
};

/** The orders that there are; the first is the usual one. @param {boolean} judged */
export const orderNames = judged =>
  judged ? ["loss", "sure", "unsure", "duration", "name"] : ["name", "duration", "loud", "quiet"];

/** @param {Clip} clip */
export const isRight = clip => clip.labels.includes(clip.prediction);

/** Is a number in a range of which either end may be open, as in "0.9.."? @param {number} value @param {string | undefined} range */
export function inRange(value, range) {
  if (!range) return true;
  const [from, to] = range.split("..");
  return value >= Number(from || -Infinity) && value < Number(to || Infinity);
}

/** The clips that fit, in order. @param {Clip[]} clips @param {Choice} choice */
export function chosen(clips, choice) {
  const wanted = choice.find.toLowerCase();
  const fits = (/** @type {Clip} */ clip) =>
    (!choice.label || clip.labels.includes(choice.label)) &&
    (!choice.prediction || clip.prediction === choice.prediction) &&
    (!choice.right || isRight(clip) === (choice.right === "right")) &&
    (!choice.split || clip.split === choice.split) &&
    (!choice.fold || clip.fold === choice.fold) &&
    inRange(clip.confidence, choice.sure) &&
    inRange(clip.duration, choice.long) &&
    inRange(clip.loudness, choice.loud) &&
    (!choice.kept || Boolean(clip.url) === (choice.kept === "yes")) &&
    (!wanted || clip.id.toLowerCase().includes(wanted));
  return clips.filter(fits).sort(orders[/** @type {keyof typeof orders} */ (choice.sort)] ?? orders.name);
}
