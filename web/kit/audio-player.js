/** A plain player for a sample in a list. Starting one stops the others; nothing is fetched before it is asked for. */
import { html } from "../lib/dom.js";

/** @type {HTMLAudioElement | null} */
let playing = null;

/** @param {any} event */
function alone(event) {
  if (playing && playing !== event.currentTarget) playing.pause();
  playing = event.currentTarget;
}

/** @param {{url: string, label: string}} props */
export const AudioPlayer = ({ url, label }) => html`<audio class="audio-player" controls preload="none" src=${url} aria-label=${label} onPlay=${alone}></audio>`;
