/**
 * A list whose order the reader makes: by dragging a row, or with the keyboard (the handle takes ↑ and ↓).
 * The list only says what was asked; whoever owns the order changes it.
 */
import { classes, html, useRef, useState } from "../../lib/dom.js";
import { t } from "../../lib/text.js";

/**
 * @param {{label: string, items: {id: string, name: string}[], render: (item: any, index: number) => any, onMove: (id: string, to: number) => void}} props
 *   `onMove(id, to)`: the item wants to stand at index `to`
 */
export function SortableList({ label, items, render, onMove }) {
  const [dragged, setDragged] = useState(/** @type {string | null} */ (null));
  const [over, setOver] = useState(-1);
  const list = useRef(/** @type {any} */ (null));
  const from = items.findIndex(item => item.id === dragged);
  const end = () => (setDragged(null), setOver(-1));
  const drop = (/** @type {DragEvent} */ event) => {
    event.preventDefault();
    if (dragged && over >= 0 && from !== over) onMove(dragged, over);
    end();
  };
  const key = (/** @type {KeyboardEvent} */ event, /** @type {string} */ id, /** @type {number} */ index) => {
    const to = { ArrowUp: index - 1, ArrowDown: index + 1, Home: 0, End: items.length - 1 }[event.key];
    if (to === undefined) return;
    event.preventDefault();
    if (to < 0 || to >= items.length || to === index) return;
    onMove(id, to);
    requestAnimationFrame(() => list.current?.querySelector(`[data-handle="${CSS.escape(id)}"]`)?.focus());
  };
  return html`<ol class="sortable" aria-label=${label} ref=${list} onDrop=${drop} onDragOver=${(/** @type {Event} */ e) => e.preventDefault()}>
    ${items.map(
      (item, index) => html`<li key=${item.id} class=${classes(
        "sortable-item",
        item.id === dragged && "dragged",
        index === over && from >= 0 && from !== index && (from < index ? "below" : "above"),
      )}
      draggable="true" onDragStart=${(/** @type {DragEvent} */ e) => start(e, item.id, setDragged)} onDragEnd=${end}
        onDragOver=${(/** @type {Event} */ e) => (e.preventDefault(), setOver(index))}>
      <button type="button" class="grip" data-handle=${item.id}
        aria-label=${t("Move {name}: number {n} of {all}; the arrow keys move it", { name: item.name, n: index + 1, all: items.length })}
        title=${t("Drag, or press ↑ and ↓")}
        onKeyDown=${(/** @type {KeyboardEvent} */ e) => key(e, item.id, index)}><span aria-hidden="true">⠿</span></button>
      ${render(item, index)}
    </li>`,
    )}
  </ol>`;
}

/** @param {DragEvent} event @param {string} id @param {(id: string) => void} setDragged */
function start(event, id, setDragged) {
  event.dataTransfer?.setData("text/plain", id);
  if (event.dataTransfer) event.dataTransfer.effectAllowed = "move";
  setDragged(id);
}
