/**
 * Lines over a shared x axis, drawn by uPlot while the chart is in sight. A chart is a card with its own legend; a click
 * on a name hides its line, dragging zooms, a double click shows everything again.
 */
import uPlot from "uplot";
import { decoded } from "../../lib/addresses/address.js";
import { classes, html, useEffect, useMemo, useRef, useState } from "../../lib/dom.js";
import { colour, onWhite, token } from "../../lib/colours.js";
import { alike, csv, duration, number, tickTexts } from "../../lib/format.js";
import { save } from "../../lib/addresses/files.js";
import { useSize, useVisible } from "../../lib/answers/hooks.js";
import { isDark } from "../../lib/preferences.js";
import { useQuery } from "../../lib/addresses/router.js";
import { smoothed } from "../../lib/reading/smooth.js";
import { language, t } from "../../lib/text.js";
import { room } from "./axis.js";
import { Bars, areSingle } from "./bars.js";
import { Button } from "../button.js";
import { Menu } from "../over/menu.js";
import { paperOf } from "./paper.js";
import { toastError } from "../over/toast.js";

/**
 * @typedef {{name: string, x: number[], y: (number | null)[], colour?: string, dash?: number[], low?: (number | null)[], high?: (number | null)[]}} Line
 *   `low` and `high`: the edges of a band around it
 * @typedef {object} ChartProps
 * @property {string} title @property {Line[]} lines
 * @property {"iter" | "relative" | "time"} [xKind] relative: seconds; time: milliseconds since 1970
 * @property {boolean} [logY]
 * @property {{kind: string, amount: number}} [smoothing]
 * @property {{hidden: Set<string>, toggle: (name: string) => void}} [shared] which lines are hidden, when charts share it
 * @property {boolean} [plain] no card and no buttons: a small chart
 * @property {[number | null, number | null]} [range] of y
 * @property {any} [extra] more buttons
 */

/** @param {ChartProps} props */
export function Chart(props) {
  const [whole, setWhole] = useState(false);
  const own = useState(/** @type {Set<string>} */ (new Set()));
  const hidden = props.shared?.hidden ?? own[0];
  const toggle = props.shared?.toggle ?? (name => own[1](toggled(own[0], name)));
  const plot = useRef(/** @type {any} */ (null));
  const [box, visible] = useVisible();
  const menu = [
    { label: t("Download as SVG"), icon: /** @type {const} */ ("download"), onClick: () => saveSvg(props, hidden) },
    {
      label: t("Download as PNG"),
      icon: /** @type {const} */ ("download"),
      onClick: () => savePng(props, hidden).catch(toastError),
    },
    {
      label: t("Download as CSV"),
      icon: /** @type {const} */ ("download"),
      onClick: () =>
        save(
          `${props.title}.csv`,
          csv(
            ["line", "x", "y"],
            props.lines.flatMap(line => line.x.map((x, i) => [line.name, x, line.y[i]])),
          ),
          "text/csv",
        ),
    },
    {
      label: t("Download as JSON"),
      icon: /** @type {const} */ ("download"),
      onClick: () =>
        save(
          `${props.title}.json`,
          JSON.stringify(props.lines.map(({ name, x, y }) => ({ name, x, y }))),
          "application/json",
        ),
    },
  ];
  const drawing = html`<div class="chart-box" ref=${box} role="img" aria-label=${described(props)}>
    ${visible && html`<${Drawing} ...${props} hidden=${hidden} plot=${plot} />`}</div>`;
  if (props.plain)
    return html`<div>${drawing}${props.lines.length > 1 && html`<${Legend} lines=${props.lines} hidden=${hidden} toggle=${toggle} />`}</div>`;
  return html`<section class=${classes("chart-card", whole && "whole")} onKeyDown=${(/** @type {KeyboardEvent} */ e) => e.key === "Escape" && setWhole(false)}>
    <header><h2 title=${props.title}>${props.title}</h2>${props.extra}
      <${Button} quiet small icon="expand" label=${whole ? t("Make it small again") : t("Make it large")} pressed=${whole} onClick=${() => setWhole(!whole)} />
      <${Menu} label=${t("Download {name}", { name: props.title })} icon="download" quiet small items=${menu} /></header>
    ${
      areSingle(props.lines)
        ? html`<${Bars} title=${props.title} lines=${props.lines} />`
        : html`${drawing}<${Legend} lines=${props.lines} hidden=${hidden} toggle=${toggle} />`
    }
  </section>`;
}

/** @param {Set<string>} set @param {string} name */
export function toggled(set, name) {
  const next = new Set(set);
  if (!next.delete(name)) next.add(name);
  return next;
}

/** Which lines are hidden, for all charts of a page; it lives in the address. */
export function useHidden() {
  const [text, setText] = useQuery("hidden");
  const hidden = useMemo(
    () =>
      new Set(
        text
          .split(",")
          .filter(Boolean)
          .map(name => decoded(name)),
      ),
    [text],
  );
  return useMemo(
    () => ({
      hidden,
      toggle: (/** @type {string} */ name) => setText([...toggled(hidden, name)].map(encodeURIComponent).join(",")),
    }),
    [hidden],
  );
}

/** @param {ChartProps} props what a reader who cannot see the chart is told */
const described = ({ title, lines }) =>
  `${title}: ${lines
    .slice(0, 8)
    .map(line => `${line.name} ${number(line.y.at(-1))}`)
    .join(", ")}`;

/** @param {{lines: Line[], hidden: Set<string>, toggle: (name: string) => void}} props */
function Legend({ lines, hidden, toggle }) {
  const newest = lines.map(line => line.y.findLast(y => y !== null));
  const written = alike(newest);
  return html`<div class="chart-legend">${lines.map(
    (line, i) => html`<button type="button" key=${line.name} aria-pressed=${!hidden.has(line.name)}
        title=${t("Show or hide {name}", { name: line.name })} onClick=${() => toggle(line.name)}>
    <span class=${classes("swatch", line.dash && "dashed")} style=${{ "--ink": line.colour ?? colour(i) }}></span><span>${line.name}</span>
    <span class="value">${written(newest[i])}</span></button>`,
  )}
  </div>`;
}

/** @param {ChartProps & {hidden: Set<string>, plot: {current: any}}} props */
function Drawing({ lines, xKind = "iter", logY = false, smoothing, hidden, plot, range }) {
  const [box, size] = useSize();
  const dark = isDark();
  const zoomed = useRef(false);
  const smooth = smoothing?.amount ? smoothing : null;
  const shape = JSON.stringify([
    xKind,
    logY,
    Boolean(smooth),
    dark,
    range,
    lines.map((line, i) => [line.name, line.colour ?? colour(i), isBand(line)]),
  ]);
  const drawn = lines.length ? joined(lines, smooth) : [[0], [null]];

  useEffect(() => {
    if (!size.width || !size.height) return undefined;
    const made = new uPlot(
      options(lines, { xKind, logY, smooth: Boolean(smooth), range, size, zoomed }),
      /** @type {any} */ (drawn),
      box.current,
    );
    plot.current = made;
    return () => {
      made.destroy();
      plot.current = null;
      zoomed.current = false;
    };
  }, [shape, Boolean(size.width && size.height)]);
  useEffect(() => {
    plot.current?.setSize({ width: size.width, height: size.height });
  }, [size.width, size.height]);
  useEffect(() => {
    plot.current?.setData(drawn, !zoomed.current);
  }, [lines, smooth?.kind, smooth?.amount]);
  useEffect(() => {
    const places = placesOf(lines, Boolean(smooth));
    lines.forEach((line, i) => {
      for (let k = 0; k < places[i].count; k += 1)
        plot.current?.setSeries(places[i].first + k, { show: !hidden.has(line.name) });
    });
  }, [hidden, shape, Boolean(size.width)]);
  return html`<div ref=${box} style=${{ width: "100%", height: "100%" }}></div>`;
}

/** @param {Line} line */
const isBand = line => Boolean(line.low && line.high);

/**
 * Where each line's series stand among the chart's: of a band its edges, else with smoothing the original; the line itself comes last.
 * @param {Line[]} lines @param {boolean} smooth @returns {{first: number, count: number, main: number}[]} the first series is the axis
 */
function placesOf(lines, smooth) {
  let first = 1;
  return lines.map(line => {
    const count = isBand(line) ? 3 : smooth ? 2 : 1;
    const place = { first, count, main: first + count - 1 };
    first += count;
    return place;
  });
}

/** Lines on one x axis, each with what `placesOf` says. @param {Line[]} lines @param {any} smooth */
function joined(lines, smooth) {
  const eased = (/** @type {(number | null)[]} */ values) =>
    smooth ? smoothed(values, smooth.kind, smooth.amount) : values;
  const tables = lines.map(
    line =>
      /** @type {any} */ ([
        line.x,
        ...(isBand(line)
          ? [eased(line.high ?? []), eased(line.low ?? []), eased(line.y)]
          : smooth
            ? [line.y, eased(line.y)]
            : [line.y]),
      ]),
  );
  return tables.length === 1 ? tables[0] : uPlot.join(tables);
}

/** Distances between ticks of an axis of whole iterations: 1, 2, 5, 10, … */
const iterationSteps = Array.from({ length: 9 }, (_, i) => [1, 2, 5].map(n => n * 10 ** i)).flat();

/** @param {Line[]} lines @param {any} how @returns {any} uPlot's options */
function options(lines, { xKind, logY, smooth, range, size, zoomed }) {
  const text = token("--muted");
  const grid = { stroke: token("--line"), width: 1 };
  const axis = { stroke: text, grid, ticks: { show: false }, font: "11px sans-serif", gap: 4 };
  const series = lines.flatMap((line, i) => {
    const stroke = line.colour ?? colour(i);
    const one = {
      label: line.name,
      stroke,
      width: 1.6,
      dash: line.dash,
      spanGaps: true,
      points: { show: line.x.length < 2, size: 6 },
    };
    const edge = { ...one, stroke: "transparent", dash: undefined, points: { show: false } };
    return isBand(line) ? [edge, edge, one] : smooth ? [{ ...one, stroke: `${stroke}48`, width: 1 }, one] : [one];
  });
  const places = placesOf(lines, smooth);
  const bands = lines.flatMap((line, i) =>
    isBand(line) ? [{ series: [places[i].first, places[i].first + 1], fill: `${line.colour ?? colour(i)}2e` }] : [],
  );
  return {
    ...size,
    padding: [8, 10, 0, 0],
    legend: { show: false },
    cursor: { drag: { x: true, y: false }, points: { size: 6 }, focus: { prox: 24 } },
    scales: { x: { time: xKind === "time" }, y: { distr: logY ? 3 : 1, ...(range ? { range: () => range } : {}) } },
    axes: [
      {
        ...axis,
        size: 26,
        incrs: xKind === "iter" ? iterationSteps : undefined,
        values:
          xKind === "relative"
            ? (/** @type {any} */ _, /** @type {number[]} */ at) => at.map(s => duration(s))
            : undefined,
      },
      {
        ...axis,
        size: room,
        values: (/** @type {any} */ _, /** @type {(number | null)[]} */ at) =>
          logY ? at.map(v => (v === null ? "" : number(v))) : tickTexts(at),
      },
    ],
    ms: 1,
    series: [{}, ...series],
    bands,
    plugins: [tooltip(lines, { xKind, smooth })],
    hooks: {
      setSelect: [() => (zoomed.current = true)],
      ready: [(/** @type {any} */ u) => u.over.addEventListener("dblclick", () => (zoomed.current = false))],
    },
  };
}

/** @param {string} text @param {string} ink */
function tipRow(text, ink) {
  const row = document.createElement("div");
  const swatch = document.createElement("span");
  swatch.className = "swatch";
  swatch.style.background = ink;
  row.append(swatch, ` ${text}`);
  return row;
}

/** The values under the pointer. @param {Line[]} lines @param {any} how */
function tooltip(lines, { xKind, smooth }) {
  /** @type {HTMLElement} */
  let box;
  const places = placesOf(lines, smooth);
  const x = (/** @type {number} */ value) =>
    xKind === "time" ? new Date(value).toLocaleString() : xKind === "relative" ? duration(value) : number(value);
  return {
    hooks: {
      init: (/** @type {any} */ u) => {
        box = document.createElement("div");
        box.className = "chart-tip";
        box.hidden = true;
        u.over.append(box);
      },
      setCursor: (/** @type {any} */ u) => {
        const { idx, left, top } = u.cursor;
        box.hidden = idx === null || idx === undefined || left < 0;
        if (box.hidden) return;
        const rows = lines.flatMap((line, i) => {
          const y = u.data[places[i].main]?.[idx];
          return u.series[places[i].main]?.show && y !== null && y !== undefined
            ? [tipRow(`${line.name}  ${number(y)}`, line.colour ?? colour(i))]
            : [];
        });
        box.replaceChildren(x(u.data[0][idx]), ...rows);
        const right = left > u.over.clientWidth / 2;
        box.style.transform = `translate(${
          right ? left - box.offsetWidth - 12 : left + 12
        }px, ${Math.max(0, Math.min(top, u.over.clientHeight - box.offsetHeight))}px)`;
      },
    },
  };
}

/** @param {"iter" | "relative" | "time"} kind */
const xNames = kind => ({ iter: t("iteration"), relative: t("time, s"), time: t("clock") })[kind];

/** The lines that are shown, as a picture for a paper. @param {ChartProps} props @param {Set<string>} hidden */
function pictureOf({ title, lines, xKind = "iter", logY, smoothing }, hidden) {
  const curves = lines
    .map((line, i) => ({
      ...line,
      ink: onWhite(line.colour ?? colour(i)),
      ...Object.fromEntries(
        /** @type {const} */ (["y", "low", "high"]).flatMap(of =>
          line[of]
            ? [[of, smoothing?.amount ? smoothed(line[of] ?? [], smoothing.kind, smoothing.amount) : line[of]]]
            : [],
        ),
      ),
    }))
    .filter(line => !hidden.has(line.name));
  const moment = (/** @type {number} */ at) =>
    new Date(at).toLocaleString(language.value, { dateStyle: "short", timeStyle: "short" });
  return paperOf({
    title,
    curves,
    xName: xNames(xKind),
    yName: title,
    logY,
    xText: xKind === "time" ? moment : number,
  });
}

/** @param {ChartProps} props @param {Set<string>} hidden */
const saveSvg = (props, hidden) => save(`${props.title}.svg`, pictureOf(props, hidden).svg, "image/svg+xml");

/** Twice as many pixels as the SVG's. @param {ChartProps} props @param {Set<string>} hidden */
async function savePng(props, hidden) {
  const { svg, width, height } = pictureOf(props, hidden);
  const image = new Image();
  image.src = URL.createObjectURL(new Blob([svg], { type: "image/svg+xml" }));
  await image.decode();
  const canvas = document.createElement("canvas");
  [canvas.width, canvas.height] = [2 * width, 2 * height];
  canvas.getContext("2d")?.drawImage(image, 0, 0, 2 * width, 2 * height);
  URL.revokeObjectURL(image.src);
  canvas.toBlob(blob => blob && save(`${props.title}.png`, blob, "image/png"));
}
