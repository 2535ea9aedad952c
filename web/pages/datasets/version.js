/** One version of a dataset: its files, what changed against its parent, where it comes from, how it sounds. */
import { call } from "../../api.js";
import { html } from "../../lib/dom.js";
import { ago, bytes, date, moment, number } from "../../lib/format.js";
import { useAsked } from "../../lib/answers/hooks.js";
import { datasetLink, taskLink } from "../../lib/addresses/links.js";
import { navigate, useQuery } from "../../lib/addresses/router.js";
import { t, tn } from "../../lib/text.js";
import { Card } from "../../kit/card.js";
import { Select } from "../../kit/over/combobox.js";
import { Chip, StatusChip } from "../../kit/chip.js";
import { Facts } from "../../kit/lists/facts.js";
import { Answered, Empty } from "../../kit/states.js";
import { DataTable, PlainTable } from "../../kit/lists/table.js";
import { Tabs } from "../../kit/tabs.js";
import AudioTab, { clipsArtifact } from "../../audio/tab.js";
import { PageHead } from "../frame.js";
import SamplesTab from "../task/samples.js";
import { fetchDatasets, nameOf } from "./page.js";
import { changes, contents, parentsOf } from "./rules.js";

const getTask = async (/** @type {string} */ id) => {
  const answer = await call("tasks.get_by_id_ex", { id: [id] });
  return answer.task ?? answer.tasks?.[0];
};

/** A version: the one that is asked for, else the newest of its dataset. @param {string} project @param {string | undefined} version */
async function fetchVersion(project, version) {
  const id = version ?? (await fetchDatasets()).find(one => one.project?.id === project)?.versions[0]?.id;
  return (id && (await getTask(id))) ?? null;
}

/** What stands around a version: its siblings, its parents, its maker and the tasks that read it. @param {any} task @param {string} project */
async function fetchAround(task, project) {
  const datasets = await fetchDatasets();
  const mine = datasets.find(
    one => one.project?.id === project || one.versions.some((/** @type {any} */ other) => other.id === task.id),
  );
  const parents = (
    await Promise.all(parentsOf(task.configuration?.["Dataset Struct"]?.value, task.id).map(getTask))
  ).filter(Boolean);
  const users = await usersOf(task.id);
  const maker = task.parent ? await getTask(task.parent?.id ?? task.parent).catch(() => null) : null;
  return { parents, users, maker, versions: mine?.versions ?? [task] };
}

/**
 * The tasks that read a version, newest first: those told to by a parameter, and those that found it, which the SDK writes down by our alias.
 * @param {string} id
 */
async function usersOf(id) {
  const asked = {
    search_hidden: true,
    only_fields: ["name", "type", "status", "last_update", "project.id", "configuration.frontend.value"],
    page: 0,
    page_size: 50,
    order_by: ["-last_update"],
  };
  const found = await Promise.all(
    ["Args.dataset_id", "Datasets.clips"].map(path =>
      call("tasks.get_all_ex", { [`hyperparams.${path}.value`]: [id], ...asked }),
    ),
  );
  const tasks = new Map(found.flatMap(one => one.tasks).map(task => [task.id, task]));
  return [...tasks.values()].sort((a, b) => Number(date(b.last_update)) - Number(date(a.last_update)));
}

/** @param {{project: string, version?: string}} props */
export default function DatasetPage({ project, version }) {
  const answer = useAsked(() => fetchVersion(project, version), `dataset ${project} ${version}`);
  return html`<${Answered} page answer=${answer}>
    ${(/** @type {any} */ task) =>
      task
        ? html`<${Version} task=${task} project=${project} />`
        : html`<${Empty} page icon="datasets" title=${t("This dataset is not there any more")} />`}<//>`;
}

/** @param {{task: any, project: string}} props */
function Version({ task, project }) {
  const around = useAsked(() => fetchAround(task, project), `around ${project} ${task.id}`);
  const versions = around.data?.versions ?? [];
  const [tab] = useQuery("tab", "files");
  const at = datasetLink(task.project, task.id);
  const tabs = [
    { id: "files", label: t("Files"), href: at },
    { id: "lineage", label: t("Lineage"), href: `${at}?tab=lineage` },
    { id: "sound", label: t("Sound"), href: `${at}?tab=sound` },
  ];
  return html`<${PageHead} title=${nameOf(task.project)} trail=${[{ label: t("Datasets"), href: "/datasets" }]}
    under=${html`<div class="task-facts"><${StatusChip} status=${task.status} /><span>${t("version {name}", { name: task.runtime?.version ?? "–" })}</span>
        <span>${tn(Number(task.runtime?.ds_file_count), "1 file", "{n} files")}</span><span>${bytes(task.runtime?.ds_total_size)}</span>
        <span title=${moment(task.created)}>${t("created {when}", { when: ago(task.created) })}</span></div>`}>
      ${
        versions.length > 1 &&
        html`<${Select} hideLabel label=${t("Version")} value=${task.id}
          options=${versions.map((/** @type {any} */ one) => ({ value: one.id, label: `${one.runtime?.version ?? one.name} · ${ago(one.created)}` }))}
          onChange=${(/** @type {string} */ id) => navigate(datasetLink(task.project, id))} />`
      }
      <a class="button" href=${taskLink(task)}>${t("Open as a task")}</a><//>
    <${Tabs} label=${t("Parts of the dataset")} tabs=${tabs} current=${tab} />
    <${Answered} answer=${around}>${(/** @type {any} */ found) =>
      tab === "lineage"
        ? html`<${Lineage} task=${task} ...${found} />`
        : tab === "sound"
          ? html`<${Sound} task=${task} ...${found} />`
          : html`<${Files} task=${task} ...${found} />`}<//>`;
}

/**
 * All clips where the version lists them, drawn as the newest model that learnt from it hears them; else what was reported.
 * @param {{task: any, maker: any, users: any[], versions: any[]}} props
 */
function Sound({ task, maker, users, versions }) {
  if (!clipsArtifact(task)) return html`<${SamplesTab} task=${task} also=${maker} live=${false} />`;
  const peers = versions
    .filter(one => one.id !== task.id)
    .map(one => ({
      id: one.id,
      name: one.runtime?.version ? t("version {name}", { name: one.runtime.version }) : one.name,
    }));
  const done = (/** @type {any} */ one) =>
    one.configuration?.frontend && ["completed", "published", "closed"].includes(one.status); // a draft may be a clone for other data
  return html`<${AudioTab} task=${task} peers=${peers} model=${users.find(done)} />`;
}

/** @param {{task: any, parents: any[]}} props */
function Files({ task, parents }) {
  const preview = (/** @type {any} */ one) => contents(one.configuration?.["Dataset Content"]?.value);
  const { files, removed } = changes(preview(task), parents.flatMap(preview));
  const words = { added: t("added"), modified: t("modified") };
  const columns = [
    {
      id: "name",
      label: t("File"),
      width: 420,
      render: (/** @type {any} */ file) => html`<span class="cell-text mono" title=${file.name}>${file.name}</span>`,
    },
    { id: "size", label: t("Size"), width: 110, numeric: true, render: (/** @type {any} */ file) => bytes(file.size) },
    {
      id: "change",
      label: t("Change"),
      width: 120,
      render: (/** @type {any} */ file) =>
        parents.length > 0 &&
        file.change &&
        html`<${Chip} tone=${file.change === "added" ? "good" : "note"}>${words[/** @type {"added"} */ (file.change)]}<//>`,
    },
    {
      id: "hash",
      label: "SHA-256",
      width: 180,
      render: (/** @type {any} */ file) => html`<code title=${file.hash}>${file.hash.slice(0, 16)}</code>`,
    },
  ];
  return html`${
    removed.length > 0 &&
    html`<p class="tool-bar">${t("Removed since the parent version ({n}): {names}", {
      n: removed.length,
      names: removed
        .slice(0, 5)
        .map(file => file.name)
        .join(", "),
    })}</p>`
  }
    <section class="fill"><${DataTable} label=${t("Files")} columns=${columns} count=${files.length} rowAt=${(/** @type {number} */ i) => files[i]}
        empty=${html`<${Empty} icon="datasets" title=${t("No list of files")} />`} /></section>`;
}

/** @param {{task: any, parents: any[], users: any[], maker: any}} props */
const Lineage = ({ task, parents, users, maker }) => html`<div class="scroll"><div class="columns-2">
  <${Card} title=${t("Comes from")}>${() => html`
    <${Facts} facts=${[
      [t("Made by"), maker && html`<a href=${taskLink(maker)}>${maker.name}</a>`],
      ...parents.map(
        one =>
          /** @type {[string, any]} */ ([
            t("Parent version"),
            html`<a href=${datasetLink(one.project, one.id)}>${nameOf(one.project)} ${one.runtime?.version ?? ""}</a>`,
          ]),
      ),
      [t("ID"), html`<code>${task.id}</code>`],
    ]} />`}<//>
  <${Card} title=${t("Used by")}>${() => html`
    ${
      users.length
        ? html`<${PlainTable} label=${t("Used by")}
        rows=${users.map(one => [html`<a href=${taskLink(one)}>${one.name}</a>`, one.type, html`<${StatusChip} status=${one.status} />`])} />`
        : html`<p class="muted">${t("No task has read it yet.")}</p>`
    }`}<//>
</div></div>`;
