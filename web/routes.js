/** Which page stands at which address. Pages are fetched when they are first shown. */
import { matcher } from "./lib/addresses/router.js";

/**
 * @typedef {{default: any}} PageModule
 * @typedef {{load: () => Promise<PageModule>, params: Record<string, string>}} Found
 */

const tasks = () => import("./pages/tasks/page.js");
const task = () => import("./pages/task/page.js");
const compare = () => import("./pages/compare/page.js");
const pipeline = () => import("./pages/pipelines/run.js");
const dataset = () => import("./pages/datasets/version.js");
const models = () => import("./pages/models/page.js");
const model = () => import("./pages/models/model.js");
const queues = () => import("./pages/queues/page.js");
const workers = () => import("./pages/workers/page.js");
const settings = () => import("./pages/settings/page.js");

/** @type {[string, () => Promise<PageModule>][]} */
const table = [
  ["/", tasks],
  ["/login", () => import("./pages/login.js")],
  ["/projects", () => import("./pages/projects.js")],
  ["/projects/:project", tasks],
  ["/projects/:project/overview", tasks],
  ["/projects/:project/tasks", tasks],
  ["/projects/:project/experiments", tasks],
  ["/projects/:project/tasks/:task", task],
  ["/projects/:project/experiments/:task", task],
  ["/projects/:project/tasks/:task/output/:tab", task],
  ["/projects/:project/experiments/:task/output/:tab", task],
  ["/projects/:project/tasks/:task/:tab", task],
  ["/projects/:project/experiments/:task/:tab", task],
  ["/projects/:project/tasks/:task/info-output/:tab", task],
  ["/projects/:project/experiments/:task/info-output/:tab", task],
  ["/projects/:project/compare-tasks;ids", compare],
  ["/projects/:project/compare-tasks;ids/:tab", compare],
  ["/projects/:project/compare-tasks;ids/:tab/:view", compare],
  ["/projects/:project/compare-experiments;ids", compare],
  ["/projects/:project/compare-experiments;ids/:tab", compare],
  ["/projects/:project/compare-experiments;ids/:tab/:view", compare],
  ["/projects/:project/models", models],
  ["/projects/:project/models/:model", model],
  ["/projects/:project/models/:model/:tab", model],
  ["/models", models],
  ["/models/:model", model],
  ["/tasks/:task", task],
  ["/pipelines", () => import("./pages/pipelines/page.js")],
  ["/pipelines/:project", pipeline],
  ["/pipelines/:project/tasks", pipeline],
  ["/pipelines/:project/experiments", pipeline],
  ["/pipelines/:project/tasks/:run", pipeline],
  ["/pipelines/:project/experiments/:run", pipeline],
  ["/datasets", () => import("./pages/datasets/page.js")],
  ["/datasets/simple/:project", dataset],
  ["/datasets/simple/:project/tasks", dataset],
  ["/datasets/simple/:project/experiments", dataset],
  ["/datasets/simple/:project/tasks/:version", dataset],
  ["/datasets/simple/:project/experiments/:version", dataset],
  ["/queues", queues],
  ["/queues/:queue", queues],
  ["/workers", workers],
  ["/workers-and-queues", workers],
  ["/workers-and-queues/queues", queues],
  ["/workers-and-queues/workers", workers],
  ["/settings", settings],
  ["/settings/:section", settings],
  ["/kit", () => import("./pages/kit.js")],
];

const compiled = table.map(([pattern, load]) => ({ match: matcher(pattern), load }));

/** @param {string} path @returns {Found | null} */
export function find(path) {
  for (const { match, load } of compiled) {
    const params = match(path);
    if (params) return { load, params };
  }
  return null;
}
