/** The interface's own addresses, each written once. They are the ones that the SDK prints. */

import { href } from "./router.js";

/** @typedef {{id: string, project?: any}} Thing */

/** @param {any} project an id, or an object with one */
const idOf = project => (project && typeof project === "object" ? project.id : project) || "*";

/** @param {any} project */
export const tasksLink = project => href(`/projects/${idOf(project)}/tasks`);

/** @param {Thing} task @param {string} [tab] */
export const taskLink = (task, tab = "") =>
  href(`/projects/${idOf(task.project)}/tasks/${task.id}${tab ? `/output/${tab}` : ""}`);

/**
 * The tasks that share a tag, with the parameters in which they differ as columns.
 * @param {any} project @param {string} tag @param {{section: string, name: string}[]} params
 */
export function groupLink(project, tag, params) {
  const also = params.map(one => encodeURIComponent(paramColumnId(one.section, one.name))).join(",");
  return `${tasksLink(project)}?${new URLSearchParams({ tags: encodeURIComponent(tag), also, sort: "name" })}`;
}

/** The id under which a hyperparameter's column is remembered. @param {string} section @param {string} name */
export const paramColumnId = (section, name) => `p.hyperparams.${dotted(section)}.${dotted(name)}|${section}/${name}`;

/** Dots inside a name are escaped as ClearML's own interface does. @param {string} name */
const dotted = name => name.replaceAll("%", "%25").replaceAll(".", "%2E").replaceAll("$", "%24");

/** @param {string[]} ids @param {string} [tab] @param {any} [project] */
export const compareLink = (ids, tab = "details", project = "*") =>
  href(`/projects/${idOf(project)}/compare-tasks;ids=${ids.join(",")}/${tab}`);

/** @param {Thing} model @param {string} [tab] */
export const modelLink = (model, tab = "") =>
  href(`/projects/${idOf(model.project)}/models/${model.id}${tab ? `/${tab}` : ""}`);

/** @param {any} project @param {string} [run] */
export const pipelineLink = (project, run) => href(`/pipelines/${idOf(project)}${run ? `/tasks/${run}` : ""}`);

/** @param {any} project @param {string} [version] */
export const datasetLink = (project, version) =>
  href(`/datasets/simple/${idOf(project)}${version ? `/tasks/${version}` : ""}`);
