/** One run of a pipeline: its graph, alive, and what the chosen step does. */
import { call } from "../../api.js";
import { html } from "../../lib/dom.js";
import { why } from "../../lib/reading/ending.js";
import { ago, duration, moment } from "../../lib/format.js";
import { useApi, useAsked } from "../../lib/answers/hooks.js";
import { pipelineLink, taskLink } from "../../lib/addresses/links.js";
import { progressOf, progressText } from "../../lib/reading/progress.js";
import { navigate, useQuery } from "../../lib/addresses/router.js";
import { t } from "../../lib/text.js";
import { act } from "../../actions/actions.js";
import { CloneDialog } from "../../actions/clone.js";
import { reasons } from "../../actions/rules.js";
import { Button } from "../../kit/button.js";
import { Card } from "../../kit/card.js";
import { Select } from "../../kit/over/combobox.js";
import { StatusChip } from "../../kit/chip.js";
import { openDialog } from "../../kit/over/dialog.js";
import { Facts } from "../../kit/lists/facts.js";
import { Answered, Empty } from "../../kit/states.js";
import { PlainTable } from "../../kit/lists/table.js";
import { PageHead } from "../frame.js";
import { runTime } from "../tasks/columns.js";
import ConsoleTab from "../task/console.js";
import { Graph, alive, stepsOf } from "./graph.js";

const wanted = [
  "name",
  "status",
  "status_message",
  "status_reason",
  "started",
  "completed",
  "last_update",
  "active_duration",
  "last_iteration",
  "project.id",
  "parent.id",
  "last_worker",
  "runtime.progress",
  "runtime._progress_ends",
];

/** The runs of a pipeline, newest first. @param {string} project */
const runsOf = project => ({
  type: ["controller"],
  project: project === "*" ? undefined : [project],
  search_hidden: true,
  only_fields: ["name", "status", "created"],
  order_by: ["-created"],
  page: 0,
  page_size: 50,
});

/** @param {string} id */
async function fetchRun(id) {
  const answer = await call("tasks.get_by_id_ex", { id: [id] });
  const task = answer.task ?? answer.tasks?.[0];
  if (!task) throw new Error(t("This run is not there any more."));
  return task;
}

/** @param {{project: string, run?: string}} props */
export default function PipelineRunPage({ project, run }) {
  const runs = useApi("tasks.get_all_ex", runsOf(project), { every: 6, aside: Boolean(run) });
  const id = run || runs.data?.tasks[0]?.id;
  const answer = useAsked(id ? () => fetchRun(id) : null, `run ${id}`, { every: 3 });
  if (id)
    return html`<${Answered} page answer=${answer}>${(/** @type {any} */ task) =>
      html`<${Run} task=${task} runs=${runs.data?.tasks ?? []} project=${project} reload=${answer.reload} />`}<//>`;
  return html`<${PageHead} title=${t("Pipeline")} /><${Answered} answer=${runs}>${() =>
    html`<${Empty} icon="pipelines" title=${t("This pipeline has no runs")} />`}<//>`;
}

/** The tasks of a run's steps. @param {any} task */
function useSteps(task) {
  const drawn = stepsOf(task.configuration?.Pipeline?.value);
  const ids = drawn.map(step => step.task).filter(Boolean);
  const body = { id: ids, search_hidden: true, only_fields: wanted, page: 0, page_size: 500 };
  const own = useApi(ids.length ? "tasks.get_all_ex" : null, body, { every: 3, keep: task.id });
  const known = new Map((own.data?.tasks ?? []).map((/** @type {any} */ one) => [one.id, one]));
  return { own: ids.length ? own : { ...own, data: { tasks: [] } }, known, steps: alive(drawn, task, known) };
}

/** @param {{task: any, runs: any[], project: string, reload: () => void}} props */
function Run({ task, runs, project, reload }) {
  const { own, known, steps } = useSteps(task);
  const [name, setName] = useQuery("step");
  const step = steps.find(one => one.name === name);
  const start = async () => {
    const ids = await openDialog(CloneDialog, {
      task,
      title: t("New run"),
      name: t("{name}, run {n}", { name: task.name.replace(/ #\d+$/, ""), n: runs.length + 1 }),
    });
    if (ids?.length) navigate(pipelineLink(project === "*" ? task.project : project, ids[0]));
  };
  const again = async () => (await act("enqueue", [task])) && reload();
  const abort = async () => (await act("abort", [task])) && reload();
  const ended = ["failed", "stopped"].includes(task.status);
  const note = (/** @type {import("./graph.js").Step} */ one) => {
    const ran = known.get(one.task);
    const progress = ran && progressOf(ran);
    return progress ? progressText(progress) : ran?.started ? duration(runTime(ran)) : "";
  };
  return html`<${PageHead} title=${task.name} trail=${[{ label: t("Pipelines"), href: "/pipelines" }]}
    under=${html`<div class="task-facts"><${StatusChip} status=${task.status} />
        ${
          task.started &&
          html`<span title=${moment(task.started)}>${t("started {when}", { when: ago(task.started) })}</span>
          <span>${t("ran {time}", { time: duration(runTime(task)) })}</span>`
        }<a href=${taskLink(task)}>${t("The controller’s task")}</a>
          ${ended && html`<span class="problem">${why(task)}</span>`}</div>`}>
      ${
        runs.length > 1 &&
        html`<${Select} hideLabel label=${t("Run")} value=${task.id}
          options=${runs.map(one => ({ value: one.id, label: `${one.name} · ${ago(one.created)}` }))}
          onChange=${(/** @type {string} */ id) => navigate(pipelineLink(project, id))} />`
      }
      <${Button} primary icon="play" writes onClick=${start}>${t("New run")}<//>
      ${
        ended
          ? html`<${Button} icon="enqueue" reason=${reasons.enqueue(task)} title=${t("Finished steps are kept, the others run")} onClick=${again}>
          ${t("Continue")}<//>`
          : html`<${Button} icon="stop" reason=${reasons.abort(task)} onClick=${abort}>${t("Abort")}<//>`
      }
    <//>
    <div class="scroll stack"><${Answered} answer=${own}>${() => html`
      ${
        steps.length
          ? html`<${Graph} steps=${steps} selected=${name} select=${(/** @type {string} */ one) => setName(one === name ? null : one)}
          note=${note} />`
          : html`<${Empty} icon="pipelines" title=${t("No steps yet")}><p>${t("They appear once the controller has started.")}</p><//>`
      }
      ${
        step
          ? html`<${StepPanel} key=${step.name} step=${step} ran=${known.get(step.task)} />`
          : html`<${WholeRun} key=${task.id} task=${task} steps=${steps} known=${known} choose=${setName} />`
      }`}<//></div>`;
}

/**
 * What holds for all steps, while none is chosen.
 * @param {{task: any, steps: import("./graph.js").Step[], known: Map<string, any>, choose: (name: string) => void}} props
 */
function WholeRun({ task, steps, known, choose }) {
  const params = Object.values(task.hyperparams?.Args ?? {}).filter(
    (/** @type {any} */ one) => !one.name.startsWith("_"),
  );
  const rows = steps.map(step => {
    const ran = known.get(step.task);
    return [
      html`<button type="button" class="link" onClick=${() => choose(step.name)}>${step.name}</button>`,
      html`<${StatusChip} status=${step.status} />`,
      ran?.started ? ago(ran.started) : "–",
      ran?.started ? duration(runTime(ran)) : "–",
      ran?.last_worker ?? "–",
      ran ? html`<a href=${taskLink(ran, "log")}>${t("Open the task")}</a>` : "",
    ];
  });
  return html`<div class="columns-run">
      ${
        rows.length > 0 &&
        html`<${Card} title=${t("Steps")}>${() => html`
          <${PlainTable} label=${t("Steps")} head=${[t("Step"), t("Status"), t("Started"), t("Run time"), t("Worker"), ""]} rows=${rows} />`}<//>`
      }
      ${
        params.length > 0 &&
        html`<${Card} title=${t("Parameters")}>${() => html`
          <${PlainTable} label=${t("Parameters")}
            rows=${params.map((/** @type {any} */ one) => [one.name, html`<code>${one.value === "" ? "–" : one.value}</code>`])} />`}<//>`
      }</div>
    ${
      task.started &&
      html`<${Card} class="step-console" title=${t("Console of the controller")}>${() => html`
        <${ConsoleTab} task=${task} live=${task.status === "in_progress"} />`}<//>`
    }`;
}

/** @param {{step: import("./graph.js").Step, ran: any}} props */
function StepPanel({ step, ran }) {
  const params = Object.entries(step.parameters);
  return html`<section class="card stack">
    <div class="row"><h2 class="grow">${step.name}</h2>${ran && html`<a class="button small" href=${taskLink(ran)}>${t("Open the task")}</a>`}</div>
      <${Facts} facts=${[
        [t("Status"), html`<${StatusChip} status=${step.status} />`],
        [t("Started"), ran?.started && moment(ran.started)],
        [t("Worker"), ran?.last_worker],
        [t("Message"), ran && why(ran)],
      ]} />
      ${
        params.length > 0 &&
        html`<${PlainTable} label=${t("Parameters")} head=${[t("Parameter"), t("Value")]}
          rows=${params.map(([name, value]) => [name, html`<code>${String(value)}</code>`])} />`
      }</section>
    ${ran && html`<${Card} class="step-console" title=${t("Console")}>${() => html`<${ConsoleTab} task=${ran} live=${ran.status === "in_progress"} />`}<//>`}`;
}
