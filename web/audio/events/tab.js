/** The tab of a task that has heard long recordings: each with its events on a timeline, and as a list. */
import { readFile } from "../../api.js";
import { html } from "../../lib/dom.js";
import { fileUrl } from "../../lib/addresses/files.js";
import { query, setQuery } from "../../lib/addresses/router.js";
import { useAsked } from "../../lib/answers/hooks.js";
import { t } from "../../lib/text.js";
import { Select } from "../../kit/over/combobox.js";
import { Answered, Empty } from "../../kit/states.js";
import { RecordingView } from "./recording.js";
import { readRecordings, recordingsOf } from "./recordings.js";

/** @param {{task: any}} props */
export default function EventsTab({ task }) {
  const artifact = recordingsOf(task);
  const answer = useAsked(
    artifact ? async () => readRecordings(JSON.parse(await (await readFile(fileUrl(artifact.uri))).text())) : null,
    `recordings ${artifact?.uri}`,
    { fixed: true },
  );
  if (!artifact)
    return html`<${Empty} icon="sound" title=${t("No recordings")}>
      <p>${t("An events task keeps them when it ends: long recordings, and what is heard in them and when.")}</p><//>`;
  return html`<${Answered} answer=${answer}>${(
    /** @type {import("./recordings.js").Recording[]} */ recordings,
  ) => html`<${Chosen}
    task=${task} recordings=${recordings} />`}<//>`;
}

/** @param {{task: any, recordings: import("./recordings.js").Recording[]}} props */
function Chosen({ task, recordings }) {
  const number = Math.min(recordings.length - 1, Math.max(0, Number(query.value.get("recording")) || 0));
  const recording = recordings[number];
  if (!recording) return html`<${Empty} icon="sound" title=${t("No recordings")} />`;
  const choice =
    recordings.length > 1 &&
    html`<${Select} label=${t("Recording")} hideLabel value=${String(number)}
      onChange=${(/** @type {string} */ value) => setQuery({ recording: value === "0" ? null : value, event: null, label: null })}
      options=${recordings.map((one, i) => ({ value: String(i), label: t("{name}: {n} events", { name: one.file, n: one.events.length }) }))} />`;
  if (recording.error)
    return html`<div class="scroll stack recording"><div class="row">${choice}</div>
      <${Empty} icon="warning" title=${t("This recording can’t be heard")}><p>${recording.error}</p><//></div>`;
  return html`<${RecordingView} key=${number} recording=${recording} frontEnd=${task.configuration?.frontend?.value} choice=${choice} />`;
}
