/** The confusion matrix as navigation: a cell leads to exactly its clips, a class to what was heard of it. */
import { html } from "../../lib/dom.js";
import { t } from "../../lib/text.js";
import { Icon } from "../../kit/icons.js";

/** @param {number} share */
const whole = share => `${Math.round(100 * share)} %`;

/**
 * @param {{matrix: import("./clips.js").Matrix, label: string, prediction: string, choose: (label: string, prediction: string) => void, listen: (label:
 *   string) => void}} props
 *   `label`, `prediction`: what is chosen now
 */
export const ConfusionMatrix = ({ matrix, label, prediction, choose, listen }) =>
  html`<div class="matrix-frame" tabindex="0" role="region" aria-label=${t("Confusion matrix")}><table class="matrix">
  <caption class="visually-hidden">${t("rows: labels, columns: predictions")}</caption>
  <thead><tr><th class="corner"><span class="visually-hidden">${t("Label")}</span></th>${matrix.classes.map(
    name => html`<th scope="col" class="turned">
            <button type="button" aria-pressed=${prediction === name && !label} onClick=${() => choose("", prediction === name && !label ? "" : name)}>
              <span>${name}</span></button></th>`,
  )}
    <th scope="col" class="numeric">${t("recall")}</th><th scope="col" class="numeric">${t("precision")}</th>
      <th><span class="visually-hidden">${t("Play")}</span></th></tr></thead>
  <tbody>${matrix.classes.map(
    (name, i) => html`<tr>
    <th scope="row"><button type="button" aria-pressed=${label === name && !prediction} onClick=${() => choose(label === name && !prediction ? "" : name, "")}>
        ${name}</button></th>
    ${matrix.classes.map(
      (
        other,
        j,
      ) => html`<${Cell} count=${matrix.counts[i][j]} share=${matrix.counts[i][j] / Math.max(1, matrix.figures[i].support)}
          right=${i === j} on=${label === name && prediction === other}
      name=${t("{n} clips of {label} called {prediction}", { n: matrix.counts[i][j], label: name, prediction: other })}
        onClick=${() => (label === name && prediction === other ? choose("", "") : choose(name, other))} />`,
    )}
    <td class="numeric">${whole(matrix.figures[i].recall)}</td><td class="numeric">${whole(matrix.figures[i].precision)}</td>
    <td><button type="button" class="listen" title=${t("Listen to {name} one after another", { name })}
        aria-label=${t("Listen to {name} one after another", { name })} onClick=${() => listen(name)}>
        <${Icon} name="play" size=${12} /></button></td></tr>`,
  )}</tbody>
</table></div>`;

/** @param {{count: number, share: number, right: boolean, on: boolean, name: string, onClick: () => void}} props */
const Cell = ({ count, share, right, on, name, onClick }) =>
  html`<td class=${right ? "cell-right" : "cell-wrong"} style=${{ "--share": count ? `${Math.round(15 + 75 * share)}%` : "0%" }}>
  ${
    count > 0
      ? html`<button type="button" aria-pressed=${on} aria-label=${name} title=${name} onClick=${onClick}>${count}</button>`
      : html`<span aria-label=${name}>·</span>`
  }</td>`;
