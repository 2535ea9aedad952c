/** Numbers, times and sizes as people read them. */
import { language, t } from "./text.js";

/** A metric's value in at most six characters or so. @param {unknown} value */
export function number(value) {
  if (value === null || value === undefined || value === "") return "–";
  const n = Number(value);
  if (!Number.isFinite(n)) return /^[+-]?(nan|inf|infinity)$/i.test(String(value)) ? "–" : String(value);
  if (Number.isInteger(n) && Math.abs(n) < 1e7) return n.toLocaleString(language.value);
  const size = Math.abs(n);
  if (size !== 0 && (size < 1e-3 || size >= 1e6)) return n.toExponential(2);
  if (size >= 1000) return Math.round(n).toLocaleString(language.value);
  return n.toPrecision(4).replace(/\.?0+$/, "");
}

/**
 * How values of one kind are written beneath or beside each other: with as many decimals each, so that "1" beside "0.8875" is "1.0000".
 * @param {unknown[]} values @returns {(value: unknown) => string}
 */
export function alike(values) {
  const known = values
    .filter(one => one !== null && one !== undefined && one !== "")
    .map(Number)
    .filter(Number.isFinite);
  const texts = known.map(number);
  const largest = Math.max(0, ...known.map(Math.abs));
  if (known.every(Number.isInteger) || texts.some(one => one.includes("e")) || largest >= 1e6) return number;
  const most = Math.max(
    ...known.filter(one => !Number.isInteger(one)).map(one => number(one).split(".")[1]?.length ?? 0),
  );
  const digits = Math.min(most, Math.max(1, 4 - Math.max(0, Math.floor(Math.log10(largest)))));
  const how = { minimumFractionDigits: digits, maximumFractionDigits: digits };
  return value =>
    Number.isFinite(Number(value)) && number(value) !== "–"
      ? Number(value).toLocaleString(language.value, how)
      : number(value);
}

/** An axis's ticks, with as many decimals as the steps between them need. @param {(number | null)[]} at @returns {string[]} */
export function tickTexts(at) {
  const known = at.filter(one => one !== null);
  const largest = Math.max(0, ...known.map(Math.abs));
  const step = Math.min(...known.slice(1).map((one, i) => Math.abs(one - known[i])));
  if (largest >= 1e6 || largest < 1e-3 || !(step > 0) || known.every(Number.isInteger))
    return at.map(one => (one === null ? "" : number(one)));
  const digits = Math.min(8, Number(step.toPrecision(3)).toFixed(8).replace(/0+$/, "").split(".")[1]?.length ?? 0);
  return at.map(one => (one === null ? "" : one === 0 ? "0" : one.toFixed(digits)));
}

/** @param {unknown} bytes */
export function bytes(bytes) {
  let n = Number(bytes);
  if (bytes === null || bytes === undefined || !Number.isFinite(n)) return "–";
  const units = ["B", "kB", "MB", "GB", "TB"];
  let unit = 0;
  while (n >= 1000 && unit < units.length - 1) {
    n /= 1000;
    unit += 1;
  }
  return `${unit && n < 100 ? n.toFixed(1) : Math.round(n)} ${units[unit]}`;
}

/** Seconds as "2:05" or "1:02:03"; with a fraction below a minute. @param {unknown} seconds */
export function duration(seconds) {
  const n = Number(seconds);
  if (seconds === null || seconds === undefined || !Number.isFinite(n) || n < 0) return "–";
  if (n < 60) return t("{n} s", { n: n < 10 ? Number(n.toFixed(1)) : Math.round(n) });
  const whole = Math.round(n);
  const two = (/** @type {number} */ x) => String(x).padStart(2, "0");
  const [h, m, s] = [Math.floor(whole / 3600), Math.floor(whole / 60) % 60, whole % 60];
  if (h >= 48) return t("{n} d {h} h", { n: Math.floor(h / 24), h: h % 24 });
  return h ? `${h}:${two(m)}:${two(s)}` : `${m}:${two(s)}`;
}

/** @param {unknown} when @returns {Date | null} */
export function date(when) {
  if (when === null || when === undefined || when === "") return null;
  if (typeof when === "string" && !/[zZ]|[+-]\d\d:?\d\d$/.test(when)) when += "Z";
  const value = new Date(/** @type {any} */ (when));
  return Number.isNaN(value.getTime()) ? null : value;
}

/** "3 min ago", "in 2 h", or the date when it is long past. @param {unknown} when @param {number} [now] */
export function ago(when, now = Date.now()) {
  const value = date(when);
  if (!value) return "–";
  const seconds = (value.getTime() - now) / 1000;
  const size = Math.abs(seconds);
  const relative = new Intl.RelativeTimeFormat(language.value, { style: "narrow", numeric: "auto" });
  if (size < 45) return t("just now");
  if (size < 3600) return relative.format(Math.round(seconds / 60), "minute");
  if (size < 86400) return relative.format(Math.round(seconds / 3600), "hour");
  if (size < 7 * 86400) return relative.format(Math.round(seconds / 86400), "day");
  return value.toLocaleDateString(language.value);
}

/** @param {unknown} when */
export function moment(when) {
  const value = date(when);
  return value ? value.toLocaleString(language.value, { dateStyle: "medium", timeStyle: "medium" }) : "–";
}

/** @param {number} value */
export const percent = value => (Number.isFinite(value) ? `${(value * 100).toFixed(1)} %` : "–");

/** @param {number} value dB */
export const decibels = value => (Number.isFinite(value) ? `${value.toFixed(1).replace("-", "−")} dB` : "–");

/** @param {string | null | undefined} id */
export const shortId = id => (id ? id.slice(0, 8) : "");

/**
 * CSV text of rows, quoted where it must be.
 * @param {string[]} header @param {any[][]} rows
 */
export function csv(header, rows) {
  const cell = (/** @type {any} */ value) => {
    const text = value === null || value === undefined ? "" : String(value);
    return /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
  };
  return [header, ...rows].map(row => row.map(cell).join(",")).join("\r\n") + "\r\n";
}
