/** The classes of a data set as navigation: how many clips of each there are in every fold or split; a cell leads to exactly its clips. */
import { html } from "../../lib/dom.js";
import { duration, number } from "../../lib/format.js";
import { t } from "../../lib/text.js";
import { Icon } from "../../kit/icons.js";

/**
 * @param {{classes: import("./clips.js").Classes, label: string, part: string, choose: (label: string, part: string) => void, listen: (label: string) =>
 *   void}} props
 *   `label`, `part`: what is chosen now
 */
export function ClassTable({ classes: { field, parts, rows }, label, part, choose, listen }) {
  const most = Math.max(1, ...rows.flatMap(row => (field ? row.counts : [row.count])));
  const cell = (
    /** @type {number} */ count,
    /** @type {string} */ name,
    /** @type {string} */ value,
    /** @type {string} */ words,
  ) =>
    html`<${Cell} count=${count} share=${count / most} name=${words}
    on=${label === name && part === value} onClick=${() => (label === name && part === value ? choose("", "") : choose(name, value))} />`;
  return html`<div class="matrix-frame" tabindex="0" role="region" aria-label=${t("Classes")}><table class="matrix classes">
    <caption class="visually-hidden">${field ? t("rows: labels, columns: parts of the set") : t("Classes")}</caption>
    <thead><tr><th class="corner"><span class="visually-hidden">${t("Label")}</span></th><th scope="col" class="numeric">${t("Clips")}</th>
      ${parts.map(
        value => html`<th scope="col" class="part"><button type="button" aria-pressed=${part === value && !label}
              onClick=${() => choose("", part === value && !label ? "" : value)}>${field === "fold" ? t("fold {n}", { n: value }) : value}</button></th>`,
      )}
      <th scope="col" class="numeric">${t("Length")}</th><th><span class="visually-hidden">${t("Play")}</span></th></tr></thead>
    <tbody>${rows.map(
      row => html`<tr>
      <th scope="row"><button type="button" aria-pressed=${label === row.label && !part}
          onClick=${() => choose(label === row.label && !part ? "" : row.label, "")}>${row.label}</button></th>
      ${cell(row.count, row.label, "", t("{n} clips of {label}", { n: row.count, label: row.label }))}
      ${parts.map((value, i) =>
        cell(
          row.counts[i],
          row.label,
          value,
          t("{n} clips of {label} in {part}", {
            n: row.counts[i],
            label: row.label,
            part: field === "fold" ? t("fold {n}", { n: value }) : value,
          }),
        ),
      )}
      <td class="numeric">${duration(row.seconds)}</td>
      <td><button type="button" class="listen" title=${t("Listen to {name} one after another", { name: row.label })}
          aria-label=${t("Listen to {name} one after another", { name: row.label })} onClick=${() => listen(row.label)}>
          <${Icon} name="play" size=${12} /></button></td></tr>`,
    )}</tbody>
  </table></div>`;
}

/** @param {{count: number, share: number, on: boolean, name: string, onClick: () => void}} props */
const Cell = ({
  count,
  share,
  on,
  name,
  onClick,
}) => html`<td class="cell-count" style=${{ "--share": `${Math.round(85 * Math.min(1, share))}%` }}>
  ${
    count > 0
      ? html`<button type="button" aria-pressed=${on} aria-label=${name} title=${name} onClick=${onClick}>${number(count)}</button>`
      : html`<span aria-label=${name}>·</span>`
  }</td>`;
