/** One task: its head, its actions, and a tab for each thing that it holds. */
import { call } from "../../api.js";
import { html, useEffect, useState } from "../../lib/dom.js";
import { ago, duration, moment, number } from "../../lib/format.js";
import { lastWord, tells, why } from "../../lib/reading/ending.js";
import { useApi, useAsked } from "../../lib/answers/hooks.js";
import { compareLink, taskLink, tasksLink } from "../../lib/addresses/links.js";
import { navigate } from "../../lib/addresses/router.js";
import { t } from "../../lib/text.js";
import { act } from "../../actions/actions.js";
import { PendingHint } from "../../actions/pending.js";
import { isArchived, reasons } from "../../actions/rules.js";
import { Boundary } from "../../kit/boundary.js";
import { Button } from "../../kit/button.js";
import { Chip, StatusChip, Tags } from "../../kit/chip.js";
import { asked } from "../../kit/over/dialog.js";
import { Menu } from "../../kit/over/menu.js";
import { Progress } from "../../kit/progress.js";
import { ErrorBox, Loading, Outdated } from "../../kit/states.js";
import { Tabs } from "../../kit/tabs.js";
import { toastError } from "../../kit/over/toast.js";
import { recordingsOf } from "../../audio/events/recordings.js";
import { PageHead } from "../frame.js";
import { runTime } from "../tasks/columns.js";
import { Unloaded } from "../unloaded.js";
import { reportOf, tabFor, tabs } from "./tabs.js";

const loaders = {
  ending: () => import("./ending.js"),
  execution: () => import("./execution.js"),
  "hyper-params": () => import("./configuration.js"),
  artifacts: () => import("./artifacts.js"),
  general: () => import("./info.js"),
  log: () => import("./console.js"),
  scalars: () => import("./scalars.js"),
  plots: () => import("./plots.js"),
  debugImages: () => import("./samples.js"),
  audio: () => import("../../audio/tab.js"),
  events: () => import("../../audio/events/tab.js"),
  report: () => import("./report.js"),
};

const firstTabs = { created: "hyper-params", queued: "hyper-params", failed: "ending" };

/** A task with the names of what it refers to. @param {string} id */
async function fetchTask(id) {
  const answer = await call("tasks.get_by_id_ex", { id: [id] });
  const task = answer.task ?? answer.tasks?.[0];
  return task ?? (await call("tasks.get_by_id", { task: id })).task;
}

/** @param {{task: string, tab?: string}} props */
export default function TaskPage({ task: id, tab }) {
  const [live, setLive] = useState(true);
  const answer = useAsked(() => fetchTask(id), `task ${id}`, { every: live ? 4 : 20 });
  const task = answer.data;
  useEffect(() => {
    if (task) setLive(["in_progress", "queued", "publishing"].includes(task.status));
  }, [task?.status]);
  if (!task)
    return answer.error
      ? html`<${ErrorBox} page error=${answer.error} retry=${answer.reload}
    missing=${t("This task is not there any more: somebody deleted it, or the address is wrong.")} />`
      : html`<${Loading} />`;
  const current = tabFor(tab, /** @type {Record<string, string>} */ (firstTabs)[task.status] ?? "scalars");
  const ended = ["failed", "stopped"].includes(task.status) || current === "ending";
  const links = tabs
    .filter(one => ended || one.id !== "ending")
    .filter(one => one.id !== "report" || current === "report" || reportOf(task))
    .filter(one => one.id !== "events" || current === "events" || recordingsOf(task))
    .map(one => ({ ...one, label: t(one.label), href: taskLink(task, one.id) }));
  const name = links.find(one => one.id === current)?.label;
  return html`<${Boundary} name=${task.name} on=${task}><${TaskHead} task=${task} reload=${answer.reload} /><//>
    <${Outdated} answer=${answer} /><${Tabs} label=${t("Parts of the task")} tabs=${links} current=${current} />
    <${Boundary} key=${current} name=${name} on=${task}><${Tab} key=${task.started} id=${current} task=${task} reload=${answer.reload} /><//>`;
}

/** @param {{id: string, task: any, reload: () => void}} props */
function Tab({ id, task, reload }) {
  const [module, setModule] = useState(/** @type {any} */ (null));
  const [error, setError] = useState(/** @type {any} */ (null));
  useEffect(() => {
    let wanted = true;
    loaders[/** @type {keyof typeof loaders} */ (id)]().then(
      found => wanted && setModule(found),
      failed => wanted && setError(failed),
    );
    return () => (wanted = false);
  }, []);
  if (error) return html`<${Unloaded} error=${error} />`;
  return module
    ? html`<${module.default} task=${task} reload=${reload} live=${["in_progress", "queued"].includes(task.status)} />`
    : html`<${Loading} />`;
}

/** @param {{task: any, reload: () => void}} props */
function TaskHead({ task, reload }) {
  const running = ["in_progress", "queued"].includes(task.status);
  const run = async (/** @type {string} */ action) => {
    if (!(await act(action, [task]))) return;
    if (action === "delete") navigate(tasksLink(task.project));
    else reload();
  };
  const rename = async () => {
    const name = await asked({ title: t("Rename"), label: t("Name"), value: task.name, confirm: t("Rename") });
    if (name) await call("tasks.update", { task: task.id, name }).then(reload, toastError);
  };
  const item = (
    /** @type {string} */ action,
    /** @type {string} */ label,
    /** @type {any} */ icon,
    danger = false,
  ) => ({ label: t(label), icon, danger, reason: reasons[action]?.(task), onClick: () => run(action) });
  const archived = isArchived(task);
  return html`<${PageHead} title=${task.name || task.id}
    trail=${[{ label: t("Tasks"), href: "/" }, ...(task.project?.name ? [{ label: task.project.name, href: tasksLink(task.project) }] : [])]}
    under=${html`<${TaskFacts} task=${task} />`}>
    <${Button} icon="clone" primary writes onClick=${() => run("clone")}>${t("Clone")}<//>
    ${
      running
        ? html`<${Button} icon="stop" reason=${reasons.abort(task)} onClick=${() => run("abort")}>${t("Abort")}<//>`
        : html`<${Button} icon="enqueue" reason=${reasons.enqueue(task)} onClick=${() => run("enqueue")}>${t("Enqueue")}<//>`
    }
    <${Menu} label=${t("More actions")} items=${[
      item("dequeue", "Dequeue", "dequeue"),
      item("retry", "Retry from the start", "refresh"),
      item("continue", "Continue", "play"),
      item("reset", "Reset", "reset"),
      item("publish", "Publish", "publish"),
      { label: "", separator: true },
      { label: t("Rename"), icon: "edit", writes: true, onClick: rename },
      item("tags", "Tags", "tag"),
      item("move", "Move", "move"),
      { label: t("Compare"), icon: "compare", onClick: () => navigate(compareLink([task.id], "scalars")) },
      item("export", "Export as JSON", "download"),
      { label: "", separator: true },
      archived ? item("restore", "Restore", "reset") : item("archive", "Archive", "archive"),
      item("delete", "Delete", "trash", true),
    ]} />
  <//>`;
}

/** @param {{task: any}} props */
const TaskFacts = ({ task }) => html`<div class="task-facts">
  <span class="row"><${StatusChip} status=${task.status} />${task.status === "queued" && html`<${PendingHint} task=${task} />`}</span>
  ${["failed", "stopped", "in_progress"].includes(task.status) && html`<${Reason} key=${`${task.status} ${why(task)}`} task=${task} />`}
  ${isArchived(task) && html`<${Chip} tone="note">${t("In the archive")}<//>`}
  <span>${task.type}</span>
  ${task.last_iteration > 0 && html`<span>${t("iteration {n}", { n: number(task.last_iteration) })}</span>`}
  ${task.started && html`<span title=${moment(task.started)}>${t("started {when}", { when: ago(task.started) })}</span>`}
  ${runTime(task) !== null && html`<span>${t("ran {time}", { time: duration(runTime(task)) })}</span>`}
  ${task.user?.name && html`<span>${task.user.name}</span>`}
  <${Progress} task=${task} />
  <${Tags} tags=${task.tags} />
</div>`;

/** Why it ended so; where a failed task's programs gave no reason, its console has the last word. @param {{task: any}} props */
function Reason({ task }) {
  const said = why(task);
  const failed = task.status === "failed";
  const console = useApi(
    failed && !tells(said) ? "events.get_task_log" : null,
    { task: task.id, batch_size: 50, order: "desc" },
    { aside: true },
  );
  const last = lastWord((console.data?.events ?? []).map((/** @type {any} */ one) => one.msg ?? "").reverse());
  const text = [said, last].filter(Boolean).join(": ");
  if (task.status === "in_progress" && !tells(said) && said !== "stopping") return null; // an agent says so of every task
  return text && html`<span class=${failed ? "reason problem" : "reason"} title=${text}>${text}</span>`;
}
