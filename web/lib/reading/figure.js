/** Plotly JSON as clients write it, read so that it can be drawn: numbers that are not finite are gaps. No drawing here. */

const literal = /"(?:[^"\\]|\\.)*"|-?\b(?:NaN|Infinity)\b/g; // a text is matched whole, so that what stands in it stays
const notFinite = /^[+-]?(nan|inf|infinity)$/i; // as the SDK writes them into a list of numbers

/** @param {any} value */
export const isGap = value =>
  value === null ||
  value === undefined ||
  (typeof value === "string" && notFinite.test(value)) ||
  (typeof value === "number" && !Number.isFinite(value));

/** @param {string} source @returns {{data: any[], layout: any}} @throws {SyntaxError} when it is no JSON even then */
export function readFigure(source) {
  const figure = parse(source);
  const data = Array.isArray(figure) ? figure : (figure.data ?? []);
  return {
    data: data.map((/** @type {any} */ trace) => (trace?.type === "table" ? trace : withGaps(trace))),
    layout: titled(figure.layout ?? {}),
  };
}

/** @param {string} source */
function parse(source) {
  try {
    return JSON.parse(source);
  } catch (error) {
    const plain = source.replace(literal, found => (found.startsWith('"') ? found : "null"));
    if (plain === source) throw error;
    return JSON.parse(plain);
  }
}

/** With null for "nan" and "inf" in lists of numbers; in lists of words they are words. @param {any} value @returns {any} */
function withGaps(value) {
  if (Array.isArray(value)) {
    const numbers = value.every(one => typeof one === "number" || isGap(one));
    return numbers ? value.map(one => (isGap(one) ? null : one)) : value.map(withGaps);
  }
  return value && typeof value === "object"
    ? Object.fromEntries(Object.entries(value).map(([name, one]) => [name, withGaps(one)]))
    : value;
}

/**
 * Titles of axes as objects: plotly.js 3 leaves out those that the SDK writes as plain text.
 * @param {Record<string, any>} layout @returns {Record<string, any>}
 */
function titled(layout) {
  const whole = (/** @type {any} */ axis) =>
    typeof axis?.title === "string" ? { ...axis, title: { text: axis.title } } : axis;
  const axes = Object.keys(layout).filter(name => /^([xyz]axis\d*|scene)$/.test(name));
  return {
    ...layout,
    ...Object.fromEntries(axes.map(name => [name, name === "scene" ? titled(layout[name]) : whole(layout[name])])),
  };
}
