/** What a person reads when the server refuses, and how many of a thing there are. */
import assert from "node:assert/strict";
import test from "node:test";
import { sentence } from "../../../web/lib/answers/refusal.js";
import { tn } from "../../../web/lib/text.js";
import { consequences } from "../../../web/actions/release.js";

test("a refusal is a sentence without the error's class and without ids", () => {
  const data = { task: "4f", current_status: "published" };
  const msg =
    "Invalid task status: its status is published, expected created, stopped, task=4f, current_status=published";
  assert.equal(sentence({ msg, data }), "Its status is published, expected created, stopped.");
  assert.equal(sentence({ message: "Invalid task id: id=4f", data: { id: "4f" } }), "Invalid task id.");
  assert.equal(
    sentence({ msg: "Validation error: the difference has 612 kB: push a commit, then try again." }),
    "The difference has 612 kB: push a commit, then try again.",
  );
  assert.equal(sentence(new Error("The server can’t be reached.")), "The server can’t be reached.");
  assert.equal(sentence(undefined), "That did not work");
});

test("a number of things has the form of its language and is written as people do", () => {
  assert.equal(tn(1, "1 task", "{n} tasks"), "1 task");
  assert.equal(tn(0, "1 task", "{n} tasks"), "0 tasks");
  assert.equal(tn(10000, "1 task", "{n} tasks"), "10,000 tasks");
});

test("what a deletion does is said, also when it frees nothing", () => {
  const told = {
    tasks: 1,
    models: 0,
    kept_models: 0,
    files: 0,
    bytes: 0,
    kept_files: 0,
    kept_by: [],
    kept_by_total: 0,
    losers: [],
    losers_total: 0,
  };
  assert.deepEqual(consequences(told), ["No file is deleted from the server."]);
  assert.deepEqual(consequences({ ...told, models: 2, kept_models: 1, files: 3, bytes: 2500, kept_files: 1 }), [
    "2 models are deleted.",
    "1 model stays: it is published, or another task reads it.",
    "3 files are deleted from the server (2.5 kB).",
    "1 file stays, because something else names it:",
  ]);
});
