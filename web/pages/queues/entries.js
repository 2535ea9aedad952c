/** The tasks of one queue, in the order in which agents will take them. */
import { call } from "../../api.js";
import { PendingHint } from "../../actions/pending.js";
import { waiting } from "../../actions/waiting.js";
import { html, useEffect, useState } from "../../lib/dom.js";
import { ago } from "../../lib/format.js";
import { taskLink } from "../../lib/addresses/links.js";
import { t, tn } from "../../lib/text.js";
import { Button } from "../../kit/button.js";
import { openDialog } from "../../kit/over/dialog.js";
import { Menu } from "../../kit/over/menu.js";
import { SortableList } from "../../kit/lists/sortable.js";
import { toast, toastError } from "../../kit/over/toast.js";
import { MoveToQueueDialog } from "./move.js";
import { moveCall, moved } from "./rules.js";

/** @typedef {import("./rules.js").Queue} Queue @typedef {import("./rules.js").Entry} Entry */

/** @param {{queue: Queue, queues: Queue[], reload: () => Promise<void>}} props */
export function Entries({ queue, queues, reload }) {
  const [entries, setEntries] = useState(queue.entries);
  useEffect(() => setEntries(queue.entries), [queue]);
  if (!entries.length) return html`<p class="hint">${t("Nothing waits here.")}</p>`;

  const run = async (/** @type {() => Promise<any>} */ work) => {
    try {
      await work();
    } catch (error) {
      toastError(error);
    }
    await reload();
  };
  const move = (/** @type {string} */ id, /** @type {number} */ to) => {
    const how = moveCall(
      entries.findIndex(entry => entry.id === id),
      to,
      entries.length,
    );
    if (!how) return;
    setEntries(moved(entries, id, to));
    run(() => call(how.endpoint, { queue: queue.id, task: id, ...(how.count ? { count: how.count } : {}) }));
  };
  const dequeue = (/** @type {Entry} */ entry) =>
    run(async () => {
      await call("tasks.dequeue", { task: entry.id });
      toast(t("{name} is out of the queue", { name: entry.name }));
    });
  const elsewhere = (/** @type {Entry} */ entry) =>
    openDialog(MoveToQueueDialog, { entry, from: queue, queues }).then(reload);
  const actions = { move, dequeue, elsewhere, last: entries.length - 1 };
  return html`<${SortableList} label=${t("Tasks in {name}", { name: queue.name })} items=${entries} onMove=${move}
    render=${(/** @type {Entry} */ entry, /** @type {number} */ index) => html`<${Row} entry=${entry} index=${index} queue=${queue} ...${actions} />`} />`;
}

/**
 * @param {{entry: Entry, index: number, queue: Queue, last: number, move: (id: string, to: number) => void, dequeue: (entry: Entry) => void, elsewhere:
 *   (entry: Entry) => void}} props
 */
function Row({ entry, index, queue, last, move, dequeue, elsewhere }) {
  const first = index === 0 ? t("It is the first already") : null;
  const end = index === last ? t("It is the last already") : null;
  return html`<span class="entry-place">${index + 1}</span>
    <span class="entry-name"><a href=${taskLink(entry.task)}>${entry.name}</a>
      <small>${t("since {when}", { when: ago(entry.added) })} · ${whyWords(entry, queue)}</small></span>
    <${PendingHint} task=${entry.task} />
    <${Button} quiet small icon="top" label=${t("Put {name} first", { name: entry.name })} writes reason=${first} onClick=${() => move(entry.id, 0)} />
    <${Menu} quiet small label=${t("More for {name}", { name: entry.name })} items=${[
      { label: t("First"), icon: "top", writes: true, reason: first, onClick: () => move(entry.id, 0) },
      { label: t("One up"), icon: "up", writes: true, reason: first, onClick: () => move(entry.id, index - 1) },
      { label: t("One down"), icon: "down", writes: true, reason: end, onClick: () => move(entry.id, index + 1) },
      { label: t("Last"), icon: "bottom", writes: true, reason: end, onClick: () => move(entry.id, last) },
      { label: t("Another queue…"), icon: "move", writes: true, onClick: () => elsewhere(entry) },
      { label: t("Dequeue"), icon: "dequeue", writes: true, onClick: () => dequeue(entry) },
    ]} />`;
}

/** Why this one has not started, in a few words. @param {Entry} entry @param {Queue} queue */
function whyWords(entry, queue) {
  const why = waiting(entry, queue, queue.workers, Date.now());
  if (why.kind === "nobody") return t("no agent listens");
  if (why.kind === "silent") return t("the agent has gone silent");
  if (why.kind === "next") return t("an agent is about to take it");
  if (why.kind === "busy" && why.position === 1) return t("next when an agent is free");
  return tn(Math.max(0, why.position - 1), "1 before it", "{n} before it");
}
