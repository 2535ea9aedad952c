/** The console: live, coloured, searchable; older lines are fetched on the way up. */
import { call } from "../../api.js";
import { Component, html, useMemo } from "../../lib/dom.js";
import { logLines, pieces } from "../../lib/reading/ansi.js";
import { save } from "../../lib/addresses/files.js";
import { useResource } from "../../lib/answers/hooks.js";
import { useQuery } from "../../lib/addresses/router.js";
import { t, tn } from "../../lib/text.js";
import { Button } from "../../kit/button.js";
import { Empty, ErrorBox, Loading } from "../../kit/states.js";
import { useStickToEnd } from "../../kit/lists/table.js";
import { toastError } from "../../kit/over/toast.js";

const batch = 500;

/** @param {any} event */
const identity = event => event._id ?? event.id ?? `${event.timestamp} ${event.worker} ${event.msg}`;

/** @typedef {{events: any[], total: number}} Log oldest first, as far as it has been fetched */

/** Lines put into what is known, wherever they belong. @param {any} answer @returns {(old: Log | undefined) => Log} */
const merged =
  answer =>
  (old = { events: [], total: 0 }) => {
    const known = new Set(old.events.map(identity));
    const added = (answer.events ?? []).filter((/** @type {any} */ event) => !known.has(identity(event)));
    const total = answer.total ?? old.total;
    if (!added.length && total === old.total && known.size) return old;
    return { events: [...old.events, ...added].sort((a, b) => a.timestamp - b.timestamp), total };
  };

/**
 * A task's log: the last lines first, then what is new; older ones when they are asked for.
 * @param {string} task @param {boolean} live
 */
function useLog(task, live) {
  const fetch = async (/** @type {any} */ more, /** @type {AbortSignal} */ signal) =>
    merged(await call("events.get_task_log", { task, batch_size: batch, order: "asc", ...more }, { signal }));
  const resource = useResource(
    (signal, old) => {
      const last = old?.events.at(-1)?.timestamp;
      return fetch(
        last === undefined ? { navigate_earlier: true } : { navigate_earlier: false, from_timestamp: last },
        signal,
      );
    },
    `log ${task}`,
    { every: live ? 2 : 15, compare: false },
  );
  const earlier = async () => {
    const from = resource.data?.events[0]?.timestamp;
    const merge = await fetch({ navigate_earlier: true, from_timestamp: from }, new AbortController().signal);
    resource.put(merge(resource.data));
  };
  return {
    ...(resource.data ?? { events: [], total: 0 }),
    ready: resource.data !== undefined,
    error: resource.error,
    reload: () => resource.load(),
    earlier: () => earlier().catch(toastError),
  };
}

/** @param {{task: any, live: boolean}} props */
export default function ConsoleTab({ task, live }) {
  const log = useLog(task.id, live);
  const [search, setSearch] = useQuery("find");
  const [times, setTimes] = useQuery("times");
  const lines = useMemo(() => logLines(log.events), [log.events]);
  const wanted = search.toLowerCase();
  const shown = wanted ? lines.filter(line => line.text.toLowerCase().includes(wanted)) : lines;
  const { element, onScroll } = useStickToEnd(shown.length ? shown[shown.length - 1].text + shown.length : 0);
  const download = async () => {
    try {
      save(`${task.name}.${task.id}.log`, await wholeLog(task.id));
    } catch (error) {
      toastError(error);
    }
  };
  if (log.error && !log.ready) return html`<${ErrorBox} error=${log.error} retry=${log.reload} />`;
  if (!log.ready) return html`<${Loading} />`;
  if (!lines.length)
    return html`<${Empty} icon="tasks" title=${t("The console is empty")}>
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
      ${portionsOf(shown).map((lines, i) => html`<${Portion} key=${i} lines=${lines} wanted=${wanted} times=${times === "1"} />`)}
    </pre>
  </section>`;
}

const portion = 200; // lines that are drawn anew when one of them changes

/** @template T @param {T[]} lines @returns {T[][]} */
const portionsOf = lines =>
  Array.from({ length: Math.ceil(lines.length / portion) }, (_, i) => lines.slice(i * portion, (i + 1) * portion));

/** @typedef {{lines: {text: string, time: number}[], wanted: string, times: boolean}} PortionProps */

/** Some lines: a long log is drawn once, and of what comes in only the last portion again. */
class Portion extends Component {
  /** @param {PortionProps} next */
  shouldComponentUpdate(next) {
    const { lines, wanted, times } = /** @type {PortionProps} */ (/** @type {any} */ (this).props);
    return (
      wanted !== next.wanted ||
      times !== next.times ||
      lines.length !== next.lines.length ||
      lines.some((line, i) => line.text !== next.lines[i].text || line.time !== next.lines[i].time)
    );
  }

  /** @param {any} props */
  render({ lines, wanted, times }) {
    return lines.map(
      (/** @type {{text: string, time: number}} */ line) => html`<div class="console-line"><span class="console-time">
      ${times ? new Date(line.time).toLocaleTimeString("en-GB") : ""}</span>
      <span>${pieces(line.text).map(piece => html`<span class=${piece.style}>${marked(piece.text, wanted)}</span>`)}${"\n"}</span></div>`,
    );
  }
}

/** @param {string} task */
async function wholeLog(task) {
  const events = [];
  let from;
  for (;;) {
    const answer = await call("events.get_task_log", {
      task,
      batch_size: 5000,
      order: "asc",
      navigate_earlier: false,
      from_timestamp: from,
    });
    const seen = new Set(events.slice(-5000).map(identity));
    const fresh = (answer.events ?? []).filter((/** @type {any} */ event) => !seen.has(identity(event)));
    events.push(...fresh);
    if (!fresh.length || events.length >= answer.total) break;
    from = fresh.at(-1).timestamp;
  }
  return (
    logLines(events)
      .map(line =>
        pieces(line.text)
          .map(piece => piece.text)
          .join(""),
      )
      .join("\n") + "\n"
  );
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
