/** Doing things with tasks: one or many, with the questions that have to be asked first. */
import { call } from "../api.js";
import { save } from "../lib/addresses/files.js";
import { sentence } from "../lib/answers/refusal.js";
import { inPortions } from "../lib/selection.js";
import { language, t, tn } from "../lib/text.js";
import { confirmed, openDialog } from "../kit/over/dialog.js";
import { toast, toastError } from "../kit/over/toast.js";
import { CloneDialog } from "./clone.js";
import { EnqueueDialog, MoveDialog, TagsDialog } from "./dialogs.js";
import { agreed } from "./release.js";
import { fitting } from "./rules.js";

/** @typedef {import("./rules.js").Task} Task */

const portion = 500; // tasks in one call

/**
 * Call a `*_many` endpoint and say how it went.
 * @param {string} endpoint @param {Task[]} tasks @param {Record<string, any>} more @param {string} done English, with {n}
 */
async function many(endpoint, tasks, more, done) {
  const answers = await inPortions(ids(tasks), portion, part => call(endpoint, { ids: part, ...more }));
  const failed = answers.flatMap(answer => answer.failed ?? []);
  const worked = tasks.length - failed.length;
  if (worked) toast(t(done, { n: worked.toLocaleString(language.value) }));
  for (const one of failed.slice(0, 3))
    toast(`${tasks.find(task => task.id === one.id)?.name ?? one.id}: ${sentence(one.error)}`, { tone: "error" });
  if (failed.length > 3)
    toast(tn(failed.length - 3, "and 1 more was refused", "and {n} more were refused"), { tone: "error" });
  return worked > 0;
}

const ids = (/** @type {Task[]} */ tasks) => tasks.map(task => task.id);

const toReset = (/** @type {Task[]} */ tasks, /** @type {string} */ title, /** @type {string} */ confirm) =>
  agreed({
    title,
    confirm,
    endpoint: "tasks.validate_reset",
    body: { ids: ids(tasks) },
    text: tn(
      tasks.length,
      "1 task will be a draft again; its scalars, plots, samples, console and artifacts are deleted.",
      "{n} tasks will be drafts again; their scalars, plots, samples, console and artifacts are deleted.",
    ),
  });

/** @type {Record<string, (tasks: Task[]) => Promise<any>>} each resolves to a true value when something has changed */
const doers = {
  clone: ([task]) => openDialog(CloneDialog, { task }),
  enqueue: tasks => openDialog(EnqueueDialog, { tasks: fitting("enqueue", tasks) }),
  dequeue: tasks => many("tasks.dequeue_many", fitting("dequeue", tasks), {}, "{n} taken from the queue"),
  abort: async tasks =>
    (await confirmed({
      title: t("Abort"),
      confirm: t("Abort"),
      text: tn(
        fitting("abort", tasks).length,
        "1 running or pending task will be stopped. What it has written so far is kept.",
        "{n} running or pending tasks will be stopped. What they have written so far is kept.",
      ),
    })) && many("tasks.stop_many", fitting("abort", tasks), {}, "{n} stopping"),
  reset: async tasks =>
    (await toReset(fitting("reset", tasks), t("Reset"), t("Reset"))) &&
    many("tasks.reset_many", fitting("reset", tasks), { force: true }, "{n} reset"),
  retry: async tasks => {
    const fit = fitting("retry", tasks);
    if (!(await toReset(fit, t("Retry"), t("Reset and enqueue")))) return false;
    if (!(await many("tasks.reset_many", fit, { force: true }, "{n} reset"))) return false;
    return (await openDialog(EnqueueDialog, { tasks: fit })) ?? true;
  },
  continue: tasks => openDialog(EnqueueDialog, { tasks: fitting("continue", tasks), goOn: true }),
  publish: async tasks =>
    (await confirmed({
      title: t("Publish"),
      confirm: t("Publish"),
      text: tn(
        fitting("publish", tasks).length,
        "1 task will be read-only from now on, and so will its models.",
        "{n} tasks will be read-only from now on, and so will their models.",
      ),
    })) && many("tasks.publish_many", fitting("publish", tasks), {}, "{n} published"),
  archive: tasks => many("tasks.archive_many", fitting("archive", tasks), {}, "{n} archived"),
  restore: tasks => many("tasks.unarchive_many", fitting("restore", tasks), {}, "{n} restored"),
  delete: async tasks =>
    (await agreed({
      title: t("Delete for good"),
      confirm: t("Delete"),
      danger: true,
      endpoint: "tasks.validate_delete",
      body: { ids: ids(fitting("delete", tasks)) },
      text: tn(
        fitting("delete", tasks).length,
        "1 task, with its scalars, plots, samples, console and artifacts, will be deleted. This cannot be undone.",
        "{n} tasks, with their scalars, plots, samples, console and artifacts, will be deleted. This cannot be undone.",
      ),
    })) &&
    many(
      "tasks.delete_many",
      fitting("delete", tasks),
      { force: true, delete_output_models: true, delete_external_artifacts: true },
      "{n} deleted",
    ),
  tags: tasks => openDialog(TagsDialog, { tasks }),
  move: tasks => openDialog(MoveDialog, { tasks }),
  export: ([task]) => exportJson(task),
};

/** @param {Task} task */
async function exportJson(task) {
  const { task: whole } = await call("tasks.get_by_id", { task: task.id });
  save(
    `${(task.name ?? "task").replace(/[^\w.-]+/g, "_")}.${task.id}.json`,
    JSON.stringify(whole, null, 2),
    "application/json",
  );
}

/**
 * Do it, and say so when it fails.
 * @param {string} action @param {Task[]} tasks @returns {Promise<boolean>} whether something has changed
 */
export async function act(action, tasks) {
  try {
    return Boolean(await doers[action](tasks));
  } catch (error) {
    toastError(error);
    return false;
  }
}
