/** What the task has written to keep, with previews, and the models it read and made. */
import { readFile } from "../../api.js";
import { html, useState } from "../../lib/dom.js";
import { fileKind, fileName, fileUrl } from "../../lib/addresses/files.js";
import { bytes, moment } from "../../lib/format.js";
import { useAsked } from "../../lib/answers/hooks.js";
import { modelLink } from "../../lib/addresses/links.js";
import { readTable } from "../../lib/reading/tables.js";
import { t, tn } from "../../lib/text.js";
import { Boundary } from "../../kit/boundary.js";
import { Button } from "../../kit/button.js";
import { Card } from "../../kit/card.js";
import { Facts } from "../../kit/lists/facts.js";
import { Answered, Empty } from "../../kit/states.js";
import { PlainTable } from "../../kit/lists/table.js";

/** @param {{task: any}} props */
export default function ArtifactsTab({ task }) {
  const artifacts = (task.execution?.artifacts ?? []).filter((/** @type {any} */ one) => one.mode !== "input");
  const models = ["input", "output"].flatMap(kind =>
    (task.models?.[kind] ?? []).map((/** @type {any} */ one) => ({ ...one, kind })),
  );
  if (!artifacts.length && !models.length)
    return html`<${Empty} icon="archive" title=${t("No artifacts")}>
    <p>${t("What a task hands to upload_artifact, and the models it saves, appear here.")}</p><//>`;
  return html`<div class="scroll stack">
    ${
      models.length > 0 &&
      html`<${Card} title=${t("Models")}>${() => html`
        <${PlainTable} label=${t("Models")} head=${[t("Name"), t("Role"), t("Model")]}
          rows=${models.map(one => [one.name || "–", one.kind === "input" ? t("read") : t("made"), html`<${ModelRef} model=${one.model} />`])} />`}<//>`
    }
    <div class="columns-2">${artifacts.map(
      (/** @type {any} */ one) => html`<${Boundary} key=${one.key} name=${one.key}>
        <${ArtifactCard} artifact=${one} /><//>`,
    )}</div>
  </div>`;
}

/** @param {{model: any}} props */
const ModelRef = ({ model }) => {
  const id = model?.id ?? model;
  return id ? html`<a href=${modelLink({ id, project: model?.project })}>${model?.name ?? id}</a>` : "–";
};

/** @param {{artifact: any}} props */
function ArtifactCard({ artifact }) {
  const [open, setOpen] = useState(false);
  const url = fileUrl(artifact.uri);
  const preview = artifact.type_data?.preview;
  const table = /\.(csv|tsv)(\.gz)?$/i.test(fileName(url));
  return html`<section class="card stack"><div class="row"><h2 class="grow">${artifact.key}</h2>
      ${
        (table || ["image", "audio", "text"].includes(fileKind(url))) &&
        html`<${Button} small pressed=${open} onClick=${() => setOpen(!open)}>${t("Preview")}<//>`
      }
      ${url && html`<a class="button small" href=${url} download=${fileName(url)}>${t("Download")}</a>`}</div>
    <${Facts} facts=${[
      [t("Type"), artifact.type],
      [t("Size"), artifact.content_size ? bytes(artifact.content_size) : ""],
      [t("File"), url && html`<span class="mono">${fileName(url)}</span>`],
      [t("Written"), artifact.timestamp && moment(artifact.timestamp * 1000)],
      ["SHA-256", artifact.hash && html`<code>${artifact.hash.slice(0, 16)}…</code>`],
    ]} />
    ${preview && !open && html`<pre class="artifact-preview" tabindex="0">${preview}</pre>`}
    ${open && html`<${Preview} url=${url} table=${table} />`}
  </section>`;
}

/** @param {{url: string, table: boolean}} props */
function Preview({ url, table }) {
  const kind = table ? "table" : fileKind(url);
  const answer = useAsked(
    async () => (kind === "table" ? readTable(url) : kind === "text" ? (await readFile(url)).text() : true),
    `preview ${url}`,
    { fixed: true },
  );
  return html`<${Answered} answer=${answer}>${(/** @type {any} */ data) => {
    if (kind === "image") return html`<img src=${url} alt=${fileName(url)} style=${{ maxWidth: "100%" }} />`;
    if (kind === "audio") return html`<audio controls src=${url}></audio>`;
    if (kind === "text") return html`<pre class="artifact-preview" tabindex="0">${data.slice(0, 100_000)}</pre>`;
    return html`<div class="artifact-preview">
      <${PlainTable} label=${fileName(url)} head=${data.columns}
        rows=${data.rows
          .slice(0, 100)
          .map((/** @type {any} */ row) =>
            data.columns.map((/** @type {string} */ name) => String(row[name] ?? "").slice(0, 60)),
          )} /></div>
            <small>${tn(data.rows.length, "1 row", "{n} rows")}</small>`;
  }}<//>`;
}
