import assert from "node:assert/strict";
import { test } from "node:test";
import { Bounded } from "../../../web/lib/answers/bounded.js";
import { transformOf } from "../../../web/audio/picture/fourier.js";
import { headerOf } from "../../../web/audio/sound/header.js";
import { finished } from "../../../web/workers/steps.js";
import { quantiles } from "../../../web/audio/picture/shades.js";
import { jumpsWithin } from "../../../web/audio/sound/edges.js";

test("a transform of any length is the one of the definition", () => {
  for (const size of [1, 2, 8, 25, 400, 441, 1000, 1024]) {
    const re = Float64Array.from({ length: size }, (_, i) => Math.sin(i * i));
    const im = Float64Array.from({ length: size }, (_, i) => Math.cos(3 * i));
    const [real, imaginary] = [re.slice(), im.slice()];
    transformOf(size)(real, imaginary);
    for (const bin of [0, 1, size >> 1, size - 1]) {
      let [a, b] = [0, 0];
      for (let i = 0; i < size; i += 1) {
        const turn = (-2 * Math.PI * ((i * bin) % size)) / size;
        a += re[i] * Math.cos(turn) - im[i] * Math.sin(turn);
        b += re[i] * Math.sin(turn) + im[i] * Math.cos(turn);
      }
      assert.ok(Math.hypot(a - real[bin % size], b - imaginary[bin % size]) < 1e-9 * size, `bin ${bin} of ${size}`);
    }
  }
});

test("quantiles without sorting are those of sorting, whatever is no number", () => {
  const values = Float32Array.from({ length: 5001 }, (_, i) => Math.sin(i) * i);
  const sorted = values.slice().sort();
  const [low, middle, high] = finished(
    quantiles(Float32Array.from([...values, NaN, Infinity, -Infinity]), [0.05, 0.5, 1]),
  );
  const step = (sorted[5000] - sorted[0]) / 65_535;
  assert.ok(Math.abs(low - sorted[250]) <= 2 * step);
  assert.ok(Math.abs(middle - sorted[2500]) <= 2 * step);
  assert.equal(high, sorted[5000]);
  assert.deepEqual(finished(quantiles(new Float32Array(), [0.1, 1])), [0, 0]);
  assert.deepEqual(finished(quantiles(new Float32Array(9).fill(3), [0.1, 1])), [3, 3]);
});

const letters = (/** @type {string} */ text) => [...text].map(letter => letter.charCodeAt(0));
const little = (/** @type {number} */ n, count = 4) =>
  Array.from({ length: count }, (_, i) => (n / 2 ** (8 * i)) & 255);
const file = (/** @type {number[][]} */ ...parts) => Uint8Array.from(parts.flat()).buffer;
const zeros = (/** @type {number} */ n) => Array(n).fill(0);

test("a file's own rate is read off its header", () => {
  const fmt = [...letters("fmt "), ...little(16), ...little(1, 2), ...little(2, 2), ...little(11_025), ...zeros(8)];
  const riff = [...letters("RIFF"), ...little(99), ...letters("WAVE")];
  assert.deepEqual(headerOf(file(riff, letters("LIST"), little(3), zeros(4), fmt, zeros(40))), {
    rate: 11_025,
    mask: 0,
  });
  const wide = [
    ...letters("fmt "),
    ...little(40),
    ...little(0xfffe, 2),
    ...little(4, 2),
    ...little(96_000),
    ...zeros(12),
    ...little(0x33),
    ...zeros(16),
  ];
  assert.deepEqual(headerOf(file(riff, wide, zeros(8))), { rate: 96_000, mask: 0x33 });
  const info = [...zeros(10), 44_100 >> 12, (44_100 >> 4) & 255, (44_100 & 15) << 4, ...zeros(30)];
  assert.equal(headerOf(file(letters("fLaC"), zeros(4), info)).rate, 44_100);
  assert.equal(
    headerOf(file(letters("ID3"), [4, 0, 0, 0, 0, 0, 3], zeros(3), letters("fLaC"), zeros(4), info)).rate,
    44_100,
  );
  const page = (/** @type {number[]} */ body) => file(letters("OggS"), zeros(22), [1, 30], body, zeros(40));
  assert.equal(headerOf(page([1, ...letters("vorbis"), ...zeros(5), ...little(22_050)])).rate, 22_050);
  assert.equal(headerOf(page(letters("OpusHead"))).rate, 48_000);
  assert.equal(headerOf(file([0xff, 0xfb, 0x90, 0], zeros(400))).rate, 44_100);
  assert.equal(headerOf(file([0xff, 0xf3, 0x94, 0], zeros(400))).rate, 24_000);
  for (const nothing of [
    new ArrayBuffer(0),
    file(letters("RIFF")),
    file(letters("RIFF"), little(9), letters("WAVE")),
    file(zeros(4000)),
  ]) {
    assert.equal(headerOf(nothing).rate, 0);
  }
});

test("a loop's jumps are found in every stretch, once each", () => {
  const jumps = { first: 1, period: 0.4 };
  assert.deepEqual(jumpsWithin(jumps, 0, 1), []);
  assert.deepEqual(
    jumpsWithin(jumps, 0, 2).map(at => at.toFixed(1)),
    ["1.0", "1.4", "1.8"],
  );
  assert.deepEqual(
    jumpsWithin(jumps, 2, 2.5).map(at => at.toFixed(1)),
    ["2.2"],
  );
});

test("what can't be made is not kept, and is made again", async () => {
  const bounded = new Bounded(10, () => 1);
  let tries = 0;
  const make = async () => {
    tries += 1;
    if (tries === 1) throw new Error("gone");
    return tries;
  };
  await assert.rejects(bounded.get("a", make));
  assert.equal(await bounded.get("a", make), 2);
  assert.equal(await bounded.get("a", make), 2);
});
