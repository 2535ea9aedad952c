/** Clips that somebody marked, kept in this browser by task, to be taken along as CSV. */
import { signal } from "../lib/dom.js";
import { save } from "../lib/files.js";
import { csv } from "../lib/format.js";
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
      const rows = clips.filter((clip) => marked.value.has(clip.id)).map((clip) => [clip.id, clip.label, clip.prediction, clip.confidence, clip.loss, clip.url]);
      save(`${name} marked.csv`, csv(["clip", "label", "prediction", "confidence", "loss", "url"], rows), "text/csv");
    },
  };
}
