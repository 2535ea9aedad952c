/** Try a model in this browser: drop a sound on it, record one, or let it listen; no agent is asked, and nothing is sent. */
import { html, useEffect, useMemo, useState } from "../../lib/dom.js";
import { modelLink } from "../../lib/addresses/links.js";
import { t } from "../../lib/text.js";
import { Live } from "../../audio/answer/live/live-view.js";
import { BrowserModel } from "../../audio/answer/hearing/model.js";
import { WhatIf } from "../../audio/answer/whatif.js";
import { Boundary } from "../../kit/boundary.js";
import { Button } from "../../kit/button.js";
import { ErrorBox } from "../../kit/states.js";
import { Recorder } from "./recorder.js";

/** @param {{onnx: {url: string, name: string, model: any}, own: boolean}} props `own`: the file is this model's, and of no export of it */
export function TryHere({ onnx, own }) {
  const browser = useMemo(() => new BrowserModel(onnx.url), [onnx.url]);
  const [sound, setSound] = useState(/** @type {import("../../audio/answer/whatif.js").Sound | null} */ (null));
  const [live, setLive] = useState(false);
  const [over, setOver] = useState(false);
  const [calibrated, setCalibrated] = useState(false);
  const { about, ready, state, error, open } = useOpened(browser);
  const take = (/** @type {File | undefined} */ file) => {
    if (!file) return;
    if (sound) URL.revokeObjectURL(sound.url);
    setLive(false);
    setSound({ url: URL.createObjectURL(file), name: file.name, since: performance.now() });
    open();
  };
  const drop = (/** @type {DragEvent} */ event) => {
    event.preventDefault();
    setOver(false);
    take(event.dataTransfer?.files[0]);
  };
  const temperature = (calibrated && about?.calibration?.temperature) || 1;
  const asked = { browser, about, temperature, calibrated };
  return html`<section class=${over ? "card stack try here over" : "card stack try here"} onPointerEnter=${open} onFocusIn=${open}
    onDragOver=${(/** @type {Event} */ e) => (e.preventDefault(), open(), setOver(true))} onDragLeave=${() => setOver(false)} onDrop=${drop}>
    <div class="row"><h2 class="grow">${t("Try it")}</h2><small class="muted">${state}</small></div>
    <p class="hint">${t("Drop a sound file here, choose one, record, or let it listen. This browser answers, and nothing leaves it.")}
      ${!own && html` ${t("It runs the model’s export:")} <a href=${modelLink(onnx.model)}>${onnx.model.name}</a>`}</p>
    <div class="row"><label class="button">${t("Choose a file")}
        <input type="file" accept="audio/*" class="visually-hidden" onChange=${(/** @type {any} */ e) => (take(e.target.files[0]), (e.target.value = ""))} />
      </label><${Recorder} done=${take} />
      <${Button} icon=${live ? "stop" : "sound"} pressed=${live} onClick=${() => (setLive(!live), setSound(null), open())}>
        ${live ? t("Stop listening") : t("Listen live")}<//>
      ${
        about?.calibration &&
        html`<label class="check"><input type="checkbox" checked=${calibrated} onChange=${(/** @type {any} */ e) => setCalibrated(e.target.checked)} />
          ${t("Calibrated")}</label>`
      }
      ${sound && html`<span class="muted ellipsis" title=${sound.name}>${sound.name}</span>`}</div>
    ${error && html`<${ErrorBox} error=${error} retry=${open} />`}
    ${about && live && html`<${Boundary} key="live"><${Live} ...${asked} stop=${() => setLive(false)} /><//>`}
    ${about && sound && html`<${Boundary} key=${sound.url}><${WhatIf} key=${sound.url} ...${asked} sound=${sound} ready=${ready} /><//>`}
  </section>`;
}

/** The model, fetched with the first sign that somebody wants it. @param {BrowserModel} browser */
function useOpened(browser) {
  const [state, setState] = useState(/** @type {any} */ ({ about: null, text: "", error: null, ready: 0 }));
  useEffect(() => () => browser.close(), [browser]);
  const open = () => {
    if (browser.opening) return;
    const since = performance.now();
    setState({ about: null, text: t("The model is fetched…"), error: null });
    browser.open().then(
      about => {
        const ready = performance.now();
        setState({
          about,
          text: t("ready after {n} s", { n: ((ready - since) / 1000).toFixed(1) }),
          error: null,
          ready,
        });
      },
      error => error.name !== "AbortError" && setState({ about: null, text: "", error }),
    );
  };
  return { about: state.about, ready: state.ready, state: state.text, error: state.error, open };
}
