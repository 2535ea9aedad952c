/** One picture, large; ← and → walk through the others, ↑ and ↓ through the iterations of the same one. */
import { html, useState } from "../../lib/dom.js";
import { useWindow } from "../../lib/answers/hooks.js";
import { t } from "../../lib/text.js";
import { Button } from "../button.js";
import { Dialog, openDialog } from "./dialog.js";

/** @typedef {{url: string, label: string, iterations?: {iter: number, url: string}[]}} Picture `iterations`: oldest first */

/** @param {Picture[]} pictures @param {number} first */
export const showPictures = (pictures, first) => openDialog(Lightbox, { pictures, first });

/** @param {{pictures: Picture[], first: number, close: () => void}} props */
function Lightbox({ pictures, first, close }) {
  const [at, setAt] = useState(first);
  const [older, setOlder] = useState(/** @type {string | null} */ (null)); // address of another iteration's picture
  const step = (/** @type {number} */ by) => (
    setOlder(null),
    setAt(now => (now + by + pictures.length) % pictures.length)
  );
  const { label, iterations = [] } = pictures[at];
  const url = older ?? pictures[at].url;
  const place = iterations.findIndex(one => one.url === url);
  const turn = (/** @type {number} */ by) =>
    setOlder(iterations[Math.max(0, Math.min(iterations.length - 1, place + by))]?.url ?? null);
  useWindow("keydown", event => {
    const by = { ArrowLeft: -1, ArrowRight: 1 }[/** @type {string} */ (event.key)];
    const through = { ArrowUp: 1, ArrowDown: -1 }[/** @type {string} */ (event.key)];
    if (by) step(by);
    if (through && iterations.length > 1) (event.preventDefault(), turn(through));
  });
  return html`<${Dialog} wide title=${label} close=${close} footer=${
    (pictures.length > 1 || iterations.length > 1) &&
    html`
    <small class="grow">${t("{n} of {all}", { n: at + 1, all: pictures.length })}
      ${place >= 0 && ` · ${t("iteration {n}", { n: iterations[place].iter })}`}</small>
    ${
      iterations.length > 1 &&
      html`<${Button} icon="down" label=${t("Earlier iteration")} onClick=${() => turn(-1)} />
      <${Button} icon="up" label=${t("Later iteration")} onClick=${() => turn(1)} />`
    }
    <${Button} icon="left" label=${t("Previous")} onClick=${() => step(-1)} /><${Button} icon="right" label=${t("Next")} onClick=${() => step(1)} />`
  }>
    <div class="lightbox"><img src=${url} alt=${label} /></div><//>`;
}
