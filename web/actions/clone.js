/** Clone, edit, sweep and enqueue: one dialog. */
import { call } from "../api.js";
import { classes, html, useState } from "../lib/dom.js";
import { useApi } from "../lib/hooks.js";
import { taskLink } from "../lib/links.js";
import { remember } from "../lib/preferences.js";
import { t, tn } from "../lib/text.js";
import { Button } from "../kit/button.js";
import { Combobox } from "../kit/combobox.js";
import { Dialog } from "../kit/dialog.js";
import { ErrorBox, Loading, Refused } from "../kit/states.js";
import { toast } from "../kit/toast.js";
import { QueueField, enqueued, useProjects, useQueues, usualQueue } from "./dialogs.js";
import { clonesOf, flatParams, problemWith, sweepValues } from "./sweep.js";

/**
 * One frame from the first moment on, so that Escape and the focus behave while the task is still on its way.
 * @param {{task: any, title?: string, name?: string, close: (value?: any) => void}} props `name`: of the clone
 */
export function CloneDialog({ task: asked, title = t("Clone"), name: wanted, close }) {
  const answer = useApi("tasks.get_by_id_ex",
    { id: [asked.id], only_fields: ["name", "project.name", "project.id", "hyperparams", "type", "execution.queue.id"] });
  const loaded = answer.data?.task ?? answer.data?.tasks?.[0];
  const task = loaded ?? asked;
  const projects = useProjects();
  const queues = useQueues();
  const [typedName, setName] = useState(/** @type {string | null} */ (null));
  const [typedProject, setProject] = useState(/** @type {string | null} */ (null));
  const [edits, setEdits] = useState(/** @type {Record<string, string>} */ ({}));
  const [filter, setFilter] = useState("");
  const [chosen, setQueue] = useState("");
  const [busy, setBusy] = useState(false);
  const [made, setMade] = useState(/** @type {any[]} */ ([]));
  const [refused, setRefused] = useState(/** @type {{name?: string, error: any}[]} */ ([]));
  const name = typedName ?? wanted ?? t("Clone of {name}", { name: task.name });
  const project = typedProject ?? task.project?.name ?? "";
  const queue = chosen || (queues.data?.find((one) => one.id === task.execution?.queue?.id)?.id ?? usualQueue(queues.data));
  const params = flatParams(loaded?.hyperparams);
  const clones = clonesOf(loaded?.hyperparams, edits, name.trim());
  const wrong = params.filter((one) => paramProblem(one, edits));
  const reason = wrong.length ? t("{name}: the value is not of its type", { name: wrong[0].name }) : name.trim() ? null : t("Give it a name");

  const make = async (/** @type {boolean} */ enqueue) => {
    setBusy(true);
    try {
      const known = projects.data?.find((one) => one.name === project);
      const target = project === task.project?.name ? task.project.id : known ? known.id : project
        ? (await call("projects.create", { name: project, description: "" })).id : undefined;
      const done = [...made];
      for (const clone of clones.slice(made.length)) {
        const { id } = await call("tasks.clone",
          { task: task.id, new_task_name: clone.name, new_task_project: target, new_task_hyperparams: Object.keys(edits).length ? clone.hyperparams : undefined,
            new_task_parent: task.id });
        done.push({ id, name: clone.name, status: "created", project: target ?? task.project });
        setMade([...done]);
      }
      const ids = done.map((one) => one.id);
      if (enqueue && (await putOn(done))) return;
      toast(ids.length > 1 ? t("{n} clones made", { n: ids.length }) : t("Cloned"), { link: { href: taskLink(done[0]), label: t("Open") } });
      close(ids);
    } catch (error) {
      setRefused([{ error }]);
      setBusy(false);
    }
  };
  const putOn = async (/** @type {any[]} */ done) => { // true when some were refused, which is said in place
    remember("queue", queue);
    const answer = await enqueued(done.filter((one) => !one.waits), queue);
    const again = new Set(answer.map((one) => one.task.id));
    setMade(done.map((one) => ({ ...one, waits: !again.has(one.id) })));
    setRefused(answer);
    setBusy(false);
    return answer.length > 0;
  };
  const end = () => close(made.length ? made.map((one) => one.id) : undefined);
  const text = filter.toLowerCase();
  const shown = params.filter((one) => `${one.section}/${one.name}`.toLowerCase().includes(text));
  return html`<${Dialog} wide title=${title} close=${end} onSubmit=${() => reason || (made.length ? make(true) : make(false))} footer=${html`
    <span class="clone-count">${clones.length > 1 ? tn(clones.length, "A sweep: 1 task", "A sweep: {n} tasks") : Object.keys(edits).length
        ? tn(Object.keys(edits).length, "1 value changed", "{n} values changed") : ""}</span>
    ${made.length ? html`<${Button} onClick=${end}>${t("Leave it a draft")}<//>`
      : html`<${Button} type="submit" icon="clone" reason=${reason} disabled=${busy}>
        ${clones.length > 1 ? t("Clone {n}", { n: clones.length }) : t("Clone")}<//>`}
    <${Button} primary icon="enqueue" reason=${reason ?? (queue ? null : t("There is no queue yet"))} disabled=${busy} onClick=${() => make(true)}>
      ${made.length ? t("Enqueue again") : t("Clone and enqueue")}<//>`}>
    ${refused.length > 0 && html`<${Refused} refused=${refused}
        title=${made.length ? t("The clone was made, and is a draft: it was not enqueued.") : t("No clone was made.")}>
      ${made.filter((one) => !one.waits).slice(0, 5).map((one) => html`<p><a href=${taskLink(one)} onClick=${end}>${one.name}</a></p>`)}<//>`}
    <fieldset class="plain" disabled=${made.length > 0}><div class="form-grid">
      <label class="field"><span>${t("Name")}</span><input autofocus value=${name} onInput=${(/** @type {any} */ e) => setName(e.target.value)} /></label>
      <${Combobox} label=${t("Project")} value=${project} free options=${(projects.data ?? []).map((one) => ({ value: one.name, label: one.name }))}
        onChange=${setProject} />
      <div><${QueueField} queues=${queues.data ?? []} value=${queue} onChange=${setQueue} /></div>
    </div>
    <div class="params-head"><h3>${t("Hyperparameters")}</h3>
      <span class="hint">${t("Several values with commas make one task each: 0.001, 0.0003")}</span>
      ${params.length > 12 && html`<input type="search" aria-label=${t("Find a hyperparameter")} placeholder=${t("Find a hyperparameter")} value=${filter}
          onInput=${(/** @type {any} */ e) => setFilter(e.target.value)} />`}
    </div>
    ${answer.error ? html`<${ErrorBox} error=${answer.error} />` : !loaded ? html`<${Loading} />` : params.length
      ? html`<${ParamFields} params=${shown} edits=${edits} onEdit=${setEdits} />` : html`<p class="hint">${t("This task has recorded none.")}</p>`}
  </fieldset><//>`;
}

/** What is wrong with the text in a field. @param {import("./sweep.js").Param} param @param {Record<string, string>} edits */
export function paramProblem(param, edits) {
  const text = edits[`${param.section}/${param.name}`];
  if (text === undefined) return null;
  for (const value of sweepValues(text, param.value)) {
    const problem = problemWith(param.type, value);
    if (problem) return t(problem);
  }
  return null;
}

/**
 * The hyperparameters as fields, section by section; changed ones stand out.
 * @param {{params: import("./sweep.js").Param[], edits: Record<string, string>, onEdit: (edits: Record<string, string>) => void}} props
 */
export function ParamFields({ params, edits, onEdit }) {
  const edit = (/** @type {import("./sweep.js").Param} */ param, /** @type {string} */ text) => {
    const { [`${param.section}/${param.name}`]: _, ...others } = edits;
    onEdit(text === param.value ? others : { ...others, [`${param.section}/${param.name}`]: text });
  };
  return [...new Set(params.map((one) => one.section))].map((section) => html`<fieldset class="params"><legend>${section}</legend>
    ${params.filter((one) => one.section === section).map((param) =>
        html`<${ParamField} key=${param.name} param=${param} text=${edits[`${section}/${param.name}`]} problem=${paramProblem(param, edits)}
          onEdit=${edit} />`)}
  </fieldset>`);
}

/** @param {{param: import("./sweep.js").Param, text: string | undefined, problem: string | null, onEdit: (param: any, text: string) => void}} props */
function ParamField({ param, text, problem, onEdit }) {
  const changed = text !== undefined;
  const count = changed ? sweepValues(text, param.value).length : 1;
  const help = [param.type, param.description && param.description !== "None" ? param.description : ""].filter(Boolean).join(" · ");
  return html`<label class=${classes("param", changed && "changed", problem && "wrong")} title=${help}>
    <span class="param-name">${param.name}${param.type && html`<small>${param.type}</small>`}</span>
    <input value=${text ?? param.value} aria-invalid=${problem ? "true" : undefined} spellcheck=${false}
      onInput=${(/** @type {any} */ e) => onEdit(param, e.target.value)} />
    ${problem ? html`<small class="problem">${problem}</small>` : changed
      && html`<small class="was">
        ${count > 1 ? t("{n} values; was {value}", { n: count, value: param.value }) : t("was {value}", { value: param.value || "–" })}</small>`}
  </label>`;
}
