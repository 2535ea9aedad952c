/** A first visit: what to do, step by step, each ticked as soon as the server has seen it done. */
import { call } from "../../api.js";
import { html } from "../../lib/dom.js";
import { useAsked } from "../../lib/answers/hooks.js";
import { href } from "../../lib/addresses/router.js";
import { command, demo } from "../../lib/addresses/commands.js";
import { t, tn } from "../../lib/text.js";
import { newRun } from "../../actions/newrun.js";
import { Button } from "../../kit/button.js";
import { Icon } from "../../kit/icons.js";
import { seemsAlive } from "../workers/rules.js";

/** @typedef {{agents: number, templates: number, datasets: number}} Seen */

/** What of the first steps the server has seen. @returns {Promise<Seen>} */
async function look() {
  const count = async (/** @type {Record<string, any>} */ tasks) =>
    (await call("organization.get_entities_count", { tasks, search_hidden: true })).tasks ?? 0;
  const [{ workers }, templates, datasets] = await Promise.all([
    call("workers.get_all", { last_seen: 600 }),
    count({ tags: ["template"], status: ["created"] }),
    count({ system_tags: ["dataset"] }),
  ]);
  return {
    agents: (workers ?? []).filter((/** @type {any} */ one) => seemsAlive(one, Date.now())).length,
    templates,
    datasets,
  };
}

/** @typedef {{title: string, done?: boolean, note?: any, text: string, command?: string, more?: any}} Step */

/** @param {Seen} seen @returns {Step[]} */
const steps = seen => [
  {
    title: t("An agent runs what waits"),
    done: seen.agents > 0,
    note: seen.agents > 0 && tn(seen.agents, "1 agent is there", "{n} agents are there"),
    text: t("On a machine with Soundyard; without --cpu-only it uses the first GPU."),
    command: command("agents.start", "--queue audio --cpu-only"),
  },
  {
    title: t("Templates to make runs of"),
    done: seen.templates > 0,
    note: seen.templates > 0 && tn(seen.templates, "1 template", "{n} templates"),
    text: t("One for every kind of task, to be filled in and put on a queue from here."),
    command: command("tasks.register"),
  },
  {
    title: t("Recordings to learn from"),
    done: seen.datasets > 0,
    note: seen.datasets > 0 && html`<a href=${href("/datasets")}>${tn(seen.datasets, "1 dataset", "{n} datasets")}</a>`,
    text: t("A folder for each class; other layouts and known data sets are told by --help."),
    command: command("tasks.preprocess", "--dataset folder --data PATH"),
  },
  {
    title: t("The first run"),
    text: t("Clone a template, set its values, enqueue it; this page follows it."),
    more: html`<${Button} primary icon="plus" writes reason=${seen.templates ? null : t("There is no template yet")} onClick=${newRun}>${t("New run")}<//>`,
  },
];

/** @param {{children?: any}} props what else can be done */
export function FirstSteps({ children }) {
  const seen = useAsked(look, "first steps", { every: 5, aside: true }).data ?? {
    agents: 0,
    templates: 0,
    datasets: 0,
  };
  return html`<div class="state empty start"><${Icon} name="tasks" size=${32} /><h2>${t("No tasks yet")}</h2>
    <p>${t("All of it at once, with made-up sounds: server, agents, and a run from recordings to a judged model.")}</p><pre>${demo()}</pre>
    <p>${t("Or step by step:")}</p>
    <ol class="first-steps">${steps(seen).map(
      step => html`<li class=${step.done ? "done" : ""}>
      <h3>${step.title}${step.done && html` <${Icon} name="check" size=${14} /><span class="visually-hidden">${t("done")}</span>`}
        ${step.note && html` <small>${step.note}</small>`}</h3>
      <p>${step.text}</p>${step.command && html`<pre>${step.command}</pre>`}${step.more}</li>`,
    )}</ol>
    <p>${t("Any script that calls Task.init reports here too; its machine needs a clearml.conf:")} <a href=${href("/settings/keys")}>${t("Access keys")}</a></p>
    ${children}</div>`;
}
