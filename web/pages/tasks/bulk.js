/** What can be done with the chosen tasks; what cannot says why. */
import { html, useState } from "../../lib/dom.js";
import { t, tn } from "../../lib/text.js";
import { act } from "../../actions/actions.js";
import { isArchived, reasonFor } from "../../actions/rules.js";
import { Button } from "../../kit/button.js";
import { toastError } from "../../kit/over/toast.js";

/** @type {{action: string, icon: import("../../kit/icons.js").IconName, label: string}[]} */
const buttons = [
  { action: "enqueue", icon: "enqueue", label: "Enqueue" },
  { action: "dequeue", icon: "dequeue", label: "Dequeue" },
  { action: "abort", icon: "stop", label: "Abort" },
  { action: "reset", icon: "reset", label: "Reset" },
  { action: "publish", icon: "publish", label: "Publish" },
  { action: "tags", icon: "tag", label: "Tags" },
  { action: "move", icon: "move", label: "Move" },
];

const most = 100; // tasks that are compared at once

/** @param {{tasks: any[], total: number | null, chooseAll: () => Promise<any>, done: () => void, clear: () => void, compare: () => void}} props */
export function BulkBar({ tasks, total, chooseAll, done, clear, compare }) {
  const [busy, setBusy] = useState(false);
  const all = async () => {
    setBusy(true);
    await chooseAll().catch(toastError);
    setBusy(false);
  };
  const run = async (/** @type {string} */ action) => (await act(action, tasks)) && done();
  const archived = tasks.some(isArchived);
  const shown = [
    ...buttons,
    archived
      ? { action: "restore", icon: /** @type {const} */ ("reset"), label: "Restore" }
      : { action: "archive", icon: /** @type {const} */ ("archive"), label: "Archive" },
  ];
  return html`<div class="bulk" role="toolbar" aria-label=${t("With the chosen tasks")}>
    <strong>${tn(tasks.length, "1 chosen", "{n} chosen")}</strong>
    ${
      (total ?? 0) > tasks.length &&
      html`<button type="button" class="link" disabled=${busy} onClick=${all}>${
        busy ? t("Choosing…") : tn(Number(total), "Choose the 1 that matches", "Choose all {n} that match")
      }</button>`
    }
    <${Button} icon="compare" primary reason=${
      tasks.length < 2
        ? t("Choose two or more to compare")
        : tasks.length > most
          ? t("No more than {n} can be compared at once", { n: most })
          : null
    } onClick=${compare}>${t("Compare")}<//>
    <${Button} icon="clone" writes reason=${tasks.length === 1 ? null : t("Choose one task to clone")} onClick=${() => run("clone")}>${t("Clone")}<//>
    ${shown.map(({ action, icon, label }) => html`<${Button} icon=${icon} reason=${reasonFor(action, tasks)} onClick=${() => run(action)}>${t(label)}<//>`)}
    <${Button} icon="trash" danger reason=${reasonFor("delete", tasks)} onClick=${() => run("delete")}>${t("Delete")}<//>
    <span class="grow"></span><${Button} quiet icon="close" label=${t("Choose none")} onClick=${clear} />
  </div>`;
}
