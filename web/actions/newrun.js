/** A new run: from one of the templates, which are drafts that stand ready to be cloned. */
import { call } from "../api.js";
import { html } from "../lib/dom.js";
import { useAsked } from "../lib/answers/hooks.js";
import { command } from "../lib/addresses/commands.js";
import { t } from "../lib/text.js";
import { Dialog, openDialog } from "../kit/over/dialog.js";
import { Answered, Empty } from "../kit/states.js";
import { CloneDialog } from "./clone.js";

const fields = ["name", "type", "comment", "project.id", "project.name", "parent", "tags"];

/** Ask which template, then what to change in it. */
export async function newRun() {
  const template = await openDialog(TemplateDialog);
  if (template)
    await openDialog(CloneDialog, {
      task: template,
      title: t("New run"),
      name: `${template.name} ${stamp(new Date())}`,
    });
}

/** "11-26 14:05", which tells runs of one template apart. @param {Date} now */
function stamp(now) {
  const two = (/** @type {number} */ n) => String(n).padStart(2, "0");
  return `${two(now.getMonth() + 1)}-${two(now.getDate())} ${two(now.getHours())}:${two(now.getMinutes())}`;
}

/** Drafts with the tag; one that is itself a clone is somebody's run. @returns {Promise<[string, any[]][]>} by project */
async function fetchTemplates() {
  const { tasks } = await call("tasks.get_all_ex", {
    tags: ["__$all", "template"],
    status: ["created"],
    system_tags: ["-archived"],
    search_hidden: true,
    only_fields: fields,
    order_by: ["project.name", "created"],
    page: 0,
    page_size: 500,
  });
  /** @type {Map<string, any[]>} */
  const found = new Map();
  for (const task of tasks) {
    if (task.parent) continue;
    const name = task.project?.name ?? "";
    found.set(name, [...(found.get(name) ?? []), task]);
  }
  return [...found];
}

/** @param {{close: (value?: any) => void}} props */
function TemplateDialog({ close }) {
  const answer = useAsked(fetchTemplates, "templates");
  return html`<${Dialog} title=${t("New run")} close=${close}><${Answered} answer=${answer}>${(
    /** @type {[string, any[]][]} */ projects,
  ) =>
    projects.length
      ? projects.map(
          ([name, templates]) => html`<section class="templates"><h3>${name}</h3>
      <ul>${templates.map(
        one => html`<li><button type="button" class="template" onClick=${() => close(one)}>
          <strong>${one.name}</strong><small>${one.type?.replaceAll("_", " ")}</small>${one.comment && html`<span>${one.comment}</span>`}</button></li>`,
      )}</ul>
      </section>`,
        )
      : html`<${Empty} icon="clone" title=${t("No templates yet")}>
      <p>${t("A template is a draft with the tag “template”. This puts one for every kind of task on the server:")}</p>
      <pre>${command("tasks.register")}</pre><//>`}<//>
  <//>`;
}
