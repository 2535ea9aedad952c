/** Hyperparameters as fields: under their headings, switches and lists where they can be, each held to its own rules. */
import { classes, html, useState } from "../lib/dom.js";
import { t, tn } from "../lib/text.js";
import { controlOf, flipped, inSections, problemOf, told } from "./parameter.js";
import { sweepValues } from "./sweep.js";

/** @typedef {import("./sweep.js").Param} Param */

/** @param {Param} param */
const keyOf = (param) => `${param.section}/${param.name}`;

/** Whether a parameter is meant by what somebody typed to find one. @param {Param} param @param {string} text */
export const fits = (param, text) => `${keyOf(param)} ${told(param).section} ${told(param).help}`.toLowerCase().includes(text.toLowerCase());

/** What is wrong with the text in a field. @param {Param} param @param {Record<string, string>} edits @returns {string | null} */
export function paramProblem(param, edits) {
  const text = edits[keyOf(param)];
  if (text === undefined) return null;
  for (const value of sweepValues(text, param.value)) {
    const problem = problemOf(param, value);
    if (problem) return t(...problem);
  }
  return null;
}

/**
 * The hyperparameters, heading by heading; changed ones stand out.
 * @param {{params: Param[], edits: Record<string, string>, onEdit: (edits: Record<string, string>) => void}} props
 */
export function ParamFields({ params, edits, onEdit }) {
  const edit = (/** @type {Param} */ param, /** @type {string} */ text) => {
    const { [keyOf(param)]: _, ...others } = edits;
    onEdit(text === param.value ? others : { ...others, [keyOf(param)]: text });
  };
  return inSections(params).map(({ title, params: own }) => html`<fieldset class="params" key=${title}><legend>${t(title)}</legend>
    ${own.map((param) => html`<${ParamField} key=${keyOf(param)} param=${param} text=${edits[keyOf(param)]} problem=${paramProblem(param, edits)}
          onEdit=${edit} />`)}
  </fieldset>`);
}

/** @param {{param: Param, text: string | undefined, problem: string | null, onEdit: (param: Param, text: string) => void}} props */
function ParamField({ param, text, problem, onEdit }) {
  const [free, setFree] = useState(false);
  const now = text ?? param.value;
  const values = sweepValues(now, param.value);
  const control = free || values.length > 1 ? "text" : controlOf(param);
  const { help } = told(param);
  const set = (/** @type {string} */ value) => onEdit(param, value);
  const several = () => {
    setFree(!free);
    if (free) set(values[0]);
  };
  return html`<div class=${classes("param", text !== undefined && "changed", problem && "wrong")}>
    <label title=${[param.name, help].filter(Boolean).join(": ")}>
      <span class="param-name">${param.name}${param.type && html`<small>${param.type}</small>`}</span>
      <${Control} control=${control} param=${param} value=${now} set=${set} wrong=${Boolean(problem)} /></label>
    ${controlOf(param) !== "text" && html`<button type="button" class="link several" aria-pressed=${control === "text"} onClick=${several}>
        ${control === "text" ? t("One value") : t("Several values")}</button>`}
    ${help && html`<small class="param-help" title=${help}>${help}</small>`}
    ${problem ? html`<small class="problem">${problem}</small>` : text !== undefined && html`<small class="was">${values.length > 1
        ? tn(values.length, "1 value; was {value}", "{n} values; was {value}", { value: param.value })
        : t("was {value}", { value: param.value || "–" })}</small>`}
  </div>`;
}

/** @param {{control: string, param: Param, value: string, set: (value: string) => void, wrong: boolean}} props */
function Control({ control, param, value, set, wrong }) {
  if (control === "switch") return html`<span class="switch"><input type="checkbox" role="switch" checked=${/^true$/i.test(value)}
      onChange=${() => set(flipped(value))} /><span>${value}</span></span>`;
  if (control === "list") return html`<select value=${value} onChange=${(/** @type {any} */ e) => set(e.target.value)}>
      ${told(param).choices.map((one) => html`<option value=${one} selected=${one === value}>${one}</option>`)}</select>`;
  return html`<input value=${value} aria-invalid=${wrong ? "true" : undefined} spellcheck=${false} onInput=${(/** @type {any} */ e) => set(e.target.value)} />`;
}
