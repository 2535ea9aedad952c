/** One picture, large; ← and → walk through the others. */
import { html, useState } from "../lib/dom.js";
import { useWindow } from "../lib/hooks.js";
import { t } from "../lib/text.js";
import { Button } from "./button.js";
import { Dialog, openDialog } from "./dialog.js";

/** @typedef {{url: string, label: string}} Picture */

/** @param {Picture[]} pictures @param {number} first */
export const showPictures = (pictures, first) => openDialog(Lightbox, { pictures, first });

/** @param {{pictures: Picture[], first: number, close: () => void}} props */
function Lightbox({ pictures, first, close }) {
  const [at, setAt] = useState(first);
  const step = (/** @type {number} */ by) => setAt((now) => (now + by + pictures.length) % pictures.length);
  useWindow("keydown", (event) => {
    const by = { ArrowLeft: -1, ArrowRight: 1 }[/** @type {string} */ (event.key)];
    if (by) step(by);
  });
  const { url, label } = pictures[at];
  return html`<${Dialog} wide title=${label} close=${close} footer=${pictures.length > 1 && html`
    <small class="grow">${t("{n} of {all}", { n: at + 1, all: pictures.length })}</small>
    <${Button} icon="left" label=${t("Previous")} onClick=${() => step(-1)} /><${Button} icon="right" label=${t("Next")} onClick=${() => step(1)} />`}>
    <div class="lightbox"><img src=${url} alt=${label} /></div><//>`;
}
