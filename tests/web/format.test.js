import assert from "node:assert/strict";
import { test } from "node:test";
import { alike, number, tickTexts } from "../../web/lib/format.js";
import { room } from "../../web/kit/charts/axis.js";

test("values of one kind have as many decimals each", () => {
  const written = (...values) => values.map(alike(values));
  assert.deepEqual(written(1, 0.8875, 0.5), ["1.0000", "0.8875", "0.5000"]);
  assert.deepEqual(written(230.2, 162), ["230.2", "162.0"]);
  assert.deepEqual(written(3, 12, null), ["3", "12", "–"]);
  assert.deepEqual(written(1e-5, 0.5), ["1.00e-5", "0.5"], "what cannot be alike is as it is");
  assert.deepEqual(written(NaN, undefined, "", 0.25), ["–", "–", "–", "0.25"]);
  assert.deepEqual(written(), []);
});

test("large numbers have separators", () => {
  assert.deepEqual([10000, 10000.4, 1234.5, 999999].map(number), ["10,000", "10,000", "1,235", "999,999"]);
});

test("ticks have the decimals that tell them apart, and the axis room for them", () => {
  assert.deepEqual(tickTexts([0, 0.0005, 0.001, 0.0015]), ["0", "0.0005", "0.0010", "0.0015"]);
  assert.deepEqual(tickTexts([0.5, 0.75, 1]), ["0.50", "0.75", "1.00"]);
  assert.deepEqual(tickTexts([0, 1, 2]), ["0", "1", "2"]);
  assert.deepEqual(tickTexts([null, 1e7]), ["", "1.00e+7"]);
  assert.ok(room(null, ["-0.00025"]) > room(null, ["0", "1"]));
});
