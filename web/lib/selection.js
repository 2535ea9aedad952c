/**
 * Rows that somebody has chosen, by their ids and with what is known of them, so that what is chosen is what is acted on
 * however the list is sorted or scrolled meanwhile. No drawing here.
 */

/** @typedef {Map<string, any>} Selection id → the row as it was last seen */

/** Rows put in, or taken out. @param {Selection} selection @param {any[]} rows @param {boolean} on @returns {Selection} */
export function changed(selection, rows, on) {
  const next = new Map(selection);
  for (const row of rows) {
    if (on) next.set(row.id, row);
    else next.delete(row.id);
  }
  return next;
}

/**
 * From where to where a click with Shift reaches: from the row that was chosen last, if it still stands where it stood.
 * @param {{id: string, index: number} | null} anchor @param {number} index of the click @param {(index: number) => any} rowAt
 * @returns {[number, number]} both included
 */
export function reach(anchor, index, rowAt) {
  const from = anchor && rowAt(anchor.index)?.id === anchor.id ? anchor.index : index;
  return [Math.min(from, index), Math.max(from, index)];
}

/**
 * The rows of a range; null when some are not loaded yet.
 * @param {number} from @param {number} to both included @param {(index: number) => any} rowAt
 */
export function loadedRows(from, to, rowAt) {
  const rows = Array.from({ length: to - from + 1 }, (_, i) => rowAt(from + i));
  return rows.every(Boolean) ? rows : null;
}

/**
 * With what is known of them now; those that are gone are chosen no longer.
 * @param {Selection} selection @param {any[]} rows the newest answer about `asked` @param {string[]} asked @returns {Selection} the same one when
 *   nothing is gone
 */
export function stillThere(selection, rows, asked) {
  const there = new Set(rows.map(row => row.id));
  const gone = asked.filter(id => selection.has(id) && !there.has(id));
  return gone.length
    ? changed(
        selection,
        gone.map(id => ({ id })),
        false,
      )
    : selection;
}

/**
 * Do something with so many at a time.
 * @template T @param {T[]} list @param {number} size @param {(part: T[]) => Promise<any>} work
 */
export async function inPortions(list, size, work) {
  const answers = [];
  for (let at = 0; at < list.length; at += size) answers.push(await work(list.slice(at, at + size)));
  return answers;
}
