/** What narrows the list of clips: a text, labels, result, split, confidence, length, loudness; order; other runs to listen to. */
import { html } from "../../lib/dom.js";
import { number } from "../../lib/format.js";
import { query, setQuery } from "../../lib/addresses/router.js";
import { t, tn } from "../../lib/text.js";
import { Button } from "../../kit/button.js";
import { Combobox, Select } from "../../kit/over/combobox.js";
import { openDialog } from "../../kit/over/dialog.js";
import { inOrder, inRange, orderNames } from "./clips.js";
import { KeyHelp } from "./keys.js";

const orderWords = {
  loss: "highest loss",
  sure: "confident and wrong",
  unsure: "least confident",
  duration: "longest",
  loud: "loudest",
  quiet: "quietest",
  name: "name",
};

const lengths = ["..1", "1..4", "4..10", "10.."]; // seconds
const levels = ["..-50", "-50..-35", "-35..-20", "-20.."]; // dB of full scale

/** @typedef {import("./clips.js").Clip} Clip @typedef {import("./clips.js").Choice} Choice @typedef {"label" | "prediction" | "split" | "fold"} Field */

/**
 * One choice; it shows its own name while any will do.
 * @param {{label: string, value: string, options: {value: string, label: string}[], name: string}} props
 */
const Facet = ({ label, value, options, name }) =>
  html`<${Select} hideLabel label=${label} value=${value} onChange=${(/** @type {string} */ next) => setQuery({ [name]: next })}
  options=${[{ value: "", label }, ...options]} />`;

/** Ranges of a number as choices: "0.5.." is from 0.5 on. @param {string[]} ranges @param {(edge: string) => string} words */
const ranges = (ranges, words) =>
  ranges.map(value => {
    const [from, to] = value.split("..");
    return {
      value,
      label: to === "" ? `≥ ${words(from)}` : from === "" ? `< ${words(to)}` : `${words(from)} – ${words(to)}`,
    };
  });

/**
 * @param {{clips: Clip[], judged: boolean, choice: Choice, count: number, task: any, peers: import("../tab.js").Peer[], marks: any, playlist: boolean,
 *   setPlaylist: (on: boolean) => void}} props
 *   `judged`: there are predictions
 */
export function Facets({ clips, judged, choice, count, task, peers, marks, playlist, setPlaylist }) {
  const values = (/** @type {Field} */ field) =>
    inOrder(clips.flatMap(clip => (field === "label" ? clip.labels : [clip[field]]))).map(value => ({
      value,
      label: value,
    }));
  const facet = (/** @type {Field} */ field, /** @type {string} */ label) =>
    values(field).length > 1 &&
    html`<${Facet} label=${label} name=${field} value=${choice[field]} options=${values(field)} />`;
  const spans = (
    /** @type {"long" | "loud"} */ name,
    /** @type {"duration" | "loudness"} */ of,
    /** @type {string} */ label,
    /** @type {string[]} */ all,
    /** @type {(edge: string) => string} */ words,
  ) =>
    (choice[name] || all.filter(range => clips.some(clip => inRange(clip[of], range))).length > 1) &&
    html`<${Facet} label=${label} name=${name} value=${choice[name] ?? ""} options=${ranges(all, words)} />`;
  const orders = orderNames(judged);
  return html`<div class="tool-bar facets">
    <input type="search" class="search" aria-label=${t("Find a clip")} placeholder=${t("Find a clip")} value=${choice.find}
      onInput=${(/** @type {any} */ e) => setQuery({ find: e.target.value })} />
    ${facet("label", t("Label"))}${
      judged &&
      html`${facet("prediction", t("Prediction"))}
    <${Facet} label=${t("Result")} name="right" value=${choice.right}
      options=${[
        { value: "wrong", label: t("wrong") },
        { value: "right", label: t("right") },
      ]} />
    <${Facet} label=${t("Probability")} name="sure" value=${choice.sure}
      options=${ranges(["..0.5", "0.5..0.9", "0.9.."], edge => `${Math.round(Number(edge) * 100)} %`)} />`
    }
    ${facet("split", t("Split"))}${facet("fold", t("Fold"))}
    ${spans("long", "duration", t("Length"), lengths, edge => t("{n} s", { n: edge }))}
    ${!judged && spans("loud", "loudness", t("Loudness"), levels, edge => `${edge.replace("-", "−")} dB`)}
    ${
      !judged &&
      (choice.kept || new Set(clips.map(clip => Boolean(clip.url))).size > 1) &&
      html`<${Facet} label=${t("Sound")} name="kept" value=${choice.kept ?? ""}
        options=${[
          { value: "yes", label: t("uploaded") },
          { value: "no", label: t("not uploaded") },
        ]} />`
    }
    <${Select} hideLabel label=${t("Order")} value=${choice.sort}
      options=${orders.map(value => ({ value, label: t(orderWords[/** @type {"loss"} */ (value)]) }))}
      onChange=${(/** @type {string} */ sort) => setQuery({ sort: sort === orders[0] ? null : sort })} />
    <${OtherRun} peers=${peers} judged=${judged} />
    <span class="grow"></span><small>${tn(Number(count), "1 clip", "{n} clips")}</small>
    <${Button} small pressed=${playlist} title=${t("Play one after another")} onClick=${() => setPlaylist(!playlist)}>${t("Playlist")}<//>
    <${Button} small icon="download" reason=${marks.marked.value.size ? null : t("Mark clips first, with M")} onClick=${() => marks.download(clips, task.name)}>
      ${t("Marked ({n})", { n: marks.marked.value.size })}<//>
    <${Button} small icon="help" label=${t("Keys")} onClick=${() => openDialog(KeyHelp)} />
  </div>`;
}

/** Choose another run, or another version, to switch to while listening. @param {{peers: import("../tab.js").Peer[], judged: boolean}} props */
function OtherRun({ peers, judged }) {
  const chosenRuns = (query.value.get("with") ?? "").split(",").filter(Boolean);
  const options = peers
    .filter(one => !chosenRuns.includes(one.id))
    .map(one => ({ value: one.id, label: one.name, note: one.id.slice(0, 8) }));
  if (!options.length && !chosenRuns.length) return null;
  const label = judged ? t("A/B with another run") : t("A/B: another version");
  return html`<${Combobox} hideLabel label=${label} value="" placeholder=${chosenRuns.length ? `A/B: ${t("{n} chosen", { n: chosenRuns.length })}` : label}
    options=${[...(chosenRuns.length ? [{ value: "none", label: t("none") }] : []), ...options]}
    onChange=${(/** @type {string} */ id) => setQuery({ with: id === "none" ? null : [...chosenRuns, id].slice(-3).join(",") })} />`;
}
