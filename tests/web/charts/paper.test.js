import assert from "node:assert/strict";
import { test } from "node:test";
import { widths } from "../../../web/kit/charts/bars.js";
import { paperOf, ticks } from "../../../web/kit/charts/paper.js";

const curve = (/** @type {string} */ name, /** @type {(number | null)[]} */ y) => ({
  name,
  x: y.map((_, i) => i),
  y,
  ink: "#123456",
});

test("ticks are round and within the span", () => {
  assert.deepEqual(ticks(0, 10), [0, 2, 4, 6, 8, 10]);
  assert.deepEqual(ticks(0.13, 0.41), [0.15, 0.2, 0.25, 0.3, 0.35, 0.4]);
  assert.deepEqual(ticks(3, 3), [3]);
  assert.ok(ticks(-1e9, 1e-9).length < 12);
});

test("a picture has every name whole, on white, and nothing of a name becomes markup", () => {
  const names = Array.from({ length: 30 }, (_, i) => `run ${i} <b>&"`);
  const { svg, height } = paperOf({
    title: "a < b",
    curves: names.map(name => curve(name, [1, 2, null, 4])),
    xName: "iteration",
  });
  assert.equal(svg.match(/&lt;b&gt;&amp;&quot;<\/text>/g)?.length, 30);
  assert.ok(svg.includes(">a &lt; b</text>") && svg.includes(">iteration</text>") && !svg.includes("<b>"));
  assert.ok(height > 500, "the legend makes room for itself");
  assert.equal(svg.match(/<path d="M[^"]*M/g)?.length, 30, "a gap is a gap");
});

test("there is a picture of anything: of nothing, of one point, of values that are not finite, on a logarithmic axis", () => {
  for (const y of [[], [1], [NaN, Infinity], [0, -1, 2], [null, null], [1e-300, 1e300]]) {
    for (const logY of [false, true]) {
      const { svg } = paperOf({ title: "t", curves: [curve("c", y)], xName: "x", logY });
      assert.ok(!/NaN|Infinity/.test(svg), `${y} ${logY}`);
    }
  }
});

test("bars are shares of one where all are shares, else of the largest", () => {
  assert.deepEqual(widths([0.25, 1, null]), [25, 100, 0]);
  assert.deepEqual(widths([5, -10, NaN]), [50, 100, 0]);
  assert.deepEqual(widths([0, 0]), [0, 0]);
});
