/** Users, for administrators: who there is, what each may do, new passwords. */
import { call } from "../../api.js";
import { html, useState } from "../../lib/dom.js";
import { moment } from "../../lib/format.js";
import { useApi } from "../../lib/answers/hooks.js";
import { isAdmin, user as me } from "../../lib/answers/session.js";
import { t } from "../../lib/text.js";
import { Button } from "../../kit/button.js";
import { Select } from "../../kit/over/combobox.js";
import { confirmed, Dialog, openDialog } from "../../kit/over/dialog.js";
import { Answered, ErrorBox } from "../../kit/states.js";
import { PlainTable } from "../../kit/lists/table.js";
import { toast, toastError } from "../../kit/over/toast.js";
import { AccessCard } from "./access.js";
import { newPassword, roles } from "./rules.js";

const roleOptions = () => roles.map(role => ({ value: role.value, label: t(role.label) }));

export function UsersSection() {
  const answer = useApi("users.get_all", {}, { every: 15 });
  if (!isAdmin()) return html`<${ErrorBox} error=${{ code: 403, message: t("Only administrators see the users.") }} />`;
  return html`<section class="card">
    <header class="card-head"><h2>${t("Users")}</h2>
      <${Button} primary icon="plus" onClick=${() => openDialog(NewUserDialog).then(answer.reload)}>${t("New user")}<//></header>
    <p class="hint">${roles.map(role => html`<b>${t(role.label)}</b>: ${t(role.note)}. `)}</p>
    <${Answered} answer=${answer}>${(/** @type {{users: any[]}} */ { users }) => html`
      <${PlainTable} label=${t("Users")} head=${[t("Name"), t("Role"), t("Since"), ""]} rows=${users.map(one => row(one, answer.reload))} />`}<//>
  </section>
  ${answer.data && html`<${AccessCard} users=${answer.data.users} />`}`;
}

/** @param {any} one @param {() => Promise<void>} reload */
function row(one, reload) {
  const self = one.id === me.value?.id;
  return [
    html`${one.name}${self ? html` <small>${t("(you)")}</small>` : null}`,
    html`<${Select} hideLabel label=${t("Role of {name}", { name: one.name })} value=${one.role} options=${roleOptions()}
      onChange=${(/** @type {string} */ role) => change({ user: one.id, role }, reload)} />`,
    moment(one.created),
    html`<span class="row">
      <${Button} small aria-label=${t("New password for {name}", { name: one.name })} onClick=${() => givePassword(one, reload)}>${t("New password")}<//>
      <${Button} small danger icon="trash" aria-label=${t("Delete {name}", { name: one.name })} reason=${self ? t("Nobody can delete themselves") : null}
        onClick=${() => remove(one, reload)}>${t("Delete")}<//></span>`,
  ];
}

/** @param {Record<string, any>} body @param {() => Promise<void>} reload */
async function change(body, reload) {
  try {
    await call("users.update", body);
    toast(t("Saved"));
  } catch (error) {
    toastError(error);
  }
  await reload();
}

/** @param {any} one @param {() => Promise<void>} reload */
async function givePassword(one, reload) {
  if (
    !(await confirmed({
      title: t("New password for {name}?", { name: one.name }),
      text: t("The old one stops working at once, and the browsers that use it are signed out."),
      confirm: t("New password"),
    }))
  )
    return;
  const password = newPassword();
  try {
    await call("users.update", { user: one.id, password });
    await openDialog(PasswordDialog, { name: one.name, password });
  } catch (error) {
    toastError(error);
  }
  await reload();
}

/** @param {any} one @param {() => Promise<void>} reload */
async function remove(one, reload) {
  if (
    !(await confirmed({
      title: t("Delete {name}?", { name: one.name }),
      text: t("Keys and sessions stop working at once. Tasks and models stay."),
      confirm: t("Delete"),
      danger: true,
    }))
  )
    return;
  await call("users.delete", { user: one.id }).catch(toastError);
  await reload();
}

/** @param {{name: string, password: string, close: (value?: any) => void}} props */
const PasswordDialog = ({ name, password, close }) => html`
  <${Dialog} title=${t("Password of {name}", { name })} close=${close} onSubmit=${close}
    footer=${html`<${Button} type="submit" primary autofocus>${t("I have kept it")}<//>`}>
    <p>${t("It is shown this once. Pass it on; it can be changed under Settings → Account.")}</p><pre class="secret-text">${password}</pre>
  <//>`;

/** @param {{close: (value?: any) => void}} props */
function NewUserDialog({ close }) {
  const [name, setName] = useState("");
  const [role, setRole] = useState("user");
  const submit = async () => {
    if (!name.trim()) return;
    const password = newPassword();
    try {
      await call("users.create", { name: name.trim(), role, password });
      close(true);
      await openDialog(PasswordDialog, { name: name.trim(), password });
    } catch (error) {
      toastError(error);
    }
  };
  return html`<${Dialog} title=${t("New user")} close=${close} onSubmit=${submit} footer=${html`<${Button} onClick=${() => close()}>${t("Cancel")}<//>
    <${Button} type="submit" primary reason=${name.trim() ? null : t("Give a name")}>${t("Create")}<//>`}>
    <label class="field"><span>${t("Name")}</span>
      <input autofocus autocomplete="off" value=${name} onInput=${(/** @type {any} */ e) => setName(e.target.value)} /></label>
    <${Select} label=${t("Role")} value=${role} options=${roles.map(one => ({ value: one.value, label: `${t(one.label)}: ${t(one.note)}` }))}
      onChange=${setRole} />
    <p class="hint">${t("A password is made and shown once.")}</p>
  <//>`;
}
