/** Schedules and triggers: what their scheduler's configuration objects hold, read and changed as the command does. */

/** The SDK's sections, in which the entries stand. */
const sections = ["schedule", "datasets", "models", "tasks"];

/** @typedef {{scheduler: any, section: string, job: any, known: any}} Entry `known`: what the scheduler knows of it */

/** @param {any} task @param {string} name @param {any} empty */
function section(task, name, empty) {
  try {
    return JSON.parse(task.configuration?.[name]?.value || "null") ?? empty;
  } catch {
    return empty;
  }
}

/** The entries of a scheduler's task. @param {any} task @returns {Entry[]} */
export function entriesOf(task) {
  const known = section(task, "state", {}).entries ?? {};
  return sections.flatMap(name =>
    section(task, name, []).map((/** @type {any} */ job) => ({
      scheduler: task,
      section: name,
      job,
      known: known[job.name] ?? {},
    })),
  );
}

/** The configuration object of a section in which an entry is changed. @param {any} task as it stands now @param {Entry} entry @param {any} change */
export function changed(task, entry, change) {
  const jobs = section(task, entry.section, []);
  const edited = jobs.map((/** @type {any} */ job) => (job.name === entry.job.name ? { ...job, ...change } : job));
  return { name: entry.section, type: "json", value: JSON.stringify(edited, null, 1) };
}

/** When an entry is run, as it was told. @param {Entry} entry */
export function when({ section: name, job }) {
  if (job.cron) return `${job.cron} UTC`;
  const tags = (job.tags ?? []).map((/** @type {string} */ tag) => `tag:${tag}`);
  return [name.replace(/s$/, ""), job.on_publish && "published", job.match_name, ...tags].filter(Boolean).join(" ");
}
