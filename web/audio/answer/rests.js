/** What an answer rests on: the answer without each box of a grid, column by column as the worker comes to it. */
import { html, useEffect, useMemo, useState } from "../../lib/dom.js";
import { percent } from "../../lib/format.js";
import { t } from "../../lib/text.js";
import { Button } from "../../kit/button.js";
import { Meter } from "../../kit/meter.js";
import { toastError } from "../../kit/over/toast.js";
import { columnOf, columns, heaviest, weights } from "./occlusion.js";

const longest = 60; // s of a sound that is asked about: each box costs an answer of all of it

/**
 * @typedef {{weights: number[][] | null, whole: number, done: number, on: boolean, start: () => void, stop: () => void}} Grid `done`: columns; `whole`: the
 *   probability of the sound as it is
 * @param {import("./hearing/model.js").BrowserModel} browser @param {import("./edits.js").Edits} edits @param {number} temperature
 * @param {number[] | null} whole probabilities of the sound as it is @param {number} place of the class @returns {Grid}
 */
export function useGrid(browser, edits, temperature, whole, place) {
  const [asked, setAsked] = useState(false);
  const [without, setWithout] = useState(/** @type {number[][][]} */ ([]));
  useEffect(() => {
    setWithout([]);
    if (!asked || !whole) return undefined;
    const controller = new AbortController();
    (async () => {
      for (let column = 0; column < columns; column += 1) {
        const found = await browser.without(edits, column, temperature, controller.signal);
        if (controller.signal.aborted) return;
        setWithout(old => [...old, found]);
      }
    })().catch(error => controller.signal.aborted || (toastError(error), setAsked(false)));
    return () => controller.abort();
  }, [asked, whole]);
  const grid = useMemo(
    () => (whole && place >= 0 && without.length ? weights(without, whole, place) : null),
    [without, whole, place],
  );
  return {
    weights: grid,
    whole: whole?.[place] ?? 0,
    done: without.length,
    on: asked,
    start: () => setAsked(true),
    stop: () => setAsked(false),
  };
}

/** @param {{grid: Grid, label: string | undefined, duration: number, rate: number}} props */
export function RestsOn({ grid, label, duration, rate }) {
  const reason =
    duration > longest
      ? t("Only of sounds up to {n} s: each box costs an answer of all of it.", { n: longest })
      : label
        ? null
        : t("No label was found that it could rest on.");
  return html`<div class="stack">
    <div class="row"><${Button} small pressed=${grid.on} reason=${reason} onClick=${() => (grid.on ? grid.stop() : grid.start())}>${t("What it rests on")}<//>
      ${grid.on && grid.done < columns && html`<${Meter} label=${t("Boxes tried")} value=${(100 * grid.done) / columns} />`}</div>
    ${grid.weights && grid.done === columns && html`<p class="hint" role="status">${told(grid, label ?? "", duration, rate)}</p>`}
  </div>`;
}

/** @param {Grid} grid @param {string} label @param {number} duration @param {number} rate */
function told({ weights: cells, whole }, label, duration, rate) {
  const { column, row, weight } = heaviest(/** @type {number[][]} */ (cells));
  if (weight < 0.01)
    return t("“{label}” rests on no single box: without any of them it stays at {n}.", { label, n: percent(whole) });
  const { from, to, low, high } = columnOf(column, duration, rate)[row];
  return t(
    "“{label}” rests most on {from}–{to} s, {low}–{high} Hz: without it {n} instead of {whole}. What is dark does not matter.",
    {
      label,
      from: from.toFixed(1),
      to: to.toFixed(1),
      low: Math.round(low),
      high: Math.round(Math.min(high, rate / 2)),
      n: percent(whole - weight),
      whole: percent(whole),
    },
  );
}
