/** The file of a model that a browser can run: its own, or the newest that a task has made of it. */
import { call } from "../../api.js";
import { fileName, fileUrl } from "../../lib/addresses/files.js";
import { runnable } from "./rules.js";

/** @param {any} model @returns {Promise<{url: string, model: any} | null>} `model`: whose file it is; null: there is none yet */
export async function onnxOf(model) {
  const found = runnable([model]) ?? runnable(await madeOf(model.id));
  return found && { url: fileUrl(found.uri), name: fileName(found.uri), model: found };
}

/** The models that tasks have made of a model, newest first. @param {string} id @returns {Promise<any[]>} */
async function madeOf(id) {
  const { tasks } = await call("tasks.get_all_ex", {
    "models.input.model": [id],
    search_hidden: true,
    only_fields: ["models.output"],
    order_by: ["-last_update"],
    page: 0,
    page_size: 50,
  });
  const ids = tasks.flatMap((/** @type {any} */ task) =>
    (task.models?.output ?? []).map((/** @type {any} */ one) => one.model?.id ?? one.model),
  );
  if (!ids.length) return [];
  const { models } = await call("models.get_all_ex", {
    id: ids,
    search_hidden: true,
    system_tags: ["-archived"],
    only_fields: ["name", "uri", "framework", "created"],
    order_by: ["-created"],
    page: 0,
    page_size: 200,
  });
  return models;
}
