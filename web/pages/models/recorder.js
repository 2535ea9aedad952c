/** A button that records from the microphone, and hands over what it heard as a WAV file. */
import { html, useEffect, useRef, useState } from "../../lib/dom.js";
import { t } from "../../lib/text.js";
import { record } from "../../audio/sound/recording.js";
import { Button } from "../../kit/button.js";
import { Meter } from "../../kit/meter.js";
import { toastError } from "../../kit/over/toast.js";

const longest = 30; // seconds of a recording

/** @param {{done: (file: File) => void, writes?: boolean}} props `writes`: what is done with it not everybody may do */
export function Recorder({ done, writes }) {
  const recording = useRef(/** @type {import("../../audio/sound/recording.js").Recording | null} */ (null));
  const [controller] = useState(() => new AbortController());
  const [state, setState] = useState({ on: false, level: 0, seconds: 0 });
  useEffect(() => () => controller.abort(), []); // the microphone ends with its page
  const finish = () => {
    const made = recording.current;
    recording.current = null;
    setState({ on: false, level: 0, seconds: 0 });
    if (made) done(new File([made.stop()], "recording.wav", { type: "audio/wav" }));
  };
  const heard = (/** @type {number} */ peak, /** @type {number} */ seconds) => {
    if (seconds >= longest) return finish();
    setState(old =>
      recording.current && seconds - old.seconds > 0.05
        ? { on: true, level: Math.max(peak, old.level * 0.8), seconds }
        : old,
    );
  };
  const start = async () => {
    try {
      recording.current = await record(heard, controller.signal);
      setState({ on: true, level: 0, seconds: 0 });
    } catch (error) {
      if (controller.signal.aborted) return;
      toastError(
        new Error(t("The microphone can’t be used: {reason}", { reason: /** @type {Error} */ (error).message })),
      );
    }
  };
  return html`<${Button} writes=${writes} icon=${state.on ? "stop" : "mic"} pressed=${state.on} onClick=${() => (state.on ? finish() : start())}>
      ${state.on ? t("Stop and ask") : t("Record")}<//>
    ${state.on && html`<${Meter} label=${t("Level")} value=${share(state.level)} text=${t("{n} s", { n: state.seconds.toFixed(1) })} />`}`;
}

/** Per cent of a scale from −60 dB to full scale. @param {number} peak 0…1 */
const share = peak => Math.max(0, 100 + (100 / 60) * 20 * Math.log10(Math.max(peak, 1e-6)));
