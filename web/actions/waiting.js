/** Why a pending task is pending, from the queue's entries and the workers. No drawing here. */

/**
 * @typedef {{kind: "gone" | "nobody" | "silent" | "busy" | "line" | "next", position: number, length: number, workers: any[], busy: any[], lastSeen: any}}
 *   Waiting
 * @param {{id: string}} task @param {any} queue with `entries` @param {any[]} workers of `workers.get_all`
 * @param {number} now milliseconds @param {number} [silent] seconds after which an agent counts as silent
 * @returns {Waiting}
 */
export function waiting(task, queue, workers, now, silent = 180) {
  const entries = queue?.entries ?? [];
  const position = entries.findIndex((/** @type {any} */ entry) => (entry.task?.id ?? entry.task) === task.id) + 1;
  const listening = workers.filter(worker => worker.queues?.some((/** @type {any} */ one) => one.id === queue?.id));
  const seen = (/** @type {any} */ worker) =>
    Date.parse(worker.last_activity_time ?? worker.last_report_time ?? worker.register_time ?? 0);
  const live = listening.filter(worker => now - seen(worker) < silent * 1000);
  const busy = live.filter(worker => worker.task?.id);
  const answer = {
    position,
    length: entries.length,
    workers: live,
    busy,
    lastSeen: listening.sort((a, b) => seen(b) - seen(a))[0] ?? null,
  };
  const kind = !position
    ? "gone"
    : !listening.length
      ? "nobody"
      : !live.length
        ? "silent"
        : busy.length === live.length
          ? "busy"
          : position > live.length - busy.length
            ? "line"
            : "next";
  return { kind, ...answer };
}
