/** The whole of a recording: outline, spectrogram and events on one axis, with the minute that is shown closely, and the playhead. */
import { html, useLayoutEffect, useRef } from "../../lib/dom.js";
import { useSize } from "../../lib/answers/hooks.js";
import { t } from "../../lib/text.js";
import { drawPeaks, drawSpectrogram } from "../picture/draw.js";
import { painted } from "../picture/shades.js";
import { Axis, usePlayhead } from "../timeline.js";
import { BarsOfAll } from "./bars.js";

/**
 * @param {{recording: import("./recordings.js").Recording, events: import("./recordings.js").Event[], lanes: string[], ink:
 *   import("./bars.js").Ink, player: import("./player.js").Player, choose: (event: import("./recordings.js").Event) => void}} props
 */
export function Overview({ recording, events, lanes, ink, player, choose }) {
  const [box, size] = useSize();
  const head = useRef(/** @type {any} */ (null));
  const { duration, piece, pieces } = recording;
  usePlayhead(() => player.position(), head, duration, size.width);
  const click = (/** @type {MouseEvent} */ event) => {
    const place = box.current.getBoundingClientRect();
    player.go(((event.clientX - place.left) / place.width) * duration);
  };
  const end = Math.min(duration, player.start + piece);
  return html`<div class="timeline whole" ref=${box}>
    <div onClick=${click}><${Outline} recording=${recording} width=${size.width} /></div>
    <${BarsOfAll} events=${events} lanes=${lanes} ink=${ink} duration=${duration} width=${size.width} choose=${choose}
      seek=${(/** @type {number} */ at) => player.go(at)} />
    <${Axis} duration=${duration} />
    ${
      pieces.length > 1 &&
      html`<span class="shown-part" style=${{ left: `${(100 * player.start) / duration}%`, width: `${(100 * (end - player.start)) / duration}%` }}></span>`
    }
    <span class="playhead" ref=${head}></span></div>`;
}

/** @param {{recording: import("./recordings.js").Recording, width: number}} props */
function Outline({ recording, width }) {
  const wave = useRef(/** @type {any} */ (null));
  const picture = useRef(/** @type {any} */ (null));
  const { peaks, shades, bands } = recording;
  useLayoutEffect(() => {
    if (width) drawPeaks(wave.current, peaks);
  }, [peaks, width]);
  useLayoutEffect(() => {
    if (bands) drawSpectrogram(picture.current, painted(shades, bands));
  }, [shades]);
  return html`<canvas class="wave" ref=${wave} role="img" aria-label=${t("Waveform of the recording")}></canvas>
    <div class="spectrogram"><canvas ref=${picture} role="img" aria-label=${t("Spectrogram of the recording")}></canvas></div>`;
}
