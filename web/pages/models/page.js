/** Models: what tasks have made, to be downloaded, published and traced back. */
import { call, callAll } from "../../api.js";
import { html } from "../../lib/dom.js";
import { ago, alike, moment, number, shortId } from "../../lib/format.js";
import { useAsked } from "../../lib/answers/hooks.js";
import { modelLink, taskLink, tasksLink } from "../../lib/addresses/links.js";
import { useQuery } from "../../lib/addresses/router.js";
import { inPortions } from "../../lib/selection.js";
import { t } from "../../lib/text.js";
import { Button } from "../../kit/button.js";
import { Chip, Tags } from "../../kit/chip.js";
import { Answered, Empty } from "../../kit/states.js";
import { DataTable } from "../../kit/lists/table.js";
import { PageHead } from "../frame.js";
import { fitting } from "../tasks/columns.js";
import { metricColumns, metricOf, ordered } from "./rules.js";

const fields = [
  "name",
  "framework",
  "ready",
  "created",
  "last_update",
  "tags",
  "system_tags",
  "project.id",
  "project.name",
  "task.id",
  "task.name",
  "task.project",
  "uri",
  "user.name",
  "labels",
  "comment",
];

/** Models, each with the task that made it as far as its metrics go. @param {Record<string, any>} body @returns {Promise<{models: any[], metrics: any[]}>} */
async function fetchModels(body) {
  const models = await callAll("models.get_all_ex", "models", body);
  const ids = [...new Set(models.map(one => one.task?.id).filter(Boolean))];
  const answers = await inPortions(ids, 500, id =>
    call("tasks.get_all_ex", { id, only_fields: ["last_metrics"], search_hidden: true, page: 0, page_size: 500 }),
  );
  const tasks = new Map(
    answers.flatMap(answer => answer.tasks ?? []).map((/** @type {any} */ task) => [task.id, task]),
  );
  return {
    models: models.map(one => ({ ...one, made: tasks.get(one.task?.id) })),
    metrics: metricColumns([...tasks.values()]),
  };
}

/** @param {{project?: string}} props */
export default function ModelsPage({ project = "*" }) {
  const [text, setText] = useQuery("q");
  const [archive, setArchive] = useQuery("archive");
  const body = {
    project: project === "*" ? undefined : [project],
    system_tags: [archive ? "archived" : "-archived"],
    only_fields: fields,
    order_by: ["-last_update"],
    search_hidden: project !== "*",
  };
  const [order, setOrder] = useQuery("sort", "-updated");
  const answer = useAsked(() => fetchModels(body), `models ${project} ${archive}`, { every: 10 });
  return html`<${PageHead} title=${t("Models")}>
    <input type="search" class="search" aria-label=${t("Search models")} placeholder=${t("Search models")} value=${text}
      onInput=${(/** @type {any} */ e) => setText(e.target.value)} />
      <${Button} icon="archive" pressed=${Boolean(archive)} onClick=${() => setArchive(archive ? null : "1")}>${t("Archive")}<//><//>
    <section class="fill"><${Answered} answer=${answer}>${(
      /** @type {{models: any[], metrics: any[]}} */ { models, metrics },
    ) => {
      const all = columns(metrics, models);
      const [down, key] = [order.startsWith("-"), order.replace(/^-/, "")];
      const by = all.find(one => one.id === key);
      const found = models.filter(one =>
        `${one.name} ${one.id} ${one.framework} ${(one.tags ?? []).join(" ")}`
          .toLowerCase()
          .includes(text.toLowerCase()),
      );
      const shown = by?.value ? ordered(found, by.value, down) : found;
      return html`<${DataTable} label=${t("Models")} columns=${all} sort=${[{ key, down }]}
        onSort=${(/** @type {string} */ next) => setOrder(next === key && down ? next : `-${next}`)}
        count=${shown.length} rowAt=${(/** @type {number} */ i) => shown[i]}
        empty=${html`<${Empty} icon="models" title=${text ? t("No model has such a name") : archive ? t("The archive is empty") : t("No models yet")}>
            <p>${t("A train task keeps its best checkpoint as a model.")}</p><//>`} />`;
    }}<//></section>`;
}

/** @typedef {{id: string, label: string, width: number, sort?: string, numeric?: boolean, value?: (one: any) => any, render: (one: any) => any}} ModelColumn */

/**
 * @param {string} id @param {string} label @param {number} width @param {(one: any) => any} value @param {Partial<ModelColumn>} [more]
 * @returns {ModelColumn}
 */
const column = (id, label, width, value, more = {}) => ({
  id,
  label,
  width,
  sort: id,
  value,
  render: one => value(one) || "–",
  ...more,
});

/** Of a metric, as wide as its name needs. @param {import("./rules.js").MetricColumn} metric @param {any[]} models @returns {ModelColumn} */
function metricColumn(metric, models) {
  const written = alike(models.map(one => metricOf(one.made, metric)));
  return column(metric.id, metric.label, fitting(metric.label), one => metricOf(one.made, metric), {
    numeric: true,
    render: one => written(metricOf(one.made, metric)),
  });
}

/** @param {import("./rules.js").MetricColumn[]} metrics @param {any[]} models @returns {ModelColumn[]} */
const columns = (metrics, models) => [
  column("name", t("Name"), 240, one => one.name, {
    render: one =>
      html`<a class="strong" href=${modelLink(one)} title=${[one.name, one.comment]
        .filter(Boolean)
        .join(": ")}>${one.name || shortId(one.id)}</a>`,
  }),
  ...metrics.map(metric => metricColumn(metric, models)),
  column("state", t("State"), 104, one => Number(Boolean(one.ready)), {
    render: one =>
      one.ready ? html`<${Chip} tone="accent">${t("Published")}<//>` : html`<span class="muted">${t("Draft")}</span>`,
  }),
  column("task", t("Made by"), 180, one => one.task?.name, {
    render: one =>
      one.task?.id &&
      html`<a href=${taskLink(one.task)} title=${one.task.name}>${one.task.name ?? shortId(one.task.id)}</a>`,
  }),
  column("labels", t("Labels"), 90, one => Object.keys(one.labels ?? {}).length, {
    numeric: true,
    render: one =>
      html`<span title=${Object.keys(one.labels ?? {})
        .slice(0, 20)
        .join(", ")}>${number(Object.keys(one.labels ?? {}).length)}</span>`,
  }),
  column("framework", t("Framework"), 110, one => one.framework),
  column("project", t("Project"), 150, one => one.project?.name, {
    render: one =>
      one.project?.id && html`<a href=${tasksLink(one.project)} title=${one.project.name}>${one.project.name}</a>`,
  }),
  { id: "tags", label: t("Tags"), width: 130, render: one => html`<${Tags} tags=${one.tags} />` },
  column("updated", t("Updated"), 110, one => one.last_update ?? one.created, {
    render: one =>
      html`<time title=${moment(one.last_update ?? one.created)}>${ago(one.last_update ?? one.created)}</time>`,
  }),
  { id: "id", label: t("ID"), width: 90, render: one => html`<code title=${one.id}>${shortId(one.id)}</code>` },
];
