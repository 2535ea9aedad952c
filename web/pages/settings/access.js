/** Who may read or change a project, for administrators: where somebody's role is not to count in full. Not in ClearML's own API. */
import { named, useProjects } from "../../actions/dialogs.js";
import { call } from "../../api.js";
import { html, useState } from "../../lib/dom.js";
import { useApi } from "../../lib/answers/hooks.js";
import { tasksLink } from "../../lib/addresses/links.js";
import { t } from "../../lib/text.js";
import { Button } from "../../kit/button.js";
import { Card } from "../../kit/card.js";
import { Combobox, Select } from "../../kit/over/combobox.js";
import { Dialog, openDialog } from "../../kit/over/dialog.js";
import { Answered } from "../../kit/states.js";
import { PlainTable } from "../../kit/lists/table.js";
import { toast, toastError } from "../../kit/over/toast.js";
import { isNotOurs } from "./rules.js";

const everybody = "*";
const levels = [
  { value: "none", label: "not see it", note: "the project and all in it do not show" },
  { value: "read", label: "read it", note: "nothing in it can be changed" },
  { value: "write", label: "do what the role allows", note: "what is said of a project above does not count" },
];

/** @typedef {{project: string, project_name: string, subject: string, subject_name: string, level: string}} Entry */

const levelOptions = () => levels.map(({ value, label }) => ({ value, label: t(label) }));
const subject = (/** @type {Entry} */ one) =>
  one.subject === everybody ? t("Everybody") : one.subject_name || one.subject;

/** @param {{users: any[]}} props */
export function AccessCard({ users }) {
  const answer = useApi("projects.get_access");
  if (isNotOurs(answer)) return null;
  const add = () => openDialog(AccessDialog, { users }).then(answer.reload);
  return html`<${Card} title=${t("Projects that are not for everybody")}
    head=${html`<${Button} icon="plus" onClick=${add}>${t("Limit a project")}<//>`}>${() => html`
    <p class="hint">${t("For it and all below it. Where nothing is said, the role alone counts; administrators see everything.")}</p>
    <${Answered} answer=${answer}>${(/** @type {{entries: Entry[]}} */ { entries }) =>
      entries.length > 0 &&
      html`<${PlainTable} label=${t("Projects that are not for everybody")} head=${[t("Project"), t("Who"), t("May"), ""]}
        rows=${entries.map(one => row(one, answer.reload))} />`}<//>`}<//>`;
}

/** @param {Entry} one @param {() => Promise<void>} reload */
const row = (one, reload) => [
  html`<a href=${tasksLink({ id: one.project })}>${one.project_name}</a>`,
  subject(one),
  html`<${Select} hideLabel label=${t("What {name} may do in {project}", { name: subject(one), project: one.project_name })} value=${one.level}
    options=${levelOptions()} onChange=${(/** @type {string} */ level) => set(one.project, one.subject, level).then(reload)} />`,
  html`<${Button} small icon="trash" aria-label=${t("Say nothing of {name} in {project}", { name: subject(one), project: one.project_name })}
    onClick=${() => set(one.project, one.subject, "unset").then(reload)}>${t("Remove")}<//>`,
];

/** @param {string} project @param {string} user @param {string} level @returns {Promise<boolean>} whether it is done */
async function set(project, user, level) {
  try {
    await call("projects.set_access", { project, user, level });
    toast(t("Saved"));
    return true;
  } catch (error) {
    toastError(error);
    return false;
  }
}

/** @param {{users: any[], close: (value?: any) => void}} props */
function AccessDialog({ users, close }) {
  const projects = useProjects();
  const [name, setName] = useState("");
  const [who, setWho] = useState(everybody);
  const [level, setLevel] = useState("none");
  const project = projects.data?.find((/** @type {any} */ one) => one.name === name);
  const submit = async () => {
    if (project && (await set(project.id, who, level))) close(true);
  };
  const people = [
    { value: everybody, label: t("Everybody") },
    ...users.map(one => ({ value: one.id, label: one.name })),
  ];
  return html`<${Dialog} title=${t("Limit a project")} close=${close} onSubmit=${submit} footer=${html`
    <${Button} onClick=${() => close()}>${t("Cancel")}<//>
    <${Button} type="submit" primary reason=${project ? null : t("Choose a project")}>${t("Save")}<//>`}>
    <${Combobox} autofocus label=${t("Project")} value=${name} options=${named(projects.data)} onChange=${setName} />
    <${Select} label=${t("Who")} value=${who} options=${people} onChange=${setWho} />
    <${Select} label=${t("May")} value=${level} options=${levelOptions()} onChange=${setLevel} />
    <p class="hint">${t(levels.find(one => one.value === level)?.note ?? "")}</p>
  <//>`;
}
