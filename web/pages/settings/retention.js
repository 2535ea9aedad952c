/** What the server lets go of when it is old, for administrators: set here, and seen before it is set. Not in ClearML's own API. */
import { named, useProjects } from "../../actions/dialogs.js";
import { call } from "../../api.js";
import { html, useState } from "../../lib/dom.js";
import { useApi } from "../../lib/answers/hooks.js";
import { bytes, number } from "../../lib/format.js";
import { t, tn } from "../../lib/text.js";
import { Button } from "../../kit/button.js";
import { Card } from "../../kit/card.js";
import { Combobox } from "../../kit/over/combobox.js";
import { Dialog, openDialog } from "../../kit/over/dialog.js";
import { Answered } from "../../kit/states.js";
import { PlainTable } from "../../kit/lists/table.js";
import { toast } from "../../kit/over/toast.js";
import { daysOf, isNotOurs, shownDays } from "./rules.js";

const everywhere = "*";

/** Rules, in the order of the server's, as a person reads them. @type {Record<string, {label: string, note: string}>} */
const words = {
  console: { label: "Console", note: "lines of ended tasks" },
  scalars: { label: "Curves", note: "of ended tasks are thinned to some 500 points" },
  samples: { label: "Debug samples", note: "of ended tasks, with their files" },
  checkpoints: { label: "Checkpoints", note: "of completed tasks, but for the newest" },
  archived: { label: "Archived tasks", note: "with all that is theirs" },
  unnamed: { label: "Files that nothing names", note: "counted from their upload" },
};

/** @typedef {{project: {id: string, name?: string | null}, rules: Record<string, number>}} Scope */
/** @typedef {{rule: string, project: {id: string, name?: string | null}, tasks: number, rows: number, bytes: number}} Gone */

const scopeName = (/** @type {Scope["project"]} */ project) =>
  project.id === everywhere ? t("Everywhere") : (project.name ?? project.id);

export function RetentionCard() {
  const answer = useApi("storage.get_retention");
  if (isNotOurs(answer) || /** @type {any} */ (answer.error)?.code === 403) return null; // or no administrator asks
  const edit = (/** @type {Scope | undefined} */ scope) =>
    openDialog(RetentionDialog, { scope, set: answer.data?.set ?? [] }).then(answer.reload);
  return html`<${Card} title=${t("Let go of what is old")}
    head=${html`<${Button} icon="plus" onClick=${() => edit(undefined)}>${t("Set days")}<//>`}>${() => html`
    <p class="hint">${t("Nothing goes until days are set. Models that were published, and what somebody still names, stay.")}</p>
    <${Answered} answer=${answer}>${(/** @type {{set: Scope[], foreseen: Gone[]}} */ { set, foreseen }) => html`
      ${
        set.length > 0 &&
        html`<${PlainTable} label=${t("Let go of what is old")} head=${[t("Project"), t("Days"), ""]}
        rows=${set.map(scope => [
          scopeName(scope.project),
          Object.entries(scope.rules)
            .map(([rule, days]) => `${t(words[rule]?.label ?? rule)}: ${shownDays(days)}`)
            .join(", "),
          html`<${Button} small aria-label=${t("Change the days of {name}", { name: scopeName(scope.project) })}
            onClick=${() => edit(scope)}>${t("Change")}<//>`,
        ])} />`
      }
      ${set.length > 0 && html`<${Foreseen} gone=${foreseen} />`}`}<//>`}<//>`;
}

/** @param {Gone} one */
const goneRow = one => [
  t(words[one.rule]?.label ?? one.rule),
  one.project.name ?? "",
  number(one.tasks),
  number(one.rows),
  bytes(one.bytes),
];

/** What would go now. @param {{gone: Gone[]}} props */
const Foreseen = ({ gone }) =>
  gone.length
    ? html`<p class="hint">${t("What would go now")}</p>
      <${PlainTable} label=${t("What would go now")} even numeric=${[2, 3, 4]} head=${[t("What"), t("Project"), t("Tasks"), t("Rows"), t("Size")]}
        rows=${gone.slice(0, 50).map(goneRow)} />
      ${gone.length > 50 && html`<p class="hint after">${tn(gone.length - 50, "and 1 more", "and {n} more")}</p>`}`
    : html`<p class="hint">${t("Nothing is old enough to go now.")}</p>`;

/** @param {{scope?: Scope, set: Scope[], close: (value?: any) => void}} props `scope`: whose days are changed; none: a choice */
function RetentionDialog({ scope, set, close }) {
  const projects = useProjects();
  const [name, setName] = useState(scope ? scopeName(scope.project) : t("Everywhere"));
  const [texts, setTexts] = useState(/** @type {Record<string, string>} */ ({}));
  const [gone, setGone] = useState(/** @type {Gone[] | null} */ (null));
  const [problem, setProblem] = useState(/** @type {string | null} */ (null));
  const project =
    scope?.project.id ??
    (name === t("Everywhere") ? everywhere : projects.data?.find((/** @type {any} */ one) => one.name === name)?.id);
  const now = set.find(one => one.project.id === project)?.rules ?? {};
  const rules = Object.fromEntries(Object.entries(texts).map(([rule, text]) => [rule, daysOf(text)]));
  const wrong = Object.values(rules).some(days => days === undefined);
  const reason = !project
    ? t("Choose a project")
    : wrong
      ? t("Days are numbers, 0 for never")
      : Object.keys(rules).length
        ? null
        : t("Nothing is changed yet");
  const ask = async (/** @type {string} */ endpoint) => {
    setProblem(null);
    try {
      return await call(endpoint, { project, rules });
    } catch (error) {
      setProblem(/** @type {any} */ (error).message);
      return null;
    }
  };
  const look = async () => {
    const answer = await ask("storage.get_retention");
    if (answer) setGone(answer.foreseen);
  };
  const submit = async () => {
    if (reason || !(await ask("storage.set_retention"))) return;
    toast(t("Saved"));
    close(true);
  };
  const edit = (/** @type {string} */ rule, /** @type {string} */ text) => {
    setGone(null);
    setTexts({ ...texts, [rule]: text });
  };
  const options = [{ value: t("Everywhere"), label: t("Everywhere") }, ...named(projects.data)];
  return html`<${Dialog} wide title=${t("Let go of what is old")} close=${close} onSubmit=${submit} footer=${html`
    <${Button} onClick=${() => close()}>${t("Cancel")}<//>
    <${Button} onClick=${look} reason=${reason}>${t("Show what would go")}<//>
    <${Button} type="submit" primary reason=${reason}>${t("Save")}<//>`}>
    ${
      scope
        ? html`<p>${scopeName(scope.project)}</p>`
        : html`<${Combobox} autofocus label=${t("Project")} value=${name} options=${options} onChange=${setName} />`
    }
    <p class="hint">${t("Days after which it goes; 0: never; empty: as the project above has it.")}</p>
    <div class="form-grid">${Object.entries(words)
      .filter(([rule]) => rule !== "unnamed" || project === everywhere)
      .map(
        ([rule, { label, note }]) => html`<label class="field"><span>${t(label)} <small>${t(note)}</small></span>
      <input inputmode="numeric" value=${texts[rule] ?? now[rule] ?? ""} aria-invalid=${rules[rule] === undefined && rule in texts}
        onInput=${(/** @type {any} */ e) => edit(rule, e.target.value)} /></label>`,
      )}</div>
    ${problem && html`<p class="problem" role="alert">${problem}</p>`}
    ${gone && html`<${Foreseen} gone=${gone} />`}
  <//>`;
}
