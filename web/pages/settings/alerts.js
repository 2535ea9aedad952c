/** Alerts, for administrators: rules, channels, and what became of each message; for everybody: notifications of the desktop. Not in ClearML's API. */
import { call } from "../../api.js";
import { html } from "../../lib/dom.js";
import { ago, moment } from "../../lib/format.js";
import { useApi } from "../../lib/answers/hooks.js";
import { desktop, desktopProblem, switchDesktop } from "../../lib/notices.js";
import { href } from "../../lib/addresses/router.js";
import { isAdmin } from "../../lib/answers/session.js";
import { t } from "../../lib/text.js";
import { Button } from "../../kit/button.js";
import { confirmed, openDialog } from "../../kit/over/dialog.js";
import { Answered } from "../../kit/states.js";
import { PlainTable } from "../../kit/lists/table.js";
import { toast, toastError } from "../../kit/over/toast.js";
import { ChannelDialog, RuleDialog } from "./alertforms.js";
import { channelKinds, ruleKinds } from "./rules.js";

/** @param {{value: string, label: string}[]} kinds @param {string} kind */
const word = (kinds, kind) => t(kinds.find(one => one.value === kind)?.label ?? kind);

export const AlertsSection = () => html`<${Desktop} />${isAdmin() ? html`<${Rules} /><${Deliveries} />` : null}`;

function Desktop() {
  const problem = desktopProblem();
  return html`<section class="card" aria-label=${t("Desktop notifications")}>
    <header class="card-head"><h2>${t("Desktop notifications")}</h2>
      <${Button} pressed=${desktop.value} reason=${problem} onClick=${() => switchDesktop().catch(toastError)}>
        ${desktop.value ? t("Switch off") : t("Switch on")}<//></header>
    <p class="hint">${problem ?? t("This browser tells what rules say to the desktop, while a page of Soundyard is open.")}</p>
  </section>`;
}

function Rules() {
  const answer = useApi("alerts.get_all", {}, { every: 15 });
  const { reload } = answer;
  return html`<${Answered} answer=${answer}>${(
    /** @type {{rules: any[], channels: any[]}} */ { rules, channels },
  ) => html`
    <section class="card" aria-label=${t("Rules")}>
      <header class="card-head"><h2>${t("Rules")}</h2>
        <${Button} primary icon="plus" onClick=${() => openDialog(RuleDialog, { channels }).then(reload)}>${t("New rule")}<//></header>
      ${
        rules.length
          ? html`<${PlainTable} label=${t("Rules")} head=${[t("Name"), t("What it looks for"), t("Tells"), ""]}
            rows=${rules.map(rule => ruleRow(rule, channels, reload))} />`
          : html`<p>${t("No rule yet: nothing is told to anybody.")}</p>`
      }
    </section>
    <section class="card" aria-label=${t("Channels")}>
      <header class="card-head"><h2>${t("Channels")}</h2>
        <${Button} icon="plus" onClick=${() => openDialog(ChannelDialog).then(reload)}>${t("New channel")}<//></header>
      ${
        channels.length
          ? html`<${PlainTable} label=${t("Channels")} head=${[t("Name"), t("Kind"), t("Server"), ""]}
            rows=${channels.map(channel => channelRow(channel, reload))} />`
          : html`<p>${t("A channel is a chat’s webhook, any other webhook, or a mailbox.")}</p>`
      }
    </section>`}<//>`;
}

/** @param {any} rule @param {any[]} channels @param {() => Promise<void>} reload */
const ruleRow = (rule, channels, reload) => [
  html`${rule.name}${rule.enabled ? null : html` <small class="muted">${t("off")}</small>`}`,
  word(ruleKinds, rule.kind),
  [
    ...rule.channels.map((/** @type {string} */ id) => channels.find(one => one.id === id)?.name ?? id),
    ...(rule.desktop ? [t("Desktop")] : []),
  ].join(", ") || html`<span class="problem">${t("nobody")}</span>`,
  html`<span class="row"><${Button} small icon="edit" aria-label=${t("Edit {name}", { name: rule.name })}
      onClick=${() => openDialog(RuleDialog, { rule, channels }).then(reload)}>${t("Edit")}<//>
    <${Button} small danger icon="trash" aria-label=${t("Delete {name}", { name: rule.name })}
      onClick=${() => remove("alerts.delete_rule", rule, reload)}>${t("Delete")}<//></span>`,
];

/** @param {any} channel @param {() => Promise<void>} reload */
const channelRow = (channel, reload) => [
  channel.name,
  word(channelKinds, channel.kind),
  html`<code>${channel.where ?? `${channel.host}:${channel.port}`}</code>`,
  html`<span class="row"><${Button} small aria-label=${t("Test {name}", { name: channel.name })} onClick=${() => test(channel)}>${t("Test")}<//>
    <${Button} small icon="edit" aria-label=${t("Edit {name}", { name: channel.name })}
      onClick=${() => openDialog(ChannelDialog, { channel }).then(reload)}>${t("Edit")}<//>
    <${Button} small danger icon="trash" aria-label=${t("Delete {name}", { name: channel.name })}
      onClick=${() => remove("alerts.delete_channel", channel, reload)}>${t("Delete")}<//></span>`,
];

/** @param {any} channel */
async function test(channel) {
  try {
    const { sent, error } = await call("alerts.test_channel", { id: channel.id });
    if (sent) toast(t("A test message was sent to {name}", { name: channel.name }));
    else toast(t("Not sent: {error}", { error }), { tone: "error" });
  } catch (error) {
    toastError(error);
  }
}

/** @param {string} endpoint @param {any} one @param {() => Promise<void>} reload */
async function remove(endpoint, one, reload) {
  const sure = await confirmed({
    title: t("Delete {name}?", { name: one.name }),
    text: t("What it has told goes from the list, too."),
    confirm: t("Delete"),
    danger: true,
  });
  if (!sure) return;
  await call(endpoint, { id: one.id }).catch(toastError);
  await reload();
}

const states = { sent: "sent", waiting: "to be sent", failed: "given up" };

function Deliveries() {
  const answer = useApi("alerts.get_deliveries", { page_size: 50 }, { every: 5 });
  return html`<section class="card" aria-label=${t("Last messages")}><h2>${t("Last messages")}</h2>
    <${Answered} answer=${answer}>${(/** @type {{deliveries: any[]}} */ { deliveries }) =>
      deliveries.length
        ? html`<${PlainTable} label=${t("Last messages")} head=${[t("When"), t("What"), t("Channel"), t("State")]}
            rows=${deliveries.map(one => deliveryRow(one, answer.reload))} />`
        : html`<p>${t("Nothing has been told yet.")}</p>`}<//></section>`;
}

/** @param {any} one @param {() => Promise<void>} reload */
const deliveryRow = (one, reload) => [
  html`<time title=${moment(one.at)}>${ago(one.at)}</time>`,
  html`<a href=${href(one.path)}>${one.title}</a><br /><small class="muted">${one.rule}</small>`,
  one.channel,
  html`<div class=${one.error ? "problem" : ""}>${t(states[/** @type {keyof typeof states} */ (one.state)] ?? one.state)}
    ${one.error && html`<br /><small>${one.error}</small>`}
    ${one.state !== "sent" && one.attempts > 0 && html` <${Button} small onClick=${() => again(one, reload)}>${t("Try again")}<//>`}</div>`,
];

/** @param {any} one @param {() => Promise<void>} reload */
async function again(one, reload) {
  await call("alerts.retry", { delivery: one.id }).catch(toastError);
  await reload();
}
