/**
 * Audio clocks, one for each sample rate: a context at another rate than the sound's resamples in silence, and what lies
 * above half of its rate is gone.
 */

const most = 4; // browsers allow few
/** @type {Map<number, AudioContext>} by rate in Hz, the one that was used longest ago first */
const contexts = new Map();

/** @param {number} rate Hz @returns {AudioContext} */
export function contextAt(rate) {
  const context = contexts.get(rate) ?? new AudioContext({ sampleRate: rate });
  contexts.delete(rate);
  contexts.set(rate, context);
  const [oldest] = contexts.keys();
  if (contexts.size > most) {
    contexts.get(oldest)?.close();
    contexts.delete(oldest);
  }
  return context;
}

/** How long a sound takes from the context to the ear, as far as the browser knows. @param {BaseAudioContext} context @returns {number} seconds */
export function latencyOf(context) {
  const { outputLatency, baseLatency } = /** @type {{outputLatency?: number, baseLatency?: number}} */ (context);
  return outputLatency || baseLatency || 0;
}
