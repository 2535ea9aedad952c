/** One recording: the whole of it, a minute of it closely, and its events. */
import { html, useEffect, useMemo, useState } from "../../lib/dom.js";
import { fileUrl } from "../../lib/addresses/files.js";
import { query, setQuery } from "../../lib/addresses/router.js";
import { useWindow } from "../../lib/answers/hooks.js";
import { colour } from "../../lib/colours.js";
import { duration } from "../../lib/format.js";
import { t, tn } from "../../lib/text.js";
import { Chip } from "../../kit/chip.js";
import { Select } from "../../kit/over/combobox.js";
import { Empty, ErrorBox, Loading } from "../../kit/states.js";
import { command, playing } from "../clips/keys.js";
import { Controls } from "../inspector.js";
import { readFrontEnd } from "../picture/frontend.js";
import { useBuffers } from "../sound/buffers.js";
import { load } from "../sound/decoded.js";
import { Timeline } from "../timeline.js";
import { Bars } from "./bars.js";
import { EventList } from "./list.js";
import { Overview } from "./overview.js";
import { Player } from "./player.js";
import { classesIn, inOrder } from "./recordings.js";

/** @typedef {import("./recordings.js").Event} Event */

/** @param {{recording: import("./recordings.js").Recording, frontEnd?: string, choice: any}} props `choice`: of another recording */
export function RecordingView({ recording, frontEnd, choice }) {
  const player = useMemo(() => new Player(recording), [recording]);
  const settings = useMemo(() => readFrontEnd(frontEnd, recording.rate), [frontEnd, recording]);
  const classes = useMemo(() => classesIn(recording.events), [recording]);
  const label = query.value.get("label") ?? "";
  const order = /** @type {import("./recordings.js").Order} */ (query.value.get("sort") ?? "onset");
  const current = query.value.has("event") ? Number(query.value.get("event")) : null;
  const shown = useMemo(
    () => (label ? recording.events.filter(one => one.label === label) : recording.events),
    [recording, label],
  );
  const listed = useMemo(() => inOrder(shown, order), [shown, order]);
  const lanes = label ? [label] : classes.map(one => one.label);
  const names = classes.map(one => one.label).sort();
  const ink = (/** @type {string} */ of) => colour(names.indexOf(of));
  const audible = recording.pieces.length > 0;
  const choose = (/** @type {Event} */ event) => {
    setQuery({ event: String(event.id) });
    if (audible) player.play(event);
  };
  useEffect(() => {
    if (current !== null && audible && recording.events[current]) player.go(recording.events[current].onset, false);
    return () => player.engine.stop();
  }, [player]);
  useKeys(player, by => {
    const at = listed.findIndex(one => one.id === current);
    const next = listed[Math.max(0, Math.min(listed.length - 1, at + by))];
    if (next) choose(next);
  });
  return html`<div class="recording">
    <div class="row recording-head"><h2 class="grow" title=${recording.file}>${recording.file}</h2>${choice}
      <span>${duration(recording.duration)}</span><span>${tn(shown.length, "1 event", "{n} events")}</span>
      <${Select} hideLabel label=${t("Class")} value=${label} onChange=${(/** @type {string} */ value) => setQuery({ label: value || null })}
        options=${[{ value: "", label: t("All classes") }, ...classes.map(one => ({ value: one.label, label: `${one.label} (${one.count})` }))]} /></div>
    ${recording.notes.map(note => html`<${Chip} tone="note">${note}<//>`)}
    ${
      audible
        ? html`<${Overview} recording=${recording} events=${shown} lanes=${lanes} ink=${ink} player=${player} choose=${choose} />
          <${Minute} recording=${recording} player=${player} settings=${settings} events=${shown} lanes=${lanes} ink=${ink} current=${current}
            choose=${choose} />`
        : html`<${Empty} icon="sound" title=${t("This recording’s sound was not kept")}>
            <p>${t("The events task’s parameter audio_limit decides how many recordings are uploaded.")}</p><//>`
    }
    <${EventList} events=${listed} ink=${ink} current=${current} order=${order} choose=${choose}
      reorder=${(/** @type {string} */ by) => setQuery({ sort: by === "onset" ? null : by })} />
  </div>`;
}

/**
 * The piece in hand, as closely as a clip is seen.
 * @param {{recording: import("./recordings.js").Recording, player: Player, settings: import("../picture/frontend.js").FrontEnd, events: Event[],
 *   lanes: string[], ink: import("./bars.js").Ink, current: number | null, choose: (event: Event) => void}} props
 */
function Minute({ recording, player, settings, events, lanes, ink, current, choose }) {
  const [view, setView] = useState(settings.known ? "" : "plain");
  const url = fileUrl(recording.pieces[player.piece.value]);
  const { buffers, error } = useBuffers([{ url }], player.engine, false);
  const start = player.start;
  useEffect(() => {
    if (!buffers) return;
    player.arrived();
    const next = recording.pieces[player.piece.value + 1];
    if (next) load(fileUrl(next)).catch(() => {}); // so that it follows without a pause; what fails is said when it is wanted
  }, [buffers]);
  if (error) return html`<${ErrorBox} error=${error} />`;
  if (!buffers) return html`<div class="minute"><${Loading} /></div>`;
  const shown = lanes.filter(label =>
    events.some(one => one.label === label && one.offset > start && one.onset < start + recording.piece),
  );
  return html`<div class="minute"><${Timeline} engine=${player.engine} url=${url} buffer=${buffers[0]} frontEnd=${settings} view=${view} start=${start}
      below=${html`<${Bars} events=${events} lanes=${shown} ink=${ink} from=${start} to=${start + buffers[0].duration} current=${current}
        choose=${choose} />`} />
    <${Controls} engine=${player.engine} frontEnd=${settings} view=${view} setView=${setView} /></div>`;
}

/** @param {Player} player @param {(by: number) => void} step to the next event, or the one before */
function useKeys(player, step) {
  useEffect(() => {
    const timer = setInterval(() => player.watch(), 20);
    return () => clearInterval(timer);
  }, [player]);
  useWindow("keydown", event => {
    const wanted = command(event);
    const run = { next: () => step(1), previous: () => step(-1), ...playing(player.engine) }[wanted];
    if (!run) return;
    event.preventDefault();
    run();
  });
}
