/** Small labelled marks: a status, a tag, a class label. */
import { classes, html } from "../lib/dom.js";
import { t } from "../lib/text.js";
import { Icon } from "./icons.js";

/** ClearML's status values and the words for them. */
export const statusWords = {
  created: "Draft",
  queued: "Pending",
  in_progress: "Running",
  stopped: "Aborted",
  completed: "Completed",
  failed: "Failed",
  published: "Published",
  publishing: "Publishing",
  closed: "Closed",
  unknown: "Unknown",
};

/** @param {string} status */
export const statusWord = status => t(statusWords[/** @type {keyof typeof statusWords} */ (status)] ?? status);

/** @param {{status: string}} props */
export const StatusChip = ({ status }) =>
  html`<span class=${`status status-${status}`}><span class="dot"></span>${statusWord(status)}</span>`;

/** @param {{children: any, onRemove?: () => void, removeLabel?: string, tone?: string, title?: string}} props */
export const Chip = ({ children, onRemove, removeLabel, tone, title }) => html`
  <span class=${classes("chip", tone && `tone-${tone}`)} title=${title}><span class="chip-text">${children}</span>${
    onRemove &&
    html`<button type="button" class="chip-remove" aria-label=${removeLabel ?? t("Remove")} onClick=${onRemove}>
      <${Icon} name="close" size=${12} /></button>`
  }</span>`;

/** @param {{tags: string[] | undefined}} props */
export const Tags = ({ tags }) =>
  tags?.length ? html`<span class="tags">${tags.map(tag => html`<${Chip}>${tag}<//>`)}</span>` : null;
