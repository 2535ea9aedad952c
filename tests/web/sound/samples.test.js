import assert from "node:assert/strict";
import { test } from "node:test";
import { entryAt, iterationsOf, nearest, samplesOf } from "../../../web/lib/reading/samples.js";

const event = (metric, variant, iter) => ({
  metric,
  variant,
  iter,
  url: `http://x/${variant}_${iter}.png`,
  timestamp: iter,
});
const samples = samplesOf([
  { iterations: [{ events: [event("audio", "b", 5)] }, { events: [event("audio", "b", 1), event("audio", "a", 1)] }] },
]);

test("samples are grouped by title and series, oldest first", () => {
  assert.deepEqual(
    samples.map(one => [one.name, one.history.map(entry => entry.iter)]),
    [
      ["audio / a", [1]],
      ["audio / b", [1, 5]],
    ],
  );
});

test("a sample shows its newest entry not after the iteration", () => {
  assert.equal(entryAt(samples[1], 4)?.iter, 1);
  assert.equal(entryAt(samples[1], 0), undefined);
});

test("the iterations are those of all samples, and a typed one goes to the nearest", () => {
  assert.deepEqual(iterationsOf(samples), [1, 5]);
  assert.equal(nearest([1, 5], 4), 5);
});
