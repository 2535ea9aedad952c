/** What a model says now, beside what it said before: bars, the likeliest first. */
import { html } from "../../lib/dom.js";
import { percent } from "../../lib/format.js";
import { t } from "../../lib/text.js";
import { labelsOf, likeliest } from "./hearing/chances.js";

const most = 5;

/**
 * @param {{about: import("./hearing/metadata.js").About, now: number[], before?: number[] | null, calibrated: boolean}} props `before`: of the sound as it was
 */
export function Said({ about, now, before, calibrated }) {
  const found = labelsOf(now, about, calibrated);
  return html`<ul class="likely said" aria-label=${t("Likeliest labels")}>${likeliest(now, about.classes, most).map(
    ([name, share]) => {
      const was = before?.[about.classes.indexOf(name)];
      return html`<li key=${name} class=${found.includes(name) ? "is-label" : ""}><span title=${name}>${name}</span>
      <span class="meter"><span style=${{ width: `${share * 100}%` }}></span>${was !== undefined && html`<i style=${{ left: `${was * 100}%` }}></i>`}</span>
      <span class="numeric" title=${was === undefined ? undefined : t("before: {n}", { n: percent(was) })}>${percent(share)}</span></li>`;
    },
  )}</ul>`;
}
