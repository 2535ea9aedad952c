/** Hyperparameters section by section, configuration objects, user properties. A draft's can be edited in place. */
import { call } from "../../api.js";
import { html, useState } from "../../lib/dom.js";
import { t, tn } from "../../lib/text.js";
import { ParamFields, fits, paramProblem } from "../../actions/fields.js";
import { inSections, told } from "../../actions/parameter.js";
import { SCHEMA, withSchema } from "../../actions/schema.js";
import { flatParams } from "../../actions/sweep.js";
import { Button } from "../../kit/button.js";
import { Card } from "../../kit/card.js";
import { CodeView } from "../../kit/lists/code.js";
import { Empty } from "../../kit/states.js";
import { PlainTable } from "../../kit/lists/table.js";
import { toast, toastError } from "../../kit/over/toast.js";

/** @param {{task: any, reload: () => void}} props */
export default function ConfigurationTab({ task, reload }) {
  const [editing, setEditing] = useState(false);
  const [text, setText] = useState("");
  const params = withSchema(flatParams(task.hyperparams), task.configuration);
  const objects = Object.entries(task.configuration ?? {}).filter(([name]) => name !== SCHEMA); // it is said beside each parameter
  if (!params.length && !objects.length)
    return html`<${Empty} icon="settings" title=${t("Nothing is configured")}>
    <p>${t("Arguments of argparse, and what is handed to task.connect, appear here.")}</p><//>`;
  const shown = params.filter(one => fits(one, text) || one.value.toLowerCase().includes(text.toLowerCase()));
  return html`<div class="scroll stack">
    <div class="row"><input type="search" class="search" aria-label=${t("Find a hyperparameter")} placeholder=${t("Find a hyperparameter")} value=${text}
        onInput=${(/** @type {any} */ e) => setText(e.target.value)} /><span class="grow"></span>
      ${
        !editing &&
        html`<${Button} icon="edit" writes reason=${task.status === "created" ? null : t("Only a draft can be edited; clone it to change values")}
          onClick=${() => setEditing(true)}>${t("Edit")}<//>`
      }</div>
    ${
      editing
        ? html`<${EditParams} task=${task} params=${params} done=${(/** @type {boolean} */ changed) => {
            setEditing(false);
            if (changed) reload();
          }} />`
        : html`<div class="columns-2">${inSections(shown).map(
            ({ title, params: own }) => html`
        <${Card} key=${title} title=${title === "properties" ? t("User properties") : t(title)}>${() => html`
        <${PlainTable} label=${t(title)} rows=${own.map(one => [
          html`<span title=${t(told(one).help) || undefined}>${one.name}</span>`,
          html`<code>${one.value}</code>`,
          html`<small>${one.type}</small>`,
        ])} />`}<//>`,
          )}</div>`
    }
    ${objects.map(
      ([name, object]) => html`
        <${CodeView} label=${`${t("Configuration object")}: ${name}${object.description ? ` — ${object.description}` : ""}`}
          text=${object.value ?? ""} name=${`${name}.txt`} />`,
    )}
  </div>`;
}

/** @param {{task: any, params: import("../../actions/sweep.js").Param[], done: (changed: boolean) => void}} props */
function EditParams({ task, params, done }) {
  const [edits, setEdits] = useState(/** @type {Record<string, string>} */ ({}));
  const wrong = params.find(one => paramProblem(one, edits));
  const save = async () => {
    try {
      const changed = params.filter(one => `${one.section}/${one.name}` in edits);
      const hyperparams = changed.map(({ rule: _, ...one }) => ({
        ...one,
        value: edits[`${one.section}/${one.name}`],
      }));
      await call("tasks.edit_hyper_params", { task: task.id, hyperparams, replace_hyperparams: "none" });
      toast(tn(hyperparams.length, "1 value changed", "{n} values changed"));
      done(true);
    } catch (error) {
      toastError(error);
    }
  };
  return html`<${ParamFields} params=${params} edits=${edits} onEdit=${setEdits} />
    <div class="row"><${Button} primary reason=${
      wrong
        ? `${wrong.name}: ${paramProblem(wrong, edits)}`
        : Object.keys(edits).length
          ? null
          : t("Nothing has changed")
    } onClick=${save}>${t("Save")}<//><${Button} onClick=${() => done(false)}>${t("Cancel")}<//></div>`;
}
