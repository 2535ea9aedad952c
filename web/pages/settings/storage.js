/** What takes how much room on the server: kinds of files, projects, the largest tasks. Not in ClearML's own API. */
import { html } from "../../lib/dom.js";
import { bytes, number, percent } from "../../lib/format.js";
import { useApi } from "../../lib/answers/hooks.js";
import { taskLink, tasksLink } from "../../lib/addresses/links.js";
import { t, tn } from "../../lib/text.js";
import { Card } from "../../kit/card.js";
import { StatusChip } from "../../kit/chip.js";
import { Meter } from "../../kit/meter.js";
import { Answered, Empty } from "../../kit/states.js";
import { PlainTable } from "../../kit/lists/table.js";
import { isAdmin } from "../../lib/answers/session.js";
import { RetentionCard } from "./retention.js";
import { isNotOurs } from "./rules.js";

const most = 20; // rows of a table

/** @typedef {{name: any, files: number, bytes: number, more?: any}} Room what takes room */

export function StorageSection() {
  const usage = useApi("storage.get_usage");
  if (isNotOurs(usage))
    return html`<section class="card" aria-label=${t("Storage")}><h2>${t("Storage")}</h2>
    <${Empty} icon="datasets" title=${t("This server does not count its storage")} /></section>`;
  return html`<${Answered} answer=${usage}>${(/** @type {any} */ data) => html`
    <section class="card stack" aria-label=${t("Storage")}><h2>${t("Storage")}</h2>
      <dl class="figures">${figures(data).map(([name, value]) => html`<div><dt>${name}</dt><dd>${value}</dd></div>`)}</dl>
      <div class="disk"><${Meter} value=${100 * (1 - data.disk.free / Math.max(1, data.disk.total))}
          text=${t("{size} of {all} in use", { size: bytes(data.disk.total - data.disk.free), all: bytes(data.disk.total) })} label=${t("Disk in use")} /></div>
      ${
        data.files.ownerless?.files > 0 &&
        html`<p class="hint">${t("{n} files ({size}) belong to no task that still exists.", {
          n: data.files.ownerless.files,
          size: bytes(data.files.ownerless.bytes),
        })}</p>`
      }</section>
    <${Table} title=${t("Files by kind")} head=${t("Kind")} rooms=${data.files.kinds.map((/** @type {any} */ one) => ({ ...one, name: t(one.kind) }))}
      all=${data.files.bytes} />
    <${Table} title=${t("Projects")} head=${t("Project")}
      rooms=${data.projects.map((/** @type {any} */ one) => ({ ...one, name: html`<a href=${tasksLink(one)}>${one.name}</a>` }))} all=${data.files.bytes} />
    <${Table} title=${t("Largest tasks")} head=${t("Task")}
      rooms=${data.tasks.map((/** @type {any} */ one) => ({
        ...one,
        name: html`<a href=${taskLink({ id: one.id, project: { id: one.project } })}>${one.name}</a>`,
        more: html`<${StatusChip} status=${one.status} />`,
      }))} all=${data.files.bytes} />
    ${isAdmin() && html`<${RetentionCard} />`}`}<//>`;
}

/** @param {any} data @returns {[string, string][]} */
const figures = data => [
  [tn(Number(data.files.files), "1 file", "{n} files"), bytes(data.files.bytes)],
  [t("Database"), bytes(data.database.bytes)],
  [t("Free on the disk"), bytes(data.disk.free)],
];

/** @param {{title: string, head: string, rooms: Room[], all: number}} props */
const Table = ({ title, head, rooms, all }) =>
  rooms.length > 0 &&
  html`<${Card} title=${title}>${() => html`
  <${PlainTable} label=${title} even numeric=${[2, 3, 4]}
    head=${[head, title === t("Largest tasks") ? t("Status") : "", t("Files"), t("Size"), t("Share")]}
    rows=${rooms.slice(0, most).map(one => [one.name, one.more ?? "", number(one.files), bytes(one.bytes), percent(one.bytes / Math.max(1, all))])} />
  ${rooms.length > most && html`<p class="hint after">${tn(rooms.length - most, "and 1 more", "and {n} more")}</p>`}`}<//>`;
