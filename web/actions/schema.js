/**
 * The JSON Schema of its parameters that a task of this project brings along, as a configuration object: what each may be, on any server.
 * A task without one is read by its descriptions (parameter.js). No drawing here.
 */

/** Of the configuration object. */
export const SCHEMA = "parameters_schema";

/**
 * Parameters with their rule, where the task has a schema.
 * @template {{section: string, name: string}} P
 * @param {P[]} params @param {Record<string, {value?: string}> | undefined} configuration of the task @returns {(P & {rule?: any})[]}
 */
export function withSchema(params, configuration) {
  const properties = read(configuration?.[SCHEMA]?.value);
  return params.map(one => {
    const rule = one.section === "Args" && Object.hasOwn(properties, one.name) ? properties[one.name] : undefined;
    return rule && typeof rule === "object" ? { ...one, rule } : one;
  });
}

/** @param {string | undefined} text @returns {Record<string, any>} */
function read(text) {
  try {
    const found = JSON.parse(text ?? "{}").properties;
    return found && typeof found === "object" ? found : {};
  } catch {
    return {}; // somebody's object of that name
  }
}

/** What a property says, in the form of a description that was read. @param {any} rule @returns {import("./parameter.js").Told} */
export function fromSchema(rule) {
  const types = [rule.type].flat();
  const each = types.includes("array");
  const one = each ? (rule.items ?? {}) : rule;
  const ends = ["minimum", "maximum"].filter(end => Number.isFinite(one[end])).map(end => shown(one[end]));
  const texts = (/** @type {any} */ list) => (Array.isArray(list) ? list.map(String) : []);
  return {
    help: String(rule.description ?? ""),
    section: String(rule["x-group"] ?? ""),
    unit: String(rule["x-unit"] ?? ""),
    choices: texts(one.enum),
    known: texts(one.examples),
    low: one.minimum ?? -Infinity,
    high: one.maximum ?? Infinity,
    ends,
    each,
    items: each ? ({ integer: "int", number: "float" }[String(one.type)] ?? "") : "",
    empty: types.includes("null"),
    filled: each && rule.minItems > 0,
    ruled: true,
    standard: rule["x-default"] === undefined ? null : String(rule["x-default"]),
  };
}

/** A limit as the command line writes it: 1e-09, not 1e-9. @param {number} value */
const shown = value =>
  (value && Math.abs(value) < 1e-4 ? value.toExponential() : String(value)).replace(
    /e([+-])(\d)$/,
    (_, sign, digit) => `e${sign}0${digit}`,
  );
