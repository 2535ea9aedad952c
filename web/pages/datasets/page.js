/** Datasets, each with its versions. */
import { call } from "../../api.js";
import { html, useState } from "../../lib/dom.js";
import { ago, bytes, number } from "../../lib/format.js";
import { useAsked } from "../../lib/answers/hooks.js";
import { datasetLink } from "../../lib/addresses/links.js";
import { useQuery } from "../../lib/addresses/router.js";
import { command } from "../../lib/addresses/commands.js";
import { t } from "../../lib/text.js";
import { Boundary } from "../../kit/boundary.js";
import { StatusChip } from "../../kit/chip.js";
import { More } from "../../kit/lists/more.js";
import { Answered, Empty } from "../../kit/states.js";
import { PlainTable } from "../../kit/lists/table.js";
import { PageHead } from "../frame.js";

const fields = ["name", "status", "created", "runtime", "project.id", "project.name", "user.name"];

/** Datasets by their project; a version is a task. */
export async function fetchDatasets() {
  const { tasks } = await call("tasks.get_all_ex", {
    system_tags: ["__$all", "dataset", "__$not", "archived"],
    search_hidden: true,
    only_fields: fields,
    order_by: ["-created"],
    page: 0,
    page_size: 500,
  });
  /** @type {Map<string, any>} */
  const found = new Map();
  for (const task of tasks) {
    const key = task.project?.id ?? "";
    if (!found.has(key)) found.set(key, { project: task.project, versions: [] });
    found.get(key).versions.push(task);
  }
  return [...found.values()];
}

/** "Soundyard / esc10" of "Soundyard/.datasets/esc10". @param {any} project */
export const nameOf = project => (project?.name ?? "").replace("/.datasets/", " / ");

export default function DatasetsPage() {
  const [text, setText] = useQuery("q");
  const answer = useAsked(fetchDatasets, "datasets", { every: 10 });
  return html`<${PageHead} title=${t("Datasets")}>
    <input type="search" class="search" aria-label=${t("Search datasets")} placeholder=${t("Search datasets")} value=${text}
      onInput=${(/** @type {any} */ e) => setText(e.target.value)} /><//>
    <div class="scroll stack"><${Answered} answer=${answer}>${(/** @type {any[]} */ datasets) => {
      const shown = datasets.filter(one => nameOf(one.project).toLowerCase().includes(text.toLowerCase()));
      if (!shown.length)
        return html`<${Empty} icon="datasets" title=${text ? t("No dataset has such a name") : t("No datasets yet")}>
        <p>${t("The preprocess task makes one:")}</p><pre>${command("tasks.preprocess")}</pre><//>`;
      return shown.map(
        one =>
          html`<${Boundary} key=${one.project?.id} name=${nameOf(one.project)} on=${one}><${Dataset} dataset=${one} /><//>`,
      );
    }}<//></div>`;
}

const portion = 10; // versions shown before "show more"

/** @param {{dataset: {project: any, versions: any[]}}} props */
function Dataset({ dataset: { project, versions } }) {
  const [most, setMost] = useState(portion);
  return html`<section class="card"><h2><a href=${datasetLink(project, versions[0].id)}>${nameOf(project)}</a></h2>
    <${PlainTable} even label=${nameOf(project)} head=${[t("Version"), t("Status"), t("Files"), t("Size"), t("Created"), t("User")]}
      rows=${versions
        .slice(0, most)
        .map(task => [
          html`<a href=${datasetLink(task.project, task.id)}>${task.runtime?.version ?? task.name}</a>`,
          html`<${StatusChip} status=${task.status} />`,
          number(task.runtime?.ds_file_count),
          bytes(task.runtime?.ds_total_size),
          ago(task.created),
          task.user?.name ?? "",
        ])} />
    <${More} total=${versions.length} most=${most} portion=${portion} setMost=${setMost} small /></section>`;
}
