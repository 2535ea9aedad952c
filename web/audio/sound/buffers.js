/** The decoded sound of several versions of a clip, handed to an engine as soon as it is there, and measured after that. */
import { useEffect, useState } from "../../lib/dom.js";
import { load, loadTogether } from "./decoded.js";
import { measure } from "./mixes.js";

/**
 * @param {{url: string, loudness?: number}[]} sounds
 * @param {import("./engine.js").Engine} engine
 * @param {boolean} autoplay
 * @returns {{buffers: AudioBuffer[] | null, error: any}}
 */
export function useBuffers(sounds, engine, autoplay) {
  const key = sounds.map(one => one.url).join(" ");
  const [state, setState] = useState(/** @type {any} */ ({ key: "", buffers: null, error: null }));
  useEffect(() => {
    let gone = false;
    engine.use([]);
    loadTogether(sounds.map(one => one.url)).then(
      buffers => {
        if (gone) return;
        engine.use(buffers.map((buffer, i) => ({ buffer, loudness: Number(sounds[i].loudness ?? NaN) })));
        setState({ key, buffers, error: null });
        if (autoplay && buffers.length) engine.play(0);
        for (const buffer of buffers)
          measure(buffer).then(
            found => gone || engine.measured(buffer, found),
            () => {},
          ); // then nothing is turned up
      },
      error => !gone && setState({ key, buffers: null, error }),
    );
    return () => {
      gone = true;
      engine.stop();
    };
  }, [key, engine]);
  return state.key === key ? state : { buffers: null, error: null };
}

/**
 * A sound at the rate at which a model hears it.
 * @param {string} url @param {AudioBuffer} own as it is stored @param {number} rate Hz
 * @returns {AudioBuffer | null} null while it is decoded
 */
export function useRate(url, own, rate) {
  const key = `${rate} ${url}`;
  const [state, setState] = useState(
    /** @type {{key: string, buffer: AudioBuffer | null}} */ ({ key: "", buffer: null }),
  );
  useEffect(() => {
    let gone = false;
    if (own.sampleRate !== rate)
      load(url, rate).then(
        buffer => gone || setState({ key, buffer }),
        () => {},
      ); // its own could be: so it is shown
    return () => {
      gone = true;
    };
  }, [key, own]);
  if (own.sampleRate === rate) return own;
  return state.key === key ? state.buffer : null;
}
