/** The card of a model, which evaluations and exports write: data, licence, figures, limits, how to load it. */
import { readFile } from "../../api.js";
import { html } from "../../lib/dom.js";
import { fileUrl } from "../../lib/addresses/files.js";
import { useAsked } from "../../lib/answers/hooks.js";
import { blocksOf, spansOf } from "../../lib/reading/markdown.js";
import { t } from "../../lib/text.js";
import { Card } from "../../kit/card.js";
import { PlainTable } from "../../kit/lists/table.js";
import { Answered } from "../../kit/states.js";

/** @param {{model: any}} props */
export function ModelCard({ model }) {
  const url = fileUrl(model.metadata?.model_card?.value);
  const answer = useAsked(url ? async () => blocksOf(await (await readFile(url)).text()) : null, `card ${url}`, {
    fixed: true,
    aside: true,
  });
  return (
    url &&
    html`<${Card} title=${t("Model card")}>${() =>
      html`<${Answered} answer=${answer}>${(
        /** @type {import("../../lib/reading/markdown.js").Block[]} */ blocks,
      ) => html`<div class="model-card-text">
      ${blocks.filter(one => one.kind !== "heading" || one.level > 1).map(one => html`<${Block} block=${one} />`)}
      <a class="button small" href=${url} download="model_card.md">${t("Download")}</a></div>`}<//>`}<//>`
  );
}

/** @param {{block: import("../../lib/reading/markdown.js").Block}} props */
function Block({ block }) {
  if (block.kind === "heading") return html`<h3><${Text} text=${block.text} /></h3>`;
  if (block.kind === "code") return html`<pre tabindex="0"><code>${block.text}</code></pre>`;
  if (block.kind === "list") return html`<ul>${block.items.map(item => html`<li><${Text} text=${item} /></li>`)}</ul>`;
  if (block.kind === "table")
    return html`<${PlainTable} label=${block.head[0]} head=${block.head}
      rows=${block.rows.map(row => row.map(cell => html`<${Text} text=${cell} />`))} />`;
  return html`<p><${Text} text=${block.text} /></p>`;
}

/** @param {{text: string}} props */
const Text = ({ text }) =>
  html`${spansOf(text).map(span =>
    span.code
      ? html`<code>${span.text}</code>`
      : span.strong
        ? html`<strong>${span.text}</strong>`
        : span.to
          ? html`<a href=${fileUrl(span.to)}>${span.text}</a>`
          : span.text,
  )}`;
