/** The decoded sound of several versions of a clip, handed to an engine as soon as it is there. */
import { useEffect, useState } from "../lib/dom.js";
import { load } from "./engine.js";

/** Root mean square in dB of full scale, for sounds whose loudness nobody has recorded. @param {Float32Array} samples */
export function rmsDecibels(samples) {
  let sum = 0;
  for (const one of samples) sum += one * one;
  return 10 * Math.log10(sum / Math.max(1, samples.length) || 1e-12);
}

/**
 * @param {{url: string, loudness?: number}[]} sounds
 * @param {import("./engine.js").Engine} engine
 * @param {number} rate Hz, 0 for the device's own
 * @param {boolean} autoplay
 * @returns {{buffers: AudioBuffer[] | null, error: any}}
 */
export function useBuffers(sounds, engine, rate, autoplay) {
  const key = sounds.map((one) => one.url).join(" ");
  const [state, setState] = useState(/** @type {any} */ ({ key: "", buffers: null, error: null }));
  useEffect(() => {
    let gone = false;
    engine.use([]);
    Promise.all(sounds.map((one) => load(one.url, rate))).then(
      (buffers) => {
        if (gone) return;
        engine.use(buffers.map((buffer, i) =>
            ({ buffer, loudness: Number.isFinite(sounds[i].loudness) ? Number(sounds[i].loudness) : rmsDecibels(buffer.getChannelData(0)) })));
        setState({ key, buffers, error: null });
        if (autoplay && buffers.length) engine.play(0);
      },
      (error) => !gone && setState({ key, buffers: null, error }),
    );
    return () => {
      gone = true;
      engine.stop();
    };
  }, [key, engine]);
  return state.key === key ? state : { buffers: null, error: null };
}
