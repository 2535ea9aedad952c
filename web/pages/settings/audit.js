/** The audit log, for administrators: who signed in or failed to, changed users, keys and settings, deleted what. Not in ClearML's own API. */
import { html, useState } from "../../lib/dom.js";
import { ago, moment } from "../../lib/format.js";
import { useApi } from "../../lib/answers/hooks.js";
import { isAdmin } from "../../lib/answers/session.js";
import { t } from "../../lib/text.js";
import { Select } from "../../kit/over/combobox.js";
import { More } from "../../kit/lists/more.js";
import { Answered, Empty, ErrorBox } from "../../kit/states.js";
import { PlainTable } from "../../kit/lists/table.js";
import { isNotOurs } from "./rules.js";

/** @typedef {{at: string, action: string, failed: boolean, user_name: string, client: string, what: {id: string, name: string}[],
 *   details: Record<string, any>}} Entry */

const portion = 50; // entries
const most = 500; // that the server gives at once

const kinds = () => [
  { value: "", label: t("Everything") },
  { value: "sign-in", label: t("Sign-ins") },
  { value: "users", label: t("Users and keys") },
  { value: "settings", label: t("Settings") },
  { value: "deletion", label: t("Deletions") },
];

export function AuditSection() {
  const [kind, setKind] = useState("");
  const [shown, setShown] = useState(portion);
  const choose = (/** @type {string} */ one) => {
    setKind(one);
    setShown(portion);
  };
  const answer = useApi(
    isAdmin() ? "audit.get_all" : null,
    { kind, page_size: Math.min(shown, most) },
    { every: 30, keep: kind },
  );
  if (!isAdmin())
    return html`<${ErrorBox} error=${{ code: 403, message: t("Only administrators see the audit log.") }} />`;
  if (isNotOurs(answer))
    return html`<section class="card" aria-label=${t("Audit log")}><h2>${t("Audit log")}</h2>
    <${Empty} icon="settings" title=${t("This server keeps no audit log")} /></section>`;
  return html`<section class="card">
    <header class="card-head"><h2>${t("Audit log")}</h2>
      <${Select} hideLabel label=${t("Which entries")} value=${kind} options=${kinds()} onChange=${choose} /></header>
    <p class="hint">${t("Who signed in or failed to, changed users, keys and settings, and deleted what.")}</p>
    <${Answered} answer=${answer}>${(/** @type {{entries: Entry[], total: number}} */ { entries, total }) =>
      entries.length
        ? html`
      <${PlainTable} label=${t("Audit log")} head=${[t("When"), t("What was done"), t("Who"), t("Address")]} rows=${entries.map(row)} />
      <${More} total=${Math.min(total, most)} most=${shown} portion=${portion} setMost=${setShown} />
      ${total > most && shown >= most && html`<p class="hint">${t("Older entries: audit.get_all of the API, page by page.")}</p>`}`
        : html`<p>${t("Nothing of this kind yet.")}</p>`}<//>
  </section>`;
}

/** @param {Entry} entry */
const row = entry => [
  html`<time title=${moment(entry.at)}>${ago(entry.at)}</time>`,
  html`<div class=${entry.failed ? "problem" : ""}>${deed(entry)}
    ${entry.what.map(one => html` <b title=${one.id}>${one.name || one.id}</b>`)}
    ${details(entry) && html`<br /><small class="muted">${details(entry)}</small>`}</div>`,
  entry.user_name || html`<span class="muted">${t("nobody")}</span>`,
  html`<small>${entry.client}</small>`,
];

/** What was done, in words where there are some; else the endpoint's name says it. @param {Entry} entry */
function deed(entry) {
  if (entry.action === "auth.login") return entry.failed ? t("failed to sign in") : t("signed in");
  if (entry.action.endsWith(".logout")) return t("signed out");
  if (entry.action === "server.start") return t("the server started");
  return html`<code>${entry.action}</code>`;
}

/** @param {Entry} entry */
const details = entry =>
  Object.entries(entry.details)
    .map(([name, value]) => `${name}: ${Array.isArray(value) ? value.join(", ") : value}`)
    .join(" · ");
