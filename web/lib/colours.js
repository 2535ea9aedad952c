/** Colours of lines and tasks: distinguishable for most eyes, on light and on dark ground. */
import { isDark } from "./preferences.js";

const light = [
  "#0b6b60",
  "#c4561a",
  "#2f5fb3",
  "#a3256f",
  "#6c7a14",
  "#7148b8",
  "#b08000",
  "#a02c2c",
  "#0f7ea0",
  "#5b5f66",
  "#3d8f3d",
  "#c2477f",
];
const dark = [
  "#45c7b4",
  "#f2935c",
  "#7fa9f5",
  "#ee82bb",
  "#bccb52",
  "#b79bf2",
  "#e6bd45",
  "#f08080",
  "#5cc4e6",
  "#a8b0b8",
  "#84d084",
  "#f29ec3",
];

/** @param {number} index */
export const colour = index => (isDark() ? dark : light)[index % light.length];

/** The same colour as it is on light ground. @param {string} ink */
export const onWhite = ink => light[dark.indexOf(ink)] ?? ink;

/** A colour for a name, the same wherever the name appears. @param {string} name */
export function colourOf(name) {
  let hash = 7;
  for (const c of name) hash = (hash * 31 + (c.codePointAt(0) ?? 0)) >>> 0;
  return colour(hash);
}

/** A colour of the style sheet. @param {string} name as in `--accent` */
export const token = name => getComputedStyle(document.documentElement).getPropertyValue(name).trim();
