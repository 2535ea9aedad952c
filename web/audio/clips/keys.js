/** The workbench's keys. */
import { html } from "../../lib/dom.js";
import { letterKeys } from "../../lib/preferences.js";
import { t } from "../../lib/text.js";
import { Dialog } from "../../kit/over/dialog.js";
import { PlainTable } from "../../kit/lists/table.js";
import { speeds } from "../sound/engine.js";

/** @param {{close: () => void}} props */
export const KeyHelp = ({ close }) =>
  html`<${Dialog} title=${t("Keys")} close=${close}><${PlainTable} label=${t("Keys")} rows=${[
    [html`<kbd>Space</kbd>`, t("play, pause")],
    [html`<kbd>J</kbd> <kbd>K</kbd>`, t("next clip, previous clip")],
    [html`<kbd>←</kbd> <kbd>→</kbd>`, t("a tenth of the clip back, forth")],
    [html`<kbd>L</kbd>`, t("loop the region, or the clip")],
    [html`<kbd>1</kbd>…<kbd>4</kbd>`, t("listen to another run’s version, at the same place")],
    [html`<kbd>↑</kbd> <kbd>↓</kbd>`, t("next version, previous version; in the list: next row, previous row")],
    [html`<kbd>S</kbd>`, t("slower: half, a quarter, as it is")],
    [html`<kbd>N</kbd>`, t("all clips equally loud")],
    [html`<kbd>M</kbd>`, t("mark the clip")],
    [html`<kbd>?</kbd>`, t("this list")],
  ]} /><//>`;

/**
 * What a key press asks for, or nothing when it is meant for what has the focus.
 * @param {KeyboardEvent} event @param {boolean} [inDialog] the keys belong to a dialog that is open
 */
export function command(event, inDialog = false) {
  const target = /** @type {Element} */ (event.target);
  if (event.defaultPrevented) return ""; // the list has walked to another row
  if (event.ctrlKey || event.metaKey || event.altKey) return "";
  if (!letterKeys.value && /^[^ ]$/.test(event.key)) return "";
  if (target.closest?.("input, select, textarea, [role=separator], [role=menu], [role=slider]")) return "";
  if (target.closest?.("[role=radiogroup]") && /^( |Arrow.*)$/.test(event.key)) return "";
  if (Boolean(document.querySelector("dialog[open]")) !== inDialog) return "";
  if (event.key === " " && target.closest?.("button, a") && !target.closest(".table-row.current")) return "";
  if (/^[1-4]$/.test(event.key)) return `version ${event.key}`;
  return (
    {
      " ": "toggle",
      j: "next",
      k: "previous",
      ArrowLeft: "back",
      ArrowRight: "forth",
      l: "loop",
      ArrowUp: "up",
      ArrowDown: "down",
      n: "normalise",
      s: "slower",
      m: "mark",
      "?": "help",
      Escape: "drop",
    }[event.key.length === 1 ? event.key.toLowerCase() : event.key] ?? ""
  );
}

/** What the commands of playing do, wherever an engine plays. @param {import("../sound/engine.js").Engine} engine @returns {Record<string, () => void>} */
export const playing = engine => ({
  toggle: () => engine.toggle(),
  back: () => engine.seek(engine.position() - engine.duration / 10),
  forth: () => engine.seek(engine.position() + engine.duration / 10),
  loop: () => engine.setLoop(!engine.looping.value),
  normalise: () => engine.normalise(),
  slower: () => engine.setSpeed(speeds[(speeds.indexOf(engine.speed.value) + 1) % speeds.length]),
  up: () => engine.select(Math.min(engine.voices.length - 1, engine.selected.value + 1)),
  down: () => engine.select(Math.max(0, engine.selected.value - 1)),
  ...Object.fromEntries([0, 1, 2, 3].map(i => [`version ${i + 1}`, () => engine.select(i)])),
});
