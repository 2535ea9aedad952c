/** Comparison as tables; rows that are the same for all can be hidden. */
import { html } from "../../lib/dom.js";
import { colour } from "../../lib/colours.js";
import { alike } from "../../lib/format.js";
import { taskLink } from "../../lib/addresses/links.js";
import { useQuery } from "../../lib/addresses/router.js";
import { t, tn } from "../../lib/text.js";
import { Choice } from "../../kit/button.js";
import { Select } from "../../kit/over/combobox.js";
import { Plot } from "../../kit/charts/plot.js";
import { Empty } from "../../kit/states.js";
import { bestOf, detailRows, firstMetric, metricRows, parallel, paramRows, scatter, telling } from "./rules.js";
import { nameOf } from "./page.js";

/** @param {{tasks: any[]}} props */
export const Details = ({ tasks }) => html`<${DiffTable} tasks=${tasks} rows=${detailRows(tasks, t)} />`;

/** @param {{tasks: any[]}} props */
export const Params = ({ tasks }) => html`<${DiffTable} tasks=${tasks} rows=${paramRows(tasks)} />`;

/** @param {{tasks: any[]}} props */
const HeadRow = ({ tasks }) =>
  html`<tr><td></td>${tasks.map(
    (task, i) => html`<th scope="col">
        <span class="swatch" style=${{ background: colour(i) }}></span> <a href=${taskLink(task)}>${nameOf(task)}</a></th>`,
  )}</tr>`;

/** @param {{tasks: any[], rows: import("./rules.js").DiffRow[]}} props */
function DiffTable({ tasks, rows }) {
  const [all, setAll] = useQuery("rows");
  const shown = all ? rows : rows.filter(one => one.differs);
  return html`<div class="tool-bar"><label class="row"><input type="checkbox" checked=${!all} onChange=${() => setAll(all ? null : "all")} />
      ${t("Hide rows that are the same")}</label>
      <small>${tn(rows.filter(one => one.differs).length, "1 of {all} rows differs", "{n} of {all} rows differ", { all: rows.length })}</small></div>
    <div class="scroll">${
      shown.length
        ? html`<div class="plain-table-frame card" tabindex="0" role="region" aria-label=${t("Differences")}>
        <table class="plain-table compare-table diff-table"><thead><${HeadRow} tasks=${tasks} /></thead>
          <tbody>${shown.map(
            one =>
              html`<tr><th scope="row">${one.name}</th>${one.values.map(
                value =>
                  html`<td class=${one.differs ? "differs" : ""} title=${value}>
                        ${value.length > 300 ? `${value.slice(0, 300)}…` : value || "–"}</td>`,
              )}</tr>`,
          )}</tbody></table></div>`
        : html`<${Empty} icon="compare" title=${t("They are the same here")} />`
    }</div>`;
}

const kinds = /** @type {const} */ (["last", "min", "max"]);

/** Last, lowest and highest value of every metric; a hyperparameter against a metric; parallel coordinates. @param {{tasks: any[]}} props */
export function Values({ tasks }) {
  const [kind, setKind] = useQuery("value", "last");
  const rows = metricRows(tasks);
  const params = telling(paramRows(tasks).filter(one => one.differs));
  if (!rows.length) return html`<${Empty} icon="compare" title=${t("None of them has reported a metric")} />`;
  const best = (/** @type {import("./rules.js").MetricRow} */ one) => {
    return bestOf(
      one.name,
      one.values.map(value => value?.[/** @type {"last"} */ (kind)] ?? NaN).filter(Number.isFinite),
    );
  };
  return html`<div class="tool-bar">
    <${Choice} label=${t("Value")} value=${kind} onChange=${setKind} options=${kinds.map(value => ({ value, label: t(value) }))} /></div>
    <div class="scroll stack"><div class="plain-table-frame card" tabindex="0" role="region" aria-label=${t("Values")}>
        <table class="plain-table compare-table"><thead><${HeadRow} tasks=${tasks} /></thead>
      <tbody>${rows.map(one => {
        const values = one.values.map(value => value?.[/** @type {"last"} */ (kind)]);
        const written = alike(values);
        return html`<tr><th scope="row">${one.name}</th>${values.map(
          value => html`<td class=${value === best(one) && tasks.length > 1 ? "strong" : ""}>${written(value)}</td>`,
        )}</tr>`;
      })}</tbody></table></div>
      ${params.length > 0 && html`<${Relations} tasks=${tasks} params=${params} metrics=${rows} />`}</div>`;
}

/** @param {{tasks: any[], params: import("./rules.js").DiffRow[], metrics: import("./rules.js").MetricRow[]}} props */
function Relations({ tasks, params, metrics }) {
  const [metricName, setMetric] = useQuery("metric");
  const [paramName, setParam] = useQuery("parameter");
  const metric = metrics.find(one => one.name === metricName) ?? firstMetric(metrics);
  const param = params.find(one => one.name === paramName) ?? params[0];
  const options = (/** @type {{name: string}[]} */ list) => list.map(one => ({ value: one.name, label: one.name }));
  return html`<section class="card stack">
    <div class="row"><${Select} label=${t("Metric")} value=${metric.name} options=${options(metrics)} onChange=${setMetric} />
      <${Select} label=${t("Hyperparameter")} value=${param.name} options=${options(params)} onChange=${setParam} /></div>
    <h2>${t("Parallel coordinates")}</h2><${Plot} title=${t("Parallel coordinates")} source=${JSON.stringify(parallel(params, metric))} />
    <h2>${t("{param} against {metric}", { param: param.name, metric: metric.name })}</h2>
    <${Plot} title=${t("{param} against {metric}", { param: param.name, metric: metric.name })}
      source=${JSON.stringify(scatter(param, metric, tasks.map(nameOf)))} /></section>`;
}
