/** Try a model: drop a sound on it, or speak into the microphone, and see what it hears. */
import { html, useRef, useState } from "../../lib/dom.js";
import { useAsked } from "../../lib/hooks.js";
import { taskLink } from "../../lib/links.js";
import { why } from "../../lib/ending.js";
import { t } from "../../lib/text.js";
import { PendingReason } from "../../actions/pending.js";
import { useQueues } from "../../actions/dialogs.js";
import { Likely } from "../../audio/inspector.js";
import { mono, wavOf } from "../../audio/wav.js";
import { Button } from "../../kit/button.js";
import { StatusChip } from "../../kit/chip.js";
import { toastError } from "../../kit/toast.js";
import { answerOf, ask } from "./ask.js";

const longest = 30; // seconds of a recording

/** @param {{model: any}} props */
export function TryModel({ model }) {
  const queues = useQueues();
  const [sound, setSound] = useState(/** @type {{url: string, name: string} | null} */ (null));
  const [task, setTask] = useState("");
  const [over, setOver] = useState(false);
  const take = async (/** @type {File | undefined} */ file) => {
    if (!file) return;
    setSound({ url: URL.createObjectURL(file), name: file.name });
    setTask("");
    await ask(file, model.id, queues.data ?? []).then(setTask, toastError);
  };
  const drop = (/** @type {DragEvent} */ event) => {
    event.preventDefault();
    setOver(false);
    take(event.dataTransfer?.files[0]);
  };
  return html`<section class=${over ? "card stack try over" : "card stack try"} onDragOver=${(/** @type {Event} */ e) => (e.preventDefault(), setOver(true))}
    onDragLeave=${() => setOver(false)} onDrop=${drop}>
    <h2>${t("Try it")}</h2><p class="hint">${t("Drop a sound file here, choose one, or record. An agent answers; the sound is kept with its task.")}</p>
    <div class="row"><label class="button">${t("Choose a file")}
        <input type="file" accept="audio/*" class="visually-hidden" onChange=${(/** @type {any} */ e) => take(e.target.files[0])} /></label>
        <${Recorder} done=${take} /></div>
    ${sound && html`<div class="row"><audio controls src=${sound.url} aria-label=${sound.name}></audio><span>${sound.name}</span></div>`}
    ${task && html`<${Answer} key=${task} id=${task} />`}
  </section>`;
}

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

/** @param {{done: (file: File) => void}} props */
function Recorder({ done }) {
  const recorder = useRef(/** @type {MediaRecorder | null} */ (null));
  const [on, setOn] = useState(false);
  const start = async () => {
    try {
      const stream = await navigator.mediaDevices.getUserMedia({ audio: { echoCancellation: false, noiseSuppression: false, autoGainControl: false } });
      const made = new MediaRecorder(stream);
      const parts = /** @type {Blob[]} */ ([]);
      made.ondataavailable = (event) => parts.push(event.data);
      made.onstop = async () => {
        stream.getTracks().forEach((track) => track.stop());
        setOn(false);
        const decoded = await new OfflineAudioContext(1, 1, 48_000).decodeAudioData(await new Blob(parts).arrayBuffer());
        done(new File([wavOf(mono(decoded), decoded.sampleRate)], "recording.wav", { type: "audio/wav" }));
      };
      made.start();
      setTimeout(() => made.state === "recording" && made.stop(), longest * 1000);
      recorder.current = made;
      setOn(true);
    } catch (error) {
      toastError(new Error(t("The microphone can’t be used: {reason}", { reason: /** @type {Error} */ (error).message })));
    }
  };
  return html`<${Button} icon=${on ? "stop" : "mic"} pressed=${on} onClick=${() => (on ? recorder.current?.stop() : start())}>
    ${on ? t("Stop and ask") : t("Record")}<//>`;
}
