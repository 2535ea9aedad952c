import assert from "node:assert/strict";
import { test } from "node:test";
import { changed, cronForms, cronLooksRight, entriesOf, tagsOf, when } from "../../web/pages/pipelines/entries.js";

const scheduler = (/** @type {any} */ sections) => ({
  id: "s",
  configuration: Object.fromEntries(
    Object.entries(sections).map(([name, value]) => [name, { value: JSON.stringify(value) }]),
  ),
});

test("what the scheduler can run looks right, and what is no expression does not", () => {
  for (const text of [...cronForms, "* * * * *", " @Daily ", "0,30 * * * *", "5 3 * * mon,wed-fri", "0 22 * * 7"])
    assert.ok(cronLooksRight(text), text);
  for (const text of ["", "every day", "* * * *", "* * * * * *", "@often", "0 3 * * é", "0 3 * * mon-", "0 3 * , *"])
    assert.ok(!cronLooksRight(text), text);
});

test("tags are what stands between commas, each once", () => {
  assert.deepEqual(tagsOf(" b, c é,, b ,"), ["b", "c é"]);
  assert.deepEqual(tagsOf(" , "), []);
});

test("an entry is changed or taken away, and those beside it stay as they are", () => {
  const task = scheduler({ datasets: [{ name: "é", tags: ["a"] }, { name: "b" }], state: { entries: {} } });
  const [first, second] = entriesOf(task);
  assert.deepEqual([first.job.name, second.job.name, first.section], ["é", "b", "datasets"]);
  assert.deepEqual(JSON.parse(changed(task, first, { tags: [] }).value), [{ name: "é", tags: [] }, { name: "b" }]);
  assert.deepEqual(JSON.parse(changed(task, first, null).value), [{ name: "b" }]);
});

test("when an entry runs is told as it was said", () => {
  const task = scheduler({
    schedule: [{ name: "n", cron: "0 3 * * *" }],
    models: [{ name: "m", on_publish: true, match_name: "net", tags: ["a"] }],
  });
  assert.deepEqual(entriesOf(task).map(when), ["0 3 * * * UTC", "model published net tag:a"]);
});
