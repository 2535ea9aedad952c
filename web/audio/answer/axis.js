/** Which frequency lies where in a spectrogram, for whoever points at it. No drawing here. */
import { melEdges } from "../picture/mel.js";
import { plain, usualAt, viewsOf } from "../picture/frontend.js";

/**
 * @typedef {{hertz: (place: number) => number, place: (hertz: number) => number}} Axis `place`: 0 at the bottom, 1 at the top
 */

const others = ["mfcc"]; // whose rows are no frequencies

/** @param {number} rate Hz @returns {Axis} */
const even = rate => ({ hertz: place => (place * rate) / 2, place: hertz => (2 * hertz) / rate });

/**
 * @param {import("../picture/frontend.js").FrontEnd} frontEnd @param {string} view @param {number} rate of the sound, Hz
 * @returns {Axis | null} null: what is drawn has no frequencies
 */
export function axisOf(frontEnd, view, rate) {
  if (view === plain) return even(rate);
  const settings = frontEnd.known === undefined ? usualAt(rate) : frontEnd;
  const names = viewsOf(settings);
  const [name] = (names.includes(view) ? view : names[0]).split(" ");
  if (settings.known && others.includes(name)) return null;
  if (settings.known && name === "stft") return even(rate);
  return bands(melEdges(settings));
}

/** @param {number[]} edges of the bands, two more than there are: a band's middle is the next one's lower edge @returns {Axis} */
function bands(edges) {
  const count = edges.length - 2;
  return {
    hertz(place) {
      const at = Math.max(0, Math.min(count + 1, place * count + 0.5));
      const lower = Math.min(count, Math.floor(at));
      return edges[lower] + (at - lower) * (edges[lower + 1] - edges[lower]);
    },
    place(hertz) {
      let above = edges.findIndex(edge => edge > hertz);
      if (above === -1) above = edges.length - 1;
      if (above === 0) return 0;
      const at = above - 1 + (hertz - edges[above - 1]) / (edges[above] - edges[above - 1]);
      return Math.max(0, Math.min(1, (at - 0.5) / count));
    },
  };
}
