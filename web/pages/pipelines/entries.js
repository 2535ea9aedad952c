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

/**
 * The configuration object of a section in which an entry is changed, or, for null, is no more.
 * @param {any} task as it stands now @param {Entry} entry @param {any} change
 */
export function changed(task, entry, change) {
  const jobs = section(task, entry.section, []);
  const edited = jobs.flatMap((/** @type {any} */ job) =>
    job.name !== entry.job.name ? [job] : change === null ? [] : [{ ...job, ...change }],
  );
  return { name: entry.section, type: "json", value: JSON.stringify(edited, null, 1) };
}

/** When an entry is run, as it was told. @param {Entry} entry */
export function when({ section: name, job }) {
  if (job.cron) return `${job.cron} UTC`;
  const tags = (job.tags ?? []).map((/** @type {string} */ tag) => `tag:${tag}`);
  return [name.replace(/s$/, ""), job.on_publish && "published", job.match_name, ...tags].filter(Boolean).join(" ");
}

/** What the scheduler runs exactly; `pipelines/schedules/cron.py` decides, and tells of what it can't run on the entry. */
export const cronForms = [
  "*/15 * * * *",
  "30 * * * *",
  "0 */6 * * *",
  "0 3 * * *",
  "0 3 * * mon-fri",
  "0 3 1 * *",
  "0 3 1 6 *",
];
const macro = /^@(hourly|daily|midnight|weekly|monthly|yearly|annually)$/i;
const field = /^(\*|[\da-z]+(-[\da-z]+)?)(\/\d+)?(,(\*|[\da-z]+(-[\da-z]+)?)(\/\d+)?)*$/i;

/** Whether a text can be an expression at all, before it is sent. @param {string} text */
export function cronLooksRight(text) {
  const words = text.trim().split(/\s+/);
  return macro.test(text.trim()) || (words.length === 5 && words.every(word => field.test(word)));
}

/** @param {string} text tags, with commas between them */
export const tagsOf = text => [...new Set(text.split(",").map(tag => tag.trim()))].filter(Boolean);
