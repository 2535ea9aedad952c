/** Hyperparameters as fields: under their headings, switches and lists where they can be, each held to its own rules. */
import { classes, html, useState } from "../lib/dom.js";
import { t, tn } from "../lib/text.js";
import { Combobox } from "../kit/over/combobox.js";
import { controlOf, flipped, inSections, isIn, isStandard, problemOf, stepped, toggled, told } from "./parameter.js";
import { sweepValues } from "./sweep.js";

/** @typedef {import("./sweep.js").Param} Param */

/** @param {Param} param */
const keyOf = param => `${param.section}/${param.name}`;

/** Whether a parameter is meant by what somebody typed to find one. @param {Param} param @param {string} text */
export const fits = (param, text) =>
  [keyOf(param), told(param).section, told(param).help, t(told(param).section), t(told(param).help)]
    .join(" ")
    .toLowerCase()
    .includes(text.toLowerCase());

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
  return inSections(params).map(
    ({ title, params: own }) => html`<fieldset class="params" key=${title}><legend>${t(title)}</legend>
    ${own.map(
      param => html`<${ParamField} key=${keyOf(param)} param=${param} text=${edits[keyOf(param)]} problem=${paramProblem(param, edits)}
          onEdit=${edit} />`,
    )}
  </fieldset>`,
  );
}

/** @param {{param: Param, text: string | undefined, problem: string | null, onEdit: (param: Param, text: string) => void}} props */
function ParamField({ param, text, problem, onEdit }) {
  const [free, setFree] = useState(false);
  const now = text ?? param.value;
  const values = sweepValues(now, param.value);
  const usual = controlOf(param);
  const control = usual === "switch" || usual === "list" ? (free || values.length > 1 ? "text" : usual) : usual;
  const { help, standard } = told(param);
  const id = idOf(param);
  const set = (/** @type {string} */ value) => onEdit(param, value);
  const several = () => {
    setFree(!free);
    if (free) set(values[0]);
  };
  const differs = !isStandard(param, now);
  const dot = differs && html`<span class="dot" aria-hidden="true" title=${t("Not the default")}></span>`;
  const name = html`<span class="param-name"><span>${param.name}${dot}</span>
    <small>${rangeOf(param)}</small></span>`;
  const about = [help && `${id}-help`, problem && `${id}-problem`].filter(Boolean).join(" ");
  const given = { control, param, value: now, set, wrong: Boolean(problem), about };
  return html`<div class=${classes("param", text !== undefined && "changed", problem && "wrong")}>
    ${
      control === "names" || control === "several"
        ? html`<div class="param-names">${name}<${Control} ...${given} /></div>`
        : html`<label>${name}<${Control} ...${given} /></label>`
    }
    ${help && html`<small class="param-help" id=${`${id}-help`}>${t(help)}</small>`}
    ${problem && html`<small class="problem" id=${`${id}-problem`}>${problem}</small>`}
    ${
      text !== undefined &&
      !problem &&
      html`<small class="was">${
        values.length > 1
          ? tn(values.length, "1 value; was {value}", "{n} values; was {value}", { value: param.value })
          : t("was {value}", { value: param.value || "–" })
      }</small>`
    }
    <div class="param-links">
      ${
        (usual === "switch" || usual === "list") &&
        html`<button type="button" class="link several" aria-pressed=${control === "text"} onClick=${several}>
          ${control === "text" ? t("One value") : t("Several values")}</button>`
      }
      ${
        differs &&
        html`<button type="button" class="link reset" onClick=${() => (setFree(false), set(standard ?? ""))}
          aria-label=${t("Set {name} to its default, {value}", { name: param.name, value: standard || "–" })}>
          ${t("Default: {value}", { value: standard || "–" })}</button>`
      }
    </div>
  </div>`;
}

/** @param {Param} param */
const idOf = param => `param-${encodeURIComponent(keyOf(param))}`;

/** Unit and range beside a name, or the type where there is neither. @param {Param} param */
function rangeOf(param) {
  const {
    unit,
    low,
    high,
    ends: [from, to],
  } = told(param);
  const span =
    from === undefined
      ? ""
      : low === -Infinity
        ? t("at most {high}", { high: from })
        : high === Infinity
          ? t("at least {low}", { low: from })
          : t("{low} to {high}", { low: from, high: to });
  return [unit, span].filter(Boolean).join(" · ") || param.type;
}

/** @param {{control: string, param: Param, value: string, set: (value: string) => void, wrong: boolean, about: string}} props */
function Control({ control, param, value, set, wrong, about }) {
  const rule = told(param);
  if (control === "switch")
    return html`<span class="switch"><input type="checkbox" role="switch" checked=${/^true$/i.test(value)}
      aria-describedby=${about || undefined} onChange=${() => set(flipped(value))} /><span>${value}</span></span>`;
  if (control === "list")
    return html`<select value=${value} aria-describedby=${about} onChange=${(/** @type {any} */ e) => set(e.target.value)}>
      ${rule.choices.map(one => html`<option value=${one} selected=${one === value}>${one}</option>`)}</select>`;
  if (control === "several")
    return html`<span class="choices" role="group" aria-label=${param.name} aria-describedby=${about || undefined}>
      ${rule.choices.map(
        one => html`<label><input type="checkbox" checked=${isIn(value, one)} onChange=${() => set(toggled(value, one, rule.choices))} />
        ${one}</label>`,
      )}</span>`;
  if (control === "names")
    return html`<${Combobox} free hideLabel label=${param.name} value=${value} about=${about} onChange=${set}
      options=${rule.known.map(one => ({ value: one, label: one, note: one === rule.standard ? t("default") : undefined }))} />`;
  const key = (/** @type {KeyboardEvent} */ event) => {
    const way = event.key === "ArrowUp" ? 1 : event.key === "ArrowDown" ? -1 : 0;
    const next = way && control === "number" ? stepped(param, value, /** @type {1 | -1} */ (way)) : null;
    if (next === null) return;
    event.preventDefault();
    set(next);
  };
  return html`<input value=${value} aria-invalid=${wrong ? "true" : undefined} aria-describedby=${about || undefined} spellcheck=${false} autocomplete="off"
      placeholder=${rule.empty ? t("none") : undefined} onKeyDown=${key} onInput=${(/** @type {any} */ e) => set(e.target.value)} />`;
}
