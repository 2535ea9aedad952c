/** The console: live, coloured, searchable; older lines are fetched on the way up. */
import { call } from "../../api.js";
import { html, useEffect, useMemo, useState } from "../../lib/dom.js";
import { logLines, pieces } from "../../lib/ansi.js";
import { save } from "../../lib/files.js";
import { useEvery } from "../../lib/hooks.js";
import { useQuery } from "../../lib/router.js";
import { t, tn } from "../../lib/text.js";
import { Button } from "../../kit/button.js";
import { Empty, ErrorBox, Loading } from "../../kit/states.js";
import { useStickToEnd } from "../../kit/table.js";
import { toastError } from "../../kit/toast.js";

const batch = 500;

/** @param {any} event */
const identity = (event) => event._id ?? event.id ?? `${event.timestamp} ${event.worker} ${event.msg}`;

/**
 * A task's log as far as it has been fetched, oldest first.
 * @param {string} task @param {boolean} live
 */
function useLog(task, live) {
  const [state, setState] = useState({ events: /** @type {any[]} */ ([]), total: 0, error: /** @type {any} */ (null), ready: false });
  const merge = (/** @type {any[]} */ fresh, /** @type {number} */ total) => setState((old) => {
    const known = new Set(old.events.map(identity));
    const added = fresh.filter((event) => !known.has(identity(event)));
    const events = added.length ? [...old.events, ...added].sort((a, b) => a.timestamp - b.timestamp) : old.events;
    return { events, total: total ?? old.total, error: null, ready: true };
  });
  const fetch = async (/** @type {any} */ more) => {
    try {
      const answer = await call("events.get_task_log", { task, batch_size: batch, order: "asc", ...more });
      merge(answer.events ?? [], answer.total);
    } catch (error) {
      setState((old) => ({ ...old, error, ready: true }));
    }
  };
  useEffect(() => {
    fetch({ navigate_earlier: true });
  }, [task]);
  useEvery(live ? 2 : 15, () => {
    const last = state.events.at(-1)?.timestamp;
    return last === undefined ? fetch({ navigate_earlier: true }) : fetch({ navigate_earlier: false, from_timestamp: last });
  });
  return { ...state, earlier: () => fetch({ navigate_earlier: true, from_timestamp: state.events[0]?.timestamp }) };
}

/** @param {{task: any, live: boolean}} props */
export default function ConsoleTab({ task, live }) {
  const log = useLog(task.id, live);
  const [search, setSearch] = useQuery("find");
  const [times, setTimes] = useQuery("times");
  const lines = useMemo(() => logLines(log.events), [log.events]);
  const wanted = search.toLowerCase();
  const shown = wanted ? lines.filter((line) => line.text.toLowerCase().includes(wanted)) : lines;
  const { element, onScroll } = useStickToEnd(shown.length ? shown[shown.length - 1].text + shown.length : 0);
  const download = async () => {
    try {
      save(`${task.name}.${task.id}.log`, await wholeLog(task.id));
    } catch (error) {
      toastError(error);
    }
  };
  if (log.error && !log.events.length) return html`<${ErrorBox} error=${log.error} />`;
  if (!log.ready) return html`<${Loading} />`;
  if (!lines.length) return html`<${Empty} icon="tasks" title=${t("The console is empty")}>
    <p>${live ? t("Lines appear here as the task writes them.") : t("This task has written no line; it may never have run.")}</p><//>`;
  return html`<section class="console">
    <div class="console-bar">
      <input type="search" aria-label=${t("Find in the console")} placeholder=${t("Find in the console")} value=${search}
        onInput=${(/** @type {any} */ e) => setSearch(e.target.value)} />
      ${wanted && html`<span class="muted" role="status">${tn(shown.length, "1 line", "{n} lines")}</span>`}
      <span class="grow"></span>
      ${log.events.length < log.total && html`<${Button} icon="up" onClick=${log.earlier}>${t("Earlier lines")}<//>`}
      <${Button} pressed=${times === "1"} onClick=${() => setTimes(times === "1" ? "" : "1")}>${t("Times")}<//>
      <${Button} icon="download" onClick=${download}>${t("Download")}<//>
    </div>
    <pre class="console-log" tabindex="0" role="log" aria-label=${t("Console")} aria-live="off" ref=${element} onScroll=${onScroll}>
      ${shown.map((line) => html`<div class="console-line"><span class="console-time">
              ${times === "1" ? new Date(line.time).toLocaleTimeString("en-GB") : ""}</span>
              <span>${pieces(line.text).map((piece) => html`<span class=${piece.style}>${marked(piece.text, wanted)}</span>`)}${"\n"}</span></div>`)}
    </pre>
  </section>`;
}

/** @param {string} task */
async function wholeLog(task) {
  const events = [];
  let from;
  for (;;) {
    const answer = await call("events.get_task_log", { task, batch_size: 5000, order: "asc", navigate_earlier: false, from_timestamp: from });
    const seen = new Set(events.slice(-5000).map(identity));
    const fresh = (answer.events ?? []).filter((/** @type {any} */ event) => !seen.has(identity(event)));
    events.push(...fresh);
    if (!fresh.length || events.length >= answer.total) break;
    from = fresh.at(-1).timestamp;
  }
  return logLines(events).map((line) => pieces(line.text).map((piece) => piece.text).join("")).join("\n") + "\n";
}

/** @param {string} text @param {string} wanted lower case */
function marked(text, wanted) {
  if (!wanted) return text;
  const parts = [];
  let from = 0;
  for (let at = text.toLowerCase().indexOf(wanted); at >= 0; at = text.toLowerCase().indexOf(wanted, from)) {
    parts.push(text.slice(from, at), html`<mark>${text.slice(at, at + wanted.length)}</mark>`);
    from = at + wanted.length;
  }
  return [...parts, text.slice(from)];
}
