/** How far a running task is, as it has told: per cent, and the seconds that are left where they can be known. No drawing here. */
import { duration } from "../format.js";
import { t } from "../text.js";

/**
 * ClearML's `runtime.progress`, which a person sets or a task; ours also say when they will be done
 * (`tasks/running/progress.py`).
 * @param {{status: string, runtime?: Record<string, any>}} task @param {number} [now] milliseconds
 * @returns {{percent: number, left: number | null} | null} null when it does not run or has told nothing
 */
export function progressOf(task, now = Date.now()) {
  const told = task.runtime?.progress;
  const percent = Number(told);
  if (task.status !== "in_progress" || told === undefined || told === null || told === "" || !Number.isFinite(percent))
    return null;
  const left = Number(task.runtime?._progress_ends || NaN) - now / 1000;
  return { percent: Math.max(0, Math.min(100, percent)), left: left > 0 && percent < 100 ? left : null };
}

/** "42 %, about 3:20 left" @param {{percent: number, left: number | null}} progress */
export const progressText = ({ percent, left }) =>
  left === null
    ? `${Math.floor(percent)} %`
    : t("{n} %, about {time} left", { n: Math.floor(percent), time: duration(left < 60 ? Math.ceil(left) : left) });
