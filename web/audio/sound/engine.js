/**
 * Playing several versions of one clip on one clock. All of them run at the same time and only one is let through, so
 * that switching keeps the playhead to the sample; a loop is the audio hardware's own.
 */
import { signal } from "../../lib/dom.js";
import { alone } from "./alone.js";
import { contextAt, latencyOf } from "./contexts.js";
import { dips, fall, hold, hush, rise } from "./edges.js";

const switching = 0.01; // seconds that a switch takes: no click
const wantedLoudness = -23; // dB, for normalised listening (EBU R 128's target)
const ahead = 3; // seconds for which a loop's jumps are prepared

/** A time that falls on a sample. @param {number} seconds @param {number} rate Hz */
const whole = (seconds, rate) => Math.round(seconds * rate) / rate;

export const speeds = [1, 0.5, 0.25];

/**
 * How much a sound is turned up or down so that all are equally loud, and none is cut off at full scale.
 * @param {number} loudness dB, NaN where it is not known @param {number} peak 0…1, NaN where it is not known: then nothing is turned up
 */
export function evenGain(loudness, peak) {
  if (!Number.isFinite(loudness)) return 1;
  const wanted = 10 ** ((wantedLoudness - loudness) / 20);
  return Math.min(16, wanted, peak > 0 ? Math.max(1, 1 / peak) : Number.isNaN(peak) ? 1 : Infinity);
}

/**
 * @typedef {{buffer: AudioBuffer, loudness: number, peak: number}} Sound `loudness` in dB and `peak` NaN while they are not known
 * @typedef {Sound & {gain: GainNode | null, source: AudioBufferSourceNode | null}} Voice
 */

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
    /** @type {Voice[]} */
    this.voices = [];
    /** @type {AudioContext | null} the clock it runs on, of the voices' rate */
    this.context = null;
    /** @type {GainNode | null} of what plays now: it rises and falls at every edge */
    this.edge = null;
    this.timer = 0;
    this.offset = 0;
    this.startedAt = 0;
  }

  get duration() {
    return this.voices[this.selected.value]?.buffer.duration ?? 0;
  }

  /** @param {{buffer: AudioBuffer, loudness?: number, peak?: number}[]} voices versions of one clip, at one rate */
  use(voices) {
    this.stop();
    this.voices = voices.map(({ buffer, loudness = NaN, peak = NaN }) => ({
      buffer,
      loudness,
      peak,
      gain: null,
      source: null,
    }));
    this.context = voices.length ? contextAt(voices[0].buffer.sampleRate) : null;
    this.offset = 0;
    this.loop.value = null;
    if (this.selected.value >= voices.length) this.selected.value = 0;
  }

  /** What was measured of a version since. @param {AudioBuffer} buffer @param {{loudness: number, peak: number}} found */
  measured(buffer, { loudness, peak }) {
    for (const voice of this.voices.filter(one => one.buffer === buffer)) {
      Object.assign(voice, { peak, loudness: Number.isFinite(voice.loudness) ? voice.loudness : loudness });
    }
    if (this.normalised.value) this.levels();
  }

  /** Seconds from the clip's beginning of what is heard now. */
  position() {
    if (!this.playing.value || !this.context) return this.offset;
    const passed = this.context.currentTime - latencyOf(this.context) - this.startedAt;
    const run = this.offset + Math.max(0, passed) * this.speed.value;
    const [from, to] = this.bounds();
    if (!this.looping.value || run < to) return Math.min(run, this.duration);
    return from + ((run - from) % (to - from));
  }

  /** @returns {[number, number]} what a loop repeats */
  bounds() {
    return this.loop.value ?? [0, this.duration];
  }

  play(from = this.offset) {
    if (!this.voices.length) return;
    alone(this, () => this.stop());
    this.silence();
    const context = (this.context = contextAt(this.voices[0].buffer.sampleRate));
    context.resume();
    const [first, last] = this.bounds();
    const at = this.loop.value && (from < first || from >= last) ? first : from >= this.duration - 0.005 ? first : from;
    // On whole samples, so that nothing is interpolated: what is heard is what is stored.
    this.startedAt = whole(context.currentTime + 0.005, context.sampleRate);
    this.offset = whole(at, context.sampleRate);
    this.edge = context.createGain();
    this.edge.connect(context.destination);
    this.voices.forEach((voice, number) => this.start(voice, number, this.offset));
    this.edges(context, this.edge.gain);
    this.playing.value = true;
  }

  /** @param {Voice} voice @param {number} number @param {number} at */
  start(voice, number, at) {
    const context = /** @type {AudioContext} */ (this.context);
    const source = context.createBufferSource();
    const gain = context.createGain();
    const [first, last] = this.bounds();
    source.buffer = voice.buffer;
    Object.assign(source, { loop: this.looping.value, loopStart: first, loopEnd: last });
    source.playbackRate.value = this.speed.value;
    gain.gain.value = this.level(voice, number);
    source.connect(gain).connect(/** @type {GainNode} */ (this.edge));
    source.start(this.startedAt, at);
    source.onended = () => voice.source === source && number === this.selected.value && this.ended();
    Object.assign(voice, { source, gain });
  }

  /** Ramps at the beginning, at every jump of a loop, at the end. @param {AudioContext} context @param {AudioParam} gain */
  edges(context, gain) {
    const [first, last] = this.bounds();
    const end = (/** @type {number} */ at) => this.startedAt + (at - this.offset) / this.speed.value;
    rise(gain, this.startedAt);
    if (!this.looping.value) return void fall(gain, end(this.duration));
    const jumps = { first: end(last), period: (last - first) / this.speed.value };
    let done = context.currentTime;
    const prepare = () => {
      const to = context.currentTime + ahead;
      dips(gain, jumps, done, to);
      done = to;
    };
    prepare();
    this.timer = window.setInterval(prepare, (ahead * 1000) / 3);
  }

  ended() {
    this.edge = null; // it has fallen silent by itself, and is not to be touched while its last samples are made
    this.stop();
    this.offset = 0;
    this.onEnd();
  }

  /** @param {{loudness: number, peak: number}} voice @param {number} number */
  level(voice, number) {
    if (number !== this.selected.value) return 0;
    return this.normalised.value ? evenGain(voice.loudness, voice.peak) : 1;
  }

  stop() {
    this.offset = this.position();
    this.silence();
    this.playing.value = false;
  }

  /** What plays falls silent and is let go of. */
  silence() {
    clearInterval(this.timer);
    const { edge, context } = this;
    const at = edge && context ? hush(edge.gain, context.currentTime) : 0;
    this.edge = null;
    for (const voice of this.voices) {
      voice.source?.stop(at);
      Object.assign(voice, { source: null, gain: null });
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
    const now = this.context?.currentTime ?? 0;
    this.voices.forEach((voice, number) => {
      if (!voice.gain) return;
      hold(voice.gain.gain, now);
      voice.gain.gain.linearRampToValueAtTime(this.level(voice, number), now + switching);
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
