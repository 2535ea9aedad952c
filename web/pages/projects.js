/** Projects as cards: what runs in each, and when something last happened. */
import { call, callAll } from "../api.js";
import { html } from "../lib/dom.js";
import { ago, duration, number } from "../lib/format.js";
import { useAsked } from "../lib/answers/hooks.js";
import { tasksLink } from "../lib/addresses/links.js";
import { useQuery } from "../lib/addresses/router.js";
import { t, tn } from "../lib/text.js";
import { agreed } from "../actions/release.js";
import { Boundary } from "../kit/boundary.js";
import { Button } from "../kit/button.js";
import { StatusChip, statusWords } from "../kit/chip.js";
import { asked } from "../kit/over/dialog.js";
import { Menu } from "../kit/over/menu.js";
import { Answered, Empty } from "../kit/states.js";
import { toast, toastError } from "../kit/over/toast.js";
import { PageHead } from "./frame.js";

export default function ProjectsPage() {
  const [text, setText] = useQuery("q");
  const answer = useAsked(
    () =>
      callAll("projects.get_all_ex", "projects", {
        include_stats: true,
        stats_for_state: "active",
        order_by: ["-last_update"],
      }),
    "projects",
    { every: 10 },
  );
  const create = async () => {
    const name = await asked({
      title: t("New project"),
      label: t("Name; a slash makes a sub-project"),
      confirm: t("Create"),
    });
    if (name) await call("projects.create", { name, description: "" }).then(answer.reload, toastError);
  };
  return html`<${PageHead} title=${t("Projects")}>
      <input type="search" class="search" aria-label=${t("Search projects")} placeholder=${t("Search projects")} value=${text}
        onInput=${(/** @type {any} */ e) => setText(e.target.value)} />
      <${Button} icon="plus" writes onClick=${create}>${t("New project")}<//>
    <//>
    <div class="scroll"><${Answered} answer=${answer}>${(/** @type {any[]} */ projects) => {
      const shown = projects.filter(project => project.name.toLowerCase().includes(text.toLowerCase()));
      if (!shown.length)
        return html`<${Empty} icon="projects" title=${text ? t("No project has such a name") : t("No projects yet")}>
        ${!text && html`<p>${t("A task makes its project by itself.")}</p>`}<//>`;
      return html`<div class="cards">${shown.map(
        project => html`<${Boundary} key=${project.id} name=${project.name}
          on=${project}><${ProjectCard} project=${project} reload=${answer.reload} /><//>`,
      )}</div>`;
    }}<//></div>`;
}

/** @param {{project: any, reload: () => void}} props */
function ProjectCard({ project, reload }) {
  const stats = project.stats?.active ?? {};
  const counts = Object.entries(stats.status_count ?? {}).filter(([status, n]) => Number(n) && status in statusWords);
  const items = [
    { label: t("Rename"), icon: /** @type {const} */ ("edit"), writes: true, onClick: () => rename(project, reload) },
    { label: t("Move"), icon: /** @type {const} */ ("move"), writes: true, onClick: () => move(project, reload) },
    {
      label: t("Delete"),
      icon: /** @type {const} */ ("trash"),
      danger: true,
      writes: true,
      onClick: () => remove(project, reload),
    },
  ];
  return html`<article class="card project-card">
    <div class="row"><a class="strong grow" href=${tasksLink(project)}>${project.name}</a>
      <${Menu} label=${t("What to do with {name}", { name: project.name })} quiet small items=${items} /></div>
    ${project.description && html`<p class="muted">${project.description}</p>`}
    <div class="status-row">${
      counts.length
        ? counts.map(([status, n]) => html`<span class="row"><${StatusChip} status=${status} /> ${number(n)}</span>`)
        : html`<span class="muted">${t("No tasks")}</span>`
    }</div>
    <div class="row muted"><small>${t("Updated {when}", { when: ago(project.last_update ?? project.created) })}</small><span class="grow"></span>
      ${stats.total_runtime ? html`<small>${t("Compute time {time}", { time: duration(stats.total_runtime) })}</small>` : null}</div>
  </article>`;
}

/** @param {any} project @param {() => void} reload */
async function rename(project, reload) {
  const cut = project.name.lastIndexOf("/") + 1;
  const [parent, leaf] = [project.name.slice(0, cut), project.name.slice(cut)];
  const label = parent ? t("Name, within {parent}", { parent: parent.slice(0, -1) }) : t("Name");
  const name = await asked({
    title: t("Rename"),
    label,
    value: leaf,
    confirm: t("Rename"),
    check: text => (text.includes("/") ? t("A name has no slash; to put it elsewhere, move it.") : null),
  });
  if (name && name !== leaf)
    await call("projects.update", { project: project.id, name: parent + name }).then(reload, toastError);
}

/** @param {any} project @param {() => void} reload */
async function move(project, reload) {
  const parent = project.name.slice(0, Math.max(0, project.name.lastIndexOf("/")));
  const place = await asked({
    title: t("Move"),
    label: t("Into which project? Nothing: to the top."),
    value: parent,
    confirm: t("Move"),
    empty: true,
  });
  if (place !== undefined && place !== parent)
    await call("projects.move", { project: project.id, new_location: place }).then(reload, toastError);
}

/** @param {any} project @param {() => void} reload */
async function remove(project, reload) {
  try {
    const {
      tasks = 0,
      models = 0,
      non_archived_tasks: live = 0,
    } = await call("projects.validate_delete", { project: project.id });
    if (live)
      return void toast(
        tn(
          live,
          "1 task in it is not in the archive; archive it first.",
          "{n} tasks in it are not in the archive; archive them first.",
        ),
        { tone: "error" },
      );
    const sure = await agreed({
      title: t("Delete for good"),
      endpoint: "projects.validate_delete",
      body: { project: project.id },
      of: answer => answer.release,
      confirm: t("Delete"),
      danger: true,
      text: [
        t("The project {name} will be deleted. This cannot be undone.", { name: project.name }),
        tn(tasks, "With it goes 1 archived task", "With it go {n} archived tasks"),
        tn(models, "and 1 model.", "and {n} models."),
      ].join(" "),
    });
    if (sure) await call("projects.delete", { project: project.id, delete_contents: true, force: true });
    if (sure) reload();
  } catch (error) {
    toastError(error);
  }
  return undefined;
}
