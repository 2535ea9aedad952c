import assert from "node:assert/strict";
import { test } from "node:test";
import { progressOf, progressText } from "../../web/lib/reading/progress.js";

const task = (runtime, status = "in_progress") => ({ status, runtime });
const now = 1_000_000; // ms

test("a running task tells how far it is, and when it will be done where that is known", () => {
  assert.deepEqual(progressOf(task({ progress: "42", _progress_ends: "1120" }), now), { percent: 42, left: 120 });
  assert.equal(progressText({ percent: 42, left: 120 }), "42 %, about 2:00 left");
});

test("what cannot be known is not shown", () => {
  assert.deepEqual(progressOf(task({ progress: 42 }), now), { percent: 42, left: null });
  assert.equal(progressText({ percent: 42.7, left: null }), "42 %");
  for (const ends of ["", "900", "soon", null])
    assert.equal(progressOf(task({ progress: "5", _progress_ends: ends }), now)?.left, null, String(ends));
  assert.equal(progressOf(task({ progress: "100", _progress_ends: "1120" }), now)?.left, null);
  for (const progress of [undefined, null, "", "many"])
    assert.equal(progressOf(task({ progress }), now), null, String(progress));
  for (const status of ["completed", "queued", "failed"])
    assert.equal(progressOf(task({ progress: "42" }, status), now), null, status);
  assert.equal(progressOf({ status: "in_progress" }, now), null);
});

test("nonsense stays within the bar", () => {
  assert.deepEqual(
    [progressOf(task({ progress: 180 }), now)?.percent, progressOf(task({ progress: -3 }), now)?.percent],
    [100, 0],
  );
});
