/** A task's curves: one chart a metric, one line a variant. Live refreshes ask only for the points that are new. */
import { html, useMemo } from "../../lib/dom.js";
import { number } from "../../lib/format.js";
import { useApi } from "../../lib/answers/hooks.js";
import { useQuery } from "../../lib/addresses/router.js";
import { t } from "../../lib/text.js";
import { Boundary } from "../../kit/boundary.js";
import { Choice } from "../../kit/button.js";
import { Card } from "../../kit/card.js";
import { Chart, useHidden } from "../../kit/charts/chart.js";
import { Select } from "../../kit/over/combobox.js";
import { Empty, ErrorBox, Loading, Outdated } from "../../kit/states.js";
import { useScalars } from "../../lib/reading/scalars.js";

/** How curves are shown; it lives in the address. */
export function useCurveView() {
  const [x, setX] = useQuery("x", "iter");
  const [kind, setKind] = useQuery("smoothing", "ema");
  const [amount, setAmount] = useQuery("smooth", "0");
  const [log, setLog] = useQuery("log");
  const [find, setFind] = useQuery("find");
  return { x, setX, kind, setKind, amount: Number(amount), setAmount, log: log === "1", setLog, find, setFind };
}

/** @param {{view: ReturnType<typeof useCurveView>, children?: any}} props */
export const CurveControls = ({
  view,
  children,
}) => html`<aside class="scalars-side" aria-label=${t("How curves are shown")}>
  <input type="search" aria-label=${t("Find a metric")} placeholder=${t("Find a metric")} value=${view.find}
    onInput=${(/** @type {any} */ e) => view.setFind(e.target.value)} />
  <div class="field"><span>${t("Horizontal axis")}</span>
    <${Choice} label=${t("Horizontal axis")} value=${view.x} onChange=${view.setX}
      options=${[
        { value: "iter", label: t("iteration") },
        { value: "relative", label: t("time") },
        { value: "time", label: t("clock") },
      ]} /></div>
  <label class="field"><span>${t("Smoothing")} ${view.amount ? view.amount.toFixed(2) : t("off")}</span>
    <input type="range" min="0" max="0.99" step="0.01" value=${view.amount} onInput=${(/** @type {any} */ e) => view.setAmount(e.target.value)} /></label>
  <${Select} label=${t("Kind of smoothing")} value=${view.kind} onChange=${view.setKind}
    options=${[
      { value: "ema", label: t("exponential") },
      { value: "average", label: t("running average") },
    ]} />
  <label class="row"><input type="checkbox" checked=${view.log} onChange=${() => view.setLog(view.log ? "" : "1")} />${t("Logarithmic values")}</label>
  ${children}
</aside>`;

/** @param {{task: any, live: boolean, model?: boolean}} props `model`: it is a model, with curves of its own */
export default function ScalarsTab({ task, live, model = false }) {
  const view = useCurveView();
  const scalars = useScalars([task.id], view.x, live, undefined, model);
  const single = useApi(
    "events.get_task_single_value_metrics",
    { tasks: [task.id], ...(model ? { model_events: true } : {}) },
    { every: live ? 15 : 0, aside: true },
  );
  const shared = useHidden();
  const smoothing = useMemo(() => ({ kind: view.kind, amount: view.amount }), [view.kind, view.amount]);
  const values = single.data?.tasks?.find((/** @type {any} */ one) => one.task === task.id)?.values ?? [];
  if (scalars.error && !scalars.charts) return html`<${ErrorBox} error=${scalars.error} retry=${scalars.reload} />`;
  if (!scalars.charts) return html`<${Loading} />`;
  const outdated = { data: scalars.charts, error: scalars.error, reload: scalars.reload };
  const wanted = view.find.toLowerCase();
  const names = Object.keys(scalars.charts)
    .filter(name => name.toLowerCase().includes(wanted))
    .sort(byInterest);
  if (!names.length && !values.length && !wanted)
    return html`<${Empty} icon="models" title=${t("No scalars yet")}>
    <p>${
      live
        ? t("Curves appear here as the task reports them.")
        : t("This task has reported none; TensorBoard scalars and Logger.report_scalar appear here.")
    }</p><//>`;
  return html`<div class="scalars"><${CurveControls} view=${view} /><div class="charts-main"><${Outdated} answer=${outdated} />
    ${
      values.length > 0 &&
      html`<div class="single-values">
        <${Card} class="figures-card" title=${t("Summary")}>${() => html`
          <dl class="figures">${values.map(
            (/** @type {any} */ one) =>
              html`<div><dt title=${one.variant}>${one.variant}</dt><dd>${number(one.value)}</dd></div>`,
          )}</dl>`}<//></div>`
    }
    <div class="charts">${names.map(
      name =>
        html`<${Boundary} key=${name} name=${name} on=${scalars.charts?.[name]}><${Chart} title=${name} lines=${scalars.charts?.[name]}
            xKind=${scalars.xKind} logY=${view.log} smoothing=${smoothing} shared=${shared} /><//>`,
    )}</div>
  </div></div>`;
}

/** The machine's own curves come last. @param {string} a @param {string} b */
const byInterest = (a, b) => Number(a.startsWith(":")) - Number(b.startsWith(":")) || a.localeCompare(b);
