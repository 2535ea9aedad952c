/** The workbench on a task's page, and whatever task has a table of clips. */
import { call } from "../api.js";
import { html, useMemo } from "../lib/dom.js";
import { fileUrl } from "../lib/addresses/files.js";
import { ago } from "../lib/format.js";
import { useApi, useAsked } from "../lib/answers/hooks.js";
import { taskLink } from "../lib/addresses/links.js";
import { query } from "../lib/addresses/router.js";
import { readTable } from "../lib/reading/tables.js";
import { t } from "../lib/text.js";
import { StatusChip } from "../kit/chip.js";
import { Answered, Empty } from "../kit/states.js";
import { areJudged, clipsOf } from "./clips/clips.js";
import { readFrontEnd } from "./picture/frontend.js";
import { Workbench } from "./workbench.js";

/** The artifact that holds a task's table of clips, or nothing. @param {any} task */
export const clipsArtifact = task =>
  (task.execution?.artifacts ?? []).find((/** @type {any} */ one) => one.key === "clips");

/** @param {any} task @returns {Promise<import("./clips/clips.js").Clip[]>} */
const fetchClips = async task => clipsOf((await readTable(fileUrl(clipsArtifact(task).uri))).rows);

/**
 * @typedef {{id: string, name: string}} Peer another run, or another version, to switch to while listening
 * @param {{task: any, peers?: Peer[], model?: any}} props `peers`: of a dataset, its other versions; `model`: a task whose front end draws the
 *   spectrograms, where the task itself has none
 */
export default function AudioTab({ task, peers, model }) {
  const artifact = clipsArtifact(task);
  const answer = useAsked(artifact ? () => fetchClips(task) : null, `clips ${artifact?.uri}`, { fixed: true });
  if (!artifact)
    return html`<${Empty} icon="sound" title=${t("No table of clips")}>
    <p>${t("An evaluate task keeps one: every held-out clip with its label and prediction. Sounds of other tasks are among the debug samples.")}</p>
    <${Evaluations} task=${task} /><//>`;
  return html`<${Answered} answer=${answer}>
    ${(/** @type {any} */ clips) => html`<${Prepared} task=${task} clips=${clips} peers=${peers} model=${task.configuration?.frontend ? task : model} />`}<//>`;
}

/** The evaluations of the models that a training has made: there is what it got wrong. @param {{task: any}} props */
function Evaluations({ task }) {
  const models = (task.models?.output ?? [])
    .map((/** @type {any} */ one) => one.model?.id ?? one.model)
    .filter(Boolean);
  const ask = {
    "models.input.model": models,
    type: ["testing"],
    search_hidden: true,
    order_by: ["-last_update"],
    page: 0,
    page_size: 5,
    only_fields: ["name", "status", "project.id", "last_update"],
  };
  const answer = useApi(models.length ? "tasks.get_all_ex" : null, ask, { aside: true });
  const found = answer.data?.tasks ?? [];
  return (
    found.length > 0 &&
    html`<p>${t("What its model got wrong:")}</p>
    <ul class="evaluations">${found.map(
      (/** @type {any} */ one) => html`<li><a href=${taskLink(one, "audio")}>${one.name}</a>
      <${StatusChip} status=${one.status} /> <small>${ago(one.last_update)}</small></li>`,
    )}</ul>`
  );
}

/** @param {{task: any, clips: import("./clips/clips.js").Clip[], peers?: Peer[], model?: any}} props */
function Prepared({ task, clips, peers, model }) {
  const settings = model?.configuration?.frontend?.value;
  const frontEnd = useMemo(() => readFrontEnd(settings, clips[0]?.rate), [settings, clips]);
  const judged = areJudged(clips);
  const evaluations = useEvaluations(judged && !peers, task.id);
  const others = useOtherRuns();
  return html`<${Workbench} task=${task} clips=${clips} judged=${judged} frontEnd=${frontEnd} model=${model === task ? null : model}
    peers=${peers ?? evaluations} others=${others} />`;
}

/** @param {boolean} wanted @param {string} own @returns {Peer[]} */
function useEvaluations(wanted, own) {
  const ask = {
    type: ["testing"],
    status: ["completed", "published"],
    order_by: ["-last_update"],
    page: 0,
    page_size: 50,
    only_fields: ["name", "last_update"],
  };
  const answer = useAsked(wanted ? async () => (await call("tasks.get_all_ex", ask)).tasks : null, "evaluations", {
    aside: true,
  });
  return (answer.data ?? []).filter((/** @type {any} */ one) => one.id !== own);
}

/** The clips of the runs named in the address. @returns {{id: string, name: string, clips: import("./clips/clips.js").Clip[]}[]} */
function useOtherRuns() {
  const ids = (query.value.get("with") ?? "").split(",").filter(Boolean);
  const answer = useAsked(
    async () =>
      Promise.all(
        ids.map(async id => {
          const { task } = await call("tasks.get_by_id", { task: id });
          const name = task.runtime?.version
            ? t("version {name}", { name: task.runtime.version })
            : `${task.name} ${id.slice(0, 4)}`;
          return { id, name, clips: clipsArtifact(task) ? await fetchClips(task) : [] };
        }),
      ),
    `runs ${ids.join()}`,
    { aside: true },
  );
  return answer.data ?? [];
}
