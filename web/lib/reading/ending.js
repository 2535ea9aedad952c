/** Why a task ended as it did, of what its programs have said of it. No drawing here. */

const agents = "worker (start|execution (done|exit code))|starting execution|user abort";
const empty = new RegExp(
  `^(changed by|task (stopped|failed|completed|aborted|marked)|stopping$|user aborted|none$|unknown$|${agents})`,
  "i",
);
const telling = /\b([A-Z]\w*(Error|Exception|Warning|Interrupt)\b|error:|killed|out of memory|segmentation fault)/i;

/**
 * The reason, before "Changed by clearml-agent": what says most. Empty when nothing was said.
 * @param {{status_reason?: string | null, status_message?: string | null}} task
 */
export function why(task) {
  const said = [task.status_reason, task.status_message].map(one => (one ?? "").trim()).filter(Boolean);
  return said.find(one => !empty.test(one)) ?? said[0] ?? "";
}

/** Whether `why` tells a person anything. @param {string} reason */
export const tells = reason => Boolean(reason) && !empty.test(reason);

/** The line of a console that says what went wrong: the last that looks like an error, else the last. @param {string[]} lines */
export function lastWord(lines) {
  const said = lines
    .flatMap(one => one.split(/[\r\n]+/))
    .map(one => one.trim())
    .filter(Boolean);
  return said.findLast(one => telling.test(one)) ?? said.at(-1) ?? "";
}
