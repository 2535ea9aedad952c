/** The forms of a rule and of a channel. What was kept secret is never shown: an empty field leaves it as it is. */
import { call, callAll } from "../../api.js";
import { html, useState } from "../../lib/dom.js";
import { useApi, useAsked } from "../../lib/answers/hooks.js";
import { t } from "../../lib/text.js";
import { Button } from "../../kit/button.js";
import { statusWords } from "../../kit/chip.js";
import { Check, Field } from "../../kit/fields.js";
import { Combobox, Select } from "../../kit/over/combobox.js";
import { Dialog } from "../../kit/over/dialog.js";
import { Refused } from "../../kit/states.js";
import { channelKinds, ruleKinds } from "./rules.js";

const told = ["failed", "stopped", "completed", "published", "in_progress", "queued"];

/** @param {{value: string, label: string}[]} options */
const said = options => options.map(one => ({ value: one.value, label: t(one.label) }));

/**
 * What both forms share: fields, sending, and what was refused.
 * @param {any} begin @param {string} endpoint @param {(value?: any) => void} close
 */
function useForm(begin, endpoint, close) {
  const [values, setValues] = useState(begin);
  const [error, setError] = useState(/** @type {any} */ (null));
  const set = (/** @type {string} */ name) => (/** @type {any} */ value) =>
    setValues((/** @type {any} */ old) => ({ ...old, [name]: value }));
  const send = (/** @type {any} */ body) => call(endpoint, body).then(() => close(true), setError);
  return { values, set, send, error };
}

/** @param {(value?: any) => void} close */
const feet = close => html`<${Button} onClick=${() => close()}>${t("Cancel")}<//>
  <${Button} type="submit" primary>${t("Save")}<//>`;

/** @param {{rule?: any, channels: any[], close: (value?: any) => void}} props */
export function RuleDialog({ rule, channels, close }) {
  const begin = rule ?? {
    name: "",
    enabled: true,
    kind: "status",
    statuses: ["failed"],
    comparison: "below",
    channels: [],
    desktop: false,
  };
  const { values, set, send, error } = useForm(begin, "alerts.set_rule", close);
  const number = (/** @type {any} */ text) => (text === "" || text == null ? null : Number(text));
  const submit = () =>
    send({
      ...values,
      value: number(values.value),
      minutes: number(values.minutes),
      free_gb: number(values.free_gb),
      project: values.project || null,
      tag: values.tag || null,
    });
  const toggle = (/** @type {string} */ name, /** @type {string} */ one) => (/** @type {boolean} */ on) =>
    set(name)(
      on ? [...(values[name] ?? []), one] : (values[name] ?? []).filter((/** @type {string} */ x) => x !== one),
    );
  return html`<${Dialog} title=${rule ? t("Edit {name}", { name: rule.name }) : t("New rule")} close=${close} onSubmit=${submit}
    footer=${feet(close)}>
    <${Field} label=${t("Name")} value=${values.name} set=${set("name")} autofocus />
    <${Select} label=${t("What it looks for")} value=${values.kind} options=${said(ruleKinds)} onChange=${set("kind")} />
    ${
      values.kind === "status" &&
      html`<fieldset class="checks"><legend>${t("Tell when a task comes to")}</legend>${told.map(
        one => html`<${Check} label=${t(statusWords[/** @type {keyof typeof statusWords} */ (one)] ?? one)}
          checked=${(values.statuses ?? []).includes(one)} set=${toggle("statuses", one)} />`,
      )}</fieldset>`
    }
    ${
      values.kind === "metric" &&
      html`<${Field} label=${t("Metric")} value=${values.metric} set=${set("metric")} />
      <${Field} label=${t("Variant")} value=${values.variant} set=${set("variant")} />
      <${Select} label=${t("Tell when the last value is")} value=${values.comparison ?? "below"} onChange=${set("comparison")}
        options=${said([
          { value: "below", label: "below" },
          { value: "above", label: "above" },
        ])} />
      <${Field} type="number" label=${t("Value")} value=${values.value} set=${set("value")} />
      <${Check} label=${t("Only when the task has completed")} checked=${Boolean(values.ended)} set=${set("ended")} />`
    }
    ${["status", "metric"].includes(values.kind) && html`<${OfTasks} values=${values} set=${set} />`}
    ${values.kind === "queue" && html`<${OfQueue} values=${values} set=${set} />`}
    ${
      values.kind === "disk" &&
      html`<${Field} type="number" label=${t("Less than so many GB free")} value=${values.free_gb} set=${set("free_gb")} />`
    }
    <fieldset class="checks"><legend>${t("Tells")}</legend>
      ${channels.map(
        one =>
          html`<${Check} label=${one.name} checked=${values.channels.includes(one.id)} set=${toggle("channels", one.id)} />`,
      )}
      <${Check} label=${t("Desktop")} checked=${values.desktop} set=${set("desktop")} /></fieldset>
    <${Check} label=${t("The rule is on")} checked=${values.enabled} set=${set("enabled")} />
    ${error && html`<${Refused} title=${t("It was not saved")} refused=${[{ error }]} />`}
  <//>`;
}

/** @typedef {{values: any, set: (name: string) => (value: any) => void}} Part */

/** @param {Part} props */
function OfTasks({ values, set }) {
  const answer = useAsked(
    () => callAll("projects.get_all", "projects", { only_fields: ["name"], order_by: ["name"] }),
    "projects by name",
    { aside: true },
  );
  const options = (answer.data ?? []).map((/** @type {any} */ one) => ({ value: one.id, label: one.name }));
  return html`<${Combobox} label=${t("Project, with all below it")} value=${values.project ?? ""} onChange=${set("project")}
      options=${[{ value: "", label: t("Any project") }, ...options]} />
    <${Field} label=${t("Tag (none: any task)")} value=${values.tag} set=${set("tag")} />`;
}

/** @param {Part} props */
function OfQueue({ values, set }) {
  const answer = useApi("queues.get_all", { only_fields: ["name"] }, { aside: true });
  const options = (answer.data?.queues ?? []).map((/** @type {any} */ one) => ({ value: one.id, label: one.name }));
  return html`<${Select} label=${t("Queue")} value=${values.queue ?? ""} onChange=${set("queue")}
      options=${[{ value: "", label: t("Any queue") }, ...options]} />
    <${Field} type="number" label=${t("Minutes that a task waits")} value=${values.minutes} set=${set("minutes")} />`;
}

/** @param {{channel?: any, close: (value?: any) => void}} props */
export function ChannelDialog({ channel, close }) {
  const begin = channel
    ? { ...channel, recipients: (channel.recipients ?? []).join(", ") }
    : { name: "", kind: "slack", security: "starttls" };
  const { values, set, send, error } = useForm(begin, "alerts.set_channel", close);
  const kept = (/** @type {string} */ name) =>
    channel?.kept_secret?.includes(name) ? t("Kept; fill it in to change it") : "";
  const submit = () =>
    send({
      ...values,
      port: values.port ? Number(values.port) : null,
      recipients:
        values.kind === "mail"
          ? String(values.recipients ?? "")
              .split(/[\s,;]+/)
              .filter(Boolean)
          : null,
    });
  return html`<${Dialog} title=${channel ? t("Edit {name}", { name: channel.name }) : t("New channel")} close=${close} onSubmit=${submit}
    footer=${feet(close)}>
    <${Field} label=${t("Name")} value=${values.name} set=${set("name")} autofocus />
    <${Select} label=${t("Kind")} value=${values.kind} options=${said(channelKinds)} onChange=${set("kind")} />
    ${
      values.kind === "mail"
        ? html`<${Field} label=${t("Mail server (SMTP)")} value=${values.host} set=${set("host")} />
      <${Select} label=${t("Encryption")} value=${values.security ?? "starttls"} onChange=${set("security")}
        options=${[
          { value: "starttls", label: "STARTTLS" },
          { value: "tls", label: "TLS" },
          { value: "none", label: t("none") },
        ]} />
      <${Field} type="number" label=${t("Port (empty: the usual one)")} value=${values.port} set=${set("port")} />
      <${Field} label=${t("User (none: without signing in)")} value=${values.user} set=${set("user")} />
      <${Field} type="password" label=${t("Password")} value=${values.password} set=${set("password")} placeholder=${kept("password")} />
      <${Field} label=${t("Sender")} value=${values.sender} set=${set("sender")} />
      <${Field} label=${t("Recipients, with commas between")} value=${values.recipients} set=${set("recipients")} />`
        : html`<${Field} type="password" label=${t("Address of the webhook")} value=${values.url} set=${set("url")} placeholder=${kept("url")} />`
    }
    ${
      values.kind === "feishu" &&
      html`<${Field} type="password" label=${t("Signing secret (if there is one)")} value=${values.secret} set=${set("secret")}
        placeholder=${kept("secret")} />`
    }
    <p class="hint">${t("The address and the password are kept, and never shown again.")}</p>
    ${error && html`<${Refused} title=${t("It was not saved")} refused=${[{ error }]} />`}
  <//>`;
}
