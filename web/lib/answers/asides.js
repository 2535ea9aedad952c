/**
 * What belongs to a page beside what it is about, and could not be asked for: names, offers, what else there is. It has no place
 * of its own that could say so, so the page says it once for all of them, with another try.
 */
import { signal } from "../dom.js";

/** @typedef {{error: any, load: () => Promise<void>}} Aside */

export const asides = signal(/** @type {Aside[]} */ ([]));

/** Until what is given back is called. @param {Aside} one */
export function missed(one) {
  asides.value = [...asides.value, one];
  return () => (asides.value = asides.value.filter(other => other !== one));
}
