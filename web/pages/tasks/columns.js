/** The task table's columns: the ones that every task has, and those people add for a metric or a hyperparameter. */
import { decoded } from "../../lib/addresses/address.js";
import { html } from "../../lib/dom.js";
import { ago, duration, moment, number, shortId } from "../../lib/format.js";
import { taskLink, tasksLink } from "../../lib/addresses/links.js";
import { t } from "../../lib/text.js";
import { StatusChip, Tags, statusWord } from "../../kit/chip.js";
import { ProgressNote } from "../../kit/progress.js";
import { PendingHint } from "../../actions/pending.js";

/**
 * @typedef {object} TaskColumn
 * @property {string} id @property {string} label @property {number} width
 * @property {string} [sort] @property {string[]} fields what to ask the server for
 * @property {(task: any) => any} [render] @property {(task: any) => string} text for CSV, and for the cell without render
 * @property {(task: any) => unknown} [value] a number of a kind, which is written as the others of the column are
 * @property {boolean} [numeric] @property {string} [filter] which filter the header offers: a list by its name, or `param:`, `range:`, `since:` and a path
 */

/** @param {string} id @param {string} label @param {number} width @param {string} field @param {Partial<TaskColumn>} [more] @returns {TaskColumn} */
const column = (id, label, width, field, more = {}) => ({
  id,
  label,
  width,
  sort: field,
  fields: [field],
  text: task => task[field] ?? "",
  ...more,
});

const time = (/** @type {string} */ field) => ({
  text: (/** @type {any} */ task) => task[field] ?? "",
  render: (/** @type {any} */ task) => html`<time title=${moment(task[field])}>${ago(task[field])}</time>`,
  filter: `since:${field}`,
});

/** Seconds a task has run. @param {any} task */
export function runTime(task) {
  if (task.active_duration !== undefined && task.active_duration !== null && task.status !== "in_progress")
    return task.active_duration;
  if (!task.started) return null;
  const end = task.status === "in_progress" ? Date.now() : Date.parse(task.completed ?? task.last_update);
  return Math.max(0, (end - Date.parse(task.started)) / 1000);
}

/** @returns {TaskColumn[]} */
export const builtIn = () => [
  column("name", t("Name"), 264, "name", {
    fields: ["name", "project.id", "project.name", "status_message"],
    render: task => html`<a class="strong" href=${taskLink(task)} title=${task.name}>${task.name || task.id}</a>`,
  }),
  column("status", t("Status"), 130, "status", {
    filter: "status",
    text: task => statusWord(task.status),
    fields: [
      "status",
      "status_message",
      "execution.queue.name",
      "execution.queue.id",
      "runtime.progress",
      "runtime._progress_ends",
    ],
    render:
      task => html`<span class="status-cell"><${StatusChip} status=${task.status} /><${ProgressNote} task=${task} /></span>
      ${task.status === "queued" && html`<${PendingHint} task=${task} />`}`,
  }),
  column("type", t("Type"), 132, "type", { filter: "type", text: task => (task.type ?? "").replaceAll("_", " ") }),
  column("tags", t("Tags"), 132, "tags", {
    sort: undefined,
    filter: "tags",
    text: task => (task.tags ?? []).join(" "),
    render: task => html`<${Tags} tags=${task.tags} />`,
  }),
  column("project", t("Project"), 150, "project.name", {
    filter: "project",
    fields: ["project.name", "project.id"],
    text: task => task.project?.name ?? "",
    render: task =>
      task.project?.name &&
      html`<a href=${tasksLink(task.project)} title=${task.project.name}>${task.project.name}</a>`,
  }),
  column("user", t("User"), 100, "user.name", {
    fields: ["user.name"],
    filter: "user",
    text: task => task.user?.name ?? "",
  }),
  column("started", t("Started"), 110, "started", time("started")),
  column("last_update", t("Updated"), 110, "last_update", time("last_update")),
  column("created", t("Created"), 110, "created", time("created")),
  column("last_iteration", t("Iteration"), 90, "last_iteration", {
    numeric: true,
    filter: "range:last_iteration",
    text: task => String(task.last_iteration ?? ""),
    render: task => number(task.last_iteration),
  }),
  column("duration", t("Run time"), 90, "active_duration", {
    numeric: true,
    filter: "range:active_duration",
    fields: ["active_duration", "started", "completed", "last_update"],
    text: task => String(runTime(task) ?? ""),
    render: task => duration(runTime(task)),
  }),
  column("parent", t("Parent"), 150, "parent.name", {
    sort: undefined,
    fields: ["parent.name", "parent.id", "parent.project.id"],
    filter: "parent",
    text: task => task.parent?.name ?? "",
    render: task =>
      task.parent?.id && html`<a href=${taskLink(task.parent)}>${task.parent.name ?? shortId(task.parent.id)}</a>`,
  }),
  column("worker", t("Worker"), 130, "last_worker"),
  column("comment", t("Description"), 180, "comment"),
  column("id", t("ID"), 90, "id", { render: task => html`<code title=${task.id}>${shortId(task.id)}</code>` }),
];

export const defaultColumns = [
  "name",
  "status",
  "type",
  "tags",
  "project",
  "user",
  "started",
  "last_update",
  "last_iteration",
  "duration",
];

/** @typedef {{metric: string, variant: string, metric_hash: string, variant_hash: string}} MetricVariant */

const metricFields = { last: "value", min: "min_value", max: "max_value" };

/** The id under which a metric's column is remembered. @param {MetricVariant} m @param {"last" | "min" | "max"} which */
export const metricColumnId = (m, which) =>
  `m.${m.metric_hash}.${m.variant_hash}.${metricFields[which]}|${m.metric}/${m.variant}|${which}`;

/** Wide enough for a header, within limits. @param {string} name */
export const fitting = name => Math.max(90, Math.min(220, Math.round(7.3 * name.length) + 24));

/** @param {string} id @returns {TaskColumn | null} */
export function customColumn(id) {
  const [path, label, which] = id.slice(2).split("|");
  if (!label || path.split(".").length < 3) return null; // an address can say anything
  if (id.startsWith("m.")) {
    const [metric, variant, field] = path.split(".");
    const value = (/** @type {any} */ task) => task.last_metrics?.[metric]?.[variant]?.[field];
    const sort = `last_metrics.${metric}.${variant}.${field}`;
    const name = which === "last" ? label : `${label} (${t(which)})`;
    return {
      id,
      label: name,
      width: fitting(name),
      sort,
      fields: [sort],
      numeric: true,
      filter: `range:${sort}`,
      text: task => String(value(task) ?? ""),
      value,
    };
  }
  if (id.startsWith("p.")) {
    const [, section, name] = path.split(".").map(decoded);
    const value = (/** @type {any} */ task) => task.hyperparams?.[section]?.[name]?.value;
    return {
      id,
      label: name,
      width: fitting(name),
      sort: `${path}.value`,
      fields: [`${path}.value`],
      numeric: true,
      filter: `param:${path}`,
      text: task => String(value(task) ?? ""),
      render: task => html`<span class="cell-text" title=${value(task)}>${value(task) ?? "–"}</span>`,
    };
  }
  return null;
}

/** The metrics a newcomer wants to see first. @param {MetricVariant[]} metrics */
export function firstMetrics(metrics) {
  const wanted = [
    /^accuracy\/validation$/i,
    /^accuracy\/(test|held.?out)$/i,
    /^(macro_?f1|f1)\/(validation|test)$/i,
    /^loss\/validation$/i,
    /^loss\/train$/i,
    /accuracy/i,
    /loss/i,
  ];
  const found = wanted
    .map(pattern => metrics.find(m => pattern.test(`${m.metric}/${m.variant}`)))
    .filter(m => m !== undefined);
  return [...new Set(found)].slice(0, 3).map(m => metricColumnId(m, "last"));
}

/** Everything the server has to send for these columns. @param {TaskColumn[]} columns */
export const fieldsOf = columns => [
  ...new Set([
    "id",
    "name",
    "type",
    "status",
    "system_tags",
    "tags",
    "project.id",
    "project.name",
    ...columns.flatMap(c => c.fields),
  ]),
];
