/** Moving a waiting task to another queue. */
import { call } from "../../api.js";
import { QueueField } from "../../actions/dialogs.js";
import { html, useState } from "../../lib/dom.js";
import { t } from "../../lib/text.js";
import { Button } from "../../kit/button.js";
import { Dialog } from "../../kit/over/dialog.js";
import { toast, toastError } from "../../kit/over/toast.js";

/** @param {{entry: import("./rules.js").Entry, from: import("./rules.js").Queue, queues: import("./rules.js").Queue[], close: (value?: any) => void}} props */
export function MoveToQueueDialog({ entry, from, queues, close }) {
  const others = queues
    .filter(queue => queue.id !== from.id)
    .map(queue => ({ ...queue, agents: queue.workers.length }));
  const [queue, setQueue] = useState(others[0]?.id ?? "");
  const submit = async () => {
    if (!queue) return;
    try {
      await requeue(entry.id, from.id, queue);
      toast(t("Moved to {name}", { name: others.find(one => one.id === queue)?.name }));
      close(true);
    } catch (error) {
      toastError(error);
    }
  };
  return html`<${Dialog} title=${t("Move to another queue")} close=${close} onSubmit=${submit} footer=${html`
    <${Button} onClick=${() => close()}>${t("Cancel")}<//>
    <${Button} type="submit" primary icon="move" reason=${queue ? null : t("There is no other queue")}>${t("Move")}<//>`}>
    <p>${entry.name}</p>
    <${QueueField} queues=${others} value=${queue} onChange=${setQueue} />
  <//>`;
}

/**
 * ClearML's API has no single call for this. When the second fails, the task goes back to where it was.
 * @param {string} task
 * @param {string} from
 * @param {string} to
 */
async function requeue(task, from, to) {
  await call("tasks.dequeue", { task });
  try {
    await call("tasks.enqueue", { task, queue: to });
  } catch (error) {
    await call("tasks.enqueue", { task, queue: from });
    throw error;
  }
}
