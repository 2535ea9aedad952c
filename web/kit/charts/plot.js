/**
 * A plot that arrives as Plotly JSON. Tables are drawn as tables; everything else by plotly.js, which is fetched when the
 * first such plot comes into sight. Its strict build is used: it makes no code from strings.
 */
import { html, useEffect, useRef, useState } from "../../lib/dom.js";
import { basePath } from "../../lib/addresses/config.js";
import { token } from "../../lib/colours.js";
import { isGap, readFigure } from "../../lib/reading/figure.js";
import { alike } from "../../lib/format.js";
import { useSize, useVisible } from "../../lib/answers/hooks.js";
import { isDark } from "../../lib/preferences.js";
import { t } from "../../lib/text.js";
import { ErrorBox, Loading } from "../states.js";
import { PlainTable } from "../lists/table.js";

/** @type {Promise<any> | null} */
let loading = null;

/** plotly.js, once. */
function plotly() {
  loading ??= new Promise((resolve, reject) => {
    const script = document.createElement("script");
    script.src = `${basePath}/vendor/plotly.js-strict-dist-min/plotly-strict.min.js`;
    script.onload = () => resolve(/** @type {any} */ (window).Plotly);
    script.onerror = () => reject(new Error(t("plotly.js is not installed; run “make web” on the server’s machine.")));
    document.head.append(script);
  });
  return loading;
}

/** @param {{source: string, title: string, height?: number}} props */
export function Plot({ source, title, height }) {
  let figure;
  try {
    figure = readFigure(source);
  } catch (error) {
    return html`<${ErrorBox} error=${new Error(t("The plot’s JSON is damaged."))} />`;
  }
  if (figure.data.length && figure.data.every(trace => trace.type === "table"))
    return figure.data.map(trace => html`<${TablePlot} trace=${trace} title=${title} />`);
  return html`<${Drawn} figure=${figure} source=${source} title=${title} height=${height} />`;
}

/** @param {{trace: any, title: string}} props */
function TablePlot({ trace, title }) {
  const head = (trace.header?.values ?? []).map((/** @type {any} */ one) => (Array.isArray(one) ? one.join(" ") : one));
  const columns = trace.cells?.values ?? [];
  const written = columns.map((/** @type {any[]} */ column) =>
    column.every(cell => typeof cell === "number" || isGap(cell) || cell === "") ? alike(column) : shown,
  );
  const rows = (columns[0] ?? []).map((/** @type {any} */ _, /** @type {number} */ i) =>
    columns.map((/** @type {any[]} */ column, /** @type {number} */ k) =>
      isGap(column[i]) ? "" : written[k](column[i]),
    ),
  );
  const numeric = columns.flatMap((/** @type {any[]} */ column, /** @type {number} */ i) =>
    i && column.every(cell => cell === "" || isGap(cell) || !Number.isNaN(Number(cell))) ? [i] : [],
  );
  return html`<div class="plot-box table-plot"><${PlainTable} label=${title} head=${head} rows=${rows} numeric=${numeric} /></div>`;
}

/** @param {any} cell */
const shown = cell =>
  typeof cell === "number" && !Number.isInteger(cell) ? Number(cell.toPrecision(5)) : String(cell ?? "");

/** @param {{figure: {data: any[], layout: any}, source: string, title: string, height?: number}} props */
function Drawn({ figure, source, title, height = 380 }) {
  const [box, visible] = useVisible();
  const [inner, size] = useSize();
  const [state, setState] = useState(/** @type {any} */ ("waiting"));
  const drawn = useRef(false);
  const dark = isDark();
  useEffect(() => {
    if (!visible && !drawn.current) return;
    if (!size.width) return;
    plotly()
      .then(async library => {
        await library.react(
          inner.current,
          figure.data.map(trace => fitted(trace, size.width)),
          themed(figure, Math.max(size.width, ...figure.data.map(widthOf)), height),
          { responsive: false, displaylogo: false, displayModeBar: "hover" },
        );
        drawn.current = true;
        setState("ready");
      })
      .catch(setState);
  }, [visible, source, dark, size.width, height]);
  return html`<div class="plot-box" ref=${box} style=${{ height: `${height}px` }} role="figure" aria-label=${title}>
    ${state === "waiting" && html`<${Loading} label=${t("Drawing…")} />`}${state instanceof Error && html`<${ErrorBox} error=${state} />`}
    <div ref=${inner}></div></div>`;
}

/** Kinds whose labels stand above what is drawn. */
const labelledAbove = new Set([
  "parcoords",
  "parcats",
  "scatterpolar",
  "scatterpolargl",
  "barpolar",
  "pie",
  "sunburst",
]);

/** @param {any[]} data @returns {number} pixels */
const roomAbove = data => (data.some(trace => labelledAbove.has(trace?.type)) ? 64 : 16);

const perAxis = 92; // px, so that the names of axes beside each other do not run into one another

const perCell = 26; // px, in which a number of two or three digits can be read
const around = 140; // px beside the cells of a heatmap: its labels
const widest = 1600; // px

/** What a plot needs at least; where there is less it is scrolled to. @param {any} trace @returns {number} pixels */
function widthOf(trace) {
  if (trace?.type === "parcoords") return perAxis * (1 + (trace.dimensions?.length ?? 0));
  return trace?.type === "heatmap" ? Math.min(widest, around + perCell * (trace.z?.[0]?.length ?? 0)) : 0;
}

const narrow = 480; // px, below which a heatmap's scale takes no room from its cells

/** @param {any} trace @param {number} width there is */
const fitted = (trace, width) =>
  trace?.type === "heatmap" && width < narrow ? { ...sequential(trace), showscale: false } : sequential(trace);

/** Even steps in lightness. @type {[number, string][]} */
const fewToMany = [
  [0, "#f4f8fb"],
  [0.25, "#c3dcee"],
  [0.5, "#7fb5da"],
  [0.75, "#3a83be"],
  [1, "#0b4a8a"],
];

/** A heatmap that names no colours of its own gets a sequential map: light is few, dark is many. @param {any} trace */
const sequential = trace =>
  trace?.type === "heatmap" && !trace.colorscale ? { ...trace, colorscale: fewToMany } : trace;

/** The layout in the page's colours. @param {{data: any[], layout: any}} figure @param {number} width @param {number} height */
function themed({ data, layout }, width, height) {
  const axis = {
    gridcolor: token("--line"),
    zerolinecolor: token("--line-strong"),
    linecolor: token("--line-strong"),
    automargin: true,
  };
  const axes = Object.fromEntries(
    Object.keys({ xaxis: 1, yaxis: 1, ...layout })
      .filter(name => /^[xy]axis\d*$/.test(name))
      .map(name => [name, { ...axis, ...layout[name] }]),
  );
  return {
    ...layout,
    ...axes,
    title: undefined,
    width,
    height,
    autosize: false,
    paper_bgcolor: "rgba(0,0,0,0)",
    plot_bgcolor: "rgba(0,0,0,0)",
    font: { ...layout.font, color: token("--text"), family: token("--sans"), size: 12 },
    margin: { l: 56, r: 20, t: roomAbove(data), b: 44, ...(layout.margin ?? {}) },
    ...(layout.scene && { scene: { ...layout.scene, bgcolor: "rgba(0,0,0,0)" } }), // a key without a value is taken for a scene
  };
}
