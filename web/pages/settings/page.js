/** Settings: access keys, account and users, storage, appearance, the server. Each section has an address of its own. */
import { html } from "../../lib/dom.js";
import { href } from "../../lib/addresses/router.js";
import { isAdmin } from "../../lib/answers/session.js";
import { t } from "../../lib/text.js";
import { Empty } from "../../kit/states.js";
import { PageHead } from "../frame.js";
import { AccountSection } from "./account.js";
import { AlertsSection } from "./alerts.js";
import { AppearanceSection } from "./appearance.js";
import { AuditSection } from "./audit.js";
import { KeysSection } from "./keys.js";
import { ServerSection } from "./server.js";
import { StorageSection } from "./storage.js";
import { UsersSection } from "./users.js";

/** @typedef {{id: string, label: string, section: any, admin?: boolean}} Section */

/** @type {Section[]} */
const sections = [
  { id: "keys", label: "Access keys", section: KeysSection },
  { id: "account", label: "Account", section: AccountSection },
  { id: "users", label: "Users", section: UsersSection, admin: true },
  { id: "audit", label: "Audit log", section: AuditSection, admin: true },
  { id: "storage", label: "Storage", section: StorageSection },
  { id: "alerts", label: "Alerts", section: AlertsSection },
  { id: "appearance", label: "Appearance", section: AppearanceSection },
  { id: "server", label: "Server", section: ServerSection },
];

/** What ClearML's programs print when they ask for credentials. */
const aliases = { "workspace-configuration": "keys", profile: "account" };

/** @param {{section?: string}} props */
export default function SettingsPage({ section = "keys" }) {
  const wanted = aliases[/** @type {keyof typeof aliases} */ (section)] ?? section;
  const chosen = sections.find(one => one.id === wanted);
  return html`<${PageHead} title=${t("Settings")} />
    <section class="scroll"><div class="with-side">
      <nav class="side-list" aria-label=${t("Settings")}>${sections
        .filter(one => !one.admin || isAdmin())
        .map(
          one => html`
        <a href=${href(`/settings/${one.id}`)} aria-current=${one === chosen ? "page" : undefined}>
          <span class="side-list-name">${t(one.label)}</span></a>`,
        )}</nav>
      <div class="stack settings-body">${chosen ? html`<${chosen.section} />` : html`<${Empty} icon="settings" title=${t("There is no such section")} />`}</div>
    </div></section>`;
}
