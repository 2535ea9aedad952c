/** Pipelines, each with its newest runs. */
import { callAll, call } from "../../api.js";
import { html, useState } from "../../lib/dom.js";
import { ago, duration, shortId } from "../../lib/format.js";
import { useAsked } from "../../lib/answers/hooks.js";
import { pipelineLink } from "../../lib/addresses/links.js";
import { useQuery } from "../../lib/addresses/router.js";
import { t } from "../../lib/text.js";
import { Boundary } from "../../kit/boundary.js";
import { StatusChip } from "../../kit/chip.js";
import { More } from "../../kit/lists/more.js";
import { Answered, Empty } from "../../kit/states.js";
import { PlainTable } from "../../kit/lists/table.js";
import { PageHead } from "../frame.js";
import { runTime } from "../tasks/columns.js";
import { Schedules } from "./schedules.js";

const fields = [
  "name",
  "status",
  "started",
  "completed",
  "created",
  "last_update",
  "active_duration",
  "project.id",
  "project.name",
  "user.name",
];

/** Pipelines are projects of their own, hidden ones; a run is a controller task in it. */
async function fetchPipelines() {
  const [projects, { tasks }] = await Promise.all([
    callAll("projects.get_all_ex", "projects", { system_tags: ["pipeline"], search_hidden: true }),
    call("tasks.get_all_ex", {
      type: ["controller"],
      system_tags: ["__$all", "pipeline", "__$not", "archived"],
      search_hidden: true,
      only_fields: fields,
      order_by: ["-created"],
      page: 0,
      page_size: 200,
    }),
  ]);
  return projects
    .map(project => ({ project, runs: tasks.filter((/** @type {any} */ task) => task.project?.id === project.id) }))
    .filter(one => one.runs.length);
}

export default function PipelinesPage() {
  const [text, setText] = useQuery("q");
  const answer = useAsked(fetchPipelines, "pipelines", { every: 5 });
  return html`<${PageHead} title=${t("Pipelines")}>
    <input type="search" class="search" aria-label=${t("Search pipelines")} placeholder=${t("Search pipelines")} value=${text}
      onInput=${(/** @type {any} */ e) => setText(e.target.value)} /><//>
    <div class="scroll stack"><${Schedules} /><${Answered} answer=${answer}>${(/** @type {any[]} */ pipelines) => {
      const shown = pipelines.filter(one => nameOf(one.project).toLowerCase().includes(text.toLowerCase()));
      if (!shown.length)
        return html`<${Empty} icon="pipelines" title=${text ? t("No pipeline has such a name") : t("No pipelines yet")}>
        <p>${t("A pipeline chains tasks; the demo runs one:")}</p><pre>python pipelines/main_job.py</pre><//>`;
      return shown.map(
        one =>
          html`<${Boundary} key=${one.project.id} name=${nameOf(one.project)} on=${one}><${Pipeline} pipeline=${one} /><//>`,
      );
    }}<//></div>`;
}

const portion = 8; // runs shown before "show more"

/** @param {{pipeline: {project: any, runs: any[]}}} props */
function Pipeline({ pipeline: { project, runs } }) {
  const [most, setMost] = useState(portion);
  return html`<section class="card"><h2><a href=${pipelineLink(project, runs[0].id)}>${nameOf(project)}</a></h2>
    <${PlainTable} even label=${nameOf(project)} head=${[t("Run"), t("Status"), t("Started"), t("Run time"), t("User")]}
      rows=${runs
        .slice(0, most)
        .map(run => [
          html`<a href=${pipelineLink(run.project, run.id)}>${run.name} <small>${shortId(run.id)}</small></a>`,
          html`<${StatusChip} status=${run.status} />`,
          run.started ? ago(run.started) : "–",
          duration(runTime(run)),
          run.user?.name ?? "",
        ])} />
    <${More} total=${runs.length} most=${most} portion=${portion} setMost=${setMost} small /></section>`;
}

/** "Soundyard / main job" of "Soundyard/.pipelines/main job". @param {any} project */
export const nameOf = project => project.name.replace("/.pipelines/", " / ");
