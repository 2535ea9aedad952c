/** The questions behind enqueue, tags and move. */
import { call, callAll } from "../api.js";
import { html, useState } from "../lib/dom.js";
import { useApi, useAsked } from "../lib/answers/hooks.js";
import { remember, remembered } from "../lib/preferences.js";
import { inPortions } from "../lib/selection.js";
import { t, tn } from "../lib/text.js";
import { Button } from "../kit/button.js";
import { Chip } from "../kit/chip.js";
import { Combobox } from "../kit/over/combobox.js";
import { Dialog } from "../kit/over/dialog.js";
import { Refused } from "../kit/states.js";
import { toast, toastError } from "../kit/over/toast.js";

/** @typedef {import("./rules.js").Task} Task */

/** Queues with how many agents listen to each. */
export function useQueues() {
  return useAsked(async () => {
    const [queues, workers] = await Promise.all([
      callAll("queues.get_all", "queues", { only_fields: ["name", "entries.task", "tags"] }),
      call("workers.get_all", {}),
    ]);
    return queues.map(queue => ({
      ...queue,
      agents: (workers.workers ?? []).filter((/** @type {any} */ w) =>
        w.queues?.some((/** @type {any} */ q) => q.id === queue.id),
      ).length,
    }));
  }, "queues and agents");
}

/**
 * A queue to choose, with who listens to it.
 * @param {{queues: any[], value: string, onChange: (id: string) => void}} props
 */
export const QueueField = ({ queues, value, onChange }) => html`
  <${Combobox} label=${t("Queue")} value=${value} onChange=${onChange}
    options=${queues.map(queue => ({
      value: queue.id,
      label: queue.name,
      note: queue.agents ? tn(queue.agents, "1 agent listens", "{n} agents listen") : t("no agent listens"),
    }))} />
  ${
    queues.find(queue => queue.id === value)?.agents === 0 &&
    html`<p class="hint warning">${t("No agent listens on this queue now; the task will wait until one does.")}</p>`
  }`;

/** The queue used last, or the one that agents listen to. @param {any[] | undefined} queues */
export function usualQueue(queues) {
  const last = remembered("queue", "");
  const known =
    queues?.find(queue => queue.id === last) ??
    queues?.find(queue => queue.agents) ??
    queues?.find(queue => queue.name === "audio") ??
    queues?.[0];
  return known?.id ?? "";
}

/**
 * Put tasks on a queue.
 * @param {Task[]} tasks @param {string} queue @returns {Promise<{task: Task, name?: string, error: any}[]>} those that were refused, and why
 */
export async function enqueued(tasks, queue) {
  const named = (/** @type {Task} */ task, /** @type {any} */ error) => ({
    task,
    name: tasks.length > 1 ? task.name : undefined,
    error,
  });
  try {
    const answers = await inPortions(
      tasks.map(task => task.id),
      500,
      ids => call("tasks.enqueue_many", { ids, queue }),
    );
    const failed = answers.flatMap(answer => answer.failed ?? []);
    sayNotes(answers.flatMap(answer => answer.succeeded ?? []));
    const why = new Map(failed.map((/** @type {any} */ one) => [one.id, one.error]));
    return tasks.flatMap(task => (why.has(task.id) ? [named(task, why.get(task.id))] : []));
  } catch (error) {
    return tasks.map(task => named(task, error));
  }
}

/** What the server says of tasks that wait now, such as that no worker has what they recorded; each thing once. @param {any[]} waiting */
function sayNotes(waiting) {
  const counts = new Map();
  for (const { note } of waiting) if (note) counts.set(note, (counts.get(note) ?? 0) + 1);
  for (const [note, n] of counts)
    toast(tn(n, "1 task waits, but {note}", "{n} tasks wait, but {note}", { note }), { tone: "warning" });
}

/** @param {{tasks: Task[], goOn?: boolean, close: (value?: any) => void}} props `goOn`: continue where it stopped, without a reset */
export function EnqueueDialog({ tasks, goOn, close }) {
  const queues = useQueues();
  const [chosen, choose] = useState("");
  const [left, setLeft] = useState(tasks);
  const [refused, setRefused] = useState(/** @type {{name?: string, error: any}[]} */ ([]));
  const [busy, setBusy] = useState(false);
  const queue = chosen || usualQueue(queues.data);
  const end = () => close(left.length < tasks.length || undefined);
  const submit = async () => {
    if (!queue || busy) return;
    setBusy(true);
    remember("queue", queue);
    const answer = await enqueued(left, queue);
    const worked = left.length - answer.length;
    if (worked) toast(tn(worked, "1 enqueued", "{n} enqueued"));
    if (!answer.length) return close(true);
    setLeft(answer.map(one => one.task));
    setRefused(answer);
    return setBusy(false);
  };
  const title = goOn ? t("Continue") : t("Enqueue");
  return html`<${Dialog} title=${title} close=${end} onSubmit=${submit} footer=${html`
    <${Button} onClick=${end}>${t("Cancel")}<//>
    <${Button} type="submit" primary icon="enqueue" disabled=${busy} reason=${queue ? null : t("There is no queue yet")}>${title}<//>`}>
    <p>${left.length === 1 ? left[0].name : tn(left.length, "1 task", "{n} tasks")}</p>
    ${refused.length > 0 && html`<${Refused} title=${tn(refused.length, "1 task was not enqueued:", "{n} tasks were not enqueued:")} refused=${refused} />`}
    ${goOn && html`<p class="hint">${t("It goes on from where it stopped: nothing is deleted, and the task finds its own last checkpoint.")}</p>`}
    <${QueueField} queues=${queues.data ?? []} value=${queue} onChange=${choose} />
  <//>`;
}

/** @param {{tasks: Task[], close: (value?: any) => void}} props */
export function TagsDialog({ tasks, close }) {
  const known = useApi("organization.get_tags", {}, { aside: true });
  const common = [...new Set(tasks.flatMap(task => task.tags ?? []))];
  const [tags, setTags] = useState(common);
  const add = (/** @type {string} */ tag) => tag && !tags.includes(tag) && setTags([...tags, tag]);
  const submit = async () => {
    try {
      const gone = common.filter(tag => !tags.includes(tag));
      const fresh = tags.filter(tag => !common.includes(tag));
      await inPortions(
        tasks.map(task => task.id),
        500,
        ids => call("tasks.update_tags", { ids, add_tags: fresh, remove_tags: gone }),
      );
      close(true);
    } catch (error) {
      toastError(error);
    }
  };
  return html`<${Dialog} title=${t("Tags")} close=${close} onSubmit=${submit} footer=${html`<${Button} onClick=${() => close()}>${t("Cancel")}<//>
    <${Button} type="submit" primary>${t("Save")}<//>`}>
    <div class="tags editing">${tags.map(
      tag => html`<${Chip} onRemove=${() => setTags(tags.filter(one => one !== tag))}
            removeLabel=${t("Remove {name}", { name: tag })}>${tag}<//>`,
    )}</div>
    <${Combobox} label=${t("Add a tag")} value="" free
      options=${(known.data?.tags ?? [])
        .filter((/** @type {string} */ tag) => !tags.includes(tag))
        .map((/** @type {string} */ tag) => ({ value: tag, label: tag }))} onChange=${add} autofocus />
  <//>`;
}

/** Projects as options. */
export function useProjects() {
  return useAsked(
    () => callAll("projects.get_all", "projects", { only_fields: ["name"], order_by: ["name"] }),
    "project names",
  );
}

/** Projects as choices, each by its name. @param {any[] | null | undefined} projects */
export const named = projects => (projects ?? []).map(({ name }) => ({ value: name, label: name }));

/** @param {{tasks: Task[], close: (value?: any) => void, endpoint?: string}} props */
export function MoveDialog({ tasks, close, endpoint = "tasks.move" }) {
  const projects = useProjects();
  const [name, setName] = useState("");
  const options = named(projects.data);
  const submit = async () => {
    try {
      const known = projects.data?.find((/** @type {any} */ project) => project.name === name);
      await call(endpoint, {
        ids: tasks.map(task => task.id),
        ...(known ? { project: known.id } : { project_name: name }),
      });
      toast(t("Moved to {name}", { name }));
      close(true);
    } catch (error) {
      toastError(error);
    }
  };
  return html`<${Dialog} title=${t("Move to another project")} close=${close} onSubmit=${submit} footer=${html`
    <${Button} onClick=${() => close()}>${t("Cancel")}<//>
    <${Button} type="submit" primary reason=${name ? null : t("Choose a project first")}>${t("Move")}<//>`}>
    <${Combobox} label=${t("Project (a new name makes a new one)")} value=${name} options=${options} free onChange=${setName} autofocus />
  <//>`;
}
