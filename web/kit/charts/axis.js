/** How much room the labels of a chart's vertical axis take: as much as the longest needs, so that none is cut. */

/** Pixels that the labels of an axis need beside it. @param {any} _ @param {string[] | null} texts */
export const room = (_, texts) => 14 + Math.max(26, ...(texts ?? []).map(text => 6.6 * String(text ?? "").length));
