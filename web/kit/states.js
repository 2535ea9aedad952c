/** What a page says while it waits, when there is nothing, and when something went wrong. */
import { asides } from "../lib/answers/asides.js";
import { html, useState } from "../lib/dom.js";
import { href } from "../lib/addresses/router.js";
import { sentence } from "../lib/answers/refusal.js";
import { command } from "../lib/addresses/commands.js";
import { t } from "../lib/text.js";
import { Boundary } from "./boundary.js";
import { Button } from "./button.js";
import { Icon } from "./icons.js";

/**
 * What is shown is older than it seems: the newest try to ask again has failed. While nobody answers at all the banner says so.
 * @param {{answer: {data: any, error: any, reload: () => Promise<void>}}} props
 */
export const Outdated = ({ answer }) =>
  answer.error &&
  answer.data !== undefined &&
  !answer.error.gone &&
  html`<div class="outdated" role="alert">
  <${Icon} name="warning" /><span>${t("This is not up to date:")} ${sentence(answer.error)}</span><${Retry} small retry=${answer.reload} /></div>`;

/** What could not be asked for, of all that has no place of its own to say so. */
export const Missed = () =>
  asides.value.length > 0 &&
  html`<div class="outdated" role="alert">
  <${Icon} name="warning" /><span>${t("Not all of this page is there:")} ${sentence(asides.value[0].error)}</span>
  <${Retry} small retry=${() => Promise.all(asides.value.map(one => one.load()))} /></div>`;

/** Trying again, seen to be tried. @param {{retry: () => any, small?: boolean}} props */
export function Retry({ retry, small }) {
  const [busy, setBusy] = useState(false);
  const run = async () => {
    setBusy(true);
    await retry();
    setBusy(false);
  };
  return html`<${Button} icon="refresh" small=${small} disabled=${busy} onClick=${run}>${busy ? t("Trying…") : t("Try again")}<//>`;
}

/** @param {{label?: string}} props */
export const Loading = ({ label = t("Loading…") }) =>
  html`<div class="state loading" role="status"><span class="spinner"></span>${label}</div>`;

/** @param {{icon?: import("./icons.js").IconName, title: string, children?: any, page?: boolean}} props `page`: it is all that the page shows */
export const Empty = ({ icon = "tasks", title, children, page }) => html`
  <div class="state empty"><${Icon} name=${icon} size=${32} />
    ${page ? html`<h1>${title}</h1>` : html`<h2>${title}</h2>`}<div class="state-text">${children}</div></div>`;

/**
 * An error, said in words: what happened and what can be done.
 * @param {{error: any, retry?: () => void, missing?: string, page?: boolean}} props `missing`: what to say when the thing is not there; `page`: it is
 *   all that the page shows
 */
export function ErrorBox({ error, retry, missing, page }) {
  const gone = missing && isMissing(error);
  return html`<div class="state error" role="alert">
    <${Icon} name=${gone ? "search" : "warning"} size=${32} />${page ? html`<h1>${title(error)}</h1>` : html`<h2>${title(error)}</h2>`}
    <p>${gone ? missing : sentence(error)}</p>
    ${advice(error) && html`<p>${advice(error)}</p>`}
    <div class="row">${retry && html`<${Retry} retry=${retry} />`}
      ${isMissing(error) && html`<a class="button" href=${href("/")}>${t("All tasks")}</a>`}</div>
  </div>`;
}

/** @param {any} error */
const isMissing = error => error.code === 404 || /not found|invalid .* id|No such/i.test(error.message ?? "");

/** @param {any} error */
function title(error) {
  if (error.gone) return t("The server can’t be reached");
  if (error.code === 403) return t("No rights");
  if (isMissing(error)) return t("Not found");
  return t("That did not work");
}

/** @param {any} error */
function advice(error) {
  if (error.gone)
    return t("Is it running? “{command}” starts it; this page goes on by itself when it is back.", {
      command: command("server"),
    });
  if (error.code === 403)
    return t("Your user may not do this. An administrator can change that under Settings → Users.");
  return "";
}

/**
 * What was refused, in the dialog that asked for it, which stays open.
 * @param {{title: string, refused: {name?: string, error: any}[], children?: any}} props
 */
export const Refused = ({
  title,
  refused,
  children,
}) => html`<div class="refused" role="alert"><p class="strong">${title}</p>
  <ul>${refused.map(one => html`<li>${one.name && html`<strong>${one.name}: </strong>`}${sentence(one.error)}</li>`)}</ul>${children}</div>`;

/**
 * Shows an answer of `useApi` when it is there, and says so when it is not.
 * @param {{answer: import("../lib/answers/hooks.js").Answer, children: (data: any) => any, page?: boolean}} props `page`: it is all that the page shows
 */
export function Answered({ answer, children, page }) {
  if (answer.data !== undefined)
    return html`<${Outdated} answer=${answer} /><${Boundary} on=${answer.data}>${() => children(answer.data)}<//>`;
  if (answer.error) return html`<${ErrorBox} page=${page} error=${answer.error} retry=${answer.reload} />`;
  return html`<${Loading} />`;
}
