/** Smoothing and thinning of curves. No drawing here. */

/** @typedef {(number | null)[]} Values */

/**
 * Exponential moving average with the start corrected for its missing past, as TensorBoard draws it.
 * @param {Values} values @param {number} weight 0 leaves them as they are, towards 1 is smoother
 * @returns {Values}
 */
export function ema(values, weight) {
  let last = 0;
  let count = 0;
  return values.map(value => {
    if (value === null || !Number.isFinite(value)) return value;
    count += 1;
    last = last * weight + (1 - weight) * value;
    return last / (1 - weight ** count);
  });
}

/**
 * Mean over a centred window; the edges use what is there.
 * @param {Values} values @param {number} window number of points, odd
 * @returns {Values}
 */
export function runningAverage(values, window) {
  const half = Math.floor(window / 2);
  const sums = [0];
  const counts = [0];
  for (const value of values) {
    const there = value !== null && Number.isFinite(value);
    sums.push(sums[sums.length - 1] + (there ? Number(value) : 0));
    counts.push(counts[counts.length - 1] + (there ? 1 : 0));
  }
  return values.map((value, i) => {
    if (value === null) return null;
    const [from, to] = [Math.max(0, i - half), Math.min(values.length, i + half + 1)];
    return (sums[to] - sums[from]) / (counts[to] - counts[from]);
  });
}

/**
 * @param {Values} values @param {string} kind "ema" or "average" @param {number} amount 0 to 1
 * @returns {Values}
 */
export function smoothed(values, kind, amount) {
  if (!amount) return values;
  return kind === "average"
    ? runningAverage(values, 1 + 2 * Math.round(amount * Math.min(50, values.length / 4)))
    : ema(values, Math.min(0.999, amount));
}

/**
 * Put new points behind the known ones; a point at a known x replaces it.
 * @param {{x: number[], y: number[]}} known @param {{x: number[], y: number[]}} fresh both in order of x
 */
export function appended(known, fresh) {
  if (!fresh.x.length) return known;
  let cut = known.x.length;
  while (cut > 0 && known.x[cut - 1] >= fresh.x[0]) cut -= 1;
  const late = new Set(fresh.x);
  const between = known.x
    .slice(cut)
    .map((x, i) => [x, known.y[cut + i]])
    .filter(([x]) => !late.has(x));
  const tail = [...fresh.x.map((x, i) => [x, fresh.y[i]]), ...between].sort((a, b) => a[0] - b[0]);
  return {
    x: [...known.x.slice(0, cut), ...tail.map(([x]) => x)],
    y: [...known.y.slice(0, cut), ...tail.map(([, y]) => y)],
  };
}

/**
 * From which iteration on a refresh has to ask, so that lines which move at different paces all get their new points:
 * the smallest last x among lines that are still moving.
 * @param {number[]} lasts last x of each line
 */
export function askFrom(lasts) {
  const most = Math.max(0, ...lasts);
  const moving = lasts.filter(x => x >= most * 0.8);
  return moving.length ? Math.min(...moving) : 0;
}
