/** The form of a schedule or a trigger: when it runs, where, with which values. What runs is chosen by the command. */
import { html, useState } from "../../lib/dom.js";
import { useApi } from "../../lib/answers/hooks.js";
import { t } from "../../lib/text.js";
import { QueueField, useQueues } from "../../actions/dialogs.js";
import { Button } from "../../kit/button.js";
import { Check, Field } from "../../kit/fields.js";
import { Select } from "../../kit/over/combobox.js";
import { Dialog } from "../../kit/over/dialog.js";
import { cronForms, cronLooksRight, tagsOf } from "./entries.js";

/** @param {{entry: import("./entries.js").Entry, close: (value?: any) => void}} props `close` is given what is changed */
export function EditDialog({ entry, close }) {
  const { job } = entry;
  const queues = useQueues();
  const [given, setGiven] = useState(/** @type {any} */ ({ task_parameters: job.task_parameters ?? {} }));
  const value = (/** @type {string} */ name) => given[name] ?? job[name];
  const set = (/** @type {string} */ name) => (/** @type {any} */ one) =>
    setGiven((/** @type {any} */ old) => ({ ...old, [name]: one }));
  const wrong = job.cron && !cronLooksRight(value("cron"));
  return html`<${Dialog} title=${t("Edit {name}", { name: job.name })} close=${close} onSubmit=${() => !wrong && close(given)}
    footer=${html`<${Button} onClick=${() => close()}>${t("Cancel")}<//>
      <${Button} primary type="submit" writes reason=${wrong ? t("Its time can't be read") : null}>${t("Save")}<//>`}>
    ${
      job.cron
        ? html`<${Field} label=${t("When, in UTC: minute, hour, day, month, day of the week")} value=${value("cron")} set=${set("cron")} autofocus
            problem=${wrong ? t("These forms can be run: {forms}", { forms: cronForms.join(", ") }) : null} />`
        : html`<${Field} label=${t("Its name matches")} value=${value("match_name")} set=${set("match_name")} placeholder=${t("any")} />
          <${Field} label=${t("It has these tags")} value=${(value("tags") ?? []).join(", ")} placeholder=${t("any")}
            set=${(/** @type {string} */ text) => set("tags")(tagsOf(text))} />`
    }
    <${QueueField} queues=${queues.data ?? []} value=${value("queue")} onChange=${set("queue")} />
    <${Check} label=${t("Skip a run while the one before it goes on")} checked=${Boolean(value("single_instance"))} set=${set("single_instance")} />
    <${Parameters} task=${job.base_task_id} values=${given.task_parameters} set=${set("task_parameters")} /><//>`;
}

/**
 * The parameters that its runs have edited, and those of its task that may be.
 * @param {{task: string, values: Record<string, string>, set: (values: any) => void}} props
 */
function Parameters({ task, values, set }) {
  const answer = useApi("tasks.get_all_ex", { id: [task], only_fields: ["hyperparams"], search_hidden: true });
  /** @type {Record<string, string>} */
  const recorded = Object.fromEntries(
    Object.entries(answer.data?.tasks?.[0]?.hyperparams ?? {}).flatMap(([section, items]) =>
      section === "properties"
        ? []
        : Object.values(items).map((/** @type {any} */ one) => [`${section}/${one.name}`, one.value ?? ""]),
    ),
  );
  const more = Object.keys(recorded).filter(name => !(name in values));
  const without = (/** @type {string} */ name) =>
    Object.fromEntries(Object.entries(values).filter(([other]) => other !== name));
  return html`
    ${Object.keys(values).map(
      name => html`<div class="removable" key=${name}>
        <${Field} label=${name} value=${values[name]} set=${(/** @type {string} */ text) => set({ ...values, [name]: text })} />
        <${Button} quiet icon="close" label=${t("Leave {name} as the task has it", { name })} onClick=${() => set(without(name))} /></div>`,
    )}
    ${
      more.length > 0 &&
      html`<${Select} label=${t("Edit a further parameter")} value=""
        onChange=${(/** @type {string} */ name) => name && set({ ...values, [name]: recorded[name] })}
        options=${[{ value: "", label: t("none") }, ...more.map(name => ({ value: name, label: name, note: recorded[name] }))]} />`
    }
    <p class="hint">${t("What it runs is changed by")} <code>soundyard schedule edit --task</code></p>`;
}
