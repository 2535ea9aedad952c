/** A task's plots, newest iteration of each first; older ones behind a choice. */
import { html } from "../../lib/dom.js";
import { number } from "../../lib/format.js";
import { useApi } from "../../lib/answers/hooks.js";
import { useQuery } from "../../lib/addresses/router.js";
import { t } from "../../lib/text.js";
import { Boundary } from "../../kit/boundary.js";
import { Select } from "../../kit/over/combobox.js";
import { Answered, Empty } from "../../kit/states.js";
import { Plot } from "../../kit/charts/plot.js";

/** @param {{task: any, live: boolean, model?: boolean}} props `model`: it is a model, with plots of its own */
export default function PlotsTab({ task, live, model = false }) {
  const answer = useApi(
    "events.get_task_plots",
    { task: task.id, iters: 5, no_scroll: true, ...(model ? { model_events: true } : {}) },
    { every: live ? 10 : 0 },
  );
  const [find, setFind] = useQuery("find");
  return html`<${Answered} answer=${answer}>${(/** @type {any} */ data) => {
    const groups = grouped(data.plots ?? []);
    if (!groups.length)
      return html`<${Empty} icon="columns" title=${t("No plots yet")}>
      <p>${
        live
          ? t("Plots appear here as the task reports them.")
          : t("This task has reported none; figures and tables of Logger.report_… appear here.")
      }</p><//>`;
    const shown = groups.filter(group => group.name.toLowerCase().includes(find.toLowerCase()));
    return html`<div class="tool-bar"><input type="search" class="search" aria-label=${t("Find a plot")} placeholder=${t("Find a plot")} value=${find}
        onInput=${(/** @type {any} */ e) => setFind(e.target.value)} /></div>
      <div class="scroll"><div class="plots">${shown.map(
        group => html`<${Boundary} key=${group.name} name=${group.name}
          on=${group.events[0]?.plot_str}><${PlotCard} group=${group} /><//>`,
      )}</div></div>`;
  }}<//>`;
}

/** @typedef {{name: string, events: any[]}} PlotGroup one title and series, newest first */

/** @param {any[]} plots @returns {PlotGroup[]} */
export function grouped(plots) {
  /** @type {Map<string, any[]>} */
  const groups = new Map();
  for (const plot of plots) {
    const name = plot.metric === plot.variant || !plot.variant ? plot.metric : `${plot.metric} / ${plot.variant}`;
    groups.set(name, [...(groups.get(name) ?? []), plot]);
  }
  return [...groups]
    .map(([name, events]) => ({ name, events: events.sort((a, b) => b.iter - a.iter) }))
    .sort((a, b) => a.name.localeCompare(b.name));
}

/** @param {{group: PlotGroup}} props */
function PlotCard({ group }) {
  const [iteration, setIteration] = useQuery(`at.${group.name}`);
  const event = group.events.find(one => String(one.iter) === iteration) ?? group.events[0];
  return html`<section class="chart-card"><header><h2 title=${group.name}>${group.name}</h2>
      ${
        group.events.length > 1
          ? html`<${Select} hideLabel label=${t("Iteration")} value=${String(event.iter)}
          options=${group.events.map(one => ({ value: String(one.iter), label: t("iteration {n}", { n: one.iter }) }))} onChange=${setIteration} />`
          : html`<small>${event.iter > 0 ? t("iteration {n}", { n: number(event.iter) }) : ""}</small>`
      }</header>
    <${Plot} source=${event.plot_str} title=${group.name} /></section>`;
}
