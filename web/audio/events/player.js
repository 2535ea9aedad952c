/** Playing a recording whose sound lies in pieces: one piece is decoded at a time, and the next follows by itself. */
import { signal } from "../../lib/dom.js";
import { Engine } from "../sound/engine.js";

const late = 0.25; // seconds after an event's end within which it is ended; later somebody has gone on from there

export class Player {
  /** @param {import("./recordings.js").Recording} recording */
  constructor(recording) {
    this.recording = recording;
    this.engine = new Engine();
    this.piece = signal(0);
    /** @type {[number, number] | null} what is played and no more, s */
    this.part = null;
    /** @type {{at: number, play: boolean} | null} what is wanted of a piece that is on its way */
    this.wanted = null;
    this.engine.onEnd = () => this.next();
  }

  /** Where the piece begins that is in hand, s. */
  get start() {
    return this.piece.value * this.recording.piece;
  }

  /** s from the recording's beginning */
  position() {
    return this.wanted ? this.wanted.at : this.start + this.engine.position();
  }

  /** @param {number} seconds @param {boolean} [play] */
  go(seconds, play = this.engine.playing.value || Boolean(this.wanted?.play)) {
    const at = Math.max(0, Math.min(this.recording.duration, seconds));
    const piece = Math.min(this.recording.pieces.length - 1, Math.floor(at / this.recording.piece));
    this.engine.setLoop(false, null);
    if (piece === this.piece.value && this.engine.voices.length) return this.at(at, play);
    this.engine.stop();
    this.wanted = { at, play };
    this.piece.value = piece;
  }

  /** @param {number} at @param {boolean} play */
  at(at, play) {
    this.wanted = null;
    if (play) this.engine.play(at - this.start);
    else this.engine.seek(at - this.start);
  }

  /** A piece can be played now. */
  arrived() {
    if (this.wanted) this.at(this.wanted.at, this.wanted.play);
  }

  /** The piece has come to its end. */
  next() {
    const start = this.start + this.recording.piece;
    if (this.piece.value + 1 < this.recording.pieces.length) this.go(start, true);
  }

  /** Play an event, and no more of it. @param {{onset: number, offset: number}} event */
  play({ onset, offset }) {
    this.part = [onset, offset];
    this.go(onset, true);
  }

  /** Called with every frame: an event that has come to its end is ended. */
  watch() {
    if (!this.part) return;
    const [from, to] = this.part;
    const at = this.position();
    if (at < from - late || at > to + late || this.engine.looping.value) this.part = null;
    else if (at >= to && this.engine.playing.value) {
      this.part = null;
      this.engine.stop();
    }
  }
}
