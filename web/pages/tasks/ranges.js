/** Filters of numbers and times: from … to …, and "within the last day". They live in the address, as the others do. */
import { html, useState } from "../../lib/dom.js";
import { setQuery } from "../../lib/addresses/router.js";
import { t } from "../../lib/text.js";
import { Button } from "../../kit/button.js";
import { PopoverButton } from "../../kit/over/menu.js";
import { sinceNames } from "./query.js";

const sinceWords = { "1h": "the last hour", "1d": "the last day", "7d": "the last week", "30d": "the last month" };

/** @param {string} value */
export const sinceWord = value => t(sinceWords[/** @type {"1h"} */ (value)] ?? value);

/** "≥ 0.5", "≤ 3", "0.5 – 3". @param {string} range as in the address: "0.5..3", either end may be open */
export function rangeWord(range) {
  const [from, to] = range.split("..");
  return from && to ? `${from} – ${to}` : from ? `≥ ${from}` : `≤ ${to}`;
}

/** @param {{path: string, label: string, asked: import("./query.js").TableQuery}} props a column's numbers */
export function RangeFilter({ path, label, asked }) {
  const now = asked.ranges[path] ?? "";
  return html`<${PopoverButton} icon="filter" label=${t("Filter by {name}", { name: label })} quiet small marked=${Boolean(now)}>
    ${(/** @type {() => void} */ close) =>
      html`<${Range} now=${now} set=${(/** @type {string | null} */ range) => (setQuery({ [`in.${path}`]: range }), close())} />`}<//>`;
}

/** @param {{now: string, set: (range: string | null) => void}} props */
function Range({ now, set }) {
  const [from, setFrom] = useState(now.split("..")[0] ?? "");
  const [to, setTo] = useState(now.split("..")[1] ?? "");
  const submit = (/** @type {Event} */ event) => {
    event.preventDefault();
    set(from || to ? `${from}..${to}` : null);
  };
  const field = (
    /** @type {string} */ name,
    /** @type {string} */ value,
    /** @type {(text: string) => void} */ change,
  ) => html`
    <label class="field"><span>${name}</span>
      <input type="number" step="any" value=${value} onInput=${(/** @type {any} */ e) => change(e.target.value)} /></label>`;
  return html`<form class="range-filter" onSubmit=${submit}>${field(t("From"), from, setFrom)}${field(t("To"), to, setTo)}
    <div class="row"><${Button} type="submit" primary small>${t("Filter")}<//>
    ${now && html`<${Button} small onClick=${() => set(null)}>${t("Clear")}<//>`}</div></form>`;
}

/** @param {{path: string, label: string, asked: import("./query.js").TableQuery}} props a column's times */
export function SinceFilter({ path, label, asked }) {
  const now = asked.since[path] ?? "";
  return html`<${PopoverButton} icon="filter" label=${t("Filter by {name}", { name: label })} quiet small marked=${Boolean(now)}>
    ${(/** @type {() => void} */ close) =>
      html`<div class="filter-list" role="radiogroup" aria-label=${label}>${["", ...sinceNames].map(
        value => html`
      <label><input type="radio" name=${path} checked=${value === now} onChange=${() => (setQuery({ [`since.${path}`]: value || null }), close())} />
        ${value ? sinceWord(value) : t("any time")}</label>`,
      )}</div>`}<//>`;
}
