/** The reader's own account: name and password. */
import { call } from "../../api.js";
import { html, useState } from "../../lib/dom.js";
import { useApi } from "../../lib/answers/hooks.js";
import { user } from "../../lib/answers/session.js";
import { t } from "../../lib/text.js";
import { Button } from "../../kit/button.js";
import { toast, toastError } from "../../kit/over/toast.js";
import { passwordProblem } from "./rules.js";

export function AccountSection() {
  const modes = useApi("login.supported_modes", {}, { aside: true });
  const open = modes.data && !modes.data.basic?.enabled;
  return html`<${Name} /><${Password} open=${open} />`;
}

function Name() {
  const [name, setName] = useState(user.value?.name ?? "");
  const changed = name.trim() && name.trim() !== user.value?.name;
  const save = async (/** @type {Event} */ event) => {
    event.preventDefault();
    if (!changed) return;
    try {
      await call("users.update", { user: user.value.id, name: name.trim() });
      user.value = (await call("users.get_current_user")).user;
      toast(t("Saved"));
    } catch (error) {
      toastError(error);
    }
  };
  return html`<form class="card narrow-form" onSubmit=${save}><h2>${t("Name")}</h2>
    <label class="field"><span>${t("Shown beside your tasks, and used to sign in")}</span>
      <input value=${name} autocomplete="username" onInput=${(/** @type {any} */ e) => setName(e.target.value)} /></label>
    <p class="hint">${t("Role: {role}", { role: t(user.value?.role ?? "user") })}</p>
    <div><${Button} type="submit" reason=${changed ? null : t("Nothing has changed")}>${t("Save")}<//></div>
  </form>`;
}

/** @param {{open: boolean | undefined}} props */
function Password({ open }) {
  const [first, setFirst] = useState("");
  const [second, setSecond] = useState("");
  const problem = passwordProblem(first, second);
  const save = async (/** @type {Event} */ event) => {
    event.preventDefault();
    if (problem) return;
    try {
      await call("users.update", { user: user.value.id, password: first });
      setFirst("");
      setSecond("");
      toast(t("The password is changed; other browsers have to sign in again."));
    } catch (error) {
      toastError(error);
    }
  };
  return html`<form class="card narrow-form" onSubmit=${save}><h2>${t("Password")}</h2>
    ${open && html`<p class="hint">${t("This server asks for no password now. One set here counts as soon as it is started with sign-in by password.")}</p>`}
    <label class="field"><span>${t("New password")}</span>
      <input type="password" autocomplete="new-password" value=${first} onInput=${(/** @type {any} */ e) => setFirst(e.target.value)} /></label>
    <label class="field"><span>${t("The same again")}</span>
      <input type="password" autocomplete="new-password" value=${second} onInput=${(/** @type {any} */ e) => setSecond(e.target.value)} /></label>
    ${first && second && problem && html`<p class="problem" role="alert">${t(problem)}</p>`}
    <div><${Button} type="submit" reason=${problem ? t(problem) : null}>${t("Change the password")}<//></div>
  </form>`;
}
