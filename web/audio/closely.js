/** Listening closely to some sounds on one clock: waveform and spectrogram, a region to loop, keys 1–4 to switch. */
import { html, useEffect, useMemo, useState } from "../lib/dom.js";
import { useWindow } from "../lib/answers/hooks.js";
import { t } from "../lib/text.js";
import { Choice } from "../kit/button.js";
import { Dialog, openDialog } from "../kit/over/dialog.js";
import { ErrorBox, Loading } from "../kit/states.js";
import { useBuffers } from "./sound/buffers.js";
import { Engine } from "./sound/engine.js";
import { readFrontEnd } from "./picture/frontend.js";
import { Controls } from "./inspector.js";
import { command, playing } from "./clips/keys.js";
import { Timeline } from "./timeline.js";

/** @typedef {{name: string, url: string}} Sound */

/**
 * @param {{title: string, sounds: Sound[], first?: number, frontEnd?: string, close: () => void}} props `first`: which is heard first; `frontEnd`: a task's
 *   configuration object of that name, for the model's view
 */
function Closely({ title, sounds, first = 0, frontEnd, close }) {
  const engine = useMemo(() => new Engine(), []);
  const settings = useMemo(() => readFrontEnd(frontEnd), [frontEnd]);
  const [view, setView] = useState(frontEnd ? "" : "plain");
  const { buffers, error } = useBuffers(sounds, engine, false);
  useEffect(() => {
    if (buffers) engine.select(first);
  }, [buffers]);
  useWindow("keydown", event => {
    const run = playing(engine)[command(event, true)];
    if (!run) return;
    event.preventDefault();
    run();
  });
  const number = Math.min(engine.selected.value, sounds.length - 1);
  return html`<${Dialog} wide title=${title} close=${close}>
    ${
      error
        ? html`<${ErrorBox} error=${error} />`
        : buffers
          ? html`<${Timeline} engine=${engine} url=${sounds[number].url} buffer=${buffers[number]} frontEnd=${settings} view=${view} />`
          : html`<${Loading} />`
    }
    <${Controls} first engine=${engine} frontEnd=${settings} view=${view} setView=${setView} />
    ${
      sounds.length > 1 &&
      html`<${Choice} label=${t("Version")} value=${String(number)}
        onChange=${(/** @type {string} */ value) => engine.select(Number(value))}
        options=${sounds.map((one, i) => ({ value: String(i), label: `${i + 1} ${one.name}` }))} />`
    }
    <p class="hint">${t("Space plays, 1–4 and ↑ ↓ switch at the same place, drag to loop a region, N makes all equally loud.")}</p>
  <//>`;
}

/** @param {{title: string, sounds: Sound[], first?: number, frontEnd?: string}} what */
export const listenClosely = what => openDialog(Closely, what);
