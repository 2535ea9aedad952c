/** A small chart of figures over clock time: queue lengths, machine load. Curves of a training run have a chart of their own. */
import { html, useEffect, useRef, useState } from "../../lib/dom.js";
import { useSize } from "../../lib/answers/hooks.js";
import { theme } from "../../lib/preferences.js";
import { language, t } from "../../lib/text.js";
import { room } from "./axis.js";

/**
 * @typedef {{label: string, values: (number | null)[]}} Line
 * @typedef {{label: string, times: number[], lines: Line[], format?: (value: number) => string, height?: number, least?: number, steps?: boolean, span?:
 *   number, level?: 2 | 3}} LineChartProps
 *   `times` in seconds, one for each value; `least`: the scale reaches at least up to here; `span`: so many seconds up to now are shown;
 *   `level` of the heading
 */

const colours = ["--accent", "--blue", "--amber", "--purple", "--red", "--green"];

/** @param {LineChartProps} props */
export function LineChart(props) {
  const { label, times, lines, format = String, height = 150, span = 0, level = 3 } = props;
  const [frame, size] = useSize();
  const chart = useRef(/** @type {any} */ (null));
  const shape = `${lines.map(line => line.label).join("|")} ${theme.value} ${language.value} ${height} ${span}`;
  const drawn = useRef("");
  const [failed, setFailed] = useState(false);
  useEffect(() => {
    let gone = false;
    if (!size.width) return undefined;
    import("uplot").then(
      ({ default: UPlot }) => {
        if (gone || !frame.current) return;
        const data = [times, ...lines.map(line => line.values)];
        if (chart.current && drawn.current === shape) return void chart.current.setData(data);
        chart.current?.destroy();
        chart.current = new UPlot(options(props, size.width, UPlot), /** @type {any} */ (data), frame.current);
        drawn.current = shape;
      },
      () => gone || setFailed(true),
    );
    return () => {
      gone = true;
    };
  }, [shape, Boolean(size.width), times, lines]);
  useEffect(() => {
    if (size.width) chart.current?.setSize({ width: size.width, height });
  }, [size.width, height]);
  useEffect(() => () => chart.current?.destroy(), []);
  return html`<figure class="line-chart">
    <figcaption>${level === 2 ? html`<h2>${label}</h2>` : html`<h3>${label}</h3>`}${lines.map(
      (line, i) => html`<span class="line-chart-key">
            <i style=${{ background: `var(${colours[i % colours.length]})` }}></i>${line.label} <b>${latest(line, format)}</b></span>`,
    )}</figcaption>
    ${failed && html`<small>${t("A part of this page could not be fetched.")}</small>`}
    <div ref=${frame} style=${{ height: `${height}px` }} role="img" aria-label=${spoken(props)}></div>
  </figure>`;
}

/** @param {Line} line @param {(value: number) => string} format */
function latest(line, format) {
  const value = line.values.findLast(one => one !== null);
  return value === undefined || value === null ? "–" : format(value);
}

/** @param {LineChartProps} props */
const spoken = ({ label, lines, format = String }) =>
  `${label}: ${lines.map(line => t("{name} now {value}", { name: line.label, value: latest(line, format) })).join(", ")}`;

/** @param {LineChartProps} props @param {number} width @param {any} UPlot */
function options({ lines, format = String, height = 150, least = 0, steps, span = 0 }, width, UPlot) {
  const style = getComputedStyle(document.documentElement);
  const colour = (/** @type {string} */ name) => style.getPropertyValue(name).trim();
  const axis = {
    stroke: colour("--muted"),
    font: `11px ${style.getPropertyValue("--sans")}`,
    grid: { stroke: colour("--line"), width: 1 },
    ticks: { show: false },
  };
  const clock = (/** @type {number[]} */ splits) =>
    splits.map(at => clockText(at, splits[splits.length - 1] - splits[0]));
  return /** @type {any} */ ({
    width,
    height,
    legend: { show: false },
    cursor: { y: false, drag: { x: false, y: false }, points: { size: 5 } },
    padding: [8, 22, 0, 0],
    scales: {
      x: {
        range: (/** @type {any} */ _, /** @type {number} */ from, /** @type {number} */ to) =>
          span ? [Date.now() / 1000 - span, Date.now() / 1000] : [from, to],
      },
      y: {
        range: (/** @type {any} */ _, /** @type {number} */ low, /** @type {number} */ high) => [
          Math.min(0, low ?? 0),
          Math.max(least, (high ?? 0) * 1.1, 0.001),
        ],
      },
    },
    axes: [
      { ...axis, space: 60, size: 24, values: (/** @type {any} */ _, /** @type {number[]} */ splits) => clock(splits) },
      {
        ...axis,
        size: room,
        space: 34,
        values: (/** @type {any} */ _, /** @type {number[]} */ splits) => splits.map(format),
      },
    ],
    series: [
      {},
      ...lines.map((_, i) => ({
        stroke: colour(colours[i % colours.length]),
        width: 1.6,
        points: { show: false },
        spanGaps: false,
        fill: lines.length === 1 ? `${colour(colours[i])}22` : undefined,
        paths: steps ? UPlot.paths.stepped({ align: 1 }) : undefined,
      })),
    ],
    plugins: [reading(lines, format)],
  });
}

/** @param {number} at seconds @param {number} span seconds */
function clockText(at, span) {
  const when = new Date(at * 1000);
  return span > 2 * 86400
    ? when.toLocaleDateString(language.value, { month: "short", day: "numeric" })
    : when.toLocaleTimeString(language.value, { hour: "2-digit", minute: "2-digit", hour12: false });
}

/** What stands under the pointer, in words. @param {Line[]} lines @param {(value: number) => string} format */
function reading(lines, format) {
  const note = document.createElement("div");
  note.className = "line-chart-note";
  return {
    hooks: {
      init: (/** @type {any} */ u) => u.over.append(note),
      setCursor: (/** @type {any} */ u) => {
        const at = u.cursor.idx;
        note.hidden = at === null || at === undefined || u.cursor.left < 0;
        if (note.hidden) return;
        const when = new Date(u.data[0][at] * 1000).toLocaleString(language.value, {
          dateStyle: "short",
          timeStyle: "short",
        });
        note.textContent = [
          when,
          ...lines.map((line, i) => `${line.label}: ${u.data[i + 1][at] === null ? "–" : format(u.data[i + 1][at])}`),
        ].join("\n");
        note.style.left = `${Math.min(u.cursor.left + 12, u.over.clientWidth - note.offsetWidth)}px`;
      },
    },
  };
}
