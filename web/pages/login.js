/** Signing in: a user and a password, or an access key and its secret. */
import { html, useEffect, useState } from "../lib/dom.js";
import { navigate, nextPlace, path, query } from "../lib/addresses/router.js";
import { sentence } from "../lib/answers/refusal.js";
import { signIn, user } from "../lib/answers/session.js";
import { useApi } from "../lib/answers/hooks.js";
import { command } from "../lib/addresses/commands.js";
import { t } from "../lib/text.js";
import { Button } from "../kit/button.js";
import { Brand } from "./frame.js";

export default function LoginPage() {
  const [name, setName] = useState("");
  const [secret, setSecret] = useState("");
  const [problem, setProblem] = useState("");
  const modes = useApi(user.value ? null : "login.supported_modes");
  const byLink = modes.data?.link?.enabled; // nobody has a password
  const signedIn = Boolean(user.value); // the page is asked for at its own address: there is nothing to do here
  useEffect(() => {
    if (signedIn && path.value === "/login")
      navigate(nextPlace(query.value.get("next"), location.origin), { replace: true });
  }, [signedIn]);
  const submit = async (/** @type {Event} */ event) => {
    event.preventDefault();
    try {
      await signIn(name, secret);
    } catch (error) {
      const failed = /** @type {any} */ (error);
      setProblem(failed.code === 401 ? t("The name or the password is wrong.") : sentence(failed));
    }
  };
  if (signedIn) return null;
  document.title = `${t("Sign in")} · Soundyard`;
  return html`<main class="login"><form onSubmit=${submit}>
    <div class="login-brand"><${Brand} /><h1>Soundyard</h1></div>
    ${
      byLink &&
      html`<p role="status">${
        query.value.get("link") === "used"
          ? t("This link does not hold any more: each works once, for a day.")
          : t("This page is opened by the link that the server printed where it was started.")
      }</p>
      <p class="hint">${t(
        "Another one is printed by “{command}”, in the server’s folder. An access key lets you in, too.",
        { command: command("server", "link") },
      )}</p>`
    }
    <label class="field"><span>${t("Name or access key")}</span>
      <input autofocus autocomplete="username" value=${name} onInput=${(/** @type {any} */ e) => setName(e.target.value)} /></label>
    <label class="field"><span>${t("Password or secret key")}</span>
      <input type="password" autocomplete="current-password" value=${secret} onInput=${(/** @type {any} */ e) => setSecret(e.target.value)} /></label>
    ${problem && html`<p class="problem" role="alert">${problem}</p>`}
    <${Button} type="submit" primary>${t("Sign in")}<//>
    ${!byLink && html`<p class="hint">${forgotten()}</p>`}
  </form></main>`;
}

const forgotten = () =>
  t("Forgotten? Whoever runs the server can set a new one: “{command}”.", {
    command: command("server", "user password NAME"),
  });
