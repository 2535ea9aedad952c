import assert from "node:assert/strict";
import { test } from "node:test";
import { alive, depths, layout, stepsOf } from "../../../web/pages/pipelines/graph.js";
import { changes, contents, parentsOf } from "../../../web/pages/datasets/rules.js";

const steps = stepsOf(
  JSON.stringify({
    last: { parents: ["a", "b"] },
    a: { parents: [], job_id: "1", status: "running" },
    b: { parents: ["a"], skip_job: true },
  }),
);

test("a step stands one column behind the farthest of its parents", () => {
  assert.deepEqual(
    [...depths(steps)],
    [
      ["a", 0],
      ["b", 1],
      ["last", 2],
    ],
  );
  const { places } = layout(steps);
  const [a, b, last] = ["a", "b", "last"].map(name => places.get(name)?.x ?? NaN);
  assert.ok(a < b && b < last);
});

test("a circle of parents does not hang", () => {
  assert.equal(depths(stepsOf(JSON.stringify({ a: { parents: ["b"] }, b: { parents: ["a"] } }))).size, 2);
});

test("a damaged configuration object has no steps", () => assert.deepEqual(stepsOf("{"), []));

test("files of a version are told from its parent's by name and hash", () => {
  const own = contents("File Name (2 files), File Size, Hash (SHA2)\na, b.wav, 10, aa\nc.wav, 20, bb");
  const before = contents("head\nc.wav, 20, cc\nd.wav, 5, dd");
  assert.equal(own[0].name, "a, b.wav");
  const { files, removed } = changes(own, before);
  assert.deepEqual(
    files.map(file => file.change),
    ["added", "modified"],
  );
  assert.deepEqual(
    removed.map(file => file.name),
    ["d.wav"],
  );
});

test("parents of a version are found by their place in the structure", () => {
  const structure = JSON.stringify({ 0: { job_id: "p", parents: [] }, 1: { job_id: "me", parents: ["0"] } });
  assert.deepEqual(parentsOf(structure, "me"), ["p"]);
});

test("a clone of a controller does not show the run before it as its own", () => {
  const drawn = stepsOf(
    JSON.stringify({ a: { job_id: "old", status: "completed" }, b: { job_id: "new", status: "running" } }),
  );
  const tasks = new Map([
    ["old", { status: "completed", parent: { id: "before" } }],
    ["new", { status: "in_progress", parent: { id: "run" } }],
  ]);
  const status = (/** @type {string} */ state) =>
    alive(drawn, { id: "run", status: state }, tasks).map(step => step.status);
  assert.deepEqual(status("in_progress"), ["created", "in_progress"]);
  assert.deepEqual(
    alive(drawn, { id: "other", status: "queued" }, tasks).map(step => step.status),
    ["created", "created"],
  );
  assert.deepEqual(status("completed"), ["completed", "in_progress"]);
});
