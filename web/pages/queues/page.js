/** Queues: what waits where, in which order and why; who listens; how long it took lately. */
import { call, callAll } from "../../api.js";
import { html } from "../../lib/dom.js";
import { useAsked } from "../../lib/answers/hooks.js";
import { href, navigate } from "../../lib/addresses/router.js";
import { t, tn } from "../../lib/text.js";
import { Button } from "../../kit/button.js";
import { asked, confirmed } from "../../kit/over/dialog.js";
import { Answered, Empty } from "../../kit/states.js";
import { toast, toastError } from "../../kit/over/toast.js";
import { PageHead } from "../frame.js";
import { QueueCharts } from "./charts.js";
import { Entries } from "./entries.js";
import { Listeners } from "./listeners.js";
import { LostWork } from "./policy.js";
import { chosenQueue, joined } from "./rules.js";

/** @typedef {import("./rules.js").Queue} Queue */

/** Everything that the page shows of queues, in two calls. */
async function askQueues() {
  const [queues, workers] = await Promise.all([
    callAll("queues.get_all_ex", "queues"),
    call("workers.get_all", { last_seen: 86400 }),
  ]);
  return joined(queues, workers.workers ?? []);
}

/** @param {{queue?: string}} props */
export default function QueuesPage({ queue: wanted }) {
  const answer = useAsked(askQueues, "queues", { every: 3 });
  return html`<${PageHead} title=${t("Queues")}><${Button} icon="plus" writes onClick=${() => create(answer.reload)}>${t("New queue")}<//><//>
    <section class="scroll"><${Answered} answer=${answer}>${(/** @type {Queue[]} */ queues) =>
      html`<${Body} queues=${queues} wanted=${wanted} reload=${answer.reload} />`}<//></section>`;
}

/** @param {{queues: Queue[], wanted: string | undefined, reload: () => Promise<void>}} props */
function Body({ queues, wanted, reload }) {
  const chosen = chosenQueue(queues, wanted);
  if (!queues.length)
    return html`<${Empty} icon="queues" title=${t("There is no queue yet")}><p>${t("A queue holds tasks until an agent takes them.")}</p>
    <${Button} primary icon="plus" writes onClick=${() => create(reload)}>${t("New queue")}<//><//>`;
  return html`<div class="with-side">
    <nav class="side-list" aria-label=${t("Queues")}>${queues.map(
      queue => html`
      <a key=${queue.id} href=${href(`/queues/${queue.id}`)} aria-current=${queue === chosen ? "true" : undefined}>
        <span class="side-list-name">${queue.name}</span>
        <small>${queue.entries.length ? tn(queue.entries.length, "1 waiting", "{n} waiting") : t("empty")} · ${
          queue.workers.length ? tn(queue.workers.length, "1 agent", "{n} agents") : t("no agent")
        }</small>
      </a>`,
    )}</nav>
    ${
      chosen
        ? html`<${OneQueue} key=${chosen.id} queue=${chosen} queues=${queues} reload=${reload} />`
        : html`<${Empty} icon="queues" title=${t("This queue is gone")}><p>${t("Somebody has deleted it, or the address is wrong.")}</p><//>`
    }
  </div>`;
}

/** @param {{queue: Queue, queues: Queue[], reload: () => Promise<void>}} props */
function OneQueue({ queue, queues, reload }) {
  const full = queue.entries.length > 0;
  return html`<div class="stack">
    <section class="card" aria-label=${queue.name}>
      <header class="card-head"><h2>${queue.name}</h2>
        <${Button} small quiet icon="edit" writes onClick=${() => rename(queue, reload)}>${t("Rename")}<//>
        <${Button} small quiet icon="dequeue" writes reason=${full ? null : t("It is empty already")}
          onClick=${() => clear(queue, reload)}>${t("Dequeue all")}<//>
        <${Button} small quiet danger icon="trash" writes reason=${full ? t("Only an empty queue can be deleted; dequeue its tasks first") : null}
          onClick=${() => remove(queue, reload)}>${t("Delete")}<//>
      </header>
      <${Listeners} queue=${queue} />
      <${LostWork} queue=${queue} reload=${reload} />
      <${Entries} queue=${queue} queues=${queues} reload=${reload} />
    </section>
    <${QueueCharts} queue=${queue} />
  </div>`;
}

/** Do it, say so when it fails, and show what holds then. @param {() => Promise<any>} work @param {() => Promise<void>} reload */
async function attempt(work, reload) {
  try {
    await work();
  } catch (error) {
    toastError(error);
  }
  await reload();
}

/** @param {() => Promise<void>} reload */
async function create(reload) {
  const name = await asked({ title: t("New queue"), label: t("Name"), confirm: t("Create") });
  if (!name) return;
  await attempt(async () => {
    const { id } = await call("queues.create", { name });
    navigate(`/queues/${id}`);
  }, reload);
}

/** @param {Queue} queue @param {() => Promise<void>} reload */
async function rename(queue, reload) {
  const name = await asked({ title: t("Rename queue"), label: t("Name"), value: queue.name, confirm: t("Rename") });
  if (name && name !== queue.name) await attempt(() => call("queues.update", { queue: queue.id, name }), reload);
}

/** @param {Queue} queue @param {() => Promise<void>} reload */
async function remove(queue, reload) {
  const text = queue.workers.length
    ? tn(
        queue.workers.length,
        "1 agent listens on it; it goes on with its other queues.",
        "{n} agents listen on it; they go on with their other queues.",
      )
    : t("No agent listens on it.");
  if (
    !(await confirmed({
      title: t("Delete the queue {name}?", { name: queue.name }),
      text,
      confirm: t("Delete"),
      danger: true,
    }))
  )
    return;
  await attempt(async () => {
    await call("queues.delete", { queue: queue.id });
    toast(t("{name} is deleted", { name: queue.name }));
    navigate("/queues", { replace: true });
  }, reload);
}

/** @param {Queue} queue @param {() => Promise<void>} reload */
async function clear(queue, reload) {
  const sure = await confirmed({
    title: t("Dequeue all"),
    text: tn(
      queue.entries.length,
      "1 task becomes what it was before it was enqueued. Nothing is deleted.",
      "{n} tasks become what they were before they were enqueued. Nothing is deleted.",
    ),
    confirm: t("Dequeue all"),
  });
  if (sure) await attempt(() => call("tasks.dequeue_many", { ids: queue.entries.map(entry => entry.id) }), reload);
}
