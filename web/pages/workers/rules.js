/** What the answers about workers mean. No drawing here. */

/** An agent reports about every half minute; after three minutes without a word it counts as silent. */
export const silentAfter = 180;

/** @param {any} worker */
export const lastSeen = worker => worker.last_activity_time ?? worker.last_report_time ?? worker.register_time;

/** @param {any} worker @param {number} now milliseconds */
export const seemsAlive = (worker, now) => now - Date.parse(lastSeen(worker) ?? 0) < silentAfter * 1000;

/** "running", "free" or "silent". @param {any} worker @param {number} now milliseconds */
export const stateOf = (worker, now) => (seemsAlive(worker, now) ? (worker.task?.id ? "running" : "free") : "silent");

/** Those that work first, then the free ones, then the silent ones; by name among their like. @param {any[]} workers @param {number} now */
export function inOrder(workers, now) {
  const rank = { running: 0, free: 1, silent: 2 };
  return [...workers].sort((a, b) => rank[stateOf(a, now)] - rank[stateOf(b, now)] || a.id.localeCompare(b.id));
}

/**
 * Charts of a machine: what they are called (an English sentence), the metrics in each, their unit.
 * @type {{title: string, unit: "percent" | "megabytes" | "rate" | "celsius", lines: Record<string, string>}[]}
 */
export const machineCharts = [
  { title: "Processor", unit: "percent", lines: { cpu_usage: "CPU" } },
  { title: "GPU", unit: "percent", lines: { gpu_usage: "GPU" } },
  { title: "Memory", unit: "megabytes", lines: { memory_used: "in use", memory_free: "free" } },
  { title: "GPU memory", unit: "megabytes", lines: { gpu_memory_used: "in use", gpu_memory_free: "free" } },
  { title: "Network", unit: "rate", lines: { network_rx: "in", network_tx: "out" } },
  { title: "Disk", unit: "rate", lines: { disk_read: "read", disk_write: "written" } },
  { title: "Free disk space", unit: "percent", lines: { disk_free_home: "home", disk_free_temp: "temp" } },
  { title: "Temperature", unit: "celsius", lines: { cpu_temperature: "CPU", gpu_temperature: "GPU" } },
];

export const machineMetrics = machineCharts.flatMap(chart => Object.keys(chart.lines));

/**
 * Charts with what was measured: times that belong to any line, and each line's values at them.
 * @param {any[]} metrics `metrics` of one worker in the answer of `workers.get_stats`, split by variant
 * @param {(sentence: string) => string} words
 */
export function chartsOf(metrics, words) {
  return machineCharts.flatMap(chart => {
    const found = Object.keys(chart.lines).flatMap(name =>
      metrics.filter(one => one.metric === name && one.dates?.length),
    );
    if (!found.length) return [];
    const times = [...new Set(found.flatMap(one => one.dates))].sort((a, b) => a - b);
    const several = new Set(found.map(one => one.variant)).size > 1;
    const lines = found.map(one => {
      const values = new Map(
        one.dates.map((/** @type {number} */ at, /** @type {number} */ i) => [at, one.stats?.[0]?.values?.[i] ?? null]),
      );
      const name = words(chart.lines[one.metric]);
      return { label: several ? `${name} ${one.variant}` : name, values: times.map(at => values.get(at) ?? null) };
    });
    return [{ title: chart.title, unit: chart.unit, times, lines }];
  });
}

/**
 * The newest value of a metric, the mean over its variants (cores, GPUs); null when there is none.
 * @param {any[] | undefined} metrics @param {string} name
 */
export function newest(metrics, name) {
  const values = (metrics ?? [])
    .filter(one => one.metric === name)
    .map(one => one.stats?.[0]?.values?.at(-1))
    .filter(value => typeof value === "number");
  return values.length ? values.reduce((sum, value) => sum + value, 0) / values.length : null;
}
