import assert from "node:assert/strict";
import { test } from "node:test";
import { groupsOf, meanOf } from "../../../web/lib/reading/bands.js";
import { paperOf } from "../../../web/kit/charts/paper.js";

test("a mean stands where any line has a value, its band where two have", () => {
  const found = meanOf([
    { name: "a", x: [1, 2, 3], y: [1, 2, null] },
    { name: "b", x: [2, 3, 1], y: [4, 5, 3] },
  ]);
  assert.deepEqual(
    [found.x, found.y],
    [
      [1, 2, 3],
      [2, 3, 5],
    ],
  );
  assert.ok(
    Math.abs((found.high[0] ?? 0) - (2 + Math.SQRT2)) < 1e-12 &&
      Math.abs((found.low[1] ?? 0) - (3 - Math.SQRT2)) < 1e-12,
  );
  assert.deepEqual([found.low[2], found.high[2]], [null, null]);
  assert.deepEqual(meanOf([]), { x: [], y: [], low: [], high: [] });
});

test("runs are one group for each value of a hyperparameter, or all together", () => {
  const task = (id, lr, seed) => ({ id, hyperparams: { Args: { lr: { value: lr }, seed: { value: seed } } } });
  const tasks = [task("a", "0.1", "0"), task("b", "0.1", "1"), task("c", "0.2", "0"), { id: "d" }];
  assert.deepEqual(groupsOf(tasks, "Args/lr"), [
    { name: "lr=0.1", ids: ["a", "b"] },
    { name: "lr=0.2", ids: ["c"] },
    { name: "lr=–", ids: ["d"] },
  ]);
  assert.deepEqual(
    groupsOf(tasks, "").map(one => one.ids.length),
    [4],
  );
});

test("a picture for a paper has the band, and room for it", () => {
  const curve = { name: "mean", ink: "#0b6b60", x: [1, 2, 3], y: [1, 2, 3], low: [0, 1, null], high: [2, 9, null] };
  const { svg } = paperOf({ title: "t", curves: [curve], xName: "x" });
  const area = /<path class="band" d="([^"]+)"/.exec(svg)?.[1] ?? "";
  assert.equal((area.match(/[ML]/g) ?? []).length, 4, "two points above and two below");
  assert.ok(!svg.includes("NaN"));
});
