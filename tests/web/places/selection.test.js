import assert from "node:assert/strict";
import { test } from "node:test";
import { reasonFor, reasons } from "../../../web/actions/rules.js";
import { shared } from "../../../web/lib/preferences.js";
import { changed, inPortions, loadedRows, reach, stillThere } from "../../../web/lib/selection.js";
import { user } from "../../../web/lib/answers/session.js";
import { answerQueue, metricColumns, metricOf, ordered } from "../../../web/pages/models/rules.js";

const rows = (...ids) => ids.map(id => ({ id }));

test("a choice with Shift reaches from the row chosen last, if that still stands where it stood", () => {
  const at = list => index => list[index];
  const list = rows("a", "b", "c", "d");
  assert.deepEqual(reach({ id: "a", index: 0 }, 2, at(list)), [0, 2]);
  assert.deepEqual(reach({ id: "d", index: 3 }, 1, at(list)), [1, 3]);
  assert.deepEqual(reach({ id: "a", index: 0 }, 2, at(rows("d", "c", "b", "a"))), [2, 2], "it was sorted meanwhile");
  assert.deepEqual(reach(null, 2, at(list)), [2, 2]);
});

test("a range over rows that are not loaded is not taken for what is loaded of it", () => {
  const list = rows("a", "b", "c");
  assert.deepEqual(
    loadedRows(0, 2, i => list[i]),
    list,
  );
  assert.equal(
    loadedRows(0, 2, i => (i === 1 ? undefined : list[i])),
    null,
  );
});

test("what is gone is chosen no longer, what was not asked about stays", () => {
  const chosen = changed(new Map(), rows("a", "b", "c"), true);
  assert.equal(stillThere(chosen, rows("a", "b", "c"), ["a", "b", "c"]), chosen);
  assert.deepEqual([...stillThere(chosen, rows("a"), ["a", "b"]).keys()], ["a", "c"]);
  assert.deepEqual([...changed(chosen, rows("b"), false).keys()], ["a", "c"]);
});

test("many are done with a portion at a time, each once", async () => {
  const seen = [];
  await inPortions([1, 2, 3, 4, 5], 2, async part => seen.push(part));
  assert.deepEqual(seen, [[1, 2], [3, 4], [5]]);
});

test("whoever may only look is told so, whatever the task's state", () => {
  const task = { id: "t", status: "completed" };
  user.value = { role: "viewer" };
  for (const action of Object.keys(reasons).filter(one => one !== "compare"))
    assert.match(String(reasonFor(action, [task])), /role is to look/, action);
  assert.equal(reasonFor("compare", [task]), null);
  user.value = { role: "user" };
  assert.equal(reasonFor("clone", [task]), null);
  assert.equal(reasonFor("retry", [task]), null);
});

test("two tabs that change the same thing lose nothing of each other", () => {
  const store = new Map();
  const listeners = [];
  /** @type {string[]} */
  const none = [];
  Object.assign(globalThis, {
    localStorage: { getItem: key => store.get(key) ?? null, setItem: (key, text) => store.set(key, text) },
    addEventListener: (type, listener) => listeners.push(listener),
  });
  const [one, two] = [shared("marks", none), shared("marks", none)];
  one.change(now => [...now, "a"]);
  two.change(now => [...now, "b"]); // has not heard of the first
  assert.deepEqual(two.value.value, ["a", "b"]);
  listeners.forEach(listener => listener({ key: "soundyard:marks" }));
  assert.deepEqual(one.value.value, ["a", "b"]);
});

test("models are listed with the metrics of the tasks that made them, those without one last", () => {
  const other = { v2: { metric: "lr", variant: "x", value: 1 } };
  const made = value => ({
    last_metrics: { m1: { v1: { metric: "accuracy", variant: "validation", value } }, m2: other },
  });
  const columns = metricColumns([made(0.5), {}]);
  assert.deepEqual(
    columns.map(one => one.label),
    ["accuracy/validation"],
  );
  assert.equal(metricOf(made(0.5), columns[0]), 0.5);
  assert.equal(metricOf(undefined, columns[0]), undefined);
  const value = one => one.v;
  assert.deepEqual(ordered([{ v: 2 }, { v: undefined }, { v: 10 }], value, true).map(value), [10, 2, undefined]);
  assert.deepEqual(ordered([{ v: "b10" }, { v: "" }, { v: "b9" }], value, false).map(value), ["b9", "b10", ""]);
});

const agent = (queues, task, ago = 0) => ({
  queues: queues.map(id => ({ id })),
  task: task ? { id: task } : undefined,
  last_activity_time: new Date(1e12 - ago).toISOString(),
});
const queue = (id, name, entries = 0) => ({
  id,
  name,
  entries: Array.from({ length: entries }, (_, i) => ({ task: `${id}${i}` })),
});

test("a model is asked where no training stands before the question", () => {
  const at = (queues, workers) => answerQueue(queues, workers, 1e12);
  const both = [queue("a", "audio"), queue("p", "predict")];
  assert.deepEqual(at(both, [agent(["p"]), agent(["a"], "t")]), {
    queue: "p",
    name: "predict",
    served: true,
    atOnce: true,
  });
  assert.deepEqual(at(both, [agent(["p"], "t"), agent(["a"])]).queue, "p", "its own agent is soon done");
  assert.deepEqual(at(both, [agent(["a"])]), { queue: "a", name: "audio", served: false, atOnce: true });
  assert.deepEqual(at(both, [agent(["a"], "t")]), { queue: "p", name: "predict", served: false, atOnce: false });
  assert.deepEqual(at([queue("a", "audio", 2), both[1]], [agent(["a"])]).queue, "p", "others wait there");
  assert.deepEqual(at([queue("a", "audio")], [agent(["a"], "t")]).queue, "", "it is still to be made");
  assert.deepEqual(at(both, [agent(["p"], null, 600_000)]).served, false, "it has gone silent");
  assert.deepEqual(at([], []), { queue: "", name: "predict", served: false, atOnce: false });
});
