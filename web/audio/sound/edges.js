/**
 * Short ramps where a sound would begin, end or jump: a step in the waveform is heard as a click. Each is a few
 * milliseconds; what lies between them is left as it is.
 */

export const ramp = 0.003; // seconds

/** Let a gain go on from where it is now. @param {AudioParam} gain @param {number} now */
export function hold(gain, now) {
  const { value } = gain;
  gain.cancelScheduledValues(now);
  gain.setValueAtTime(value, now);
}

/** @param {AudioParam} gain @param {number} at seconds on the context's clock */
export function rise(gain, at) {
  gain.setValueAtTime(0, at);
  gain.linearRampToValueAtTime(1, at + ramp);
}

/** @param {AudioParam} gain @param {number} at silent from here on @param {number} [from] where it begins to fall */
export function fall(gain, at, from = at - ramp) {
  gain.setValueAtTime(1, from);
  gain.linearRampToValueAtTime(0, at);
}

/** Down to silence at once, from wherever it is. @param {AudioParam} gain @param {number} now @returns {number} when it is silent */
export function hush(gain, now) {
  hold(gain, now);
  gain.linearRampToValueAtTime(0, now + ramp);
  return now + ramp;
}

/** @typedef {{first: number, period: number}} Jumps when a loop first jumps back, and every how many seconds then */

/** When a loop jumps in a stretch of time. @param {Jumps} jumps @param {number} from @param {number} to @returns {number[]} */
export function jumpsWithin({ first, period }, from, to) {
  const found = [];
  for (let n = Math.max(0, Math.ceil((from - first) / period)); first + n * period < to; n += 1)
    found.push(first + n * period);
  return found;
}

/** Dip around each jump. @param {AudioParam} gain @param {Jumps} jumps @param {number} from @param {number} to seconds on the context's clock */
export function dips(gain, jumps, from, to) {
  const width = Math.min(ramp, jumps.period / 8);
  for (const at of jumpsWithin(jumps, from, to)) {
    fall(gain, at, at - width);
    gain.linearRampToValueAtTime(1, at + width);
  }
}
