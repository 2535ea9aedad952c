/**
 * What a task's parameter says of itself. Tasks of this project write it behind the description, as in
 * "passes over the training clips [Training; at least 1]"; others say no more than their type. No drawing here.
 */
import { problemWith } from "./sweep.js";
import { items, unreadable, valueOf } from "./reading.js";

/**
 * @typedef {object} Told
 * @property {string} help
 * @property {string} section the heading it stands under; "" when it has none
 * @property {string[]} choices what it may be; empty: anything of its type
 * @property {number} low @property {number} high @property {string[]} ends of the range, as they are written
 * @property {boolean} each the range holds for every item of a list
 * @property {boolean} empty it may be left empty
 * @property {boolean} ruled it comes with rules: then they are those of the command line
 *
 * @param {{description?: string}} param @returns {Told}
 */
export function told({ description = "" }) {
  const [, help, ends] = /^(.*?)(?: ?\[([^\]]+)\])?$/s.exec(description === "None" ? "" : description) ?? [null, description, undefined];
  /** @type {Told} */
  const found = { help: ends === undefined ? description.replace(/^None$/, "") : help, section: "", choices: [], low: -Infinity, high: Infinity, ends: [],
    each: false, empty: false, ruled: ends !== undefined };
  for (const part of (ends ?? "").split("; ")) read(part, found);
  return found;
}

const number = "-?[\\d.]+(?:e[+-]?\\d+)?";
const range = new RegExp(`^(each )?(?:at least (${number})|(${number}) to (${number}))$`);

/** @param {string} part @param {Told} into */
function read(part, into) {
  const span = range.exec(part);
  if (part.startsWith("one of ")) into.choices = part.slice(7).split(", ");
  else if (part === "or empty") into.empty = true;
  else if (span) Object.assign(into, { each: Boolean(span[1]), low: Number(span[2] ?? span[3]), high: span[4] === undefined ? Infinity : Number(span[4]),
    ends: span.slice(2).filter((one) => one !== undefined) });
  else into.section = part;
}

/** Whether a type holds one number. @param {string | undefined} type */
const numeric = (type) => /^(int|float)\b/.test(type ?? "");

/**
 * What is wrong with a value, by its type and its own rules. Where it has rules they are the command line's, and so are the words.
 * @param {import("./sweep.js").Param} param @param {string} value
 * @returns {[string, Record<string, string>] | null} an English sentence and what stands in its blanks, for `t`
 */
export function problemOf(param, value) {
  const rule = told(param);
  const type = (param.type ?? "").toLowerCase();
  if (!rule.ruled) {
    const wrong = problemWith(param.type, value);
    return wrong ? [wrong, {}] : null;
  }
  if (rule.empty && /^(none|null|)$/i.test(value.trim())) return null;
  const wrong = unreadable(type, value, rule.each);
  if (wrong) return wrong;
  if (rule.choices.length && !type.startsWith("list") && !rule.choices.includes(value)) return ["It can be {choices}", { choices: rule.choices.join(", ") }];
  return outside(rule, numeric(type) ? [value] : rule.each ? items(value) ?? [] : []);
}

/** @param {Told} rule @param {string[]} values @returns {[string, Record<string, string>] | null} */
function outside({ low, high, ends: [from, to] }, values) {
  const numbers = values.map(valueOf);
  if (numbers.every((one) => one >= low && one <= high)) return null;
  return high === Infinity ? ["It must be at least {low}", { low: from }] : ["It must be between {low} and {high}", { low: from, high: to }];
}

/** How it is chosen: "switch", "list" or "text". @param {import("./sweep.js").Param} param */
export function controlOf(param) {
  const type = (param.type ?? "").toLowerCase();
  if (type === "bool" && /^(true|false)$/i.test(param.value)) return "switch";
  const { choices } = told(param);
  return choices.length && !type.startsWith("list") && choices.includes(param.value) ? "list" : "text";
}

/** The other value of a switch, written as the one that it has. @param {string} value */
export function flipped(value) {
  const on = /^true$/i.test(value);
  const next = on ? "False" : "True";
  return value === value.toLowerCase() ? next.toLowerCase() : next;
}

/**
 * By heading, in the order in which they come.
 * @param {import("./sweep.js").Param[]} params @returns {{title: string, params: import("./sweep.js").Param[]}[]}
 */
export function inSections(params) {
  /** @type {Map<string, import("./sweep.js").Param[]>} */
  const found = new Map();
  for (const param of params) {
    const own = told(param).section;
    const title = own && param.section === "Args" ? own : param.section;
    found.set(title, [...(found.get(title) ?? []), param]);
  }
  return [...found].map(([title, params]) => ({ title, params }));
}
