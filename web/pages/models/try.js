/** Try a model that no browser can run: drop a sound on it, or speak into the microphone, and an agent says what it hears. */
import { html, useState } from "../../lib/dom.js";
import { useAsked } from "../../lib/answers/hooks.js";
import { command } from "../../lib/addresses/commands.js";
import { taskLink } from "../../lib/addresses/links.js";
import { why } from "../../lib/reading/ending.js";
import { t } from "../../lib/text.js";
import { CloneDialog } from "../../actions/clone.js";
import { PendingReason } from "../../actions/pending.js";
import { Likely } from "../../audio/inspector.js";
import { Button } from "../../kit/button.js";
import { StatusChip } from "../../kit/chip.js";
import { openDialog } from "../../kit/over/dialog.js";
import { toastError } from "../../kit/over/toast.js";
import { lookingOnly } from "../../lib/answers/session.js";
import { answerOf, ask, newestTemplate, placeToAsk } from "./ask.js";
import { Recorder } from "./recorder.js";
import { predictQueue } from "./rules.js";

/** @param {{model: any}} props */
export function TryModel({ model }) {
  const place = useAsked(placeToAsk, "place to ask", { every: 10, aside: true }).data;
  const reason = lookingOnly();
  const [sound, setSound] = useState(/** @type {{url: string, name: string} | null} */ (null));
  const [task, setTask] = useState("");
  const [over, setOver] = useState(false);
  const take = async (/** @type {File | undefined} */ file) => {
    if (!file || reason) return;
    if (sound) URL.revokeObjectURL(sound.url);
    setSound({ url: URL.createObjectURL(file), name: file.name });
    setTask("");
    await ask(file, model.id).then(setTask, toastError);
  };
  const drop = (/** @type {DragEvent} */ event) => {
    event.preventDefault();
    setOver(false);
    take(event.dataTransfer?.files[0]);
  };
  return html`<section class=${over ? "card stack try over" : "card stack try"} onDragOver=${(/** @type {Event} */ e) => (e.preventDefault(), setOver(true))}
    onDragLeave=${() => setOver(false)} onDrop=${drop}>
    <h2>${t("Try it")}</h2><p class="hint">${t("Drop a sound file here, choose one, or record. An agent answers; the sound is kept with its task.")}</p>
    <div class="row"><label class="button" aria-disabled=${reason ? "true" : undefined} title=${reason ?? undefined}>${t("Choose a file")}
        <input type="file" accept="audio/*" class="visually-hidden" disabled=${Boolean(reason)} onChange=${(/** @type {any} */ e) => take(e.target.files[0])} />
      </label><${Recorder} writes done=${take} /></div>
    ${reason ? html`<p class="hint">${reason}</p>` : place && !place.served && !task && html`<${NoAgent} place=${place} />`}
    <${NoExport} model=${model} />
    ${sound && html`<div class="row"><audio controls src=${sound.url} aria-label=${sound.name}></audio><span>${sound.name}</span></div>`}
    ${task && html`<${Answer} key=${task} id=${task} />`}
  </section>`;
}

/** What to do so that this browser answers, at once. @param {{model: any}} props */
const NoExport = ({ model }) => html`<details class="hint"><summary>${t("In this browser, without an agent")}</summary>
  <p>${t("A browser runs a model’s ONNX file, and none was made of this one yet:")}
    <${Button} small writes onClick=${() => exportToOnnx(model).catch(toastError)}>${t("Export it to ONNX")}<//> ${t("or at a shell:")}</p>
  <pre>${command("tasks.export", `--model_id ${model.id} --formats onnx`)}</pre></details>`;

/** A clone of the template, with this model filled in. @param {any} model */
const exportToOnnx = async model =>
  openDialog(CloneDialog, {
    task: await newestTemplate("export"),
    title: t("Export it to ONNX"),
    name: `export ${model.name}`,
    given: { "Args/model_id": model.id, "Args/formats": "onnx" },
  });

/** What to do so that no question waits. @param {{place: import("./rules.js").Place}} props */
const NoAgent = ({ place }) => html`<div class="hint">
  <p>${
    place.atOnce
      ? t("The queue “{name}” has an agent that is free now; while it works, an answer waits.", { name: place.name })
      : t("No agent is free, and none serves the queue “{name}”: an answer waits there until one does.", {
          name: predictQueue,
        })
  }${" "}
    ${t("One for questions alone answers beside trainings:")}</p>
  <pre>${command("agents.start", `--queue ${predictQueue}`)}</pre></div>`;

/** @param {{id: string}} props */
function Answer({ id }) {
  const [done, setDone] = useState(false);
  const answer = useAsked(() => answerOf(id), `answer ${id}`, { every: done ? 0 : 2 });
  if (!answer.data) return null;
  const { task, top } = answer.data;
  if (["completed", "failed", "stopped"].includes(task.status) && !done) setDone(true);
  return html`<div class="stack" role="status"><div class="row"><${StatusChip} status=${task.status} /><a href=${taskLink(task)}>${t("Open the task")}</a></div>
    ${task.status === "queued" && html`<${PendingReason} task=${task} />`}
    ${task.status === "failed" && html`<p class="problem">${why(task)}</p>`}
    <${Likely} top=${top.slice(0, 5)} labels=${top.slice(0, 1).map((/** @type {[string, number]} */ one) => one[0])} /></div>`;
}
