/** Who listens on a queue, and what each is doing: the short answer to "why is it waiting?". */
import { html } from "../../lib/dom.js";
import { ago } from "../../lib/format.js";
import { command } from "../../lib/addresses/commands.js";
import { taskLink } from "../../lib/addresses/links.js";
import { href } from "../../lib/addresses/router.js";
import { t } from "../../lib/text.js";
import { Icon } from "../../kit/icons.js";
import { lastSeen, seemsAlive } from "../workers/rules.js";

/** @param {{queue: import("./rules.js").Queue}} props */
export function Listeners({ queue }) {
  if (!queue.workers.length) {
    return html`<div class="notice"><${Icon} name="warning" />
      <div><p>${
        queue.entries.length
          ? t("Nothing here will start: no agent listens on this queue.")
          : t("No agent listens on this queue.")
      } ${t("Start one on a machine with Soundyard:")}</p>
      <pre>${command("agents.start", `--queue ${queue.name}`)}</pre></div></div>`;
  }
  return html`<ul class="listeners" aria-label=${t("Agents that listen")}>${queue.workers.map(
    worker => html`<li>
    <${Icon} name="workers" /><a href=${href(`/workers?worker=${encodeURIComponent(worker.id)}`)}>${worker.id}</a> <span class="muted">
      <${Doing} worker=${worker} /></span></li>`,
  )}</ul>`;
}

/** @param {{worker: any}} props */
function Doing({ worker }) {
  if (!seemsAlive(worker, Date.now()))
    return html`<span class="problem">${t("silent; last seen {when}", { when: ago(lastSeen(worker)) })}</span>`;
  if (!worker.task?.id) return t("is free");
  return html`${t("runs")} <a href=${taskLink({ id: worker.task.id, project: worker.project })}>${worker.task.name ?? worker.task.id}</a>`;
}
