/** Which columns the table shows: chosen per project, carried by the address, remembered here for the next visit. */
import { decoded } from "../../lib/addresses/address.js";
import { html, useState } from "../../lib/dom.js";
import { useApi } from "../../lib/answers/hooks.js";
import { remember, remembered } from "../../lib/preferences.js";
import { query, setQuery } from "../../lib/addresses/router.js";
import { t } from "../../lib/text.js";
import { Combobox, Select } from "../../kit/over/combobox.js";
import { PopoverButton } from "../../kit/over/menu.js";
import { Button } from "../../kit/button.js";
import { paramColumnId } from "../../lib/addresses/links.js";
import { builtIn, customColumn, defaultColumns, firstMetrics, metricColumnId } from "./columns.js";

/**
 * @typedef {object} ColumnChoice
 * @property {import("./columns.js").TaskColumn[]} shown
 * @property {any[]} metrics of the project
 * @property {(ids: string[] | null) => void} choose
 * @property {(id: string, width: number) => void} resize
 * @property {(id: string, before: string) => void} reorder
 *
 * @param {string} project @returns {ColumnChoice}
 */
export function useColumns(project) {
  const [widths, setWidths] = useState(() => /** @type {Record<string, number>} */ (remembered("widths", {})));
  const [, redraw] = useState(0);
  const known = useApi(
    "projects.get_unique_metric_variants",
    project === "*" ? {} : { project, include_subprojects: true },
    { aside: true },
  );
  const metrics = known.data?.metrics ?? [];
  const key = `columns:${project}`;
  const inAddress = query.value.get("columns");
  const chosen = inAddress ? inAddress.split(",").map(decoded) : remembered(key, /** @type {string[] | null} */ (null));
  const usual = chosen ?? [...defaultColumns.slice(0, 2), ...told(project, known.data), ...defaultColumns.slice(2)];
  const also = (query.value.get("also") ?? "")
    .split(",")
    .filter(Boolean)
    .map(decoded)
    .filter(id => !usual.includes(id)); // what a sweep differs in
  const ids = [...usual.slice(0, 2), ...also, ...usual.slice(2)];
  const all = builtIn();
  const shown = ids
    .map(id => all.find(column => column.id === id) ?? customColumn(id))
    .filter(column => column !== null);

  const choose = (/** @type {string[] | null} */ next) => {
    remember(key, next);
    setQuery({ columns: next ? next.map(encodeURIComponent).join(",") : null, also: null });
    redraw(n => n + 1);
  };
  return {
    metrics,
    shown: shown.map(column => ({ ...column, width: widths[column.id] ?? column.width })),
    choose,
    resize: (id, width) => {
      const next = { ...remembered("widths", {}), [id]: width };
      setWidths(next);
      remember("widths", next);
    },
    reorder: (id, before) => {
      if (id === before) return;
      const order = shown.map(column => column.id).filter(one => one !== id);
      order.splice(order.indexOf(before), 0, id);
      choose(order);
    },
  };
}

/**
 * The metrics that lead a project's table; those of the last visit until the answer is there, so that nothing moves.
 * @param {string} project @param {any} [answer]
 */
function told(project, answer) {
  const before = remembered(`metrics:${project}`, /** @type {string[]} */ ([]));
  if (!answer) return before;
  const first = firstMetrics(answer.metrics ?? []);
  if (first.join() !== before.join()) remember(`metrics:${project}`, first);
  return first;
}

/** @param {{project: string, columns: ColumnChoice}} props */
export const ColumnsButton = ({ project, columns }) =>
  html`<${PopoverButton} icon="columns" label=${t("Columns")} text=${t("Columns")}>
    ${() => html`<${ColumnsPanel} project=${project} columns=${columns} />`}<//>`;

/** @param {{project: string, columns: ColumnChoice}} props */
function ColumnsPanel({ project, columns }) {
  const [which, setWhich] = useState(/** @type {"last" | "min" | "max"} */ ("last"));
  const asked = { project: project === "*" ? undefined : project, page: 0, page_size: 500 };
  const params = useApi("projects.get_hyper_parameters", asked, { aside: true }).data?.parameters ?? [];
  const ids = columns.shown.map(column => column.id);
  const toggle = (/** @type {string} */ id) =>
    columns.choose(ids.includes(id) ? ids.filter(one => one !== id) : [...ids, id]);
  const custom = columns.shown.filter(column => /^[mp]\./.test(column.id));
  return html`<div class="columns-panel">
    <div class="check-list">${builtIn().map(
      column => html`<label><input type="checkbox" checked=${ids.includes(column.id)}
              onChange=${() => toggle(column.id)} />${column.label}</label>`,
    )}</div>
    ${
      custom.length > 0 &&
      html`<div class="check-list">
        ${custom.map(column => html`<label><input type="checkbox" checked onChange=${() => toggle(column.id)} />${column.label}</label>`)}</div>`
    }
    <${Combobox} label=${t("Add a metric")} value="" placeholder="accuracy/validation"
      options=${columns.metrics.map(m => ({ value: metricColumnId(m, which), label: `${m.metric}/${m.variant}` }))} onChange=${toggle} />
    <${Select} label=${t("Of its values, the")} value=${which}
      options=${[
        { value: "last", label: t("last") },
        { value: "min", label: t("min") },
        { value: "max", label: t("max") },
      ]} onChange=${setWhich} />
    <${Combobox} label=${t("Add a hyperparameter")} value="" placeholder="Args/learning_rate"
      options=${params.map((/** @type {any} */ p) => ({ value: paramColumnId(p.section, p.name), label: `${p.section}/${p.name}` }))} onChange=${toggle} />
    <div class="row"><${Button} onClick=${() => columns.choose(null)}>${t("Back to the usual columns")}<//></div>
  </div>`;
}
