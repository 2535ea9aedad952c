/** The events of a recording as a list; only those in sight are drawn. */
import { html } from "../../lib/dom.js";
import { duration, percent } from "../../lib/format.js";
import { t } from "../../lib/text.js";
import { Empty } from "../../kit/states.js";
import { DataTable } from "../../kit/lists/table.js";
import { clock } from "./recordings.js";

/** @typedef {import("./recordings.js").Event} Event */

/**
 * @param {{events: Event[], current: number | null, ink: import("./bars.js").Ink, order: string, reorder: (by: string) => void, choose: (event: Event) =>
 *   void}} props in the order that they are shown
 */
export function EventList({ events, current, ink, order, reorder, choose }) {
  const columns = [
    {
      id: "onset",
      label: t("From"),
      width: 92,
      numeric: true,
      sort: "onset",
      render: (/** @type {Event} */ one) => clock(one.onset),
    },
    { id: "offset", label: t("To"), width: 92, numeric: true, render: (/** @type {Event} */ one) => clock(one.offset) },
    {
      id: "length",
      label: t("Length"),
      width: 84,
      numeric: true,
      sort: "length",
      render: (/** @type {Event} */ one) => duration(one.offset - one.onset),
    },
    {
      id: "label",
      label: t("Label"),
      width: 180,
      render: (/** @type {Event} */ one) =>
        html`<span class="event-swatch" style=${{ background: ink(one.label) }}></span>
        <button type="button" class="link" aria-label=${t("Play {name}", { name: `${one.label} ${clock(one.onset)}` })}
          onClick=${() => choose(one)}>${one.label}</button>`,
    },
    {
      id: "score",
      label: t("Probability"),
      width: 100,
      numeric: true,
      sort: "score",
      render: (/** @type {Event} */ one) => percent(one.score),
    },
  ];
  return html`<${DataTable} label=${t("Events")} columns=${columns} count=${events.length} rowAt=${(/** @type {number} */ i) => events[i]} rowHeight=${32}
    current=${current} onOpen=${choose} sort=${[{ key: order, down: order !== "onset" }]} onSort=${reorder}
    empty=${html`<${Empty} icon="filter" title=${t("No events")}><p>${t("No class reached its threshold.")}</p><//>`} />`;
}
