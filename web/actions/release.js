/**
 * What a deletion or a reset will do, asked of the server and said before anybody agrees to it: models and files that go, files
 * that stay because something else names them, and who would lose what they read.
 */
import { html } from "../lib/dom.js";
import { bytes } from "../lib/format.js";
import { useApi } from "../lib/answers/hooks.js";
import { modelLink, taskLink } from "../lib/addresses/links.js";
import { t, tn } from "../lib/text.js";
import { Button } from "../kit/button.js";
import { Chip } from "../kit/chip.js";
import { Dialog, openDialog } from "../kit/over/dialog.js";
import { ErrorBox, Loading } from "../kit/states.js";

/**
 * @typedef {{kind: "task" | "model" | "project", id: string, name: string, published: boolean, files: number}} Namer
 * @typedef {{tasks: number, models: number, kept_models: number, files: number, bytes: number, kept_files: number, kept_by: Namer[],
 *   kept_by_total: number, losers: Namer[], losers_total: number}} Release
 */

const shown = 5; // of those who keep or lose something

/** @param {Release} told @returns {string[]} what goes and what stays, a sentence each */
export const consequences = told =>
  [
    told.models && tn(told.models, "1 model is deleted.", "{n} models are deleted."),
    told.kept_models &&
      tn(
        told.kept_models,
        "1 model stays: it is published, or another task reads it.",
        "{n} models stay: they are published, or other tasks read them.",
      ),
    told.files
      ? tn(
          told.files,
          "1 file is deleted from the server ({size}).",
          "{n} files are deleted from the server ({size}).",
          { size: bytes(told.bytes) },
        )
      : t("No file is deleted from the server."),
    told.kept_files &&
      tn(
        told.kept_files,
        "1 file stays, because something else names it:",
        "{n} files stay, because something else names them:",
      ),
  ].filter(one => typeof one === "string");

/** @param {{namers: Namer[], total: number}} props */
const Namers = ({ namers, total }) => html`<ul class="namers">${namers.slice(0, shown).map(
  one => html`<li>
    ${one.kind === "project" ? t("project") : one.kind === "model" ? t("model") : t("task")} <${NamerLink} namer=${one} />
    ${one.published && html`<${Chip} tone="accent">${t("Published")}<//>`}</li>`,
)}
  ${total > shown && html`<li>${tn(total - shown, "and 1 more", "and {n} more")}</li>`}</ul>`;

/** @param {{namer: Namer}} props */
const NamerLink = ({ namer }) =>
  namer.kind === "project"
    ? html`<span>${namer.name}</span>`
    : html`<a target="_blank" href=${namer.kind === "model" ? modelLink({ id: namer.id }) : taskLink({ id: namer.id })}>${namer.name || namer.id}</a>`;

/** @param {{told: Release}} props */
export const Consequences = ({ told }) => html`<div class="consequences">
  <ul>${consequences(told).map(one => html`<li>${one}</li>`)}</ul>
  ${told.kept_files > 0 && html`<${Namers} namers=${told.kept_by} total=${told.kept_by_total} />`}
  ${
    told.losers_total > 0 &&
    html`<div class="warning" role="alert"><p class="strong">
      ${tn(told.losers_total, "1 task loses what it reads:", "{n} tasks lose what they read:")}</p>
    <${Namers} namers=${told.losers} total=${told.losers_total} /></div>`
  }</div>`;

/**
 * @typedef {{title: string, text: string, confirm: string, danger?: boolean, endpoint: string, body: Record<string, any>, of?: (answer: any) => Release}}
 *   Question `of`: where in the answer it stands
 * @param {Question & {close: (value?: any) => void}} props
 */
function ReleaseDialog({ title, text, confirm, danger, endpoint, body, of = answer => answer, close }) {
  const answer = useApi(endpoint, body);
  const told = answer.data && of(answer.data);
  return html`<${Dialog} title=${title} close=${close} onSubmit=${() => told && close(true)} footer=${html`
    <${Button} onClick=${() => close()}>${t("Cancel")}<//>
    <${Button} type="submit" primary danger=${danger} reason=${told ? null : t("What would go is still being looked up")} autofocus>${confirm}<//>`}>
    <p>${text}</p>
    ${
      answer.error
        ? html`<${ErrorBox} error=${answer.error} retry=${answer.reload} />`
        : told
          ? html`<${Consequences} told=${told} />`
          : html`<${Loading} label=${t("Looking what would go…")} />`
    }
  <//>`;
}

/** Ask, with all that would happen. @param {Question} question @returns {Promise<boolean>} */
export const agreed = async question => (await openDialog(ReleaseDialog, question)) === true;
