/** What may be done with a task now, and why not. The server has the last word; this is so that a button can say it first. */
import { lookingOnly } from "../lib/answers/session.js";
import { t } from "../lib/text.js";

/** @typedef {{id: string, name?: string, status: string, type?: string, system_tags?: string[], tags?: string[], project?: any, [key: string]: any}} Task */

/** @param {Task} task */
export const isArchived = task => Boolean(task.system_tags?.includes("archived"));

/** @param {string[]} allowed @param {string} reason an English sentence @returns {(task: Task) => string | null} */
const statusIn = (allowed, reason) => task => (allowed.includes(task.status) ? null : t(reason));

/** @type {Record<string, (task: Task) => string | null>} */
const own = {
  clone: () => null,
  tags: () => null,
  move: () => null,
  rename: () => null,
  enqueue: task =>
    isArchived(task)
      ? t("Restore it from the archive first")
      : statusIn(
          ["created", "stopped", "failed"],
          "Only drafts, aborted and failed tasks can be enqueued; reset it first",
        )(task),
  dequeue: statusIn(["queued"], "It is not in a queue"),
  abort: statusIn(["in_progress", "queued"], "It is not running"),
  reset: statusIn(
    ["queued", "in_progress", "stopped", "completed", "failed", "closed"],
    "A draft has nothing to reset, and a published task is kept as it is",
  ),
  retry: statusIn(["stopped", "completed", "failed", "closed"], "It has not ended yet, or is published"),
  continue: statusIn(["stopped", "failed"], "Only aborted and failed tasks can go on"),
  publish: statusIn(["stopped", "completed", "closed", "failed"], "Only a task that has ended can be published"),
  archive: task => (isArchived(task) ? t("It is in the archive already") : null),
  restore: task => (isArchived(task) ? null : t("It is not in the archive")),
  delete: task => (isArchived(task) ? null : t("Archive it first; tasks are deleted from the archive")),
};

/** @type {Record<string, (task: Task) => string | null>} why an action cannot be done with one task; null when it can */
export const reasons = {
  ...Object.fromEntries(
    Object.entries(own).map(([action, why]) => [action, (/** @type {Task} */ task) => lookingOnly() ?? why(task)]),
  ),
  compare: () => null,
};

/**
 * Why an action cannot be done with any of these tasks; null when it can be with at least one.
 * @param {string} action @param {Task[]} tasks
 */
export function reasonFor(action, tasks) {
  if (!tasks.length) return t("No task is chosen");
  const each = tasks.map(task => reasons[action]?.(task) ?? null);
  return each.includes(null) ? null : each[0];
}

/** Those tasks that the action can be done with. @param {string} action @param {Task[]} tasks */
export const fitting = (action, tasks) => tasks.filter(task => !reasons[action]?.(task));
