/** Any number of tasks side by side: what they are, what they were given, what came of it. */
import { call } from "../../api.js";
import { html } from "../../lib/dom.js";
import { colour } from "../../lib/colours.js";
import { useAsked } from "../../lib/answers/hooks.js";
import { compareLink, taskLink } from "../../lib/addresses/links.js";
import { navigate } from "../../lib/addresses/router.js";
import { t, tn } from "../../lib/text.js";
import { Chip } from "../../kit/chip.js";
import { Answered, Empty } from "../../kit/states.js";
import { Tabs } from "../../kit/tabs.js";
import { PageHead } from "../frame.js";
import { detailFields } from "./rules.js";
import { PlotsSide, SamplesSide } from "./media.js";
import { CurvesSide } from "./curves.js";
import { Details, Params, Values } from "./tables.js";

const tabs = [
  { id: "details", label: "Details", names: [], component: Details },
  { id: "hyper-params", label: "Configuration", names: ["hyperparams"], component: Params },
  { id: "scalars", label: "Scalars", names: ["graph"], component: CurvesSide },
  { id: "values", label: "Values", names: ["metrics", "table"], component: Values },
  { id: "plots", label: "Plots", names: ["metrics-plots"], component: PlotsSide },
  { id: "debugImages", label: "Debug samples", names: ["debug-samples"], component: SamplesSide },
];

const fields = ["name", "hyperparams", "last_metrics", "project.id", "status", ...detailFields];

/** Tasks in the order of the address. @param {string[]} ids */
async function fetchTasks(ids) {
  const found = (
    await call("tasks.get_all_ex", { id: ids, only_fields: fields, search_hidden: true, page: 0, page_size: 500 })
  ).tasks;
  const tasks = ids.map(id => found.find((/** @type {any} */ task) => task.id === id)).filter(Boolean);
  const twins = (/** @type {any} */ task) => tasks.filter(one => one.name === task.name).length > 1;
  return tasks.map(task => ({ ...task, label: twins(task) ? `${task.name} ${task.id.slice(0, 4)}` : task.name }));
}

/** @param {{ids: string, project: string, tab?: string}} props */
export default function ComparePage({ ids: text, project, tab }) {
  const ids = [...new Set(text.split(",").filter(Boolean))];
  const answer = useAsked(() => fetchTasks(ids), `compare ${ids.join()}`, { every: 10 });
  const current = tabs.find(one => one.id === tab || one.names.includes(tab ?? "")) ?? tabs[0];
  const drop = (/** @type {string} */ id) =>
    navigate(
      compareLink(
        ids.filter(one => one !== id),
        current.id,
        project,
      ),
    );
  return html`<${PageHead} title=${ids.length === 1 ? t("Compare: one task so far") : tn(ids.length, "Compare 1 task", "Compare {n} tasks")}
    trail=${[{ label: t("Tasks"), href: "/" }]}
      under=${
        answer.data &&
        html`<div class="compare-tasks">
          ${answer.data.map(
            (/** @type {any} */ task, /** @type {number} */ i) =>
              html`<${Chip} onRemove=${() => drop(task.id)} removeLabel=${t("Leave {name} out", { name: task.name })}>
        <span class="swatch" style=${{ background: colour(i) }}></span> <a href=${taskLink(task)}>${nameOf(task)}</a><//>`,
          )}</div>`
      } />
    <${Tabs} label=${t("Kinds of comparison")} current=${current.id}
      tabs=${tabs.map(one => ({ id: one.id, label: t(one.label), href: compareLink(ids, one.id, project) }))} />
    <${Answered} answer=${answer}>${(/** @type {any[]} */ tasks) =>
      tasks.length < 1
        ? html`<${Empty} icon="compare" title=${t("None of these tasks is there any more")} />`
        : html`<${current.component} key=${current.id} tasks=${tasks} />`}<//>`;
}

/** Clones often share their name; then the id's beginning tells them apart. @param {any} task */
export const nameOf = task => task.label;
