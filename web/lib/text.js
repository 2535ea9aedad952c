/**
 * Words on the screen. The English sentence is the key; `strings/` holds the other languages.
 * A test reads every `t("…")` in the sources and holds the tables against it.
 */
import { preference } from "./preferences.js";
import { zh } from "../strings/zh-CN.js";

/** @type {Record<string, Record<string, string>>} */
const tables = { en: {}, "zh-CN": zh };

export const languages = { en: "English", "zh-CN": "简体中文" };

const preferred = typeof navigator !== "undefined" && /^zh/.test(navigator.language) ? "zh-CN" : "en";

export const language = preference("language", preferred);

/**
 * The sentence in the reader's language, with `{name}` filled in.
 * @param {string} sentence @param {Record<string, any>} [values]
 */
export function t(sentence, values) {
  const words = tables[language.value]?.[sentence] ?? sentence;
  return values ? words.replace(/\{(\w+)\}/g, (whole, name) => (name in values ? String(values[name]) : whole)) : words;
}
