/** Try a model: drop a sound on it, or speak into the microphone, and see what it hears. */
import { html, useEffect, useRef, useState } from "../../lib/dom.js";
import { useAsked } from "../../lib/answers/hooks.js";
import { taskLink } from "../../lib/addresses/links.js";
import { why } from "../../lib/reading/ending.js";
import { t } from "../../lib/text.js";
import { PendingReason } from "../../actions/pending.js";
import { Likely } from "../../audio/inspector.js";
import { record } from "../../audio/sound/recording.js";
import { Button } from "../../kit/button.js";
import { StatusChip } from "../../kit/chip.js";
import { Meter } from "../../kit/meter.js";
import { toastError } from "../../kit/over/toast.js";
import { lookingOnly } from "../../lib/answers/session.js";
import { answerOf, ask, placeToAsk } from "./ask.js";
import { predictQueue } from "./rules.js";

const longest = 30; // seconds of a recording

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
      </label><${Recorder} done=${take} /></div>
    ${reason ? html`<p class="hint">${reason}</p>` : place && !place.served && !task && html`<${NoAgent} place=${place} />`}
    ${sound && html`<div class="row"><audio controls src=${sound.url} aria-label=${sound.name}></audio><span>${sound.name}</span></div>`}
    ${task && html`<${Answer} key=${task} id=${task} />`}
  </section>`;
}

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
  <pre>python -m agents.start --queue ${predictQueue}</pre></div>`;

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
  const recording = useRef(/** @type {import("../../audio/sound/recording.js").Recording | null} */ (null));
  const [controller] = useState(() => new AbortController());
  const [state, setState] = useState({ on: false, level: 0, seconds: 0 });
  useEffect(() => () => controller.abort(), []); // the microphone ends with its page
  const finish = () => {
    const made = recording.current;
    recording.current = null;
    setState({ on: false, level: 0, seconds: 0 });
    if (made) done(new File([made.stop()], "recording.wav", { type: "audio/wav" }));
  };
  const heard = (/** @type {number} */ peak, /** @type {number} */ seconds) => {
    if (seconds >= longest) return finish();
    setState(old =>
      recording.current && seconds - old.seconds > 0.05
        ? { on: true, level: Math.max(peak, old.level * 0.8), seconds }
        : old,
    );
  };
  const start = async () => {
    try {
      recording.current = await record(heard, controller.signal);
      setState({ on: true, level: 0, seconds: 0 });
    } catch (error) {
      if (controller.signal.aborted) return;
      toastError(
        new Error(t("The microphone can’t be used: {reason}", { reason: /** @type {Error} */ (error).message })),
      );
    }
  };
  return html`<${Button} writes icon=${state.on ? "stop" : "mic"} pressed=${state.on} onClick=${() => (state.on ? finish() : start())}>
      ${state.on ? t("Stop and ask") : t("Record")}<//>
    ${state.on && html`<${Meter} label=${t("Level")} value=${share(state.level)} text=${t("{n} s", { n: state.seconds.toFixed(1) })} />`}`;
}

/** Per cent of a scale from −60 dB to full scale. @param {number} peak 0…1 */
const share = peak => Math.max(0, 100 + (100 / 60) * 20 * Math.log10(Math.max(peak, 1e-6)));
