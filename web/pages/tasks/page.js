/** The table of tasks: of one project, or of all. */
import { call, callAll } from "../../api.js";
import { html, useEffect, useMemo, useState } from "../../lib/dom.js";
import { alike, csv } from "../../lib/format.js";
import { save } from "../../lib/addresses/files.js";
import { useApi, useAsked } from "../../lib/answers/hooks.js";
import { compareLink } from "../../lib/addresses/links.js";
import { navigate, query, setQuery } from "../../lib/addresses/router.js";
import { useServerRows } from "../../lib/answers/rows.js";
import { stillThere } from "../../lib/selection.js";
import { command, demo } from "../../lib/addresses/commands.js";
import { t, tn } from "../../lib/text.js";
import { newRun } from "../../actions/newrun.js";
import { Button, Choice } from "../../kit/button.js";
import { Empty, ErrorBox, Outdated } from "../../kit/states.js";
import { DataTable } from "../../kit/lists/table.js";
import { toastError } from "../../kit/over/toast.js";
import { PageHead } from "../frame.js";
import { BulkBar } from "./bulk.js";
import { ColumnsButton, useColumns } from "./choose.js";
import { fieldsOf } from "./columns.js";
import { ActiveFilters, HeaderFilter, SearchBox } from "./filters.js";
import { FirstSteps } from "./start.js";
import { cleared, filterBody, filterCount, nextSort, readQuery, sortText, tableBody } from "./query.js";

/** @param {{project?: string}} props */
export default function TasksPage({ project = "*" }) {
  const asked = readQuery(query.value);
  const columns = useColumns(project);
  const [selection, setSelection] = useState(/** @type {import("../../lib/selection.js").Selection} */ (new Map()));
  const fields = useMemo(() => fieldsOf(columns.shown), [columns.shown.map(c => c.id).join()]);
  const filter = filterBody(asked, project);
  const rows = useServerRows("tasks.get_all_ex", "tasks", tableBody(asked, project, fields), {
    about: project,
    count: async () => (await call("organization.get_entities_count", { tasks: filter })).tasks ?? null,
  });
  const seen = Array.from({ length: Math.min(rows.count, alikeOver) }, (_, i) => rows.rowAt(i)).filter(Boolean);
  const { sort: _, ...which } = asked;
  useEffect(() => setSelection(new Map()), [JSON.stringify([project, which])]); // another list: nothing of it is chosen yet
  const chosen = useChosen(selection, setSelection);
  const clear = () => setSelection(new Map());
  const chooseAll = async () => {
    const all = await callAll("tasks.get_all_ex", "tasks", tableBody(asked, project, chosenFields), Infinity);
    setSelection(new Map(all.map(task => [task.id, task])));
  };
  return html`
    <${Head} project=${project} total=${rows.total} asked=${asked} columns=${columns} filter=${filter} />
    <${ActiveFilters} asked=${asked} columns=${columns.shown} />
    ${rows.loaded && html`<${Outdated} answer=${{ data: true, error: rows.error, reload: rows.reload }} />`}
    <section class="fill">
      ${
        rows.loaded && rows.count === 0 && isFirstVisit(asked, project)
          ? html`<div class="scroll"><${FirstSteps}><${ShowAll} /><//></div>`
          : rows.error && !rows.loaded
            ? html`<${ErrorBox} error=${rows.error} retry=${rows.reload} />`
            : html`
      <${DataTable} label=${t("Tasks")} columns=${columns.shown.map(column => tableColumn(column, asked, project, seen))}
        count=${rows.loaded ? rows.count : rows.count || 12}
        rowAt=${rows.rowAt} onNeed=${rows.need} sort=${asked.sort.length ? asked.sort : [{ key: "last_update", down: true }]}
        onSort=${(/** @type {string} */ key, /** @type {boolean} */ add) => setQuery({ sort: sortText(nextSort(asked.sort, key, add)) })}
        selection=${selection} onSelect=${setSelection} between=${rows.between} waiting=${!rows.loaded} onResize=${columns.resize} onReorder=${columns.reorder}
        empty=${rows.loaded && html`<${NoTasks} asked=${asked} />`} />`
      }
    </section>
    ${
      chosen.length > 0 &&
      html`<${BulkBar} tasks=${chosen} total=${rows.total} chooseAll=${chooseAll} done=${() => (clear(), rows.reload())} clear=${clear}
        compare=${() => navigate(compareLink([...selection.keys()], "scalars", project))} />`
    }`;
}

/** @param {{project: string, total: number | null, asked: any, columns: any, filter: any}} props */
function Head({ project, total, asked, columns, filter }) {
  const one = useApi(project === "*" ? null : "projects.get_by_id", { project }, { aside: true });
  const title = project === "*" ? t("All tasks") : (one.data?.project?.name ?? t("Tasks"));
  const exportCsv = async () => {
    const tasks = await callAll(
      "tasks.get_all_ex",
      "tasks",
      tableBody(asked, project, fieldsOf(columns.shown)),
      Infinity,
    );
    const header = columns.shown.map((/** @type {any} */ c) => c.label);
    save(
      `${title}.csv`,
      csv(
        header,
        tasks.map((/** @type {any} */ task) => columns.shown.map((/** @type {any} */ c) => c.text(task))),
      ),
      "text/csv",
    );
  };
  return html`<${PageHead} title=${title} trail=${project === "*" ? [] : [{ label: t("Projects"), href: "/projects" }]}
    under=${html`<span class="count-note">${total === null ? "\u00a0" : tn(total, "1 task", "{n} tasks")}</span>`}>
    <${SearchBox} key=${project} asked=${asked} />
    <${Choice} label=${t("What is listed")} value=${asked.kind} onChange=${(/** @type {string} */ kind) => setQuery({ kind: kind === "runs" ? null : kind })}
      options=${[
        { value: "runs", label: t("Runs") },
        { value: "templates", label: t("Templates") },
        { value: "all", label: t("All") },
      ]} />
    <${Button} primary icon="plus" writes onClick=${newRun}>${t("New run")}<//>
    <${Button} icon="archive" pressed=${asked.archived} onClick=${() => setQuery({ archive: asked.archived ? null : "1" })}>${t("Archive")}<//>
    <${ColumnsButton} project=${project} columns=${columns} />
    <${Button} icon="download" label=${t("Download as CSV")} onClick=${() => exportCsv().catch(toastError)} />
  <//>`;
}

const alikeOver = 300; // rows whose numbers are written alike

/** @param {any} column @param {any} asked @param {string} project @param {any[]} seen rows that are loaded */
function tableColumn(column, asked, project, seen) {
  const written = column.value && alike(seen.map(column.value));
  const plain = (/** @type {any} */ task) =>
    html`<span class="cell-text" title=${column.text(task)}>${column.text(task)}</span>`;
  return {
    ...column,
    render: column.render ?? (written ? (/** @type {any} */ task) => written(column.value(task)) : plain),
    extra:
      column.filter &&
      html`<${HeaderFilter} kind=${column.filter} label=${column.label} asked=${asked} project=${project} />`,
  };
}

/** What the actions on many tasks look at. */
const chosenFields = ["name", "status", "type", "tags", "system_tags", "project.id", "project.name"];

const watched = 500; // chosen tasks whose state is kept up with

/**
 * The chosen tasks as they are now, wherever in the list they stand; those that are gone are not chosen any more.
 * @param {import("../../lib/selection.js").Selection} selection @param {(change: (old: Map<string, any>) => Map<string, any>) => void} setSelection
 * @returns {any[]}
 */
function useChosen(selection, setSelection) {
  const ids = [...selection.keys()];
  const ask = async (/** @type {AbortSignal} */ signal) => ({
    ids,
    tasks:
      (
        await call(
          "tasks.get_all_ex",
          { id: ids, only_fields: chosenFields, search_hidden: true, page: 0, page_size: watched },
          { signal },
        )
      ).tasks ?? [],
  });
  const answer = useAsked(ids.length && ids.length <= watched ? ask : null, `chosen ${ids.join()}`, {
    every: 5,
    aside: true,
  });
  useEffect(() => {
    if (answer.data) setSelection(old => stillThere(old, answer.data.tasks, answer.data.ids));
  }, [answer.data]);
  const known = new Map((answer.data?.tasks ?? []).map((/** @type {any} */ task) => [task.id, task]));
  return [...selection.values()].map(row => known.get(row.id) ?? row);
}

/** Nothing was asked for in particular, and nothing is there. @param {any} asked @param {string} project */
const isFirstVisit = (asked, project) =>
  project === "*" && asked.kind === "runs" && !asked.archived && !filterCount(asked);

/** @param {{asked: any}} props */
const NoTasks = ({ asked }) =>
  asked.kind === "templates" && !filterCount(asked)
    ? html`<${Empty} icon="clone" title=${t("No templates here")}>
      <p>${t("A template is a draft with the tag “template”. This puts one for every kind of task on the server:")}</p>
      <pre>${command("tasks.register")}</pre><//>`
    : filterCount(asked)
      ? html`<${Empty} icon="filter" title=${t("No task fits the filters")}>
      <${Button} onClick=${() => setQuery(cleared(query.value))}>${t("Clear the filters")}<//>
      ${asked.kind !== "all" && html`<${ShowAll} />`}<//>`
      : asked.archived
        ? html`<${Empty} icon="archive" title=${t("The archive is empty")} />`
        : html`<${Empty} icon="tasks" title=${t("No tasks yet")}><p>${t("A task is made by any script that calls Task.init, or by the demo:")}</p>
        <pre>${demo()}</pre>${asked.kind !== "all" && html`<${ShowAll} />`}<//>`;

/** Templates, pipelines and datasets are tasks as well, and may be what somebody looks for. */
const ShowAll = () => html`<p>${t("Templates, pipelines and datasets are left out here.")}</p>
  <${Button} onClick=${() => setQuery({ kind: "all" })}>${t("Show everything")}<//>`;
