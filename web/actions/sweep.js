/** Edited hyperparameters: is a value of its type, which values does a sweep name, which clones come of it. No drawing here. */

/**
 * @typedef {{section: string, name: string, value: string, type?: string, description?: string, rule?: any}} Param `rule`: of the task's schema
 * @typedef {Record<string, Record<string, {section?: string, name?: string, value?: string, type?: string, description?: string}>>} Hyperparams
 */

const checks = {
  int: (/** @type {string} */ text) => /^[+-]?\d[\d_]*$/.test(text),
  float: (/** @type {string} */ text) =>
    /^[+-]?(\d[\d_]*\.?\d*|\.\d+)(e[+-]?\d+)?$/i.test(text) || /^[+-]?(inf|nan)$/i.test(text),
  bool: (/** @type {string} */ text) => /^(true|false|yes|no|on|off|1|0)$/i.test(text),
};

/**
 * What is wrong with a value, or null. A type is what the SDK records: "int", "float", "bool", "str", "list", "list/int", "int | None" …
 * @param {string | undefined} type @param {string} text
 * @returns {string | null} the English sentence, for `t`
 */
export function problemWith(type, text) {
  const value = text.trim();
  const names = (type ?? "")
    .toLowerCase()
    .split("|")
    .map(one => one.trim());
  const optional = names.some(one => one === "none" || one === "nonetype") || value === "";
  if (optional && /^(none|null|)$/i.test(value)) return null;
  const name = names.find(one => !/^none/.test(one)) ?? "";
  if (name.startsWith("list") || name.startsWith("tuple"))
    return /^[[(].*[\])]$/s.test(value) ? null : "Expected a list, as in [1, 2, 3]";
  if (name.startsWith("dict")) return /^\{.*\}$/s.test(value) ? null : 'Expected a dictionary, as in {"key": 1}';
  const check = checks[/** @type {keyof typeof checks} */ (name)];
  if (!check || check(value)) return null;
  return { int: "Expected a whole number", float: "Expected a number", bool: "Expected True or False" }[name] ?? null;
}

/**
 * The values a field names: "0.001, 0.0003" is two; commas inside brackets or quotes do not part.
 * @param {string} text @param {string} original a value that had a comma itself is never parted
 * @returns {string[]}
 */
export function sweepValues(text, original) {
  if (original.includes(",") || text.trim() === original.trim()) return [text.trim()];
  const values = [];
  let depth = 0;
  let quote = "";
  let now = "";
  for (const c of text) {
    if (quote) quote = c === quote ? "" : quote;
    else if (c === '"' || c === "'") quote = c;
    else if ("[({".includes(c)) depth += 1;
    else if ("])}".includes(c)) depth -= 1;
    if (c === "," && !depth && !quote) {
      values.push(now.trim());
      now = "";
    } else now += c;
  }
  values.push(now.trim());
  const named = values.filter(value => value !== "");
  return named.length ? [...new Set(named)] : [""];
}

/** Every choice of one value each. @param {string[][]} lists @returns {string[][]} */
export const combinations = lists =>
  lists.reduce((all, list) => all.flatMap(one => list.map(value => [...one, value])), /** @type {string[][]} */ ([[]]));

/** Flat and in order, as the form shows them. @param {Hyperparams | undefined} hyperparams @returns {Param[]} */
export function flatParams(hyperparams) {
  return Object.entries(hyperparams ?? {}).flatMap(([section, params]) =>
    Object.entries(params).map(([name, param]) => ({
      section,
      name,
      value: param.value ?? "",
      type: param.type,
      description: param.description,
    })),
  );
}

/** Short names for parameters of one sweep: initials where they tell the parameters apart. @param {string[]} names @returns {string[]} */
export function shortNames(names) {
  if (names.length < 2) return names;
  const initials = names.map(name =>
    name.length > 8 && name.includes("_")
      ? name
          .split("_")
          .map(part => part[0] ?? "")
          .join("")
      : name,
  );
  return names.map((name, i) => (initials.filter(one => one === initials[i]).length === 1 ? initials[i] : name));
}

/** A value as it stands in a name: the end of a path, no more than its first letters. @param {string} value */
const shortValue = value => {
  const end = /^[\w.~-]*[/\\]/.test(value) ? (value.split(/[/\\]/).filter(Boolean).at(-1) ?? value) : value;
  return end.length > 24 ? `${end.slice(0, 23)}…` : end || "–";
};

/** What the tasks of one sweep share, so that they are found together. @param {Date} now */
export function sweepTag(now) {
  const two = (/** @type {number} */ n) => String(n).padStart(2, "0");
  return `sweep-${two(now.getMonth() + 1)}${two(now.getDate())}-${two(now.getHours())}${two(now.getMinutes())}${two(now.getSeconds())}`;
}

/** The parameters that differ within a sweep. @param {Hyperparams | undefined} hyperparams @param {Record<string, string>} edits */
export const sweptParams = (hyperparams, edits) =>
  flatParams(hyperparams).filter(
    one => sweepValues(edits[`${one.section}/${one.name}`] ?? one.value, one.value).length > 1,
  );

/**
 * The clones that the edited form stands for.
 * @param {Hyperparams | undefined} hyperparams of the task to clone
 * @param {Record<string, string>} edits "section/name" → the text in the field
 * @param {string} name of the clone; a sweep adds "lr=0.001" to tell them apart
 * @returns {{name: string, hyperparams: Hyperparams}[]}
 */
export function clonesOf(hyperparams, edits, name) {
  const params = flatParams(hyperparams).filter(one => `${one.section}/${one.name}` in edits);
  const lists = params.map(one => sweepValues(edits[`${one.section}/${one.name}`], one.value));
  const short = shortNames(params.filter((_, i) => lists[i].length > 1).map(one => one.name));
  const made = combinations(lists).map(values => {
    const next = structuredClone(hyperparams ?? {});
    params.forEach((one, i) => (next[one.section][one.name].value = values[i]));
    const swept = values.filter((_, i) => lists[i].length > 1).map((value, i) => `${short[i]}=${shortValue(value)}`);
    return { name: [name, ...swept].join(" "), hyperparams: next };
  });
  const twins = (/** @type {string} */ one) => made.filter(other => other.name === one).length > 1;
  return made.map((one, i) => (twins(one.name) ? { ...one, name: `${one.name} #${i + 1}` } : one));
}
