/** One worker's machine over time. */
import { call } from "../../api.js";
import { html } from "../../lib/dom.js";
import { bytes, moment } from "../../lib/format.js";
import { useAsked } from "../../lib/answers/hooks.js";
import { t } from "../../lib/text.js";
import { Button } from "../../kit/button.js";
import { LineChart } from "../../kit/charts/line-chart.js";
import { Answered } from "../../kit/states.js";
import { chartsOf, lastSeen, machineMetrics } from "./rules.js";

const units = {
  percent: { format: (/** @type {number} */ n) => `${Math.round(n)} %`, least: 100 },
  megabytes: { format: (/** @type {number} */ n) => bytes(n * 2 ** 20), least: 0 },
  rate: { format: (/** @type {number} */ n) => `${bytes(n * 2 ** 20)}/s`, least: 0 },
  celsius: { format: (/** @type {number} */ n) => `${Math.round(n)} °C`, least: 60 },
};

/** @param {{worker: any, span: {seconds: number, interval: number}, close: () => void}} props */
export function MachineCharts({ worker, span, close }) {
  const answer = useAsked(
    async () => {
      const now = Date.now() / 1000;
      const items = machineMetrics.map(key => ({ key, category: "avg" }));
      const { workers } = await call("workers.get_stats", {
        worker_ids: [worker.id],
        from_date: now - span.seconds,
        to_date: now,
        interval: Math.max(span.interval, 30),
        items,
        split_by_variant: true,
      });
      return { metrics: workers?.[0]?.metrics ?? [], seconds: span.seconds };
    },
    `machine ${worker.id} ${span.seconds}`,
    { every: 15, keep: worker.id },
  );
  return html`<section class="card" aria-label=${worker.id}>
    <header class="card-head"><h2>${worker.id}</h2>
      <span class="hint">${lastSeen(worker) ? t("registered {when}", { when: moment(worker.register_time) }) : t("not seen lately")}</span>
      <${Button} quiet icon="close" label=${t("Close")} onClick=${close} /></header>
    <${Answered} answer=${answer}>${(/** @type {{metrics: any[], seconds: number}} */ { metrics, seconds }) => {
      const charts = chartsOf(metrics, t);
      if (!charts.length) return html`<p class="hint">${t("It has not reported its machine in this span.")}</p>`;
      return html`<div class="chart-grid">
        ${charts.map(
          chart => html`<${LineChart} key=${chart.title} label=${t(chart.title)} times=${chart.times} lines=${chart.lines} span=${seconds}
              ...${units[chart.unit]} />`,
        )}</div>`;
    }}<//>
  </section>`;
}
