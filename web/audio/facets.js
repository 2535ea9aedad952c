/** What narrows the list of clips: labels, result, split, confidence, length; order; other runs to listen to. */
import { call } from "../api.js";
import { html } from "../lib/dom.js";
import { useAsked } from "../lib/hooks.js";
import { query, setQuery } from "../lib/router.js";
import { t } from "../lib/text.js";
import { Button } from "../kit/button.js";
import { Combobox, Select } from "../kit/combobox.js";
import { openDialog } from "../kit/dialog.js";
import { inRange, orderNames } from "./clips.js";
import { KeyHelp } from "./keys.js";

const orderWords = { loss: "highest loss", sure: "confident and wrong", unsure: "least confident", duration: "longest", name: "name" };

const lengths = ["-1", "1-4", "4-10", "10-"]; // seconds

/** @typedef {import("./clips.js").Clip} Clip @typedef {import("./clips.js").Choice} Choice @typedef {"label" | "prediction" | "split" | "fold"} Field */

/** One choice that says its own name: "Label: any". @param {{label: string, value: string, options: {value: string, label: string}[], name: string}} props */
const Facet = ({ label, value, options, name }) => html`<${Select} hideLabel label=${label} value=${value} onChange=${(/** @type {string} */ next) => setQuery({ [name]: next })}
  options=${[{ value: "", label: `${label}: ${t("any")}` }, ...options]} />`;

/** Ranges of a number as choices: "0.5-" is from 0.5 on. @param {string[]} ranges @param {(edge: string) => string} words */
const ranges = (ranges, words) => ranges.map((value) => {
  const [from, to] = value.split("-");
  return { value, label: to === "" ? `≥ ${words(from)}` : from === "" ? `< ${words(to)}` : `${words(from)} – ${words(to)}` };
});

/** @param {{clips: Clip[], choice: Choice, count: number, task: any, marks: any, playlist: boolean, setPlaylist: (on: boolean) => void}} props */
export function Facets({ clips, choice, count, task, marks, playlist, setPlaylist }) {
  const values = (/** @type {Field} */ field) => [...new Set(clips.map((clip) => clip[field]))].filter(Boolean).sort().map((value) => ({ value, label: value }));
  const facet = (/** @type {Field} */ field, /** @type {string} */ label) => values(field).length > 1 && html`<${Facet} label=${label} name=${field} value=${choice[field]} options=${values(field)} />`;
  const seconds = (/** @type {string} */ edge) => t("{n} s", { n: edge });
  return html`<div class="tool-bar facets">
    ${facet("label", t("Label"))}${facet("prediction", t("Prediction"))}
    <${Facet} label=${t("Result")} name="right" value=${choice.right} options=${[{ value: "wrong", label: t("wrong") }, { value: "right", label: t("right") }]} />
    <${Facet} label=${t("Probability")} name="sure" value=${choice.sure} options=${ranges(["-0.5", "0.5-0.9", "0.9-"], (edge) => `${Math.round(Number(edge) * 100)} %`)} />
    ${(choice.long || lengths.filter((range) => clips.some((clip) => inRange(clip.duration, range))).length > 1) && html`<${Facet} label=${t("Length")} name="long" value=${choice.long} options=${ranges(lengths, seconds)} />`}
    ${facet("split", t("Split"))}${facet("fold", t("Fold"))}
    <${Select} hideLabel label=${t("Order")} value=${choice.sort} options=${orderNames.map((value) => ({ value, label: t(orderWords[/** @type {"loss"} */ (value)]) }))} onChange=${(/** @type {string} */ sort) => setQuery({ sort: sort === "loss" ? null : sort })} />
    <${OtherRun} task=${task} />
    <span class="grow"></span><small>${t("{n} clips", { n: count })}</small>
    <${Button} small pressed=${playlist} title=${t("Play one after another")} onClick=${() => setPlaylist(!playlist)}>${t("Playlist")}<//>
    <${Button} small icon="download" reason=${marks.marked.value.size ? null : t("Mark clips first, with M")} onClick=${() => marks.download(clips, task.name)}>${t("Marked ({n})", { n: marks.marked.value.size })}<//>
    <${Button} small icon="help" label=${t("Keys")} onClick=${() => openDialog(KeyHelp)} />
  </div>`;
}

/** Choose another evaluation to switch to while listening. @param {{task: any}} props */
function OtherRun({ task }) {
  const found = useAsked(async () => (await call("tasks.get_all_ex", { type: ["testing"], status: ["completed", "published"], order_by: ["-last_update"], page: 0, page_size: 50, only_fields: ["name", "last_update"] })).tasks, "evaluations");
  const chosenRuns = (query.value.get("with") ?? "").split(",").filter(Boolean);
  const options = (found.data ?? []).filter((/** @type {any} */ one) => one.id !== task.id && !chosenRuns.includes(one.id)).map((/** @type {any} */ one) => ({ value: one.id, label: one.name, note: one.id.slice(0, 8) }));
  if (!options.length && !chosenRuns.length) return null;
  return html`<${Combobox} hideLabel label=${t("A/B with another run")} value="" placeholder=${chosenRuns.length ? `A/B: ${t("{n} chosen", { n: chosenRuns.length })}` : t("A/B with another run")} options=${[...(chosenRuns.length ? [{ value: "none", label: t("none") }] : []), ...options]}
    onChange=${(/** @type {string} */ id) => setQuery({ with: id === "none" ? null : [...chosenRuns, id].slice(-3).join(",") })} />`;
}
