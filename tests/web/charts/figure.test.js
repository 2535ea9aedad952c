/** Plots with numbers that are not finite are drawn with gaps. */
import assert from "node:assert/strict";
import test from "node:test";
import { readFigure } from "../../../web/lib/reading/figure.js";
import { number } from "../../../web/lib/format.js";
import { parallel, scatter } from "../../../web/pages/compare/rules.js";

test("literals that JSON has not are gaps, and stay what they are in a text", () => {
  const { data, layout } = readFigure(
    '{"data": [{"z": [[1.0, NaN], [Infinity, -Infinity]], "name": "NaN, \\"Infinity\\""}], "layout": {"title": "NaN"}}',
  );
  assert.deepEqual(data[0], {
    z: [
      [1, null],
      [null, null],
    ],
    name: 'NaN, "Infinity"',
  });
  assert.equal(layout.title, "NaN");
});

test("the SDK's words for them are gaps among numbers, and words among words", () => {
  const { data } = readFigure(
    JSON.stringify({
      data: [{ y: [0.1, "nan", "inf", "-inf", 0.9], x: ["a", "nan", "b"], marker: { size: ["NaN", 2] } }],
    }),
  );
  assert.deepEqual(data[0], { y: [0.1, null, null, null, 0.9], x: ["a", "nan", "b"], marker: { size: [null, 2] } });
});

test("what is damaged is said to be", () => {
  assert.throws(() => readFigure('{"data": [NaN'), SyntaxError);
  assert.throws(() => readFigure("no JSON"), SyntaxError);
});

test("a comparison leaves out what has no number", () => {
  const metric = {
    name: "loss",
    values: [{ last: 0.5, min: 0, max: 1 }, null, { last: /** @type {any} */ (null), min: 0, max: 1 }],
  };
  const param = { name: "Args/lr", values: ["0.1", "0.2", "nan"], differs: true };
  assert.deepEqual(
    parallel([param], metric).data[0].dimensions.map(one => one.values),
    [[0.1], [0.5]],
  );
  assert.deepEqual(scatter(param, metric, ["a", "b", "c"]).data[0].x, [0.1, 0.2, null]);
  for (const value of [null, NaN, "nan", "-inf", Infinity]) assert.equal(number(value), "–");
});
