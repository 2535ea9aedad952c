/**
 * What a task's parameter says of itself. Tasks of this project bring a schema (schema.js), and older ones wrote it behind the
 * description, as in "passes over the training clips [Training; at least 1]"; others say no more than their type. No drawing here.
 */
import { problemWith } from "./sweep.js";
import { items, unreadable, valueOf } from "./reading.js";
import { fromSchema } from "./schema.js";

/**
 * @typedef {object} Told
 * @property {string} help
 * @property {string} section the heading it stands under; "" when it has none
 * @property {string} unit of its number
 * @property {string[]} choices what it may be; empty: anything of its type @property {string[]} known names to propose beside others
 * @property {number} low @property {number} high @property {string[]} ends of the range, as they are written
 * @property {boolean} each the range holds for every item of a list @property {string} items what these are: "int", "float" or ""
 * @property {boolean} empty it may be left empty @property {boolean} filled a list of it may not
 * @property {string | null} standard its default, as it is written; null: not said
 * @property {boolean} ruled it comes with rules: then they are those of the command line
 *
 * @param {{description?: string, rule?: any}} param @returns {Told}
 */
export function told({ description = "", rule }) {
  if (rule) return fromSchema(rule);
  const [, help, ends] = /^(.*?)(?: ?\[([^\]]+)\])?$/s.exec(description === "None" ? "" : description) ?? [
    null,
    description,
    undefined,
  ];
  /** @type {Told} */
  const found = {
    help: ends === undefined ? description.replace(/^None$/, "") : help,
    section: "",
    unit: "",
    choices: [],
    known: [],
    low: -Infinity,
    high: Infinity,
    ends: [],
    each: false,
    items: "",
    empty: false,
    filled: false,
    ruled: ends !== undefined,
    standard: null,
  };
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
  else if (part.startsWith("in ")) into.unit = part.slice(3);
  else if (span)
    Object.assign(into, {
      each: Boolean(span[1]),
      items: span[1] ? "float" : "",
      low: Number(span[2] ?? span[3]),
      high: span[4] === undefined ? Infinity : Number(span[4]),
      ends: span.slice(2).filter(one => one !== undefined),
    });
  else into.section = part;
}

/** Whether a type holds one number. @param {string | undefined} type */
const numeric = type => /^(int|float)\b/.test(type ?? "");

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
  const wrong = unreadable(type, value, rule.items);
  if (wrong) return wrong;
  const values = type.startsWith("list") ? (items(value) ?? []) : [value];
  if (rule.filled && !values.length) return ["It must not be empty", {}];
  if (rule.choices.length && !values.every(one => rule.choices.includes(one)))
    return ["It can be {choices}", { choices: rule.choices.join(", ") }];
  return outside(rule, numeric(type) || rule.items ? values : []);
}

/** @param {Told} rule @param {string[]} values @returns {[string, Record<string, string>] | null} */
function outside({ low, high, ends: [from, to] }, values) {
  const numbers = values.map(valueOf);
  if (numbers.every(one => one >= low && one <= high)) return null;
  if (low === -Infinity) return ["It must be at most {high}", { high: from }];
  return high === Infinity
    ? ["It must be at least {low}", { low: from }]
    : ["It must be between {low} and {high}", { low: from, high: to }];
}

/**
 * How it is chosen: "switch", "list", "several" (of a list's choices), "names" (a text with proposals), "number" or "text".
 * @param {import("./sweep.js").Param} param
 */
export function controlOf(param) {
  const type = (param.type ?? "").toLowerCase();
  if (type === "bool" && /^(true|false)$/i.test(param.value)) return "switch";
  const { choices, known, ruled } = told(param);
  if (type.startsWith("list"))
    return choices.length && (items(param.value) ?? [""]).every(one => choices.includes(one)) ? "several" : "text";
  if (choices.length && choices.includes(param.value)) return "list";
  if (known.length) return "names";
  return ruled && numeric(type) ? "number" : "text";
}

/** A list with a choice put in or taken out, as the command line writes it; in the order of the choices. @param {string} text @param {string} choice
 * @param {string[]} choices */
export function toggled(text, choice, choices) {
  const now = items(text) ?? [];
  const next = choices.filter(one => now.includes(one) !== (one === choice));
  return `[${next.map(one => JSON.stringify(one)).join(", ")}]`;
}

/** Whether one is in a list. @param {string} text @param {string} choice */
export const isIn = (text, choice) => (items(text) ?? []).includes(choice);

/** Whether a text stands for a parameter's default; true where that is not known. @param {import("./sweep.js").Param} param @param {string} text */
export function isStandard(param, text) {
  const { standard, items: ofList, empty } = told(param);
  return standard === null || plain(text) === plain(standard);
  /** @param {string} written */
  function plain(written) {
    const type = (param.type ?? "").toLowerCase();
    if (empty && /^(none|null|)$/i.test(written.trim())) return "";
    if (type.startsWith("list"))
      return JSON.stringify((items(written) ?? [written]).map(one => (ofList ? valueOf(one) : one)));
    if (type === "bool") return /^(true|yes|on|1|1\.0)$/i.test(written.trim()) ? "true" : "false";
    return numeric(type) ? String(valueOf(written)) : written;
  }
}

/**
 * The next number up or down, by its leading digit where it is no whole one: 0.003 → 0.004; held in its range. Null when it is no number.
 * @param {import("./sweep.js").Param} param @param {string} text @param {1 | -1} way
 */
export function stepped(param, text, way) {
  const value = valueOf(text.trim());
  if (text.trim() === "" || !Number.isFinite(value)) return null;
  const { low, high } = told(param);
  const power = (param.type ?? "").toLowerCase() === "int" ? 0 : value ? Math.floor(Math.log10(Math.abs(value))) : -1;
  const next = Number((value + way * 10 ** power).toPrecision(12));
  return String(Math.min(high, Math.max(low, next)));
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
