/** Clips that somebody marked, kept in this browser by task, to be taken along as CSV. */
import { signal } from "../lib/dom.js";
import { save } from "../lib/files.js";
import { csv } from "../lib/format.js";
import { areJudged } from "./clips.js";
import { remember, remembered } from "../lib/preferences.js";

/** @param {string} task */
export function marksOf(task) {
  const key = `marks:${task}`;
  const marked = signal(new Set(remembered(key, /** @type {string[]} */ ([]))));
  return {
    marked,
    /** @param {string} clip */
    toggle(clip) {
      const next = new Set(marked.value);
      if (!next.delete(clip)) next.add(clip);
      marked.value = next;
      remember(key, [...next]);
    },
    /** @param {import("./clips.js").Clip[]} clips @param {string} name */
    download(clips, name) {
      const rows = clips.filter((clip) => marked.value.has(clip.id));
      const told = areJudged(clips) ? /** @type {const} */ (["prediction", "confidence", "loss"]) : /** @type {const} */ (["split", "fold", "duration"]);
      save(`${name} marked.csv`,
        csv(["clip", "label", ...told, "url"], rows.map((clip) => [clip.id, clip.label, ...told.map((field) => clip[field]), clip.url])), "text/csv");
    },
  };
}
