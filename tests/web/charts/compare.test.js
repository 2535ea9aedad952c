import assert from "node:assert/strict";
import { test } from "node:test";
import {
  bestOf,
  detailRows,
  firstMetric,
  metricRows,
  parallel,
  paramRows,
  telling,
} from "../../../web/pages/compare/rules.js";

const task = (rate, accuracy) => ({
  hyperparams: { Args: { learning_rate: { value: rate }, epochs: { value: "5" } } },
  last_metrics: { m: { v: { metric: "accuracy", variant: "test", value: accuracy, min_value: 0, max_value: 1 } } },
});
const tasks = [task("0.1", 0.5), task("0.01", 0.7), { hyperparams: {} }];

test("a hyperparameter that one task lacks differs", () => {
  const rows = paramRows(tasks);
  assert.deepEqual(
    rows.map(row => row.name),
    ["Args/epochs", "Args/learning_rate"],
  );
  assert.ok(rows.every(row => row.differs));
  assert.ok(!paramRows(tasks.slice(0, 2))[0].differs);
});

test("a metric's row has nothing where a task has not reported it", () => {
  assert.deepEqual(
    metricRows(tasks)[0].values.map(value => value?.last ?? null),
    [0.5, 0.7, null],
  );
});

test("parallel coordinates keep numbers as numbers and number the words", () => {
  const figure = parallel(paramRows(tasks.slice(0, 2)), metricRows(tasks.slice(0, 2))[0]);
  assert.deepEqual(figure.data[0].dimensions[0], { label: "learning_rate", values: [0.1, 0.01] });
  const words = parallel(
    [{ name: "Args/model", values: ["cnn", "resnet18"], differs: true }],
    metricRows(tasks.slice(0, 2))[0],
  );
  assert.deepEqual(words.data[0].dimensions[0].ticktext, ["cnn", "resnet18"]);
});

test("the best is told only where more, or less, is known to be better", () => {
  assert.equal(bestOf("loss/validation", [2, 1]), 1);
  assert.equal(bestOf("accuracy/test", [0.2, 0.9]), 0.9);
  assert.ok(Number.isNaN(bestOf("learning_rate/train", [1, 2])));
});

test("ids of models and datasets are no axis, unless nothing else differs", () => {
  const id = { name: "Args/dataset_id", values: ["0123456789abcdef0123456789abcdef", "f".repeat(32)], differs: true };
  const rate = { name: "Args/learning_rate", values: ["0.1", "0.01"], differs: true };
  assert.deepEqual(telling([id, rate]), [rate]);
  assert.deepEqual(telling([id]), [id]);
});

test("a single value that repeats a curve's last one is left out", () => {
  const both = {
    last_metrics: {
      a: { b: { metric: "loss", variant: "train", value: 1 } },
      c: { d: { metric: "Summary", variant: "loss/train", value: 1 } },
    },
  };
  const alone = { last_metrics: { c: { d: { metric: "Summary", variant: "best", value: 1 } } } };
  assert.deepEqual(
    metricRows([both, alone]).map(row => row.name),
    ["loss/train", "Summary/best"],
  );
  assert.equal(firstMetric(metricRows([both, tasks[0]])).name, "accuracy/test");
});

test("details are written for people", () => {
  const rows = detailRows([{ status: "stopped", active_duration: 65 }], word => word);
  const said = name => rows.find(row => row.name === name)?.values[0];
  assert.deepEqual([said("Status"), said("Run time"), said("Started")], ["Aborted", "1:05", ""]);
});
