/** Why a task ended as it did: what was said of it, and the last lines of its console. A failed task opens here. */
import { useApi } from "../../lib/answers/hooks.js";
import { html } from "../../lib/dom.js";
import { logLines, pieces } from "../../lib/reading/ansi.js";
import { lastWord, tells, why } from "../../lib/reading/ending.js";
import { moment } from "../../lib/format.js";
import { taskLink } from "../../lib/addresses/links.js";
import { t } from "../../lib/text.js";
import { act } from "../../actions/actions.js";
import { reasons } from "../../actions/rules.js";
import { Button } from "../../kit/button.js";
import { Card } from "../../kit/card.js";
import { statusWord } from "../../kit/chip.js";
import { Facts } from "../../kit/lists/facts.js";
import { Answered } from "../../kit/states.js";
import { useStickToEnd } from "../../kit/lists/table.js";

const shown = 40; // lines

/** @param {{task: any, reload: () => void}} props */
export default function EndingTab({ task, reload }) {
  const log = useApi("events.get_task_log", { task: task.id, batch_size: 200, order: "desc" });
  return html`<div class="scroll stack">
    <${Card} title=${t("What went wrong")} on=${log.data}>${() => html`
      <${Said} task=${task} events=${log.data?.events ?? []} />
      <div class="row"><${Button} icon="refresh" reason=${reasons.retry(task)} onClick=${async () => (await act("retry", [task])) && reload()}>
          ${t("Retry from the start")}<//>
        <${Button} icon="play" reason=${reasons.continue(task)} onClick=${async () => (await act("continue", [task])) && reload()}>
          ${t("Continue")}<//></div>`}<//>
    <${Card} class="last-lines" title=${t("The last lines of its console")}
        head=${html`<a href=${taskLink(task, "log")}>${t("The whole console")}</a>`}><${Answered} answer=${log}>${(
          /** @type {any} */ data,
        ) => {
          const lines = logLines([...(data.events ?? [])].reverse()).slice(-shown);
          return lines.length
            ? html`<${Lines} lines=${lines} />`
            : html`<p class="hint">${t("It has written no line.")}</p>`;
        }}<//><//>
  </div>`;
}

/** @param {{lines: {text: string}[]}} props */
function Lines({ lines }) {
  const { element, onScroll } = useStickToEnd(lines.length);
  return html`<pre class="console-log" tabindex="0" aria-label=${t("The last lines of its console")} ref=${element} onScroll=${onScroll}>
    ${lines.map(
      line => html`<div class="console-line"><span class="console-time"></span>
      <span>${pieces(line.text).map(piece => html`<span class=${piece.style}>${piece.text}</span>`)}${"\n"}</span></div>`,
    )}</pre>`;
}

/** @param {{task: any, events: any[]}} props newest first */
function Said({ task, events }) {
  const said = why(task);
  const last = lastWord(events.map(one => one.msg ?? "").reverse());
  const reasons = [...new Set([tells(said) && said, last])].filter(Boolean);
  return html`${reasons.length ? html`<p class="ending-reason">${reasons.join("\n")}</p>` : html`<p class="hint">${t("Nothing was said of it.")}</p>`}
    <${Facts} facts=${[
      [t("Status"), statusWord(task.status)],
      [t("Reason"), !tells(said) && said],
      [t("Worker"), task.last_worker],
      [t("Ended"), task.completed && moment(task.completed)],
      [t("Iteration"), task.last_iteration > 0 && task.last_iteration],
    ]} />`;
}
