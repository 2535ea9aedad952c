/** Schedules and triggers on the page of pipelines: next run, last run, state; paused, edited, run now. */
import { call } from "../../api.js";
import { html } from "../../lib/dom.js";
import { ago, moment } from "../../lib/format.js";
import { useAsked } from "../../lib/answers/hooks.js";
import { taskLink } from "../../lib/addresses/links.js";
import { t } from "../../lib/text.js";
import { Button } from "../../kit/button.js";
import { Chip, StatusChip } from "../../kit/chip.js";
import { confirmed, openDialog } from "../../kit/over/dialog.js";
import { Answered } from "../../kit/states.js";
import { PlainTable } from "../../kit/lists/table.js";
import { toast, toastError } from "../../kit/over/toast.js";
import { EditDialog } from "./edit.js";
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

/** Change an entry as it stands on the server now; null: take it away. @param {import("./entries.js").Entry} entry @param {any} change @param {string} done */
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
    html`<section class="card schedules"><h2>${t("Schedules and triggers")}</h2>
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

/** The head of a column, where a row is a block of its own. @param {string} head */
const narrowly = head => html`<small class="narrow-only">${head}: </small>`;

/** @param {any} entry @param {Map<string, any>} runs @param {any} act */
function row(entry, runs, act) {
  const { job, known } = entry;
  const last = runs.get(known._executed_instances?.at(-1));
  const next = known._next_run;
  const edit = async () => {
    const given = await openDialog(EditDialog, { entry });
    if (given) act(entry, given, "{name} is changed");
  };
  const remove = async () => {
    const question = { title: t("Remove {name}?", { name: job.name }), text: t("It runs no more. Its runs stay.") };
    if (await confirmed({ ...question, confirm: t("Remove"), danger: true })) act(entry, null, "{name} is removed");
  };
  return [
    html`${job.name} ${known.error && html`<small class="problem">${known.error}</small>`}`,
    html`<code>${when(entry)}</code>`,
    html`<a href=${taskLink({ id: job.base_task_id })}>${job.base_task ?? job.base_task_id}</a>`,
    html`${narrowly(t("Next run"))}${
      job.paused
        ? html`<${Chip}>${t("paused")}<//>`
        : next
          ? html`<time title=${next}>${moment(next)}</time>`
          : job.cron
            ? "–"
            : t("when it happens")
    }`,
    html`${narrowly(t("Last run"))}${
      last
        ? html`<a href=${taskLink(last)}>${ago(known.started)}</a> <${StatusChip} status=${last.status} />`
        : t("none yet")
    }`,
    html`<div class="row">
      ${
        job.paused
          ? html`<${Button} small writes onClick=${() => act(entry, { paused: false }, "{name} goes on")}>${t("Resume")}<//>`
          : html`<${Button} small writes onClick=${() => act(entry, { paused: true }, "{name} is paused")}>${t("Pause")}<//>`
      }
      <${Button} small writes onClick=${() => act(entry, { run_now: new Date().toISOString() }, "{name} is run in a few seconds")}>
        ${t("Run now")}<//>
      <${Button} small writes onClick=${edit}>${t("Edit")}<//>
      <${Button} small writes onClick=${remove}>${t("Remove")}<//></div>`,
  ];
}
