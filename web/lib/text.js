/**
 * Words on the screen. The English sentence is the key; `strings/` holds the other languages.
 * A test reads every `t("…")` in the sources and holds the tables against it.
 */
import { effect, signal } from "./dom.js";
import { preference } from "./preferences.js";

/** @type {Record<string, () => Promise<Record<string, string>>>} */
const tables = { "zh-CN": async () => (await import("../strings/zh-CN.js")).zh };

export const languages = { en: "English", "zh-CN": "简体中文" };

const preferred = typeof navigator !== "undefined" && /^zh/.test(navigator.language) ? "zh-CN" : "en";

export const language = preference("language", preferred);

/** @type {import("@preact/signals").Signal<Record<string, string>>} the words of the language, once they are there */
const words = signal({});

/** Fetch the words of the language; the page waits for the first ones, so that it does not change under the eyes. */
export const wordsReady = () =>
  (tables[language.value]?.() ?? Promise.resolve({})).then(table => (words.value = table));

if (typeof document !== "undefined") effect(() => void wordsReady());

/**
 * A sentence about a number of things: the form that the reader's language has for it, with `{n}` written as people do.
 * @param {number} n @param {string} one English, for one @param {string} other English, for any other number
 * @param {Record<string, any>} [values]
 */
export function tn(n, one, other, values) {
  const form = new Intl.PluralRules(language.value).select(n) === "one" ? one : other;
  return t(form, { ...values, n: n.toLocaleString(language.value) });
}

/** Numbers as people write them; a name that looks like one stays. @param {any} value */
const written = value => (typeof value === "number" ? value.toLocaleString(language.value) : String(value));

/**
 * The sentence in the reader's language, with `{name}` filled in.
 * @param {string} sentence @param {Record<string, any>} [values]
 */
export function t(sentence, values) {
  const said = words.value[sentence] ?? sentence;
  return values ? said.replace(/\{(\w+)\}/g, (whole, name) => (name in values ? written(values[name]) : whole)) : said;
}
