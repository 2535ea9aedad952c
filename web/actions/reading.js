/**
 * Texts read as `tasks/arguments/parameters.py` reads them, whether they come from a shell or from a form; a test holds
 * the two beside each other. No drawing here.
 */

const digits = "\\d+(?:_\\d+)*";
const number = new RegExp(`^[+-]?(?:${digits}\\.?(?:${digits})?|\\.${digits})(?:e[+-]?${digits})?$`, "i");
const notFinite = /^[+-]?(?:inf(?:inity)?|nan)$/i;
const booleans = /^(?:true|yes|on|1|1\.0|false|no|off|0|0\.0)$/i;

/** The number that a text stands for, with the full-width digits that an input method for Chinese writes. @param {string} text */
export const valueOf = text => Number(narrow(text).replaceAll("_", ""));

/** @param {string} text */
const narrow = text => text.replace(/[０-９]/g, one => String.fromCharCode(one.charCodeAt(0) - 0xfee0));

/** @typedef {[string, Record<string, string>]} Wrong an English sentence and what stands in its blanks, for `t` */

/**
 * Why a text stands for no value of a type; null when it does.
 * @param {string} type "int", "float", "bool", "str" or "list" @param {string} text @param {string} [of] what a list's items are: "int", "float" or ""
 * @returns {Wrong | null}
 */
export function unreadable(type, text, of = "") {
  if (!type.startsWith("list")) return notOne(type, text);
  const found = items(text);
  if (!found) return ["Expected a list such as [1, 2], got '{text}'", { text: text.trim() }];
  return found.map(one => notOne(of, one)).find(Boolean) ?? null;
}

/** @param {string} type @param {string} text @returns {Wrong | null} */
function notOne(type, text) {
  const plain = narrow(text.trim());
  if (type === "bool") return booleans.test(plain) ? null : ["Expected true or false, got '{text}'", { text }];
  if (type !== "int" && type !== "float") return null;
  const whole = type === "int";
  const value = valueOf(plain);
  if (notFinite.test(plain) || (number.test(plain) && !Number.isFinite(value)))
    return [
      whole ? "Expected a whole number that is finite, got '{text}'" : "Expected a number that is finite, got '{text}'",
      { text },
    ];
  if (!number.test(plain) || (whole && !Number.isInteger(value)))
    return [whole ? "Expected a whole number, got '{text}'" : "Expected a number, got '{text}'", { text }];
  return null;
}

/** The items of a list: JSON, Python's way of writing one, or words with commas or spaces between them; null when it is none. @param {string} text */
export function items(text) {
  const plain = text.trim();
  if (!/^[[(]/.test(plain)) return plain.split(/[\s,]+/).filter(Boolean);
  try {
    const found = JSON.parse(
      plain.startsWith("[") && !plain.includes("'") ? plain.replace(/,\s*\]$/, "]") : asJson(plain),
    );
    return Array.isArray(found) ? found.map(String) : null;
  } catch {
    return null;
  }
}

/** A Python list or tuple of plain values. @param {string} text */
const asJson = text =>
  text
    .replace(/^\(((?:.*,)?.*)\)$/s, (_, inner) => (inner.trim() === "" || inner.includes(",") ? `[${inner}]` : "null"))
    .replace(/,\s*\]$/, "]")
    .replace(/'((?:[^'\\]|\\.)*)'/g, (_, inner) => JSON.stringify(inner.replace(/\\(.)/g, "$1")));
