/** Asking a model: the sound goes to the file server, a clone of the `predict` template to a queue, its answer is read. */
import { call, callAll, upload } from "../../api.js";
import { command } from "../../lib/addresses/commands.js";
import { t } from "../../lib/text.js";
import { answerQueue, predictQueue } from "./rules.js";

/** Where a question would be answered now. @returns {Promise<import("./rules.js").Place>} */
export async function placeToAsk() {
  const [queues, { workers }] = await Promise.all([
    callAll("queues.get_all", "queues", { only_fields: ["name", "entries.task"] }),
    call("workers.get_all", { last_seen: 600 }),
  ]);
  return answerQueue(queues, workers ?? [], Date.now());
}

/** @param {File} file @param {string} model id @returns {Promise<string>} the task that answers */
export async function ask(file, model) {
  const place = await placeToAsk();
  const queue = place.queue || (await call("queues.create", { name: predictQueue })).id;
  const { id: template } = await newestTemplate("predict");
  const url = await upload(`predictions/${Date.now()}/${file.name}`, file);
  const { task } = await call("tasks.get_by_id", { task: template });
  const args = task.hyperparams.Args;
  const changed = { ...args, url: { ...args.url, value: url }, model_id: { ...args.model_id, value: model } };
  const { id } = await call("tasks.clone", {
    task: template,
    new_task_name: `predict ${file.name}`,
    new_task_hyperparams: { ...task.hyperparams, Args: changed },
  });
  await call("tasks.enqueue", { task: id, queue });
  return id;
}

/** @param {string} name @returns {Promise<any>} with its `id` and `name` */
export async function newestTemplate(name) {
  const { tasks } = await call("tasks.get_all", {
    name: `^${name}$`,
    status: ["created"],
    tags: ["template"],
    system_tags: ["-archived"],
    order_by: ["-last_update"],
    only_fields: ["id", "name", "parent"],
  });
  const template = tasks.find((/** @type {any} */ task) => !task.parent);
  if (!template)
    throw new Error(
      t("This server has no template “{name}”. Put it there: {command}", { name, command: command("tasks.register") }),
    );
  return template;
}

/** The task's state, and its answer once it has one. @param {string} id */
export async function answerOf(id) {
  const { task } = await call("tasks.get_by_id", { task: id });
  if (task.status !== "completed") return { task, top: [] };
  const { tasks } = await call("events.get_task_single_value_metrics", { tasks: [id] });
  const top = (tasks[0]?.values ?? [])
    .map((/** @type {any} */ one) => /** @type {[string, number]} */ ([one.variant, one.value]))
    .sort((/** @type {any} */ a, /** @type {any} */ b) => b[1] - a[1]);
  return { task, top };
}
