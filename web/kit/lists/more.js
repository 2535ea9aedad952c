/** What stands under a list of which only a first portion is drawn: a button for the next one, while there is more. */
import { html } from "../../lib/dom.js";
import { tn } from "../../lib/text.js";
import { Button } from "../button.js";

/** @param {{total: number, most: number, portion: number, setMost: (most: number) => void, small?: boolean}} props `most`: so many are drawn now */
export const More = ({ total, most, portion, setMost, small }) =>
  total > most &&
  html`<p class="more">
    <${Button} small=${small} onClick=${() => setMost(most + portion)}>${tn(Math.min(portion, total - most), "Show 1 more", "Show {n} more")}<//></p>`;
