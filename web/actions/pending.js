/** "Why is it pending?", beside every pending task. */
import { call } from "../api.js";
import { html } from "../lib/dom.js";
import { ago, duration } from "../lib/format.js";
import { useAsked } from "../lib/answers/hooks.js";
import { command } from "../lib/addresses/commands.js";
import { taskLink } from "../lib/addresses/links.js";
import { href } from "../lib/addresses/router.js";
import { t, tn } from "../lib/text.js";
import { PopoverButton } from "../kit/over/menu.js";
import { Answered } from "../kit/states.js";
import { waiting } from "./waiting.js";

/** @param {{task: any}} props */
export const PendingHint = ({ task }) =>
  html`<${PopoverButton} icon="help" label=${t("Why is it pending?")} quiet small>${() => html`<${PendingReason} task=${task} />`}<//>`;

/** @param {{task: any}} props */
export function PendingReason({ task }) {
  const answer = useAsked(
    async () => {
      const { task: now } = await call("tasks.get_by_id", { task: task.id });
      const id = now.execution?.queue?.id ?? now.execution?.queue;
      if (now.status !== "queued" || !id) return { over: now.status };
      const [queue, workers] = await Promise.all([
        call("queues.get_by_id", { queue: id }),
        call("workers.get_all", { last_seen: 86400 }),
      ]);
      return { queue: queue.queue, ...waiting(task, queue.queue, workers.workers ?? [], Date.now()) };
    },
    `pending ${task.id}`,
    { every: 3 },
  );
  return html`<div class="pending"><h3>${t("Why is it pending?")}</h3><${Answered} answer=${answer}>${explain}<//></div>`;
}

/** @param {any} w */
function explain(w) {
  if (w.over) return html`<p>${t("It is not pending any more.")}</p>`;
  const queue = html`<a href=${href(`/queues/${w.queue.id}`)}>${w.queue.name}</a>`;
  const line = w.position
    ? html`<p>${t("Number {n} of {all} in the queue", { n: w.position, all: w.length })} ${queue}.</p>`
    : null;
  if (w.kind === "gone")
    return html`<p>${t("The queue does not hold it any more; dequeue it and enqueue it again.")}</p>`;
  if (w.kind === "nobody")
    return html`<p class="strong">${t("No agent listens on this queue.")}</p>${line}
    <p>${t("Start one on a machine with Soundyard:")}</p><pre>${command("agents.start", `--queue ${w.queue.name}`)}</pre>`;
  if (w.kind === "silent")
    return html`<p class="strong">${t("The agent has gone silent.")}</p>
    <p>${w.lastSeen.id}: ${t("last seen {when}", { when: ago(w.lastSeen.last_activity_time ?? w.lastSeen.last_report_time) })}</p>${line}
    <pre>${command("agents.start", `--queue ${w.queue.name}`)}</pre>`;
  if (w.kind === "next")
    return html`<p class="strong">${t("An agent is free and will take it in a moment.")}</p>${line}
    <p>${w.workers.map((/** @type {any} */ one) => one.id).join(", ")}</p>`;
  const title =
    w.kind === "busy"
      ? tn(w.workers.length, "The only agent of this queue is busy.", "All {n} agents of this queue are busy.")
      : t("Others are before it in the queue.");
  return html`<p class="strong">${title}</p>${line}
    <ul>${w.busy.map(
      (/** @type {any} */ one) =>
        html`<li>${one.id}: <a href=${taskLink(one.task)}>${one.task.name ?? one.task.id}</a> ${
          one.task.running_time ? duration(one.task.running_time / 1000) : ""
        }</li>`,
    )}</ul>`;
}
