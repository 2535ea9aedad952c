/** The curves of several tasks in the same charts; a task keeps its colour everywhere. */
import { html, useMemo } from "../../lib/dom.js";
import { groupsOf, meanOf } from "../../lib/reading/bands.js";
import { colour } from "../../lib/colours.js";
import { useQuery } from "../../lib/addresses/router.js";
import { useScalars } from "../../lib/reading/scalars.js";
import { t } from "../../lib/text.js";
import { Boundary } from "../../kit/boundary.js";
import { Chart, useHidden } from "../../kit/charts/chart.js";
import { Select } from "../../kit/over/combobox.js";
import { Empty, ErrorBox, Loading, Outdated } from "../../kit/states.js";
import { CurveControls, useCurveView } from "../task/scalars.js";
import { nameOf } from "./page.js";
import { paramRows, telling } from "./rules.js";

const dashes = [undefined, [6, 4], [2, 3], [10, 4, 2, 4]];

/** @param {{tasks: any[]}} props */
export function CurvesSide({ tasks }) {
  const view = useCurveView();
  const shared = useHidden();
  const [means, setMeans] = useQuery("means", "off");
  const options = [
    { value: "off", label: t("each run by itself") },
    { value: "all", label: t("of all runs") },
    ...telling(paramRows(tasks).filter(one => one.differs)).map(one => ({
      value: one.name,
      label: t("for each {name}", { name: one.name }),
    })),
  ];
  const smoothing = useMemo(() => ({ kind: view.kind, amount: view.amount }), [view.kind, view.amount]);
  /** @type {Map<string, string[]>} */
  const variants = new Map();
  const naming = (/** @type {string} */ id, /** @type {string} */ metric, /** @type {string} */ variant) => {
    const number = tasks.findIndex(task => task.id === id);
    const known = variants.get(metric) ?? [];
    if (!known.includes(variant)) variants.set(metric, [...known, variant]);
    const place = /** @type {string[]} */ (variants.get(metric)).indexOf(variant);
    return {
      name: `${nameOf(tasks[number])} · ${variant}`,
      colour: colour(number),
      dash: dashes[place % dashes.length],
      task: id,
      variant,
    };
  };
  const scalars = useScalars(
    tasks.map(task => task.id),
    view.x,
    tasks.some(task => task.status === "in_progress"),
    naming,
  );
  if (scalars.error && !scalars.charts) return html`<${ErrorBox} error=${scalars.error} retry=${scalars.reload} />`;
  if (!scalars.charts) return html`<${Loading} />`;
  const charts =
    means === "off" ? scalars.charts : averaged(scalars.charts, groupsOf(tasks, means === "all" ? "" : means));
  const names = Object.keys(scalars.charts)
    .filter(name => !name.startsWith(":") && name.toLowerCase().includes(view.find.toLowerCase()))
    .sort();
  return html`<div class="scalars"><${CurveControls} view=${view}>${
    tasks.length > 1 &&
    html`
      <${Select} label=${t("Mean ± standard deviation")} value=${means} onChange=${setMeans} options=${options} />`
  }<//><div class="charts-main">
    <${Outdated} answer=${{ data: scalars.charts, error: scalars.error, reload: scalars.reload }} />${
      names.length
        ? html`<div class="charts">${names.map(
            name => html`<${Boundary} key=${name} name=${name} on=${scalars.charts?.[name]}>
        <${Chart} title=${name} lines=${charts[name]} xKind=${scalars.xKind} logY=${view.log} smoothing=${smoothing} shared=${shared} /><//>`,
          )}</div>`
        : html`<${Empty} icon="compare" title=${t("No curves to compare")} />`
    }</div></div>`;
}

/**
 * A line for each group and variant in place of its tasks' own.
 * @param {Record<string, any[]>} charts @param {{name: string, ids: string[]}[]} groups
 */
const averaged = (charts, groups) =>
  Object.fromEntries(
    Object.entries(charts).map(([metric, lines]) => {
      const variants = [...new Set(lines.map(line => line.variant))];
      return [
        metric,
        groups.flatMap((group, i) =>
          variants.flatMap((variant, k) => {
            const own = lines.filter(line => line.variant === variant && group.ids.includes(line.task));
            const name = [group.name, variant, `(${own.length})`].filter(Boolean).join(" ");
            return own.length ? [{ ...meanOf(own), name, colour: colour(i), dash: dashes[k % dashes.length] }] : [];
          }),
        ),
      ];
    }),
  );
