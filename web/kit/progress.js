/** How far a running task is: a bar, the per cent, and the time that is left where it is known. */
import { html } from "../lib/dom.js";
import { progressOf, progressText } from "../lib/reading/progress.js";
import { t } from "../lib/text.js";

/** @param {{task: any}} props */
export function Progress({ task }) {
  const progress = progressOf(task);
  if (!progress) return null;
  const text = progressText(progress);
  return html`<span class="progress"><span class="meter" role="progressbar" aria-label=${t("Progress")} aria-valuemin="0" aria-valuemax="100"
      aria-valuenow=${Math.floor(progress.percent)} aria-valuetext=${text}><span style=${{ width: `${progress.percent}%` }}></span></span>
    <small>${text}</small></span>`;
}

/** The same in words alone, where there is no room for a bar. @param {{task: any}} props */
export function ProgressNote({ task }) {
  const progress = progressOf(task);
  return progress && html`<small class="under" title=${progressText(progress)}>${progressText(progress)}</small>`;
}
