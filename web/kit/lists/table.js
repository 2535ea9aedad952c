/**
 * A table for any number of rows: only the rows in sight are in the document. Columns can be sorted (shift adds a second
 * key), dragged and resized; rows can be chosen with the mouse, shift and the keyboard.
 */
import { classes, html, useEffect, useLayoutEffect, useRef, useState } from "../../lib/dom.js";
import { useSize } from "../../lib/answers/hooks.js";
import { changed, loadedRows, reach } from "../../lib/selection.js";
import { t } from "../../lib/text.js";
import { Boundary } from "../boundary.js";
import { Icon } from "../icons.js";
import { toastError } from "../over/toast.js";

/**
 * @typedef {object} Column
 * @property {string} id
 * @property {string} label
 * @property {number} [width] pixels
 * @property {string} [sort] what to hand to onSort; without it the column cannot be sorted
 * @property {boolean} [numeric] aligned to the right
 * @property {any} [extra] drawn in the header, behind the label (a filter)
 * @property {(row: any) => any} render
 *
 * @typedef {object} TableProps
 * @property {string} label
 * @property {Column[]} columns
 * @property {number} count how many rows there are
 * @property {(index: number) => any} rowAt undefined while the row is still on its way
 * @property {(first: number, last: number) => void} [onNeed] rows in sight, so that they can be fetched
 * @property {number} [rowHeight]
 * @property {{key: string, down: boolean}[]} [sort]
 * @property {(key: string, add: boolean) => void} [onSort]
 * @property {import("../../lib/selection.js").Selection} [selection] chosen rows; with onSelect it brings the check boxes
 * @property {(change: (selection: import("../../lib/selection.js").Selection) => import("../../lib/selection.js").Selection) => void} [onSelect] gets what is
 *   to be done to the selection as it is then
 * @property {(first: number, last: number) => Promise<any[]>} [between] every row of a range, for a choice that reaches over rows not loaded
 * @property {(id: string, width: number) => void} [onResize]
 * @property {(id: string, before: string) => void} [onReorder]
 * @property {(row: any) => void} [onOpen] a click on the row, or Enter
 * @property {boolean} [waiting] the rows are of the question before, until the new ones are there
 * @property {string | null} [current] id of the row that is shown elsewhere
 * @property {any} [empty]
 * @property {number} [height] fixed height in pixels; otherwise the table fills what it is given
 */

const overscan = 4;
const slim = 150; // px a column has at most where the whole table has less than `phone`
const phone = 560;

/** @param {TableProps} props */
export function DataTable(props) {
  const { label, count, rowAt, onNeed, rowHeight = 36, selection, onSelect, between, empty, height } = props;
  const [scroller, size] = useSize();
  const narrow = size.width > 0 && size.width < phone;
  const columns = narrow
    ? props.columns.map(one => ({ ...one, width: Math.min(one.width ?? 140, slim) }))
    : props.columns;
  const [top, setTop] = useState(0);
  const seen = size.height || height || 600;
  const first = Math.max(0, Math.min(Math.floor(top / rowHeight) - overscan, count - 1));
  const last = Math.min(count, Math.ceil((top + seen) / rowHeight) + overscan);
  useEffect(() => {
    if (count) onNeed?.(first, last);
  }, [first, last, count, onNeed]);

  const anchor = useRef(/** @type {{id: string, index: number} | null} */ (null));
  const question = useRef(onNeed);
  question.current = onNeed;
  const [busy, setBusy] = useState(false);
  const choose = async (/** @type {any} */ row, /** @type {number} */ index, /** @type {boolean} */ range) => {
    if (!onSelect) return;
    const on = !selection?.has(row.id);
    const [from, to] = reach(range && rowAt(index)?.id === row.id ? anchor.current : null, index, rowAt);
    anchor.current = { id: row.id, index };
    const loaded = from === to ? [row] : loadedRows(from, to, rowAt);
    if (loaded || !between) return onSelect(old => changed(old, loaded ?? [row], on));
    setBusy(true);
    try {
      const rows = await between(from, to);
      if (question.current === onNeed) onSelect(old => changed(old, rows, on)); // else it is another list by now
    } catch (error) {
      toastError(error);
    }
    return setBusy(false);
  };
  const press = usePress((row, index) => rowAt(index)?.id !== row.id, choose);
  useKeptFocus(scroller);

  const template = `${onSelect ? "36px " : ""}${columns.map(c => `${c.width ?? 140}px`).join(" ")} minmax(0, 1fr)`;
  const width = columns.reduce((sum, c) => sum + (c.width ?? 140), onSelect ? 36 : 0);
  const keys = keysOf(first, last, rowAt);
  const rows = keys.map(
    (key, i) => html`<${Boundary} key=${key} small name=${rowAt(first + i)?.name} on=${rowAt(first + i)}>
      <${Row} index=${first + i} row=${rowAt(first + i)} ...${props} press=${press} /><//>`,
  );
  return html`<div class=${classes("table", props.waiting && "stale")} role="table" tabindex="0" aria-label=${label} aria-rowcount=${count + 1}
    aria-busy=${busy || Boolean(props.waiting)} ref=${scroller}
    style=${{ "--columns": template, "--row": `${rowHeight}px`, height: height ? `${height}px` : undefined }}
    onScroll=${(/** @type {any} */ e) => setTop(e.currentTarget.scrollTop)} onKeyDown=${(/** @type {KeyboardEvent} */ e) => walkRows(e, rowHeight)}>
    <${Head} ...${props} columns=${columns} width=${width} ready=${!props.waiting && keys.some((_, i) => rowAt(first + i))} />
    <div class="table-body" role="rowgroup" onPointerUp=${press.up} style=${{ height: `${count * rowHeight}px`, minWidth: `${width}px` }}>
      <div style=${{ transform: `translateY(${first * rowHeight}px)` }} role="presentation">${rows}</div>
    </div>
    ${count === 0 && empty && html`<div role="rowgroup"><div role="row"><div role="cell">${empty}</div></div></div>`}
  </div>`;
}

/**
 * What each row in sight is known by: its id, so that a row that moves takes its boxes and its focus along.
 * @param {number} first @param {number} last @param {(index: number) => any} rowAt
 */
function keysOf(first, last, rowAt) {
  const used = new Set();
  return Array.from({ length: Math.max(0, last - first) }, (_, i) => {
    const id = rowAt(first + i)?.id;
    if (id === undefined || used.has(id)) return `at ${first + i}`;
    used.add(id);
    return `of ${id}`;
  });
}

/**
 * Boxes that are pressed while the list is sorted anew: the row that was beneath the pointer when it went down is the one that is meant.
 * @param {(row: any, index: number) => boolean} hasMoved @param {(row: any, index: number, range: boolean) => void} choose
 */
function usePress(hasMoved, choose) {
  const pressed = useRef(/** @type {{row: any, index: number, done: boolean} | null} */ (null));
  return {
    down: (/** @type {any} */ row, /** @type {number} */ index) => (pressed.current = { row, index, done: false }),
    up: (/** @type {PointerEvent} */ event) => {
      const one = pressed.current;
      if (!one || one.done || !hasMoved(one.row, one.index)) return;
      one.done = true;
      choose(one.row, one.index, event.shiftKey);
    },
    click: (/** @type {MouseEvent} */ event, /** @type {any} */ row, /** @type {number} */ index) => {
      if (event.detail && pressed.current?.done)
        event.preventDefault(); // this press has been seen to
      else choose(row, index, event.shiftKey);
    },
  };
}

/** Moving a row in the document takes its focus away: give it back, or to the table where the row is gone. @param {any} scroller */
function useKeptFocus(scroller) {
  const active = /** @type {HTMLElement | null} */ (document.activeElement);
  const mine = scroller.current?.contains(active) ? active : null;
  useLayoutEffect(() => {
    if (mine && document.activeElement === document.body)
      (mine.isConnected ? mine : scroller.current)?.focus({ preventScroll: true });
  });
}

/** @param {TableProps & {width: number, ready: boolean}} props `ready`: there are rows of this question to choose */
function Head({ columns, count, rowAt, sort = [], onSort, selection, onSelect, onResize, onReorder, width, ready }) {
  const dragged = useRef("");
  const all = selection && count > 0 && selection.size >= count;
  const chooseAll = () => {
    const rows = Array.from({ length: count }, (_, i) => rowAt(i)).filter(Boolean);
    onSelect?.(old => (old.size ? new Map() : changed(old, rows, true)));
  };
  return html`<div class="table-head" role="rowgroup" style=${{ minWidth: `${width}px` }}><div class="table-row" role="row">
    ${
      onSelect &&
      html`<div role="columnheader" class="cell check">
        <input type="checkbox" aria-label=${t("Choose all loaded rows")} checked=${all} disabled=${!ready && !selection?.size}
          indeterminate=${Boolean(!all && selection?.size)} onClick=${chooseAll} /></div>`
    }
    ${columns.map(column => {
      const key = sort.findIndex(one => one.key === column.sort);
      const state = key < 0 ? "none" : sort[key].down ? "descending" : "ascending";
      return html`<div role="columnheader" key=${column.id} class=${classes("cell", column.numeric && "numeric")} aria-sort=${column.sort ? state : undefined}
        draggable=${Boolean(onReorder)}
        onDragStart=${() => (dragged.current = column.id)} onDragOver=${(/** @type {Event} */ e) => onReorder && e.preventDefault()}
          onDrop=${() => dragged.current && onReorder?.(dragged.current, column.id)}>
        ${
          column.sort && onSort
            ? html`<button type="button" class="sort" title=${t("Sort; with Shift as a second key")}
            onClick=${(/** @type {MouseEvent} */ e) => onSort(/** @type {string} */ (column.sort), e.shiftKey)}>
              <span class="cell-text">${column.label}</span>${key >= 0 && html`<${Icon} name=${sort[key].down ? "down" : "up"} size=${12} />`}
              ${key >= 0 && sort.length > 1 ? html`<sub>${key + 1}</sub>` : null}</button>`
            : html`<span class="cell-text" title=${column.label}>${column.label}</span>`
        }
        ${column.extra}
        ${onResize && html`<${ResizeHandle} column=${column} onResize=${onResize} />`}
      </div>`;
    })}
  </div></div>`;
}

/** @param {{column: Column, onResize: (id: string, width: number) => void}} props */
function ResizeHandle({ column, onResize }) {
  const start = (/** @type {PointerEvent} */ event) => {
    event.preventDefault();
    const handle = /** @type {HTMLElement} */ (event.currentTarget);
    const from = event.clientX;
    const width = column.width ?? 140;
    handle.setPointerCapture(event.pointerId);
    handle.onpointermove = move => onResize(column.id, Math.max(50, Math.round(width + move.clientX - from)));
    handle.onpointerup = () => (handle.onpointermove = null);
  };
  return html`<span class="resize" onPointerDown=${start} draggable="true"
    onDragStart=${(/** @type {Event} */ e) => (e.preventDefault(), e.stopPropagation())}></span>`;
}

/** @param {TableProps & {index: number, row: any, press: ReturnType<typeof usePress>}} props */
function Row({ index, row, columns, selection, onSelect, current, onOpen, press }) {
  if (!row)
    return html`<div class="table-row waiting" role="row" aria-rowindex=${index + 2}>
    <div role="cell" class="cell"><span class="bone"></span></div></div>`;
  const chosen = selection?.has(row.id);
  const open = (/** @type {MouseEvent} */ event) => {
    if (onOpen && !(/** @type {Element} */ (event.target).closest("a, button, input, label"))) onOpen(row);
  };
  return html`<div class=${classes("table-row", chosen && "chosen", current !== undefined && current === row.id && "current", onOpen && "clickable")} role="row"
    aria-rowindex=${index + 2} aria-selected=${onSelect ? Boolean(chosen) : undefined} onClick=${open}>
    ${
      onSelect &&
      html`<div role="cell" class="cell check">
        <input type="checkbox" aria-label=${t("Choose {name}", { name: row.name ?? row.id })} checked=${chosen}
          onPointerDown=${() => press.down(row, index)} onClick=${(/** @type {MouseEvent} */ e) => press.click(e, row, index)} /></div>`
    }
    ${columns.map(column => html`<div role="cell" key=${column.id} class=${classes("cell", column.numeric && "numeric")}>${column.render(row)}</div>`)}
  </div>`;
}

/** Up and down move between the rows' links. @param {KeyboardEvent} event @param {number} rowHeight */
function walkRows(event, rowHeight) {
  const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
  const from = /** @type {HTMLElement} */ (event.target).closest(".table-body .table-row");
  if (!step || !from || /^(SELECT|TEXTAREA)$/.test(/** @type {Element} */ (event.target).tagName)) return;
  const next = step > 0 ? from.nextElementSibling : from.previousElementSibling;
  const focusable = /** @type {HTMLElement | null} */ (next?.querySelector("a, button, input"));
  if (!focusable) return;
  event.preventDefault();
  focusable.focus({ preventScroll: true });
  /** @type {HTMLElement} */ (event.currentTarget).scrollBy({ top: step * rowHeight });
}

/**
 * A small, whole table of plain values: details, packages, per-class figures.
 * @param {{label: string, head?: string[], rows: any[][], numeric?: number[], even?: boolean}} props `numeric`: indexes of columns to align right; `even`:
 *   columns
 *   of one width each, so that tables beneath each other line up
 */
export const PlainTable = ({ label, head, rows, numeric = [], even = false }) => html`
  <div class="plain-table-frame" tabindex="0" role="region" aria-label=${label}><table class=${classes("plain-table", even && "even")}>
    ${
      head &&
      html`<thead><tr>${head.map(
        (cell, i) => html`<th scope="col" class=${numeric.includes(i) ? "numeric" : ""}>
        ${cell || html`<span class="visually-hidden">${t("More")}</span>`}</th>`,
      )}</tr></thead>`
    }
    <tbody>${rows.map(
      row =>
        html`<tr>${row.map((cell, i) =>
          i === 0
            ? html`<th scope="row">${cell}</th>`
            : html`<td class=${numeric.includes(i) ? "numeric" : ""}>${cell}</td>`,
        )}</tr>`,
    )}</tbody>
  </table></div>`;

/** Keep an element scrolled to the end while its content grows, unless the reader has scrolled up. */
export function useStickToEnd(/** @type {any} */ changes) {
  const element = useRef(/** @type {any} */ (null));
  const stick = useRef(true);
  const top = useRef(0);
  useLayoutEffect(() => {
    let frame = 0;
    let left = 12; // frames: lines that come into sight turn out higher than was guessed
    const settle = () => {
      if (!stick.current || !element.current) return;
      element.current.scrollTop = element.current.scrollHeight;
      left -= 1;
      if (left > 0) frame = requestAnimationFrame(settle);
    };
    settle();
    return () => cancelAnimationFrame(frame);
  }, [changes]);
  const onScroll = () => {
    const e = element.current;
    if (!e) return; // a last scroll event of what has just left the page
    const atEnd = e.scrollHeight - e.scrollTop - e.clientHeight < 40;
    stick.current = atEnd || (stick.current && e.scrollTop >= top.current);
    top.current = e.scrollTop;
  };
  return { element, onScroll };
}
