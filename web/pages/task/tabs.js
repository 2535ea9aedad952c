/** The task page's tabs, and the names that other addresses have for them. */

/** @type {{id: string, label: string, names: string[]}[]} */
export const tabs = [
  { id: "ending", label: "What went wrong", names: ["why"] },
  { id: "execution", label: "Execution", names: [] },
  { id: "hyper-params", label: "Configuration", names: ["configuration", "hyper-param"] },
  { id: "artifacts", label: "Artifacts", names: [] },
  { id: "general", label: "Info", names: ["info"] },
  { id: "log", label: "Console", names: ["console"] },
  { id: "scalars", label: "Scalars", names: ["metrics", "scalar"] },
  { id: "plots", label: "Plots", names: ["plot"] },
  { id: "debugImages", label: "Debug samples", names: ["debug-samples", "debug", "samples"] },
  { id: "audio", label: "Audio", names: ["clips"] },
  { id: "events", label: "Events", names: ["recordings"] },
  { id: "report", label: "Report", names: [] },
];

/** @param {string | undefined} name @param {string} fallback */
export const tabFor = (name, fallback) =>
  tabs.find(tab => tab.id === name || tab.names.includes(name ?? ""))?.id ?? fallback;

/** The artifact that holds a task's report, or nothing: what an evaluation writes as `report.json`. @param {any} task */
export const reportOf = task =>
  (task.execution?.artifacts ?? []).find(
    (/** @type {any} */ one) => one.key === "report" && /[/]report[.]json$/.test(one.uri ?? ""),
  );
