/** Clone, edit, sweep and enqueue: one dialog. */
import { call } from "../api.js";
import { html, useState } from "../lib/dom.js";
import { useApi } from "../lib/answers/hooks.js";
import { groupLink, taskLink } from "../lib/addresses/links.js";
import { remember } from "../lib/preferences.js";
import { t, tn } from "../lib/text.js";
import { Button } from "../kit/button.js";
import { Combobox } from "../kit/over/combobox.js";
import { Dialog } from "../kit/over/dialog.js";
import { ErrorBox, Loading, Refused } from "../kit/states.js";
import { toast } from "../kit/over/toast.js";
import { QueueField, enqueued, named, useProjects, useQueues, usualQueue } from "./dialogs.js";
import { ParamFields, fits, paramProblem } from "./fields.js";
import { SCHEMA, withSchema } from "./schema.js";
import { clonesOf, flatParams, sweepTag, sweptParams } from "./sweep.js";

/**
 * One frame from the first moment on, so that Escape and the focus behave while the task is still on its way.
 * @param {{task: any, title?: string, name?: string, given?: Record<string, string>, close: (value?: any) => void}} props `name`: of the clone; `given`:
 *   parameters that are changed already, as "Args/epochs"
 */
export function CloneDialog({ task: asked, title = t("Clone"), name: wanted, given = {}, close }) {
  const answer = useApi("tasks.get_by_id_ex", {
    id: [asked.id],
    only_fields: [
      "name",
      "project.name",
      "project.id",
      "hyperparams",
      `configuration.${SCHEMA}`,
      "type",
      "tags",
      "execution.queue.id",
    ],
  });
  const loaded = answer.data?.task ?? answer.data?.tasks?.[0];
  const task = loaded ?? asked;
  const projects = useProjects();
  const queues = useQueues();
  const [typedName, setName] = useState(/** @type {string | null} */ (null));
  const [typedProject, setProject] = useState(/** @type {string | null} */ (null));
  const [edits, setEdits] = useState(given);
  const [filter, setFilter] = useState("");
  const [tag] = useState(() => sweepTag(new Date()));
  const [chosen, setQueue] = useState("");
  const [busy, setBusy] = useState(false);
  const [made, setMade] = useState(/** @type {any[]} */ ([]));
  const [refused, setRefused] = useState(/** @type {{name?: string, error: any}[]} */ ([]));
  const name = typedName ?? wanted ?? t("Clone of {name}", { name: task.name });
  const project = typedProject ?? task.project?.name ?? "";
  const queue =
    chosen ||
    (queues.data?.find((/** @type {any} */ one) => one.id === task.execution?.queue?.id)?.id ??
      usualQueue(queues.data));
  const params = withSchema(flatParams(loaded?.hyperparams), loaded?.configuration);
  const clones = clonesOf(loaded?.hyperparams, edits, name.trim());
  const wrong = params.find(one => paramProblem(one, edits));
  const reason = wrong ? `${wrong.name}: ${paramProblem(wrong, edits)}` : name.trim() ? null : t("Give it a name");

  const make = async (/** @type {boolean} */ enqueue) => {
    setBusy(true);
    try {
      const known = projects.data?.find((/** @type {any} */ one) => one.name === project);
      const target =
        project === task.project?.name
          ? task.project.id
          : known
            ? known.id
            : project
              ? (await call("projects.create", { name: project, description: "" })).id
              : undefined;
      const done = [...made];
      const group = clones.length > 1 ? tag : "";
      const tags = [
        ...(task.tags ?? []).filter((/** @type {string} */ one) => one !== "template" && !one.startsWith("sweep-")),
        group,
      ].filter(Boolean);
      for (const clone of clones.slice(made.length)) {
        const { id } = await call("tasks.clone", {
          task: task.id,
          new_task_name: clone.name,
          new_task_project: target,
          new_task_hyperparams: Object.keys(edits).length ? clone.hyperparams : undefined,
          new_task_parent: task.id,
          new_task_tags: tags,
        });
        done.push({ id, name: clone.name, status: "created", project: target ?? task.project });
        setMade([...done]);
      }
      const ids = done.map(one => one.id);
      if (enqueue && (await putOn(done))) return;
      toast(ids.length > 1 ? tn(ids.length, "1 clone made", "{n} clones made") : t("Cloned"), {
        link: group
          ? {
              href: groupLink(target ?? task.project, group, sweptParams(loaded?.hyperparams, edits)),
              label: t("Show them"),
            }
          : { href: taskLink(done[0]), label: t("Open") },
      });
      close(ids);
    } catch (error) {
      setRefused([{ error }]);
      setBusy(false);
    }
  };
  const putOn = async (/** @type {any[]} */ done) => {
    // true when some were refused, which is said in place
    remember("queue", queue);
    const answer = await enqueued(
      done.filter(one => !one.waits),
      queue,
    );
    const again = new Set(answer.map(one => one.task.id));
    setMade(done.map(one => ({ ...one, waits: !again.has(one.id) })));
    setRefused(answer);
    setBusy(false);
    return answer.length > 0;
  };
  const end = () => close(made.length ? made.map(one => one.id) : undefined);
  const shown = params.filter(one => fits(one, filter));
  return html`<${Dialog} wide title=${title} close=${end} onSubmit=${() => reason || (made.length ? make(true) : make(false))} footer=${html`
    <span class="clone-count">${
      clones.length > 1
        ? tn(clones.length, "A sweep: 1 task", "A sweep: {n} tasks")
        : Object.keys(edits).length
          ? tn(Object.keys(edits).length, "1 value changed", "{n} values changed")
          : ""
    }</span>
    ${
      made.length
        ? html`<${Button} onClick=${end}>${t("Leave it a draft")}<//>`
        : html`<${Button} type="submit" icon="clone" reason=${reason} disabled=${busy}>
        ${clones.length > 1 ? tn(clones.length, "Clone 1", "Clone {n}") : t("Clone")}<//>`
    }
    <${Button} primary icon="enqueue" reason=${reason ?? (queue ? null : t("There is no queue yet"))} disabled=${busy} onClick=${() => make(true)}>
      ${made.length ? t("Enqueue again") : t("Clone and enqueue")}<//>`}>
    ${
      refused.length > 0 &&
      html`<${Refused} refused=${refused}
        title=${made.length ? t("The clone was made, and is a draft: it was not enqueued.") : t("No clone was made.")}>
      ${made
        .filter(one => !one.waits)
        .slice(0, 5)
        .map(one => html`<p><a href=${taskLink(one)} onClick=${end}>${one.name}</a></p>`)}<//>`
    }
    <fieldset class="plain" disabled=${made.length > 0}><div class="form-grid">
      <label class="field"><span>${t("Name")}</span><input autofocus value=${name} onInput=${(/** @type {any} */ e) => setName(e.target.value)} /></label>
      <${Combobox} label=${t("Project")} value=${project} free options=${named(projects.data)}
        onChange=${setProject} />
      <div><${QueueField} queues=${queues.data ?? []} value=${queue} onChange=${setQueue} /></div>
    </div>
    <div class="params-head"><h3>${t("Hyperparameters")}</h3>
      <span class="hint">${t("Several values with commas make one task each: 0.001, 0.0003")}</span>
      ${
        params.length > 12 &&
        html`<input type="search" aria-label=${t("Find a hyperparameter")} placeholder=${t("Find a hyperparameter")} value=${filter}
          onInput=${(/** @type {any} */ e) => setFilter(e.target.value)} />`
      }
    </div>
    ${
      answer.error
        ? html`<${ErrorBox} error=${answer.error} />`
        : !loaded
          ? html`<${Loading} />`
          : params.length
            ? html`<${ParamFields} params=${shown} edits=${edits} onEdit=${setEdits} />`
            : html`<p class="hint">${t("This task has recorded none.")}</p>`
    }
  </fieldset><//>`;
}
