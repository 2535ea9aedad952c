/** Edited hyperparameters: is a value of its type, which values does a sweep name, which clones come of it. No drawing here. */

/**
 * @typedef {{section: string, name: string, value: string, type?: string, description?: string}} Param
 * @typedef {Record<string, Record<string, {section?: string, name?: string, value?: string, type?: string, description?: string}>>} Hyperparams
 */

const checks = {
  int: (/** @type {string} */ text) => /^[+-]?\d[\d_]*$/.test(text),
  float: (/** @type {string} */ text) => /^[+-]?(\d[\d_]*\.?\d*|\.\d+)(e[+-]?\d+)?$/i.test(text) || /^[+-]?(inf|nan)$/i.test(text),
  bool: (/** @type {string} */ text) => /^(true|false|yes|no|on|off|1|0)$/i.test(text),
};

/**
 * What is wrong with a value, or null. A type is what the SDK records: "int", "float", "bool", "str", "list", "list/int", "int | None" …
 * @param {string | undefined} type @param {string} text
 * @returns {string | null} the English sentence, for `t`
 */
export function problemWith(type, text) {
  const value = text.trim();
  const names = (type ?? "").toLowerCase().split("|").map((one) => one.trim());
  const optional = names.some((one) => one === "none" || one === "nonetype") || value === "";
  if (optional && /^(none|null|)$/i.test(value)) return null;
  const name = names.find((one) => !/^none/.test(one)) ?? "";
  if (name.startsWith("list") || name.startsWith("tuple")) return /^[[(].*[\])]$/s.test(value) ? null : "Expected a list, as in [1, 2, 3]";
  if (name.startsWith("dict")) return /^\{.*\}$/s.test(value) ? null : "Expected a dictionary, as in {\"key\": 1}";
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
  const named = values.filter((value) => value !== "");
  return named.length ? [...new Set(named)] : [""];
}

/** Every choice of one value each. @param {string[][]} lists @returns {string[][]} */
export const combinations = (lists) =>
  lists.reduce((all, list) => all.flatMap((one) => list.map((value) => [...one, value])), /** @type {string[][]} */ ([[]]));

/** Flat and in order, as the form shows them. @param {Hyperparams | undefined} hyperparams @returns {Param[]} */
export function flatParams(hyperparams) {
  return Object.entries(hyperparams ?? {}).flatMap(([section, params]) =>
    Object.entries(params).map(([name, param]) => ({ section, name, value: param.value ?? "", type: param.type, description: param.description })),
  );
}

/**
 * The clones that the edited form stands for.
 * @param {Hyperparams | undefined} hyperparams of the task to clone
 * @param {Record<string, string>} edits "section/name" → the text in the field
 * @param {string} name of the clone; a sweep adds "lr=0.001" to tell them apart
 * @returns {{name: string, hyperparams: Hyperparams}[]}
 */
export function clonesOf(hyperparams, edits, name) {
  const params = flatParams(hyperparams).filter((one) => `${one.section}/${one.name}` in edits);
  const lists = params.map((one) => sweepValues(edits[`${one.section}/${one.name}`], one.value));
  return combinations(lists).map((values) => {
    const next = structuredClone(hyperparams ?? {});
    const swept = params.flatMap((one, i) => {
      next[one.section][one.name].value = values[i];
      return lists[i].length > 1 ? [`${one.name}=${values[i]}`] : [];
    });
    return { name: [name, ...swept].join(" "), hyperparams: next };
  });
}
