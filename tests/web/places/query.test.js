import assert from "node:assert/strict";
import { test } from "node:test";
import { cleared, filterBody, filterCount, nextSort, readQuery } from "../../../web/pages/tasks/query.js";
import { rangeWord } from "../../../web/pages/tasks/ranges.js";

const read = text => readQuery(new URLSearchParams(text));
const now = Date.parse("2026-11-21T12:00:30Z");

test("an address becomes ClearML's filters", () => {
  const body = filterBody(
    read("status=completed,failed&tags=baseline,-old&is.hyperparams.Args.model=cnn&project=p1"),
    "*",
    now,
  );
  assert.deepEqual(body.status, ["completed", "failed"]);
  assert.deepEqual(body.tags, ["__$all", "baseline", "__$not", "old", "template"]);
  assert.deepEqual(body["hyperparams.Args.model.value"], ["cnn"]);
  assert.deepEqual(body.project, ["p1"]);
});

test("a range with an open end leaves that end open", () => {
  const body = filterBody(
    read("in.last_iteration=5..&in.active_duration=..60&in.last_metrics.a.b.value=0.5..0.9"),
    "*",
    now,
  );
  assert.deepEqual(body.last_iteration, [5, null]);
  assert.deepEqual(body.active_duration, [null, 60]);
  assert.deepEqual(body["last_metrics.a.b.value"], [0.5, 0.9]);
  assert.deepEqual(["5..", "..60", "1..2"].map(rangeWord), ["≥ 5", "≤ 60", "1 – 2"]);
});

test("a time is counted from whole minutes, so that the question stays the same for a while", () => {
  const query = read("since.started=1h");
  assert.deepEqual(filterBody(query, "*", now).started, [">=2026-11-21T11:00:00.000Z"]);
  assert.deepEqual(filterBody(query, "*", now + 20_000), filterBody(query, "*", now));
  assert.deepEqual(read("since.started=for ever").since, {});
});

test("clearing takes the filters and leaves the order and the columns", () => {
  const address = "q=a&regex=1&status=failed&is.x=1&in.y=1..&since.z=1d&sort=-name&columns=name";
  assert.equal(filterCount(read(address)), 5);
  assert.deepEqual(Object.keys(cleared(new URLSearchParams(address))), [
    "q",
    "regex",
    "status",
    "is.x",
    "in.y",
    "since.z",
  ]);
});

test("shift adds a second key, a second click turns the order round", () => {
  const first = nextSort([], "name", false);
  assert.deepEqual(
    nextSort(first, "status", true).map(one => one.key),
    ["name", "status"],
  );
  assert.equal(nextSort(first, "name", false)[0].down, false);
});

test("a title's text with special characters is searched as it is", () => {
  assert.equal(filterBody(read("q=a.b(c)"), "*", now)._any_.pattern, "a\\.b\\(c\\)");
  assert.equal(filterBody(read("q=a.b&regex=1"), "*", now)._any_.pattern, "a.b");
});
