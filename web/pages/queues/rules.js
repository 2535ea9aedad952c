/** What stands in the queues and who listens, drawn together from several answers. No drawing here. */

/**
 * @typedef {{id: string, name: string, added: string, task: any}} Entry
 * @typedef {{id: string, name: string, entries: Entry[], workers: any[], tags: string[], [key: string]: any}} Queue
 */

/**
 * Queues with their entries' tasks and their workers, sorted by name.
 * @param {any[]} queues of `queues.get_all_ex` @param {any[]} workers of `workers.get_all` @returns {Queue[]}
 */
export function joined(queues, workers) {
  const listening = (/** @type {string} */ id) =>
    workers.filter(worker => worker.queues?.some((/** @type {any} */ one) => one.id === id));
  return queues
    .map(queue => ({ ...queue, workers: listening(queue.id), entries: (queue.entries ?? []).map(entryOf) }))
    .sort((a, b) => a.name.localeCompare(b.name));
}

/** @param {any} entry @returns {Entry} */
function entryOf(entry) {
  const task = typeof entry.task === "string" ? { id: entry.task } : entry.task;
  return { id: task.id, name: task.name ?? task.id, added: entry.added, task };
}

/**
 * The queue that the address means: by id or by name; without one, the first with waiting tasks, then the first that agents listen to.
 * @param {Queue[]} queues @param {string | undefined} wanted
 */
export function chosenQueue(queues, wanted) {
  if (wanted) return queues.find(queue => queue.id === wanted || queue.name === wanted) ?? null;
  return queues.find(queue => queue.entries.length) ?? queues.find(queue => queue.workers.length) ?? queues[0] ?? null;
}

/**
 * The call that brings an entry from one place to another.
 * @param {number} from @param {number} to @param {number} length
 * @returns {{endpoint: string, count?: number} | null}
 */
export function moveCall(from, to, length) {
  if (from === to || from < 0) return null;
  if (to <= 0) return { endpoint: "queues.move_task_to_front" };
  if (to >= length - 1) return { endpoint: "queues.move_task_to_back" };
  return to < from
    ? { endpoint: "queues.move_task_forward", count: from - to }
    : { endpoint: "queues.move_task_backward", count: to - from };
}

/** The order after a move, so that the screen need not wait. @template {{id: string}} T @param {T[]} entries @param {string} id @param {number} to */
export function moved(entries, id, to) {
  const entry = entries.find(one => one.id === id);
  if (!entry) return entries;
  const others = entries.filter(one => one !== entry);
  return [...others.slice(0, to), entry, ...others.slice(to)];
}

/** Spans that charts over time offer: seconds, and the interval between their points. */
export const spans = {
  "1h": { seconds: 3600, interval: 20 },
  "6h": { seconds: 6 * 3600, interval: 120 },
  "1d": { seconds: 86400, interval: 600 },
  "1w": { seconds: 7 * 86400, interval: 3600 },
};

/** The keys of a queue's metadata that say what becomes of lost work. */
export const policyKeys = { seconds: "lost_seconds", retries: "lost_retries" };

/** What is wrong with a policy as it was typed; null where nothing is. Empty: the server's. @param {string} seconds @param {string} retries */
export function policyFault(seconds, retries) {
  if (seconds.trim() && !/^\d{1,8}(\.\d+)?$/.test(seconds.trim())) return "The seconds are a number, 0 or more";
  if (retries.trim() && !/^\d{1,8}$/.test(retries.trim())) return "How often is a whole number, 0 or more";
  return null;
}
