/** Events as bars, a lane for each class: as things to click below a minute of sound, as pixels below hours. */
import { html, useLayoutEffect, useRef } from "../../lib/dom.js";
import { percent } from "../../lib/format.js";
import { t } from "../../lib/text.js";
import { between, clock, nearest } from "./recordings.js";

/** @typedef {import("./recordings.js").Event} Event @typedef {(label: string) => string} Ink a colour for each class */

const most = 400; // bars that are things; what is beyond is in the list

/** The words of an event. @param {Event} event */
export const named = event =>
  t("{label}, {from} to {to}, {score}", {
    label: event.label,
    from: clock(event.onset),
    to: clock(event.offset),
    score: percent(event.score),
  });

/**
 * @param {{events: Event[], lanes: string[], ink: Ink, from: number, to: number, current: number | null, choose: (event: Event) => void}} props `from`, `to`: s
 *   that are shown; `current`: the id of the chosen one
 */
export const Bars = ({ events, lanes, ink, from, to, current, choose }) => html`<div class="event-lanes">
  ${lanes.map(
    label => html`<div class="event-lane" key=${label}><span class="event-lane-name" aria-hidden="true">${label}</span>
      ${between(events, from, to)
        .filter(one => one.label === label)
        .slice(0, most)
        .map(
          one => html`<button type="button" key=${one.id} tabindex="-1" class="event-bar" aria-pressed=${one.id === current}
            aria-label=${named(one)} title=${named(one)} onClick=${() => choose(one)} style=${{
              left: `${(100 * (Math.max(from, one.onset) - from)) / (to - from)}%`,
              width: `${(100 * (Math.min(to, one.offset) - Math.max(from, one.onset))) / (to - from)}%`,
              background: ink(label),
              opacity: 0.35 + 0.65 * one.score,
            }}></button>`,
        )}</div>`,
  )}</div>`;

const lane = 7; // px

/**
 * All events of a recording of hours; a click takes the nearest of its lane.
 * @param {{events: Event[], lanes: string[], ink: Ink, duration: number, width: number, choose: (event: Event) => void, seek: (seconds: number) =>
 *   void}} props
 */
export function BarsOfAll({ events, lanes, ink, duration, width, choose, seek }) {
  const canvas = useRef(/** @type {any} */ (null));
  const height = lane * lanes.length;
  useLayoutEffect(() => {
    if (width) draw(canvas.current, events, lanes, ink, duration, width, height);
  }, [events, lanes.join("\n"), lanes.map(ink).join(), duration, width]);
  const click = (/** @type {MouseEvent} */ event) => {
    const box = canvas.current.getBoundingClientRect();
    const at = ((event.clientX - box.left) / box.width) * duration;
    const label = lanes[Math.min(lanes.length - 1, Math.floor((event.clientY - box.top) / lane))];
    const reach = (5 * duration) / box.width;
    const found = nearest(
      events.filter(one => one.label === label),
      at,
      reach,
    );
    if (found) choose(found);
    else seek(at);
  };
  return html`<canvas class="event-bars" ref=${canvas} role="img" style=${{ height: `${height}px` }} onClick=${click}
    aria-label=${t("{n} events of {m} classes", { n: events.length, m: lanes.length })}></canvas>`;
}

/**
 * @param {HTMLCanvasElement} canvas @param {Event[]} events @param {string[]} lanes @param {Ink} ink @param {number} duration
 * @param {number} width CSS pixels @param {number} height
 */
function draw(canvas, events, lanes, ink, duration, width, height) {
  const scale = window.devicePixelRatio || 1;
  canvas.width = Math.max(1, Math.round(width * scale));
  canvas.height = Math.max(1, Math.round(height * scale));
  const paint = /** @type {CanvasRenderingContext2D} */ (canvas.getContext("2d"));
  const place = new Map(lanes.map((label, i) => [label, i]));
  for (const { label, onset, offset } of events) {
    const at = place.get(label);
    if (at === undefined) continue;
    paint.fillStyle = ink(label);
    const left = (onset / duration) * canvas.width;
    const wide = Math.max(scale, ((offset - onset) / duration) * canvas.width);
    paint.fillRect(left, (at * lane + 1) * scale, wide, (lane - 2) * scale);
  }
}
