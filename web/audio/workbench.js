/** The audio workbench: from the confusion matrix, or a data set's classes, to the clips, and into one of them. */
import { html, useEffect, useMemo, useState } from "../lib/dom.js";
import { duration, number, percent } from "../lib/format.js";
import { useWindow } from "../lib/answers/hooks.js";
import { query, setQuery } from "../lib/addresses/router.js";
import { t, tn } from "../lib/text.js";
import { openDialog } from "../kit/over/dialog.js";
import { SplitPane } from "../kit/split.js";
import { Empty } from "../kit/states.js";
import { ClassTable } from "./clips/classes.js";
import { chosen, classesOf, confusion, orderNames } from "./clips/clips.js";
import { Engine } from "./sound/engine.js";
import { Facets } from "./clips/facets.js";
import { viewsOf } from "./picture/frontend.js";
import { Inspector } from "./inspector.js";
import { KeyHelp, command, playing } from "./clips/keys.js";
import { ClipList } from "./clips/list.js";
import { marksOf } from "./clips/marks.js";
import { ConfusionMatrix } from "./clips/matrix.js";

/** @typedef {import("./clips/clips.js").Clip} Clip @typedef {import("./clips/clips.js").Choice} Choice */

/** What the address says. @param {boolean} judged @returns {Choice} */
function readChoice(judged) {
  const get = (/** @type {string} */ name) => query.value.get(name) ?? "";
  const of = Object.fromEntries(
    ["label", "prediction", "right", "split", "fold", "find", "sure", "long", "loud", "kept"].map(name => [
      name,
      get(name),
    ]),
  );
  return /** @type {Choice} */ ({ ...of, sort: get("sort") || orderNames(judged)[0] });
}

/**
 * @param {{task: any, clips: Clip[], judged: boolean, frontEnd: import("./picture/frontend.js").FrontEnd, model: any,
 *   peers: import("./tab.js").Peer[], others: {id: string, name: string, clips: Clip[]}[]}} props
 *   `judged`: there are predictions; `model`: the task whose front end is drawn, when it is not this one; `others`: the runs chosen of `peers`
 */
export function Workbench({ task, clips, judged, frontEnd, model, peers, others }) {
  const engine = useMemo(() => new Engine(), []);
  const marks = useMemo(() => marksOf(task.id), [task.id]);
  const [autoplay, setAutoplay] = useState(false);
  const [playlist, setPlaylist] = useState(false);
  const choice = readChoice(judged);
  const shown = useMemo(() => chosen(clips, choice), [clips, JSON.stringify(choice)]);
  const current = clips.find(clip => clip.id === query.value.get("clip")) ?? null;
  const at = current ? shown.indexOf(current) : -1;
  const open = (/** @type {any} */ clip, play = true) => {
    if (!clip) return;
    setAutoplay(play);
    setQuery({ clip: clip.id });
  };
  const step = (/** @type {number} */ by) => open(shown[at < 0 ? 0 : Math.max(0, Math.min(shown.length - 1, at + by))]);
  const mark = () => current && marks.toggle(current.id);
  engine.onEnd = () => playlist && open(shown.slice(at + 1).find(clip => clip.url));
  useEffect(() => () => engine.stop(), []);
  useWindow("keydown", event => {
    const wanted = command(event);
    if (!wanted) return;
    event.preventDefault();
    commands(engine, { step, mark })[wanted]();
  });
  const listen = (/** @type {string} */ label) => {
    const ofClass = chosen(clips, { ...choice, label, prediction: "", right: "" });
    setQuery({ label, prediction: "", right: "", clip: (ofClass.find(clip => clip.url) ?? ofClass[0])?.id });
    setPlaylist(true);
    setAutoplay(true);
  };
  const versions = current
    ? [
        { name: peers.length && !judged ? t("this version") : t("this run"), clip: current },
        ...others.map(run => ({ name: run.name, clip: run.clips.find(clip => clip.id === current.id) ?? null })),
      ]
    : [];
  const Overview = judged ? Judged : Counted;
  return html`<div class=${current ? "workbench" : "workbench idle"}>
    <${SplitPane} name="workbench" size=${Math.round(0.625 * innerWidth - 300)}
      first=${html`<div class="scroll workbench-left"><${Overview} clips=${clips} choice=${choice} listen=${listen} /></div>
      <${Facets} clips=${clips} judged=${judged} choice=${choice} count=${shown.length} task=${task} peers=${peers} marks=${marks} playlist=${playlist}
        setPlaylist=${setPlaylist} />
      <${ClipList} clips=${shown} judged=${judged} current=${current?.id ?? null} open=${open} marked=${marks.marked.value} />`}
      second=${
        current
          ? html`<${Inspector} versions=${versions} judged=${judged} engine=${engine} frontEnd=${frontEnd} model=${model} autoplay=${autoplay}
          view=${query.value.get("view") ?? ""}
          setView=${(/** @type {string} */ view) => setQuery({ view: view === viewsOf(frontEnd)[0] ? null : view })}
            marked=${marks.marked.value.has(current.id)} mark=${mark} />`
          : html`<${Empty} icon="sound" title=${t("Choose a clip")}>
          <p>${
            judged
              ? t("Click a cell of the matrix, then a clip; J and K walk through them, Space plays.")
              : t("Click a class, then a clip; J and K walk through them, Space plays.")
          }</p><//>`
      } />
  </div>`;
}

/** @typedef {{clips: Clip[], choice: Choice, listen: (label: string) => void}} OverviewProps */

/** How the model did. @param {OverviewProps} props */
function Judged({ clips, choice, listen }) {
  const matrix = useMemo(() => confusion(clips), [clips]);
  return html`<p class="row"><strong>${percent(matrix.right / Math.max(1, matrix.total))}</strong> ${t("of {n} clips right", { n: matrix.total })}
    <span class="grow"></span><small>${t("rows: labels, columns: predictions")}</small></p>
    <${ConfusionMatrix} matrix=${matrix} label=${choice.label} prediction=${choice.prediction}
      choose=${(/** @type {string} */ label, /** @type {string} */ prediction) => setQuery({ label, prediction })} listen=${listen} />`;
}

/** What a data set holds. @param {OverviewProps} props */
function Counted({ clips, choice, listen }) {
  const classes = useMemo(() => classesOf(clips), [clips]);
  const total = useMemo(() => clips.reduce((sum, clip) => sum + (clip.duration || 0), 0), [clips]);
  const kept = useMemo(() => clips.filter(clip => clip.url).length, [clips]);
  const choose = (/** @type {string} */ label, /** @type {string} */ part) =>
    setQuery(classes.field ? { label, [classes.field]: part } : { label });
  return html`<p class="row"><strong>${tn(Number(clips.length), "1 clip", "{n} clips")}</strong> ${t(
    "{n} classes, {time}",
    { n: classes.rows.length, time: duration(total) },
  )}<span class="grow"></span>
      ${
        kept < clips.length &&
        html`<small title=${t("The preprocess task’s parameter audio_limit decides how many.")}>
          ${t("{n} with their sound", { n: number(kept) })}</small>`
      }</p>
    <${ClassTable} classes=${classes} label=${choice.label} part=${classes.field ? choice[classes.field] : ""} choose=${choose} listen=${listen} />`;
}

/** What each command does here. @param {Engine} engine @param {{step: (by: number) => void, mark: () => void}} more @returns {Record<string, () => void>} */
const commands = (engine, { step, mark }) => ({
  ...playing(engine),
  next: () => step(1),
  previous: () => step(-1),
  mark,
  drop: () => engine.setLoop(false, null),
  help: () => openDialog(KeyHelp),
});
