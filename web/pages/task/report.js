/** A task's report: sections with sentences, tables and plots on one page; rows of a table may lead to their clips. */
import { readFile } from "../../api.js";
import { html } from "../../lib/dom.js";
import { fileUrl } from "../../lib/addresses/files.js";
import { alike } from "../../lib/format.js";
import { useAsked } from "../../lib/answers/hooks.js";
import { taskLink } from "../../lib/addresses/links.js";
import { t } from "../../lib/text.js";
import { Boundary } from "../../kit/boundary.js";
import { Plot } from "../../kit/charts/plot.js";
import { Answered, Empty } from "../../kit/states.js";
import { PlainTable } from "../../kit/lists/table.js";
import { reportOf } from "./tabs.js";

/**
 * @typedef {object} Section
 * @property {string} title @property {string[]} [text] @property {string[]} [head] @property {any[][]} [rows]
 * @property {Record<string, string>[]} [links] of each row, what the clip browser is asked for @property {any[]} [plots]
 */

/** @param {{task: any}} props */
export default function ReportTab({ task }) {
  const artifact = reportOf(task);
  const answer = useAsked(
    artifact ? async () => JSON.parse(await (await readFile(fileUrl(artifact.uri))).text()) : null,
    `report ${artifact?.uri}`,
    { fixed: true },
  );
  if (!artifact)
    return html`<${Empty} icon="columns" title=${t("No report")}>
      <p>${t("An evaluate task writes one when it ends: figures, confusions, calibration, robustness.")}</p><//>`;
  return html`<${Answered} answer=${answer}>${(/** @type {any} */ report) => html`<div class="scroll stack report">
    ${(report.sections ?? []).map(
      (/** @type {Section} */ section) => html`<${Boundary} key=${section.title} name=${section.title}>
        <${Part} section=${section} task=${task} /><//>`,
    )}</div>`}<//>`;
}

/** @param {{section: Section, task: any}} props */
function Part({ section, task }) {
  const { title, text = [], head = [], rows = [], links = [], plots = [] } = section;
  return html`<section class="card stack" aria-label=${title}><h2>${title}</h2>
    ${text.map(line => html`<p>${line}</p>`)}
    ${plots.map((plot, i) => html`<${Plot} source=${JSON.stringify(plot)} title=${plots.length > 1 ? `${title} ${i + 1}` : title} />`)}
    ${rows.length > 0 && html`<${PlainTable} label=${title} head=${head} numeric=${numbers(head, rows)} rows=${written(rows, links, task)} />`}
  </section>`;
}

/** The columns that hold numbers alone. @param {string[]} head @param {any[][]} rows */
const numbers = (head, rows) =>
  head.flatMap((_, i) => (rows.every(row => row[i] === null || typeof row[i] === "number") ? [i] : []));

/**
 * Cells as they are shown; the first of a row that leads somewhere is its link.
 * @param {any[][]} rows @param {Record<string, string>[]} links @param {any} task
 */
function written(rows, links, task) {
  const columns = (rows[0] ?? []).map((_, i) => rows.map(row => row[i]));
  const words = columns.map(column =>
    column.every(cell => cell === null || typeof cell === "number") ? alike(column.map(cell => cell ?? "")) : String,
  );
  return rows.map((row, i) =>
    row.map((cell, j) => {
      const shown = cell === null ? "" : words[j](cell);
      const link = j === 0 ? links[i] : undefined;
      return link ? html`<a href=${`${taskLink(task, "audio")}?${new URLSearchParams(link)}`}>${shown}</a>` : shown;
    }),
  );
}
