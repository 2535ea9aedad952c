/** How many tasks waited in a queue, and for how long, over time. */
import { call } from "../../api.js";
import { html } from "../../lib/dom.js";
import { duration } from "../../lib/format.js";
import { useAsked } from "../../lib/answers/hooks.js";
import { useQuery } from "../../lib/addresses/router.js";
import { t } from "../../lib/text.js";
import { Choice } from "../../kit/button.js";
import { LineChart } from "../../kit/charts/line-chart.js";
import { Answered } from "../../kit/states.js";
import { spans } from "./rules.js";

/** @param {{queue: import("./rules.js").Queue}} props */
export function QueueCharts({ queue }) {
  const [span, setSpan] = useQuery("span", "1h");
  const { seconds, interval } = spans[/** @type {keyof typeof spans} */ (span)] ?? spans["1h"];
  const answer = useAsked(
    async () => {
      const now = Date.now() / 1000;
      const { queues } = await call("queues.get_queue_metrics", {
        from_date: now - seconds,
        to_date: now,
        interval,
        queue_ids: [queue.id],
        refresh: true,
      });
      const found = queues?.[0] ?? { dates: [], avg_waiting_times: [], queue_lengths: [] };
      return { ...found, dates: found.dates.map((/** @type {number} */ date) => date / 1000) };
    },
    `queue metrics ${queue.id} ${span}`,
    { every: 10 },
  );
  return html`<section class="card" aria-label=${t("Over time")}>
    <header class="card-head"><h2>${t("Over time")}</h2><${SpanChoice} span=${span} onChange=${setSpan} /></header>
    <${Answered} answer=${answer}>${(/** @type {any} */ found) =>
      found.dates.length
        ? html`<div class="chart-pair">
      <${LineChart} label=${t("Tasks waiting")} times=${found.dates} lines=${[{ label: t("waiting"), values: found.queue_lengths }]} least=${4} span=${seconds}
        steps format=${(/** @type {number} */ n) => (Number.isInteger(n) ? String(n) : "")} />
      <${LineChart} label=${t("Mean wait")} times=${found.dates} lines=${[{ label: t("wait"), values: found.avg_waiting_times }]} least=${10} span=${seconds}
        format=${duration} />
    </div>`
        : html`<p class="hint">${t("Nothing was measured in this span.")}</p>`}<//>
  </section>`;
}

/** @param {{span: string, onChange: (span: string) => void}} props */
export const SpanChoice = ({
  span,
  onChange,
}) => html`<${Choice} label=${t("Time span")} value=${span} onChange=${onChange}
  options=${[
    { value: "1h", label: t("1 hour") },
    { value: "6h", label: t("6 hours") },
    { value: "1d", label: t("1 day") },
    { value: "1w", label: t("1 week") },
  ]} />`;
