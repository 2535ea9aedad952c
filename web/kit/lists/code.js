/** Text from a program: source, diffs, JSON, packages. Long text opens folded; it can be copied and downloaded. */
import { html, useState } from "../../lib/dom.js";
import { save } from "../../lib/addresses/files.js";
import { t, tn } from "../../lib/text.js";
import { Button } from "../button.js";
import { toast } from "../over/toast.js";

const folded = 400;

/** @param {string} text */
export async function copy(text) {
  await navigator.clipboard.writeText(text).catch(() => {});
  toast(t("Copied"));
}

/** @param {{text: string, label: string, name?: string, diff?: boolean}} props */
export function CodeView({ text, label, name = "text.txt", diff }) {
  const [whole, setWhole] = useState(false);
  const lines = text.split("\n");
  const shown = whole ? lines : lines.slice(0, folded);
  return html`<figure class="code">
    <figcaption><span>${label}</span>
      <${Button} quiet small icon="copy" label=${t("Copy")} onClick=${() => copy(text)} />
      <${Button} quiet small icon="download" label=${t("Download")} onClick=${() => save(name, text)} />
    </figcaption>
    <pre tabindex="0" aria-label=${label}>
      <code>${diff ? shown.map(line => html`<span class=${lineKind(line)}>${`${line}\n`}</span>`) : shown.join("\n")}</code></pre>
    ${lines.length > shown.length && html`<${Button} quiet onClick=${() => setWhole(true)}>${tn(lines.length, "Show the 1 line", "Show all {n} lines")}<//>`}
  </figure>`;
}

/** @param {string} line */
const lineKind = line =>
  /^(\+\+\+|---|diff|index)/.test(line) ? "meta" : ({ "+": "added", "-": "removed", "@": "hunk" }[line[0]] ?? "");
