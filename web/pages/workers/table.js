/** The list of workers, one row each. */
import { html } from "../../lib/dom.js";
import { ago, duration, moment, number } from "../../lib/format.js";
import { taskLink } from "../../lib/addresses/links.js";
import { href } from "../../lib/addresses/router.js";
import { t } from "../../lib/text.js";
import { Meter } from "../../kit/meter.js";
import { lastSeen, newest, stateOf } from "./rules.js";

const stateWords = { running: "running", free: "free", silent: "silent" };
const stateClass = { running: "status-in_progress", free: "status-completed", silent: "status-failed" };

/** @param {{workers: any[], load: Record<string, any[]>, chosen: string, choose: (id: string | null) => void}} props */
export const WorkerTable = ({ workers, load, chosen, choose }) => html`
  <div class="plain-table-frame"><table class="plain-table worker-table">
    <thead><tr>${[t("Worker"), t("State"), t("Task"), t("Queues"), t("CPU"), t("GPU"), t("Memory"), t("Last seen")].map(
      word => html`<th scope="col">${word}</th>`,
    )}</tr></thead>
    <tbody>${workers.map(
      worker =>
        html`<${Row} key=${worker.id} worker=${worker} metrics=${load[worker.id]} chosen=${worker.id === chosen} choose=${choose} />`,
    )}</tbody>
  </table></div>`;

/** @param {{worker: any, metrics: any[] | undefined, chosen: boolean, choose: (id: string | null) => void}} props */
function Row({ worker, metrics, chosen, choose }) {
  const state = stateOf(worker, Date.now());
  const [used, free] = [newest(metrics, "memory_used"), newest(metrics, "memory_free")];
  return html`<tr class=${chosen ? "chosen" : ""}>
    <th scope="row"><button type="button" class="link strong" aria-expanded=${chosen} title=${t("Show its machine over time")}
        onClick=${() => choose(chosen ? null : worker.id)}>${worker.id}</button>
      <small class="under">${[worker.user?.name, worker.ip].filter(Boolean).join(" · ")}</small>
      ${worker.environment && html`<${Environment} of=${worker.environment} />`}</th>
    <td><span class=${`status ${stateClass[state]}`}><span class="dot"></span>${t(stateWords[state])}</span>
      ${state === "free" && worker.held && html`<small class="under held">${t("takes no task at present: {why}", { why: worker.held })}</small>`}</td>
    <td>${
      worker.task?.id
        ? html`<a href=${taskLink({ id: worker.task.id, project: worker.project })}>${worker.task.name ?? worker.task.id}</a>
        <small class="under">${[
          worker.project?.name,
          duration((worker.task.running_time ?? 0) / 1000),
          worker.task.last_iteration ? t("iteration {n}", { n: number(worker.task.last_iteration) }) : "",
        ]
          .filter(Boolean)
          .join(" · ")}</small>`
        : html`<span class="muted">–</span>`
    }</td>
    <td>${(worker.queues ?? []).map(
      (/** @type {any} */ queue, /** @type {number} */ i) => html`${i ? ", " : ""}
          <a href=${href(`/queues/${queue.id}`)}>${queue.name}</a>${queue.num_tasks ? html` <small>(${queue.num_tasks})</small>` : null}`,
    )}</td>
    <td><${Meter} label=${t("CPU")} value=${newest(metrics, "cpu_usage")} /></td>
    <td><${Meter} label=${t("GPU")} value=${newest(metrics, "gpu_usage")} /></td>
    <td><${Meter} label=${t("Memory")} value=${used !== null && free !== null && used + free > 0 ? (100 * used) / (used + free) : null} /></td>
    <td><time title=${moment(lastSeen(worker))}>${ago(lastSeen(worker))}</time></td>
  </tr>`;
}

const modes = {
  auto: "tasks run in the installed environment where it fits, else in their own",
  installed: "all tasks run in the installed environment",
  own: "each task runs in an environment of its own",
};

/** What tasks run in there; two workers of one fingerprint have the same packages. @param {{of: any}} props */
const Environment = ({ of }) =>
  html`<small class="under environment">${[
    `Python ${of.python}`,
    t("packages {fingerprint} ({n})", { fingerprint: of.fingerprint, n: of.packages }),
    t(modes[/** @type {keyof typeof modes} */ (of.mode)] ?? String(of.mode)),
  ].join(" · ")}</small>`;
