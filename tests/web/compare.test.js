import assert from "node:assert/strict";
import { test } from "node:test";
import { metricRows, parallel, paramRows } from "../../web/pages/compare/rules.js";

const task = (rate, accuracy) => ({
  hyperparams: { Args: { learning_rate: { value: rate }, epochs: { value: "5" } } },
  last_metrics: { m: { v: { metric: "accuracy", variant: "test", value: accuracy, min_value: 0, max_value: 1 } } },
});
const tasks = [task("0.1", 0.5), task("0.01", 0.7), { hyperparams: {} }];

test("a hyperparameter that one task lacks differs", () => {
  const rows = paramRows(tasks);
  assert.deepEqual(rows.map((row) => row.name), ["Args/epochs", "Args/learning_rate"]);
  assert.ok(rows.every((row) => row.differs));
  assert.ok(!paramRows(tasks.slice(0, 2))[0].differs);
});

test("a metric's row has nothing where a task has not reported it", () => {
  assert.deepEqual(metricRows(tasks)[0].values.map((value) => value?.last ?? null), [0.5, 0.7, null]);
});

test("parallel coordinates keep numbers as numbers and number the words", () => {
  const figure = parallel(paramRows(tasks.slice(0, 2)), metricRows(tasks.slice(0, 2))[0]);
  assert.deepEqual(figure.data[0].dimensions[0], { label: "learning_rate", values: [0.1, 0.01] });
  const words = parallel([{ name: "Args/model", values: ["cnn", "resnet18"], differs: true }], metricRows(tasks.slice(0, 2))[0]);
  assert.deepEqual(words.data[0].dimensions[0].ticktext, ["cnn", "resnet18"]);
});
