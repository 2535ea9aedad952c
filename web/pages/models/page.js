/** Models: what tasks have made, to be downloaded, published and traced back. */
import { callAll } from "../../api.js";
import { html } from "../../lib/dom.js";
import { ago, moment, shortId } from "../../lib/format.js";
import { useAsked } from "../../lib/hooks.js";
import { modelLink, taskLink, tasksLink } from "../../lib/links.js";
import { useQuery } from "../../lib/router.js";
import { t } from "../../lib/text.js";
import { Button } from "../../kit/button.js";
import { Chip, Tags } from "../../kit/chip.js";
import { Answered, Empty } from "../../kit/states.js";
import { DataTable } from "../../kit/table.js";
import { PageHead } from "../frame.js";

const fields = ["name", "framework", "ready", "created", "last_update", "tags", "system_tags", "project.id", "project.name", "task.id", "task.name",
  "task.project", "uri", "user.name"];

/** @param {{project?: string}} props */
export default function ModelsPage({ project = "*" }) {
  const [text, setText] = useQuery("q");
  const [archive, setArchive] = useQuery("archive");
  const body = { project: project === "*" ? undefined : [project], system_tags: [archive ? "archived" : "-archived"], only_fields: fields,
    order_by: ["-last_update"], search_hidden: project !== "*" };
  const answer = useAsked(() => callAll("models.get_all_ex", "models", body), `models ${project} ${archive}`, { every: 10 });
  return html`<${PageHead} title=${t("Models")}>
    <input type="search" class="search" aria-label=${t("Search models")} placeholder=${t("Search models")} value=${text}
      onInput=${(/** @type {any} */ e) => setText(e.target.value)} />
      <${Button} icon="archive" pressed=${Boolean(archive)} onClick=${() => setArchive(archive ? null : "1")}>${t("Archive")}<//><//>
    <section class="fill"><${Answered} answer=${answer}>${(/** @type {any[]} */ models) => {
      const shown = models.filter((one) => `${one.name} ${one.id} ${one.framework} ${(one.tags ?? []).join(" ")}`.toLowerCase().includes(text.toLowerCase()));
      return html`<${DataTable} label=${t("Models")} columns=${columns()} count=${shown.length} rowAt=${(/** @type {number} */ i) => shown[i]}
        empty=${html`<${Empty} icon="models" title=${text ? t("No model has such a name") : archive ? t("The archive is empty") : t("No models yet")}>
            <p>${t("A train task keeps its best checkpoint as a model.")}</p><//>`} />`;
    }}<//></section>`;
}

const columns = () => [
  { id: "name", label: t("Name"), width: 260, render: (/** @type {any} */ one) =>
    html`<a class="strong" href=${modelLink(one)} title=${one.name}>${one.name || shortId(one.id)}</a>` },
  { id: "state", label: t("State"), width: 110, render: (/** @type {any} */ one) =>
    (one.ready ? html`<${Chip} tone="accent">${t("Published")}<//>` : html`<span class="muted">${t("Draft")}</span>`) },
  { id: "framework", label: t("Framework"), width: 110, render: (/** @type {any} */ one) => one.framework ?? "–" },
  { id: "task", label: t("Made by"), width: 190, render: (/** @type {any} */ one) => one.task?.id
    && html`<a href=${taskLink(one.task)}>${one.task.name ?? shortId(one.task.id)}</a>` },
  { id: "project", label: t("Project"), width: 170, render: (/** @type {any} */ one) => one.project?.id
    && html`<a href=${tasksLink(one.project)}>${one.project.name}</a>` },
  { id: "tags", label: t("Tags"), width: 150, render: (/** @type {any} */ one) => html`<${Tags} tags=${one.tags} />` },
  { id: "updated", label: t("Updated"), width: 120, render: (/** @type {any} */ one) =>
    html`<time title=${moment(one.last_update ?? one.created)}>${ago(one.last_update ?? one.created)}</time>` },
  { id: "id", label: t("ID"), width: 90, render: (/** @type {any} */ one) => html`<code title=${one.id}>${shortId(one.id)}</code>` },
];
