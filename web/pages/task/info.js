/** The facts about a task that fit nowhere else; its description can be edited. */
import { call } from "../../api.js";
import { html, useState } from "../../lib/dom.js";
import { duration, moment, number } from "../../lib/format.js";
import { taskLink, tasksLink } from "../../lib/addresses/links.js";
import { t } from "../../lib/text.js";
import { Button } from "../../kit/button.js";
import { Card } from "../../kit/card.js";
import { statusWord } from "../../kit/chip.js";
import { copy } from "../../kit/lists/code.js";
import { Facts } from "../../kit/lists/facts.js";
import { toastError } from "../../kit/over/toast.js";
import { runTime } from "../tasks/columns.js";

/** @param {{task: any, reload: () => void}} props */
export default function InfoTab({ task, reload }) {
  const [text, setText] = useState(/** @type {string | null} */ (null));
  const save = () =>
    call("tasks.update", { task: task.id, comment: text }).then(() => (setText(null), reload()), toastError);
  const runtime = Object.entries(task.runtime ?? {}).filter(([name]) => !name.startsWith("_"));
  return html`<div class="scroll"><div class="columns-2">
    <${Card} title=${t("Facts")}>${() =>
      html`<${Facts} facts=${[
        [
          t("ID"),
          html`<span class="row tight"><code>${task.id}</code>
          <${Button} quiet small icon="copy" label=${t("Copy the ID")} onClick=${() => copy(task.id)} /></span>`,
        ],
        [t("Type"), task.type],
        [t("Status"), statusWord(task.status)],
        [t("Reason"), task.status_reason],
        [t("Message"), task.status_message],
        [t("Project"), task.project?.id && html`<a href=${tasksLink(task.project)}>${task.project.name}</a>`],
        [
          t("Parent"),
          task.parent?.id && html`<a href=${taskLink(task.parent)}>${task.parent.name ?? task.parent.id}</a>`,
        ],
        [t("User"), task.user?.name],
        [t("Worker"), task.last_worker],
        [t("Created"), moment(task.created)],
        [t("Started"), task.started && moment(task.started)],
        [t("Ended"), task.completed && moment(task.completed)],
        [t("Updated"), moment(task.last_update)],
        [t("Run time"), runTime(task) !== null && duration(runTime(task))],
        [t("Iteration"), number(task.last_iteration)],
        [t("System tags"), task.system_tags?.join(", ")],
      ]} />`}<//>
    <div class="stack">
      <${Card} class="stack tight" title=${t("Description")}>${() => html`
        ${
          text === null
            ? html`<p style=${{ whiteSpace: "pre-wrap" }}>${task.comment || html`<span class="muted">${t("None yet")}</span>`}</p>
            <div class="row"><${Button} small icon="edit" writes onClick=${() => setText(task.comment ?? "")}>${t("Edit")}<//></div>`
            : html`<textarea rows="5" aria-label=${t("Description")} value=${text} onInput=${(/** @type {any} */ e) => setText(e.target.value)}></textarea>
            <div class="row"><${Button} primary onClick=${save}>${t("Save")}<//><${Button} onClick=${() => setText(null)}>${t("Cancel")}<//></div>`
        }`}<//>
      ${
        runtime.length > 0 &&
        html`<${Card} title=${t("Machine")}>${() => html`
          <${Facts} facts=${runtime.map(([name, value]) => [name.replaceAll("_", " "), String(value)])} />`}<//>`
      }
    </div>
  </div></div>`;
}
