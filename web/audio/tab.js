/** The audio workbench: from the confusion matrix to the clips, and into one of them. */
import { call } from "../api.js";
import { html, useEffect, useMemo, useState } from "../lib/dom.js";
import { fileUrl } from "../lib/files.js";
import { percent } from "../lib/format.js";
import { useAsked, useWindow } from "../lib/hooks.js";
import { query, setQuery } from "../lib/router.js";
import { readTable } from "../lib/tables.js";
import { t } from "../lib/text.js";
import { openDialog } from "../kit/dialog.js";
import { SplitPane } from "../kit/split.js";
import { Answered, Empty } from "../kit/states.js";
import { chosen, clipsOf, confusion } from "./clips.js";
import { Engine } from "./engine.js";
import { Facets } from "./facets.js";
import { readFrontEnd } from "./frontend.js";
import { Inspector } from "./inspector.js";
import { KeyHelp, command, playing } from "./keys.js";
import { ClipList } from "./list.js";
import { marksOf } from "./marks.js";
import { ConfusionMatrix } from "./matrix.js";

const artifactOf = (/** @type {any} */ task) => (task.execution?.artifacts ?? []).find((/** @type {any} */ one) => one.key === "clips");

/** @param {any} task @returns {Promise<import("./clips.js").Clip[]>} */
const fetchClips = async (task) => clipsOf((await readTable(fileUrl(artifactOf(task).uri))).rows);

/** @param {{task: any}} props */
export default function AudioTab({ task }) {
  const artifact = artifactOf(task);
  const answer = useAsked(artifact ? () => fetchClips(task) : null, `clips ${artifact?.uri}`);
  if (!artifact) return html`<${Empty} icon="sound" title=${t("No table of clips")}><p>${t("An evaluate task keeps one: every held-out clip with its label and prediction. Sounds of other tasks are among the debug samples.")}</p><//>`;
  return html`<${Answered} answer=${answer}>${(/** @type {any} */ clips) => html`<${Workbench} task=${task} clips=${clips} />`}<//>`;
}

/** What the address says. */
function readChoice() {
  const get = (/** @type {string} */ name) => query.value.get(name) ?? "";
  return { label: get("label"), prediction: get("prediction"), right: get("right"), split: get("split"), fold: get("fold"), find: get("find"), sure: get("sure"), long: get("long"), sort: get("sort") || "loss" };
}

/** @param {{task: any, clips: import("./clips.js").Clip[]}} props */
function Workbench({ task, clips }) {
  const engine = useMemo(() => new Engine(), []);
  const marks = useMemo(() => marksOf(task.id), [task.id]);
  const frontEnd = useMemo(() => readFrontEnd(task.configuration?.frontend?.value), [task.id]);
  const [autoplay, setAutoplay] = useState(false);
  const [playlist, setPlaylist] = useState(false);
  const choice = readChoice();
  const matrix = useMemo(() => confusion(clips), [clips]);
  const shown = useMemo(() => chosen(clips, choice), [clips, JSON.stringify(choice)]);
  const others = useOtherRuns();
  const current = clips.find((clip) => clip.id === query.value.get("clip")) ?? null;
  const at = current ? shown.indexOf(current) : -1;
  const open = (/** @type {any} */ clip, play = true) => {
    if (!clip) return;
    setAutoplay(play);
    setQuery({ clip: clip.id });
  };
  const step = (/** @type {number} */ by) => open(shown[at < 0 ? 0 : Math.max(0, Math.min(shown.length - 1, at + by))]);
  const modelView = query.value.get("view") !== "plain";
  const mark = () => current && marks.toggle(current.id);
  engine.onEnd = () => playlist && at + 1 < shown.length && open(shown[at + 1]);
  useEffect(() => () => engine.stop(), []);
  useWindow("keydown", (event) => {
    const wanted = command(event);
    if (!wanted) return;
    event.preventDefault();
    commands(engine, { step, mark })[wanted]();
  });
  const choose = (/** @type {string} */ label, /** @type {string} */ prediction) => setQuery({ label, prediction });
  const listen = (/** @type {string} */ label) => {
    const first = chosen(clips, { ...choice, label, prediction: "", right: "" })[0];
    setQuery({ label, prediction: "", right: "", clip: first?.id });
    setPlaylist(true);
    setAutoplay(true);
  };
  const versions = current ? [{ name: t("this run"), clip: current }, ...others.flatMap((run) => run.clips.filter((clip) => clip.id === current.id).map((clip) => ({ name: run.name, clip })))] : [];
  return html`<div class="workbench">
    <${SplitPane} name="workbench" size=${Math.round(0.625 * innerWidth - 300)} first=${html`<div class="scroll workbench-left">
      <p class="row"><strong>${percent(matrix.right / Math.max(1, matrix.total))}</strong> ${t("of {n} clips right", { n: matrix.total })}<span class="grow"></span><small>${t("rows: labels, columns: predictions")}</small></p>
      <${ConfusionMatrix} matrix=${matrix} label=${choice.label} prediction=${choice.prediction} choose=${choose} listen=${listen} /></div>
      <${Facets} clips=${clips} choice=${choice} count=${shown.length} task=${task} marks=${marks} playlist=${playlist} setPlaylist=${setPlaylist} />
      <${ClipList} clips=${shown} current=${current?.id ?? null} open=${open} marked=${marks.marked.value} />`}
      second=${current ? html`<${Inspector} versions=${versions} engine=${engine} frontEnd=${frontEnd} autoplay=${autoplay} modelView=${modelView}
          setModelView=${(/** @type {boolean} */ on) => setQuery({ view: on ? null : "plain" })} marked=${marks.marked.value.has(current.id)} mark=${mark} />`
        : html`<${Empty} icon="sound" title=${t("Choose a clip")}><p>${t("Click a cell of the matrix, then a clip; J and K walk through them, Space plays.")}</p><//>`} />
  </div>`;
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

/** The clips of the runs named in the address. @returns {{id: string, name: string, clips: import("./clips.js").Clip[]}[]} */
function useOtherRuns() {
  const ids = (query.value.get("with") ?? "").split(",").filter(Boolean);
  const answer = useAsked(async () => Promise.all(ids.map(async (id) => {
    const { task } = await call("tasks.get_by_id", { task: id });
    return { id, name: `${task.name} ${id.slice(0, 4)}`, clips: artifactOf(task) ? await fetchClips(task) : [] };
  })), `runs ${ids.join()}`);
  return answer.data ?? [];
}
