/** Recordings with their events, as a task's artifact `recordings` holds them (`tasks/reporting/recordings.py`). No drawing here. */
import { peaksOf } from "../clips/clips.js";

/**
 * @typedef {{id: number, onset: number, offset: number, label: string, score: number, mean: number}} Event `onset`, `offset` in s; `id`: its place
 * @typedef {object} Recording
 * @property {string} file @property {number} duration s @property {Event[]} events in order of time @property {string[]} notes @property {string} error
 * @property {string[]} pieces addresses of its sound, empty where it was not kept @property {number} piece s of each @property {number} rate Hz
 * @property {Int8Array} peaks @property {Uint8Array} shades band by band, the lowest first, of each column @property {number} bands
 * @property {number} column s
 */

/** The artifact of a task that holds its recordings, or nothing. @param {any} task */
export const recordingsOf = task =>
  (task.execution?.artifacts ?? []).find(
    (/** @type {any} */ one) => one.key === "recordings" && /[/]recordings[.]json$/.test(one.uri ?? ""),
  );

/** @param {any} told the artifact's content @returns {Recording[]} */
export const readRecordings = told => (told.recordings ?? []).map(readRecording);

/** @param {any} told @returns {Recording} */
function readRecording(told) {
  const events = [...(told.events ?? [])].sort((a, b) => a.onset - b.onset || a.offset - b.offset);
  return {
    file: String(told.file),
    duration: Number(told.duration) || 0,
    events: events.map((one, id) => ({ ...one, id })),
    notes: told.notes ?? [],
    error: told.error ?? "",
    pieces: (told.pieces ?? []).every(Boolean) ? (told.pieces ?? []) : [],
    piece: Number(told.piece) || 60,
    rate: Number(told.rate) || 0,
    peaks: peaksOf(told.peaks),
    shades: new Uint8Array(peaksOf(told.shades).buffer),
    bands: Number(told.bands) || 0,
    column: Number(told.column) || 0,
  };
}

/** The classes of events, the one that occurs most often first. @param {Event[]} events @returns {{label: string, count: number}[]} */
export function classesIn(events) {
  const counts = new Map();
  for (const { label } of events) counts.set(label, (counts.get(label) ?? 0) + 1);
  return [...counts]
    .map(([label, count]) => ({ label, count }))
    .sort((a, b) => b.count - a.count || (a.label < b.label ? -1 : 1));
}

/** Those that are at least in part between two times. @param {Event[]} events @param {number} from s @param {number} to s */
export const between = (events, from, to) => events.filter(one => one.offset > from && one.onset < to);

/** The nearest event of a lane, where there is one within reach. @param {Event[]} events @param {number} at s @param {number} reach s */
export function nearest(events, at, reach) {
  let [found, least] = [/** @type {Event | null} */ (null), reach];
  for (const one of events) {
    const far = Math.max(one.onset - at, at - one.offset, 0);
    if (far < least || (far === 0 && least === 0)) [found, least] = [one, far];
    if (far === 0) return one;
  }
  return found;
}

/** @typedef {"onset" | "score" | "length"} Order */

/** @param {Event[]} events @param {Order} by the surest and the longest come first */
export const inOrder = (events, by) =>
  by === "onset"
    ? events
    : [...events].sort((a, b) => (by === "score" ? b.score - a.score : b.offset - b.onset - (a.offset - a.onset)));

/** A place in a recording, to a tenth of a second: "2:05.3", "1:02:05.3". @param {number} seconds */
export function clock(seconds) {
  const tenths = Math.round(10 * Math.max(0, seconds));
  const [h, m, s] = [Math.floor(tenths / 36_000), Math.floor(tenths / 600) % 60, Math.floor(tenths / 10) % 60];
  const two = (/** @type {number} */ n) => String(n).padStart(2, "0");
  return `${h ? `${h}:${two(m)}` : m}:${two(s)}.${tenths % 10}`;
}
