/** Doing things with tasks: one or many, with the questions that have to be asked first. */
import { call } from "../api.js";
import { save } from "../lib/files.js";
import { t } from "../lib/text.js";
import { confirmed, openDialog } from "../kit/dialog.js";
import { toast, toastError } from "../kit/toast.js";
import { CloneDialog } from "./clone.js";
import { EnqueueDialog, MoveDialog, TagsDialog } from "./dialogs.js";
import { fitting } from "./rules.js";

/** @typedef {import("./rules.js").Task} Task */

/**
 * Call a `*_many` endpoint and say how it went.
 * @param {string} endpoint @param {Task[]} tasks @param {Record<string, any>} more @param {string} done English, with {n}
 */
async function many(endpoint, tasks, more, done) {
  const answer = await call(endpoint, { ids: tasks.map((task) => task.id), ...more });
  const failed = answer.failed ?? [];
  const worked = tasks.length - failed.length;
  if (worked) toast(t(done, { n: worked }));
  for (const one of failed.slice(0, 3)) toast(`${tasks.find((task) => task.id === one.id)?.name ?? one.id}: ${one.error?.msg ?? t("That did not work")}`,
    { tone: "error" });
  return worked > 0;
}

/** @param {Task[]} tasks @param {string} action @param {string} title @param {string} text @param {string} confirm */
const sure = (tasks, action, title, text, confirm) =>
  confirmed({ title: t(title), text: t(text, { n: fitting(action, tasks).length }), confirm: t(confirm), danger: action === "delete" });

/** @type {Record<string, (tasks: Task[]) => Promise<any>>} each resolves to a true value when something has changed */
const doers = {
  clone: ([task]) => openDialog(CloneDialog, { task }),
  enqueue: (tasks) => openDialog(EnqueueDialog, { tasks: fitting("enqueue", tasks) }),
  dequeue: (tasks) => many("tasks.dequeue_many", fitting("dequeue", tasks), {}, "{n} taken from the queue"),
  abort: async (tasks) =>
    (await sure(tasks, "abort", "Abort", "{n} running or pending tasks will be stopped. What they have written so far is kept.", "Abort")) &&
    many("tasks.stop_many", fitting("abort", tasks), {}, "{n} stopping"),
  reset: async (tasks) =>
    (await sure(tasks, "reset", "Reset", "{n} tasks will be drafts again; their scalars, plots, samples, console and artifacts are deleted.", "Reset")) &&
    many("tasks.reset_many", fitting("reset", tasks), { force: true }, "{n} reset"),
  retry: async (tasks) => {
    if (!(await sure(tasks, "retry", "Retry", "{n} tasks will be reset, which deletes what they have written, and enqueued again.",
          "Reset and enqueue"))) return false;
    const fit = fitting("retry", tasks);
    if (!(await many("tasks.reset_many", fit, { force: true }, "{n} reset"))) return false;
    return (await openDialog(EnqueueDialog, { tasks: fit })) ?? true;
  },
  continue: (tasks) => openDialog(EnqueueDialog, { tasks: fitting("continue", tasks), goOn: true }),
  publish: async (tasks) =>
    (await sure(tasks, "publish", "Publish", "{n} tasks will be read-only from now on, and so will their models.", "Publish")) &&
    many("tasks.publish_many", fitting("publish", tasks), {}, "{n} published"),
  archive: (tasks) => many("tasks.archive_many", fitting("archive", tasks), {}, "{n} archived"),
  restore: (tasks) => many("tasks.unarchive_many", fitting("restore", tasks), {}, "{n} restored"),
  delete: async (tasks) =>
    (await sure(tasks, "delete", "Delete for good", "{n} tasks, with their scalars, samples, artifacts and models, will be deleted. This cannot be undone.",
        "Delete")) &&
    many("tasks.delete_many", fitting("delete", tasks), { force: true, delete_output_models: true, delete_external_artifacts: true }, "{n} deleted"),
  tags: (tasks) => openDialog(TagsDialog, { tasks }),
  move: (tasks) => openDialog(MoveDialog, { tasks }),
  export: ([task]) => exportJson(task),
};

/** @param {Task} task */
async function exportJson(task) {
  const { task: whole } = await call("tasks.get_by_id", { task: task.id });
  save(`${(task.name ?? "task").replace(/[^\w.-]+/g, "_")}.${task.id}.json`, JSON.stringify(whole, null, 2), "application/json");
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
