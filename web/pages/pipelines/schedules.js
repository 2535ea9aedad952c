/** Schedules and triggers on the page of pipelines: next run, last run, state; paused, edited, run now. */
import { call } from "../../api.js";
import { html, useState } from "../../lib/dom.js";
import { ago, moment } from "../../lib/format.js";
import { useAsked } from "../../lib/answers/hooks.js";
import { taskLink } from "../../lib/addresses/links.js";
import { t } from "../../lib/text.js";
import { QueueField, useQueues } from "../../actions/dialogs.js";
import { Button } from "../../kit/button.js";
import { Chip, StatusChip } from "../../kit/chip.js";
import { Dialog, openDialog } from "../../kit/over/dialog.js";
import { Answered } from "../../kit/states.js";
import { PlainTable } from "../../kit/lists/table.js";
import { toast, toastError } from "../../kit/over/toast.js";
import { changed, entriesOf, when } from "./entries.js";

async function fetchSchedules() {
  const { tasks } = await call("tasks.get_all_ex", {
    type: ["service"],
    name: "^schedules$",
    system_tags: ["-archived"],
    search_hidden: true,
    only_fields: ["name", "status", "configuration", "project.id"],
    page: 0,
    page_size: 20,
  });
  const entries = tasks.flatMap(entriesOf);
  const ids = entries.map((/** @type {any} */ one) => one.known._executed_instances?.at(-1)).filter(Boolean);
  const body = { id: ids, search_hidden: true, only_fields: ["name", "status", "project.id"], page: 0, page_size: 500 };
  const runs = ids.length ? (await call("tasks.get_all_ex", body)).tasks : [];
  return { tasks, entries, runs: new Map(runs.map((/** @type {any} */ one) => [one.id, one])) };
}

/** Change an entry as it stands on the server now. @param {import("./entries.js").Entry} entry @param {any} change @param {string} done */
async function change(entry, change, done) {
  const { task } = await call("tasks.get_by_id", { task: entry.scheduler.id });
  const configuration = [changed(task, entry, change)];
  await call("tasks.edit_configuration", { task: task.id, configuration, force: true });
  toast(t(done, { name: entry.job.name }));
}

/** Nothing where nobody has made a schedule. */
export function Schedules() {
  const answer = useAsked(fetchSchedules, "schedules", { every: 3 });
  const act = (/** @type {any} */ entry, /** @type {any} */ what, /** @type {string} */ done) =>
    change(entry, what, done).then(answer.reload, toastError);
  if (!answer.data && !answer.error) return null;
  return html`<${Answered} answer=${answer}>${(/** @type {any} */ { tasks, entries, runs }) =>
    entries.length > 0 &&
    html`<section class="card"><h2>${t("Schedules and triggers")}</h2>
      ${tasks
        .filter((/** @type {any} */ task) => !["queued", "in_progress"].includes(task.status))
        .map(
          (
            /** @type {any} */ task,
          ) => html`<p class="hint warning" key=${task.id}><${StatusChip} status=${task.status} />
            <a href=${taskLink(task)}>${t("Their scheduler")}</a> ${t("does not run; this starts it:")} <code>soundyard schedule start</code></p>`,
        )}
      <${PlainTable} label=${t("Schedules and triggers")}
        head=${[t("Name"), t("When"), t("Task"), t("Next run"), t("Last run"), ""]}
        rows=${entries.map((/** @type {any} */ entry) => row(entry, runs, act))} /></section>`}<//>`;
}

/** @param {any} entry @param {Map<string, any>} runs @param {any} act */
function row(entry, runs, act) {
  const { job, known } = entry;
  const last = runs.get(known._executed_instances?.at(-1));
  const next = known._next_run;
  const edit = async () => {
    const given = await openDialog(EditDialog, { job });
    if (given) act(entry, given, "{name} is changed");
  };
  return [
    html`${job.name} ${known.error && html`<small class="problem">${known.error}</small>`}`,
    html`<code>${when(entry)}</code>`,
    html`<a href=${taskLink({ id: job.base_task_id })}>${job.base_task ?? job.base_task_id}</a>`,
    job.paused
      ? html`<${Chip}>${t("paused")}<//>`
      : next
        ? html`<time title=${next}>${moment(next)}</time>`
        : job.cron
          ? "–"
          : t("when it happens"),
    last
      ? html`<a href=${taskLink(last)}>${ago(known.started)}</a> <${StatusChip} status=${last.status} />`
      : t("none yet"),
    html`<div class="row">
      ${
        job.paused
          ? html`<${Button} small writes onClick=${() => act(entry, { paused: false }, "{name} goes on")}>${t("Resume")}<//>`
          : html`<${Button} small writes onClick=${() => act(entry, { paused: true }, "{name} is paused")}>${t("Pause")}<//>`
      }
      <${Button} small writes onClick=${() => act(entry, { run_now: new Date().toISOString() }, "{name} is run in a few seconds")}>
        ${t("Run now")}<//>
      <${Button} small writes onClick=${edit}>${t("Edit")}<//></div>`,
  ];
}

/** @param {{job: any, close: (value?: any) => void}} props */
function EditDialog({ job, close }) {
  const queues = useQueues();
  const [queue, setQueue] = useState(job.queue);
  const [values, setValues] = useState(job.task_parameters ?? {});
  return html`<${Dialog} title=${t("Edit {name}", { name: job.name })} close=${close}
    onSubmit=${() => close({ queue, task_parameters: values })}
    footer=${html`<${Button} onClick=${() => close()}>${t("Cancel")}<//><${Button} primary type="submit" writes>${t("Save")}<//>`}>
    <${QueueField} queues=${queues.data ?? []} value=${queue} onChange=${setQueue} />
    ${Object.keys(values).map(
      name => html`<label class="field" key=${name}><span>${name}</span><input type="text" value=${values[name]}
        onInput=${(/** @type {any} */ e) => setValues({ ...values, [name]: e.target.value })} /></label>`,
    )}
    <p class="hint">${t("Its time, its task and further parameters are changed by")} <code>soundyard schedule edit</code></p><//>`;
}
