/** Workers: which agents there are, what each runs, how its machine does. */
import { call } from "../../api.js";
import { html } from "../../lib/dom.js";
import { useAsked } from "../../lib/answers/hooks.js";
import { useQuery } from "../../lib/addresses/router.js";
import { command } from "../../lib/addresses/commands.js";
import { t } from "../../lib/text.js";
import { LineChart } from "../../kit/charts/line-chart.js";
import { Answered, Empty } from "../../kit/states.js";
import { PageHead } from "../frame.js";
import { SpanChoice } from "../queues/charts.js";
import { spans } from "../queues/rules.js";
import { MachineCharts } from "./machine.js";
import { inOrder, stateOf } from "./rules.js";
import { WorkerTable } from "./table.js";

/** @typedef {{workers: any[], load: Record<string, any[]>}} Found */

/** Workers of the last day, with the load of the last minutes. @returns {Promise<Found>} */
async function askWorkers() {
  const now = Date.now() / 1000;
  const items = ["cpu_usage", "gpu_usage", "memory_used", "memory_free"].map(key => ({ key, category: "avg" }));
  const [listed, stats] = await Promise.all([
    call("workers.get_all", { last_seen: 86400 }),
    call("workers.get_stats", { from_date: now - 300, to_date: now, interval: 60, items, split_by_variant: true }),
  ]);
  const load = Object.fromEntries((stats.workers ?? []).map((/** @type {any} */ one) => [one.worker, one.metrics]));
  return { workers: inOrder(listed.workers ?? [], Date.now()), load };
}

export default function WorkersPage() {
  const answer = useAsked(askWorkers, "workers", { every: 5 });
  const [chosen, choose] = useQuery("worker");
  const [span, setSpan] = useQuery("span", "1h");
  return html`<${PageHead} title=${t("Workers")} under=${answer.data && html`<span class="count-note">${summary(answer.data.workers)}</span>`}>
      <${SpanChoice} span=${span} onChange=${setSpan} />
    <//>
    <section class="scroll"><${Answered} answer=${answer}>${(/** @type {Found} */ found) => html`<div class="stack">
      ${
        found.workers.length
          ? html`<section class="card" aria-label=${t("Workers")}>
          <${WorkerTable} workers=${found.workers} load=${found.load} chosen=${chosen} choose=${choose} /></section>`
          : html`<${NoWorkers} />`
      }
      ${
        chosen &&
        html`<${MachineCharts} key=${chosen} worker=${found.workers.find(one => one.id === chosen) ?? { id: chosen }} span=${spanOf(span)}
          close=${() => choose(null)} />`
      }
      <${Activity} span=${spanOf(span)} />
    </div>`}<//></section>`;
}

/** @param {string} span */
const spanOf = span => spans[/** @type {keyof typeof spans} */ (span)] ?? spans["1h"];

/** @param {any[]} workers */
function summary(workers) {
  const count = (/** @type {string} */ state) => workers.filter(one => stateOf(one, Date.now()) === state).length;
  return [
    t("{n} running", { n: count("running") }),
    t("{n} free", { n: count("free") }),
    count("silent") && t("{n} silent", { n: count("silent") }),
  ]
    .filter(Boolean)
    .join(" · ");
}

const NoWorkers = () => html`<${Empty} icon="workers" title=${t("No agent has reported in the last day")}>
  <p>${t("An agent takes tasks from queues and runs them. Start one on a machine with Soundyard:")}</p><pre>${command("agents.start")}</pre>
  <p>${t("or, on any machine whose clearml.conf names this server:")}</p><pre>clearml-agent daemon --queue audio --gpus 0</pre><//>`;

/** @param {{span: {seconds: number, interval: number}}} props */
function Activity({ span }) {
  const answer = useAsked(
    async () => {
      const now = Date.now() / 1000;
      const body = { from_date: now - span.seconds, to_date: now, interval: Math.max(60, span.interval) };
      return { ...(await call("workers.get_activity_report", body)), seconds: span.seconds };
    },
    `activity ${span.seconds}`,
    { every: 20, keep: "" },
  );
  return html`<section class="card" aria-label=${t("Agents over time")}><${Answered} answer=${answer}>${(
    /** @type {any} */ { total, active, seconds },
  ) => html`
    <${LineChart} level=${2} label=${t("Agents over time")} times=${total.dates.slice(0, -1)} least=${2} span=${seconds} steps
      format=${(/** @type {number} */ n) => (Number.isInteger(n) ? String(n) : "")}
      lines=${[
        { label: t("reporting"), values: total.counts.slice(0, -1) },
        { label: t("working"), values: active.counts.slice(0, -1) },
      ]} />`}<//></section>`; // the last interval has only begun: nobody has reported in it yet
}
