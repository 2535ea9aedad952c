/** Clips that somebody marked, kept in this browser by task, to be taken along as CSV. */
import { computed } from "../../lib/dom.js";
import { save } from "../../lib/addresses/files.js";
import { csv } from "../../lib/format.js";
import { areJudged } from "./clips.js";
import { shared } from "../../lib/preferences.js";

/** @param {string} task */
export function marksOf(task) {
  const kept = shared(`marks:${task}`, /** @type {string[]} */ ([]));
  const marked = computed(() => new Set(kept.value.value));
  return {
    marked,
    /** @param {string} clip */
    toggle(clip) {
      const on = !marked.value.has(clip);
      kept.change(now => [...now.filter(one => one !== clip), ...(on ? [clip] : [])]);
    },
    /** @param {import("./clips.js").Clip[]} clips @param {string} name */
    download(clips, name) {
      const rows = clips.filter(clip => marked.value.has(clip.id));
      const told = areJudged(clips)
        ? /** @type {const} */ (["prediction", "confidence", "loss"])
        : /** @type {const} */ (["split", "fold", "duration"]);
      save(
        `${name} marked.csv`,
        csv(
          ["clip", "label", ...told, "url"],
          rows.map(clip => [clip.id, clip.label, ...told.map(field => clip[field]), clip.url]),
        ),
        "text/csv",
      );
    },
  };
}
