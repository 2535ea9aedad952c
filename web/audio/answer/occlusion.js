/** What an answer rests on: a grid of boxes over the sound, and the answer without each of them. No drawing here. */

import { scales } from "../picture/mel.js";

/** @typedef {import("./edits.js").Box} Box */

export const [columns, rows] = [12, 8];

const { to: mel, from: hertz } = scales.htk;

/**
 * One column of the grid: as many boxes of even height in mel.
 * @param {number} column @param {number} duration s @param {number} rate Hz @returns {Box[]} the lowest first
 */
export function columnOf(column, duration, rate) {
  const edge = (/** @type {number} */ row) => (row === rows ? rate : hertz((mel(rate / 2) * row) / rows)); // the last bin is in it
  return Array.from({ length: rows }, (_, row) => ({
    from: (column * duration) / columns,
    to: ((column + 1) * duration) / columns,
    low: edge(row),
    high: edge(row + 1),
  }));
}

/**
 * How much each box bears: what the answer loses without it.
 * @param {number[][][]} without [column][row][class] probabilities @param {number[]} whole those of the sound as it is @param {number} place of the class
 * @returns {number[][]} [column][row]; negative: it spoke against
 */
export const weights = (without, whole, place) =>
  without.map(column => column.map(probabilities => whole[place] - probabilities[place]));

/** The box that bears most. @param {number[][]} grid @returns {{column: number, row: number, weight: number}} */
export function heaviest(grid) {
  let best = { column: 0, row: 0, weight: -Infinity };
  grid.forEach((cells, column) =>
    cells.forEach((weight, row) => weight > best.weight && (best = { column, row, weight })),
  );
  return best;
}
