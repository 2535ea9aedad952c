/** What becomes of a queue's work when its agent is gone: shown in a line, changed in a dialog. */
import { call } from "../../api.js";
import { html, useState } from "../../lib/dom.js";
import { t, tn } from "../../lib/text.js";
import { Button } from "../../kit/button.js";
import { Dialog, openDialog } from "../../kit/over/dialog.js";
import { toastError } from "../../kit/over/toast.js";
import { policyFault, policyKeys } from "./rules.js";

/** @typedef {import("./rules.js").Queue} Queue */

/** @param {{queue: Queue, reload: () => Promise<void>}} props */
export function LostWork({ queue, reload }) {
  const policy = queue.lost_policy;
  if (!policy) return null; // a server without one
  const own = Object.values(policyKeys).some(key => key in (queue.metadata ?? {}));
  return html`<p class="lost-work">
    ${
      policy.seconds
        ? t("An agent that is silent for {time} is lost.", { time: t("{n} s", { n: policy.seconds }) })
        : t("A silent agent is never taken for lost.")
    }
    ${" "}${
      policy.retries
        ? tn(
            policy.retries,
            "Its task comes back to the front, once.",
            "Its task comes back to the front, up to {n} times.",
          )
        : t("Its task has failed then.")
    }
    ${" "}<span class="hint">${own ? t("set for this queue") : t("as the server is set")}</span>
    <${Button} small quiet icon="edit" writes label=${t("Change what becomes of lost work")}
      onClick=${() => openDialog(PolicyDialog, { queue }).then(changed => changed && reload())} />
  </p>`;
}

/** @param {{queue: Queue, close: (value?: any) => void}} props */
function PolicyDialog({ queue, close }) {
  const said = (/** @type {string} */ key) => String(queue.metadata?.[key]?.value ?? "");
  const [seconds, setSeconds] = useState(said(policyKeys.seconds));
  const [retries, setRetries] = useState(said(policyKeys.retries));
  const fault = policyFault(seconds, retries);
  const submit = async () => {
    if (fault) return;
    const given = [
      { key: policyKeys.seconds, type: "float", value: seconds.trim() },
      { key: policyKeys.retries, type: "int", value: retries.trim() },
    ];
    try {
      const left = given.filter(one => one.value);
      const gone = given.filter(one => !one.value && one.key in (queue.metadata ?? {})).map(one => one.key);
      if (left.length) await call("queues.add_or_update_metadata", { queue: queue.id, metadata: left });
      if (gone.length) await call("queues.delete_metadata", { queue: queue.id, keys: gone });
      close(true);
    } catch (error) {
      toastError(error);
    }
  };
  const field = (/** @type {string} */ label, /** @type {string} */ value, /** @type {(text: string) => void} */ set) =>
    html`<label class="field"><span>${label}</span>
      <input inputmode="numeric" value=${value} placeholder=${t("as the server is set")} onInput=${(/** @type {any} */ e) => set(e.target.value)} /></label>`;
  return html`<${Dialog} title=${t("Lost work of {name}", { name: queue.name })} close=${close} onSubmit=${submit} footer=${html`
    <${Button} onClick=${() => close()}>${t("Cancel")}<//><${Button} type="submit" primary reason=${fault && t(fault)}>${t("Save")}<//>`}>
    ${field(t("Seconds of silence after which an agent is lost (0: never)"), seconds, setSeconds)}
    ${field(t("How often its task comes back to the queue"), retries, setRetries)}
    <p class="hint">${t("Longer than the outages that your network has, and at least 90: agents report every minute at most.")}</p>
    ${fault && html`<p class="problem" role="alert">${t(fault)}</p>`}
  <//>`;
}
