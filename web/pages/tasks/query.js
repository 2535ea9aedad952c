/** What the address says about the table, and what that is in ClearML's query language. No drawing here. */

import { decoded } from "../../lib/addresses/address.js";

/**
 * @typedef {object} TableQuery
 * @property {string} text @property {boolean} regex @property {boolean} archived
 * @property {string[]} status @property {string[]} type @property {string[]} user @property {string[]} parent
 * @property {string[]} tags a leading "-" leaves tasks with the tag out
 * @property {{key: string, down: boolean}[]} sort
 * @property {"runs" | "templates" | "all"} kind what stands in the table: what ran, what is cloned, or everything
 * @property {string[]} project ids, in the table of all projects
 * @property {Record<string, string[]>} params hyperparameter path → accepted values
 * @property {Record<string, string>} ranges path of a number → "from..to", either end may be open
 * @property {Record<string, string>} since path of a time → how far back, one of `sinceNames`
 */

const spans = { "1h": 3600, "1d": 86_400, "7d": 604_800, "30d": 2_592_000 }; // seconds

/** @type {TableQuery["kind"][]} */
const kinds = ["runs", "templates", "all"];

const statuses = [
  "created",
  "queued",
  "in_progress",
  "stopped",
  "completed",
  "failed",
  "published",
  "publishing",
  "closed",
  "unknown",
];

export const sinceNames = Object.keys(spans);

/** A range with at least one end: "0.5..", "..3", "0.5..3". */
const numbers = /^(?=.*\d)(-?[\d.]+(e[+-]?\d+)?)?\.\.(-?[\d.]+(e[+-]?\d+)?)?$/i;

const list = (/** @type {string | null} */ text) => (text ? text.split(",").filter(Boolean).map(decoded) : []);

/** @param {string[]} values */
export const joined = values => values.map(value => encodeURIComponent(value)).join(",");

/** @param {URLSearchParams} query @returns {TableQuery} */
export function readQuery(query) {
  const under = (/** @type {string} */ prefix) =>
    [...query]
      .filter(([name, value]) => name.startsWith(prefix) && value)
      .map(([name, value]) => [name.slice(prefix.length), value]);
  return {
    text: query.get("q") ?? "",
    regex: query.get("regex") === "1",
    archived: query.get("archive") === "1",
    kind: kinds.find(one => one === query.get("kind")) ?? "runs",
    status: list(query.get("status")).filter(one => statuses.includes(one)),
    type: list(query.get("type")),
    user: list(query.get("user")),
    parent: list(query.get("parent")),
    project: list(query.get("project")),
    tags: list(query.get("tags")),
    sort: list(query.get("sort")).map(one =>
      one.startsWith("-") ? { key: one.slice(1), down: true } : { key: one, down: false },
    ),
    params: Object.fromEntries(under("is.").map(([path, value]) => [path, list(value)])),
    ranges: Object.fromEntries(under("in.").filter(([, value]) => numbers.test(value))),
    since: Object.fromEntries(under("since.").filter(([, value]) => value in spans)),
  };
}

/** The next sort order after a click on a column. @param {TableQuery["sort"]} sort @param {string} key @param {boolean} add */
export function nextSort(sort, key, add) {
  const old = sort.find(one => one.key === key);
  const next = { key, down: old ? !old.down : true };
  if (!add) return [next];
  return old ? sort.map(one => (one.key === key ? next : one)) : [...sort, next];
}

/** @param {TableQuery["sort"]} sort */
export const sortText = sort => joined(sort.map(({ key, down }) => (down ? `-${key}` : key)));

/** Python's and our own special characters, made plain. @param {string} text */
export const escapePattern = text => text.replace(/[.*+?^${}()|[\]\\]/g, "\\$&");

/** ClearML's list language for tags. @param {string[]} tags */
export function tagFilter(tags) {
  const wanted = tags.filter(tag => !tag.startsWith("-"));
  const unwanted = tags.filter(tag => tag.startsWith("-")).map(tag => tag.slice(1));
  return [...(wanted.length ? ["__$all", ...wanted] : []), ...(unwanted.length ? ["__$not", ...unwanted] : [])];
}

/**
 * The filters as `tasks.get_all_ex` and `organization.get_entities_count` take them.
 * @param {TableQuery} query @param {string} project "*" is any @param {number} [now] milliseconds
 * @returns {Record<string, any>}
 */
export function filterBody(query, project, now = Date.now()) {
  /** @type {Record<string, any>} */
  const body = {
    system_tags: [
      query.archived ? "archived" : "-archived",
      ...(query.kind === "runs" ? ["-pipeline", "-dataset"] : []),
    ],
  };
  if (project !== "*") Object.assign(body, { project: [project], include_subprojects: true, search_hidden: true });
  else if (query.project.length) Object.assign(body, { project: query.project, include_subprojects: true });
  if (query.status.length) body.status = query.status;
  if (query.type.length) body.type = query.type;
  if (query.user.length) body.user = query.user;
  if (query.parent.length) body.parent = query.parent[0];
  const tags = ofKind(query);
  if (tags.length) body.tags = tagFilter(tags);
  if (query.text) {
    const pattern = query.regex ? query.text : escapePattern(query.text);
    body._any_ = { pattern, fields: ["name", "id", "comment", "tags"] };
  }
  for (const [path, values] of Object.entries(query.params)) if (values.length) body[`${path}.value`] = values;
  for (const [path, range] of Object.entries(query.ranges))
    body[path] = range.split("..").map(edge => (edge === "" ? null : Number(edge)));
  for (const [path, span] of Object.entries(query.since))
    body[path] = [`>=${before(now, spans[/** @type {"1h"} */ (span)])}`];
  return body;
}

/** The tags asked for; templates stand apart, unless somebody asks for theirs. @param {TableQuery} query */
function ofKind({ kind, tags }) {
  if (kind === "templates") return [...tags, "template"];
  return kind === "runs" && !tags.includes("template") ? [...tags, "-template"] : tags;
}

/** A time that many seconds ago, on whole minutes, so that the question stays the same for a while. @param {number} now @param {number} seconds */
const before = (now, seconds) => new Date(Math.floor(now / 60_000 - seconds / 60) * 60_000).toISOString();

/**
 * @param {TableQuery} query @param {string} project @param {string[]} fields only these are sent
 */
export const tableBody = (query, project, fields) => ({
  ...filterBody(query, project),
  only_fields: fields,
  order_by: query.sort.length ? query.sort.map(({ key, down }) => (down ? `-${key}` : key)) : ["-last_update"],
});

/** How many filters are on. @param {TableQuery} query */
export const filterCount = query =>
  [
    query.status,
    query.type,
    query.user,
    query.parent,
    query.project,
    query.tags,
    query.text,
    ...Object.values(query.params),
    ...Object.values(query.ranges),
    ...Object.values(query.since),
  ].filter(one => one.length).length;

/** What takes every filter out of the address; the order of rows and the columns stay. @param {URLSearchParams} query @returns {Record<string, null>} */
export const cleared = query =>
  Object.fromEntries(
    [...query.keys()]
      .filter(name => /^(q|regex|status|type|user|parent|project|tags|(is|in|since)\..*)$/.test(name))
      .map(name => [name, null]),
  );
