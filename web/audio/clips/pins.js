/** Sounds put aside to be heard against each other: original and augmented, two iterations, two runs. At most four. */
import { signal } from "../../lib/dom.js";

/** @typedef {{name: string, url: string}} Pin */

/** @type {import("@preact/signals").Signal<Pin[]>} */
export const pins = signal([]);

/** @param {Pin} pin put aside, or taken back */
export function togglePin(pin) {
  const others = pins.value.filter(one => one.url !== pin.url);
  pins.value = others.length < pins.value.length ? others : [...others, pin].slice(-4);
}
