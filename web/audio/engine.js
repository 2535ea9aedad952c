/**
 * Playing several versions of one clip on one clock. All of them run at the same time and only one is let through, so
 * that switching keeps the playhead to the sample; a loop is the audio hardware's own.
 */
import { readFile } from "../api.js";
import { signal } from "../lib/dom.js";

const ramp = 0.01; // seconds that a switch takes: no click
const wantedLoudness = -23; // dB, for normalised listening (EBU R 128's target)

/** @type {Map<string, Promise<AudioBuffer>>} */
const decoded = new Map();
const remembered = 64;

/** @type {AudioContext | null} */
let context = null;

/** @param {number} rate Hz */
function contextAt(rate) {
  if (context && (!rate || context.sampleRate === rate)) return context;
  context?.close();
  decoded.clear();
  context = rate >= 3000 && rate <= 192000 ? new AudioContext({ sampleRate: rate }) : new AudioContext();
  return context;
}

/** Fetch and decode a clip at the context's rate; the last few are kept. @param {string} url @param {number} rate @returns {Promise<AudioBuffer>} */
export function load(url, rate) {
  const playing = contextAt(rate);
  const known = decoded.get(url);
  if (known) return known;
  const fresh = readFile(url).then((response) => response.arrayBuffer()).then((bytes) => playing.decodeAudioData(bytes));
  fresh.catch(() => decoded.delete(url));
  decoded.set(url, fresh);
  if (decoded.size > remembered) decoded.delete(/** @type {string} */ (decoded.keys().next().value));
  return fresh;
}

/** A time that falls on a sample. @param {number} seconds @param {number} rate Hz */
const whole = (seconds, rate) => Math.round(seconds * rate) / rate;

export const speeds = [1, 0.5, 0.25];

export class Engine {
  constructor() {
    this.playing = signal(false);
    this.loop = signal(/** @type {[number, number] | null} */ (null)); // seconds
    this.looping = signal(false);
    this.selected = signal(0);
    this.normalised = signal(false);
    this.speed = signal(1); // slower is lower too, as with tape
    /** @type {() => void} called when the clip has come to its end by itself */
    this.onEnd = () => {};
    /** @type {{buffer: AudioBuffer, loudness: number, gain: GainNode | null, source: AudioBufferSourceNode | null}[]} */
    this.voices = [];
    this.offset = 0;
    this.startedAt = 0;
  }

  get duration() {
    return this.voices[this.selected.value]?.buffer.duration ?? 0;
  }

  /** @param {{buffer: AudioBuffer, loudness: number}[]} voices versions of one clip */
  use(voices) {
    this.stop();
    this.voices = voices.map((voice) => ({ ...voice, gain: null, source: null }));
    this.offset = 0;
    this.loop.value = null;
    if (this.selected.value >= voices.length) this.selected.value = 0;
  }

  /** Seconds from the clip's beginning. */
  position() {
    if (!this.playing.value || !context) return this.offset;
    const run = this.offset + Math.max(0, context.currentTime - this.startedAt) * this.speed.value;
    const [from, to] = this.bounds();
    if (!this.looping.value || run < to) return Math.min(run, this.duration);
    return from + ((run - from) % (to - from));
  }

  /** @returns {[number, number]} what a loop repeats */
  bounds() {
    return this.loop.value ?? [0, this.duration];
  }

  play(from = this.offset) {
    if (!this.voices.length || !context) return;
    this.silence();
    context.resume();
    const [first, last] = this.bounds();
    const at = this.loop.value && (from < first || from >= last) ? first : from >= this.duration - 0.005 ? first : from;
    // On whole samples, so that nothing is interpolated: what is heard is what is stored.
    this.startedAt = whole(context.currentTime + 0.005, context.sampleRate);
    this.offset = whole(at, context.sampleRate);
    this.voices.forEach((voice, number) => this.start(voice, number, this.offset));
    this.playing.value = true;
  }

  /** @param {Engine["voices"][number]} voice @param {number} number @param {number} at */
  start(voice, number, at) {
    const playing = /** @type {AudioContext} */ (context);
    const source = playing.createBufferSource();
    const gain = playing.createGain();
    const [first, last] = this.bounds();
    source.buffer = voice.buffer;
    Object.assign(source, { loop: this.looping.value, loopStart: first, loopEnd: last });
    source.playbackRate.value = this.speed.value;
    gain.gain.value = this.level(voice, number);
    source.connect(gain).connect(playing.destination);
    source.start(this.startedAt, at);
    source.onended = () => voice.source === source && number === this.selected.value && this.ended();
    Object.assign(voice, { source, gain });
  }

  ended() {
    this.stop();
    this.offset = 0;
    this.onEnd();
  }

  /** @param {{loudness: number}} voice @param {number} number */
  level(voice, number) {
    if (number !== this.selected.value) return 0;
    if (!this.normalised.value || !Number.isFinite(voice.loudness)) return 1;
    return Math.min(16, 10 ** ((wantedLoudness - voice.loudness) / 20));
  }

  stop() {
    this.offset = this.position();
    this.silence();
    this.playing.value = false;
  }

  silence() {
    for (const voice of this.voices) {
      const { source } = voice;
      voice.source = null;
      source?.stop();
      source?.disconnect();
    }
  }

  toggle() {
    if (this.playing.value) this.stop();
    else this.play();
  }

  /** @param {number} seconds */
  seek(seconds) {
    const to = Math.max(0, Math.min(this.duration, seconds));
    if (this.playing.value) this.play(to);
    else this.offset = to;
  }

  /** @param {number} speed 1 as it is; 0.5 takes twice as long */
  setSpeed(speed) {
    const at = this.position();
    this.speed.value = speed;
    if (this.playing.value) this.play(at);
  }

  /** Let another version through, at the same playhead. @param {number} number */
  select(number) {
    if (!this.voices[number]) return;
    this.selected.value = number;
    this.levels();
  }

  normalise() {
    this.normalised.value = !this.normalised.value;
    this.levels();
  }

  levels() {
    if (!context) return;
    const now = context.currentTime;
    this.voices.forEach((voice, number) => {
      const gain = voice.gain?.gain;
      gain?.cancelScheduledValues(now);
      gain?.setValueAtTime(gain.value, now);
      gain?.linearRampToValueAtTime(this.level(voice, number), now + ramp);
    });
  }

  /** Repeat a region, or the whole clip with null. @param {boolean} on @param {[number, number] | null} [region] */
  setLoop(on, region = this.loop.value) {
    const at = this.position();
    const rate = this.voices[0]?.buffer.sampleRate ?? 0;
    this.loop.value = region && rate ? [whole(region[0], rate), whole(region[1], rate)] : region;
    this.looping.value = on;
    if (this.playing.value) this.play(at);
  }
}
