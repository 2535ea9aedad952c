/** Access keys: what programs use to speak for a person. The secret is shown once, in a configuration that is ready to use. */
import { call } from "../../api.js";
import { apiRoot, basePath, filesRoot } from "../../lib/addresses/config.js";
import { html, useState } from "../../lib/dom.js";
import { ago, moment } from "../../lib/format.js";
import { useApi } from "../../lib/answers/hooks.js";
import { lookingOnly } from "../../lib/answers/session.js";
import { t } from "../../lib/text.js";
import { Button } from "../../kit/button.js";
import { CodeView } from "../../kit/lists/code.js";
import { asked, confirmed, Dialog, openDialog } from "../../kit/over/dialog.js";
import { Answered } from "../../kit/states.js";
import { PlainTable } from "../../kit/lists/table.js";
import { toast, toastError } from "../../kit/over/toast.js";
import { clearmlConf, clearmlEnvironment } from "./conf.js";

/** @typedef {{access_key: string, label?: string | null, last_used?: string | null, last_used_from?: string | null}} Key */

export function KeysSection() {
  const answer = useApi("auth.get_credentials", {}, { every: 10 });
  return html`<section class="card">
    <header class="card-head"><h2>${t("Access keys")}</h2>
      <${Button} primary icon="plus" onClick=${() => create(answer.reload)}>${t("New access key")}<//></header>
    <p class="hint">${t("A key lets programs and agents work in your name. Give each machine its own, so that one can be revoked alone.")}
      ${lookingOnly() && ` ${t("With your role a key looks too, and changes nothing.")}`}</p>
    <${Answered} answer=${answer}>
      ${(/** @type {{credentials: Key[]}} */ { credentials }) => html`<${Keys} keys=${credentials ?? []} reload=${answer.reload} />`}<//>
  </section>`;
}

/** @param {{keys: Key[], reload: () => Promise<void>}} props */
function Keys({ keys, reload }) {
  if (!keys.length) return html`<p>${t("You have no key yet.")}</p>`;
  const rows = [...keys]
    .sort((a, b) => String(b.last_used ?? "").localeCompare(String(a.last_used ?? "")))
    .map(key => [
      html`<code>${key.access_key}</code>`,
      html`<span class="editable">${key.label || html`<span class="muted">${t("no label")}</span>`} <${Button} quiet small icon="edit"
        label=${t("Label {key}", { key: key.access_key })} onClick=${() => relabel(key, reload)} /></span>`,
      key.last_used
        ? html`<time title=${moment(key.last_used)}>${ago(key.last_used)}</time>
      ${key.last_used_from ? html` <small>${t("from {place}", { place: key.last_used_from })}</small>` : null}`
        : html`<span class="muted">${t("never")}</span>`,
      html`<${Button} small danger icon="trash" aria-label=${t("Revoke {key}", { key: key.label || key.access_key })} onClick=${() => revoke(key, reload)}>
      ${t("Revoke")}<//>`,
    ]);
  return html`<${PlainTable} label=${t("Access keys")} head=${[t("Access key"), t("Label"), t("Last used"), ""]} rows=${rows} />`;
}

/** @param {() => Promise<void>} reload */
async function create(reload) {
  const label = await asked({
    title: t("New access key"),
    label: t("What is it for? (a machine, a person)"),
    confirm: t("Create"),
  });
  if (!label) return;
  try {
    const { credentials } = await call("auth.create_credentials", { label });
    await reload();
    await openDialog(NewKeyDialog, { credentials });
  } catch (error) {
    toastError(error);
  }
}

/** @param {Key} key @param {() => Promise<void>} reload */
async function relabel(key, reload) {
  const label = await asked({ title: t("Label"), label: key.access_key, value: key.label ?? "", confirm: t("Save") });
  if (!label) return;
  await call("auth.edit_credentials", { access_key: key.access_key, label }).catch(toastError);
  await reload();
}

/** @param {Key} key @param {() => Promise<void>} reload */
async function revoke(key, reload) {
  const text = t("Whatever uses {key} is refused from now on: programs, agents and runs that are under way.", {
    key: key.label || key.access_key,
  });
  if (!(await confirmed({ title: t("Revoke the key?"), text, confirm: t("Revoke"), danger: true }))) return;
  try {
    await call("auth.revoke_credentials", { access_key: key.access_key });
    toast(t("The key is revoked"));
  } catch (error) {
    toastError(error);
  }
  await reload();
}

/** @param {{credentials: {access_key: string, secret_key: string}, close: (value?: any) => void}} props */
function NewKeyDialog({ credentials, close }) {
  const [form, setForm] = useState("conf");
  const values = {
    web: location.origin + basePath,
    api: apiRoot,
    files: filesRoot,
    accessKey: credentials.access_key,
    secretKey: credentials.secret_key,
  };
  return html`<${Dialog} wide title=${t("Your new access key")} close=${close} onSubmit=${close}
    footer=${html`<${Button} type="submit" primary>${t("I have kept it")}<//>`}>
    <p class="notice-line">
      ${t("The secret is shown this once. Save the file as ~/clearml.conf on the machine that will use it, or name it in CLEARML_CONFIG_FILE.")}</p>
    <div class="row" role="group" aria-label=${t("Form")}>
      <${Button} small pressed=${form === "conf"} onClick=${() => setForm("conf")}>clearml.conf<//>
      <${Button} small pressed=${form === "env"} onClick=${() => setForm("env")}>${t("Environment variables")}<//>
    </div>
    ${
      form === "conf"
        ? html`<${CodeView} key="conf" label="clearml.conf" name="clearml.conf" text=${clearmlConf(values)} />`
        : html`<${CodeView} key="env" label=${t("Environment variables")} name="clearml.sh" text=${clearmlEnvironment(values)} />`
    }
  <//>`;
}
