import assert from "node:assert/strict";
import { test } from "node:test";
import { axisOf } from "../../../web/audio/answer/axis.js";
import { chances, labelsOf, likeliest, meanOf } from "../../../web/audio/answer/hearing/chances.js";
import { Ear } from "../../../web/audio/answer/live/ear.js";
import { edited, muted } from "../../../web/audio/answer/edits.js";
import { aboutOf, metadataOf } from "../../../web/audio/answer/hearing/metadata.js";
import { columnOf, columns, heaviest, rows, weights } from "../../../web/audio/answer/occlusion.js";
import { pcmOf } from "../../../web/audio/answer/hearing/pcm.js";
import { loudPart, prepared, rounded, startsOf, windowOf } from "../../../web/audio/answer/hearing/prepare.js";
import { Resampler, resampled } from "../../../web/audio/answer/hearing/resample.js";
import { plain, readFrontEnd } from "../../../web/audio/picture/frontend.js";
import { logMel } from "../../../web/audio/picture/pictures.js";
import { runnable } from "../../../web/pages/models/rules.js";
import { finished } from "../../../web/workers/steps.js";

const bytes = new TextEncoder();
/** A field of a message. @param {number} field @param {Uint8Array} content */
const chunk = (field, content) => [8 * field + 2, ...size(content.length), ...content];
/** @param {number} n @returns {number[]} */
const size = n => (n < 128 ? [n] : [(n & 127) | 128, ...size(n >> 7)]);
/** @param {Record<string, string>} told */
const model = told =>
  Uint8Array.from([
    ...[8, 10], // the version, a number
    ...chunk(7, new Uint8Array(300)), // the graph
    ...Object.entries(told).flatMap(([key, value]) =>
      chunk(14, Uint8Array.from([...chunk(1, bytes.encode(key)), ...chunk(2, bytes.encode(value))])),
    ),
  ]);
const preparation = {
  sample_rate: 8000,
  trim_db: null,
  duration: null,
  duration_fill: "loop",
  window: 1000,
  window_fill: "loop",
  window_slack: 0.05,
};

test("what a file says of itself is read past its graph, in any script", () => {
  assert.deepEqual(metadataOf(model({ classes: '["é", "雨"]', "": "" })), { classes: '["é", "雨"]', "": "" });
  const about = aboutOf(
    model({
      classes: '["é", "雨"]',
      multi_label: "true",
      preparation: JSON.stringify(preparation),
      calibration: "null",
      frontend: "{}",
    }),
  );
  assert.deepEqual([about.classes, about.multiLabel, about.calibration], [["é", "雨"], true, null]);
  assert.equal(about.preparation.window, 1000);
});

test("a file of others, one cut short, and none at all are refused", () => {
  const whole = model({ classes: "[]", multi_label: "false", preparation: JSON.stringify(preparation) });
  for (const wrong of [
    model({}),
    whole.subarray(0, whole.length - 3),
    new Uint8Array(),
    bytes.encode("<!doctype html>"),
  ])
    assert.throws(() => aboutOf(wrong), { message: "foreign" });
});

const tone = (/** @type {number} */ hertz, /** @type {number} */ rate, /** @type {number} */ length) =>
  Float32Array.from({ length }, (_, i) => 0.5 * Math.sin((2 * Math.PI * hertz * i) / rate));
const power = (/** @type {Float32Array} */ samples) =>
  samples.reduce((sum, one) => sum + one * one, 0) / samples.length;
const decibels = (/** @type {number} */ value) => 10 * Math.log10(value + 1e-30);

test("a tone below the edge passes as it is, one above is gone", () => {
  for (const [from, to] of [
    [44_100, 22_050],
    [48_000, 16_000],
    [22_050, 44_100],
    [44_100, 22_051],
    [8000, 11_025],
  ]) {
    const edge = Math.min(from, to) / 2;
    const [low, high] = [0.85 * edge, 0.9999 * (from / 2)];
    const same = finished(resampled(tone(low, from, from), from, to));
    const expected = tone(low, to, to);
    const error = same
      .subarray(to / 10, (9 * to) / 10)
      .map((one, i) => one - expected[Math.ceil(to / 10) + i - (to % 10 ? 1 : 0)]);
    if (to % 10 === 0) assert.ok(decibels(power(error)) < -100, `${from} → ${to}: ${decibels(power(error))} dB`);
    assert.equal(same.length, to);
    if (to < from) {
      const gone = finished(resampled(tone(high, from, from), from, to)).subarray(to / 10, (9 * to) / 10);
      assert.ok(decibels(power(gone)) < -100, `${from} → ${to}: ${decibels(power(gone))} dB of an alias`);
    }
  }
});

test("block by block a sound is resampled as at once, whatever the blocks", () => {
  const sound = tone(777, 44_100, 10_001);
  const whole = finished(resampled(sound, 44_100, 16_000));
  for (const length of [1, 128, 5000, 20_000]) {
    const resampler = new Resampler(44_100, 16_000);
    const found = [];
    for (let at = 0; at < sound.length; at += length)
      found.push(...finished(resampler.push(sound.slice(at, at + length))));
    found.push(...finished(resampler.end()));
    assert.deepEqual(found, [...whole], `blocks of ${length}`);
  }
  assert.equal(finished(resampled(new Float32Array(), 44_100, 16_000)).length, 0);
});

test("edges below a level are left out, a silent sound stays whole", () => {
  const sound = Float32Array.from([0, 0.0005, 0.5, -1, 0.002, 0]);
  assert.deepEqual(loudPart(sound, -60), [2, 5]);
  assert.deepEqual(loudPart(sound, null), [0, 6]);
  assert.deepEqual(loudPart(new Float32Array(4), -60), [0, 4]);
  assert.throws(() => prepared(new Float32Array(), preparation), { message: "empty" });
});

test("halves are rounded to the even number", () => {
  assert.deepEqual(
    [0.5, 1.5, 2.5, -0.5, -1.5, 2.4, 2.6].map(rounded).map(one => one + 0),
    [0, 2, 2, 0, -2, 2, 3],
  );
});

test("windows begin every half of one, and the last ends with the sound", () => {
  assert.deepEqual(startsOf(1050, preparation), [0]);
  assert.deepEqual(startsOf(1051, preparation), [0, 51]);
  assert.deepEqual(startsOf(2000, preparation), [0, 500, 1000]);
  assert.deepEqual(startsOf(2600, { ...preparation, window: 1001 }), [0, 500, 1001, 1502, 1599]);
});

test("a short sound is filled with itself or with silence, a live one waits for nothing", () => {
  const sound = tone(440, 8000, 300);
  const [looped] = prepared(sound, preparation).windows;
  assert.deepEqual([...looped.subarray(300, 600)], [...looped.subarray(0, 300)]);
  const [padded] = prepared(sound, { ...preparation, window_fill: "zero" }).windows;
  assert.equal(
    padded.subarray(300).some(one => one !== 0),
    false,
  );
  assert.equal(windowOf(tone(440, 8000, 2500), preparation).length, 1000);
  assert.deepEqual([...windowOf(sound, preparation)], [...looped]);
});

test("probabilities add up to one, of several labels each stands for itself", () => {
  const one = chances([1, 2, 1000], false, 1);
  assert.ok(Math.abs(one.reduce((sum, value) => sum + value, 0) - 1) < 1e-12 && one[2] === 1);
  assert.ok(chances([0, 2], false, 4)[1] < chances([0, 2], false, 1)[1]);
  assert.deepEqual(chances([0, -2000, 2000], true, 1), [0.5, 0, 1]);
  assert.deepEqual(
    meanOf([
      [0, 1],
      [1, 0],
    ]),
    [0.5, 0.5],
  );
  const about = { classes: ["a", "b"], multiLabel: true, calibration: { temperature: 1, thresholds: [0.2, 0.9] } };
  assert.deepEqual(labelsOf([0.3, 0.8], /** @type {any} */ (about), false), ["b"]);
  assert.deepEqual(labelsOf([0.3, 0.8], /** @type {any} */ (about), true), ["a"]);
  assert.deepEqual(labelsOf([0.3, 0.1], /** @type {any} */ ({ ...about, multiLabel: false }), true), ["a"]);
  assert.deepEqual(likeliest([0.1, 0.9], ["a", "b"], 1), [["b", 0.9]]);
});

test("a muted box takes out what lies in it, and leaves the rest to the bit", () => {
  const [rate, length] = [8000, 8000];
  const [low, high] = [tone(400, rate, length), tone(2000, rate, length)];
  const both = low.map((value, i) => value + high[i]);
  const found = finished(muted(both, rate, [{ from: 0.4, to: 0.7, low: 1500, high: 2500 }]));
  const middle = found.slice(4000, 5000).map((value, i) => value - low[4000 + i]);
  assert.ok(decibels(power(middle)) < -60, `${decibels(power(middle))} dB are left`);
  assert.deepEqual([...found.subarray(0, 2800)], [...both.subarray(0, 2800)]);
  assert.deepEqual([...found.subarray(6200)], [...both.subarray(6200)]);
  const all = finished(muted(both, rate, [{ from: 0, to: 1, low: 0, high: 5000 }]));
  assert.ok(decibels(power(all)) < -100, `${decibels(power(all))} dB of all are left`);
  assert.deepEqual(
    [...finished(muted(both, rate, [{ from: 2, to: 3, low: 0, high: 99 }]))],
    [...both],
    "behind its end",
  );
});

test("noise lies as far beneath the sound as it is said, the same every time; the level is that of both", () => {
  const sound = tone(500, 8000, 40_001);
  const noisy = finished(edited(sound, 8000, { boxes: [], level: 0, noise: 10 }));
  const noise = noisy.map((value, i) => value - sound[i]);
  assert.ok(Math.abs(decibels(power(sound) / power(noise)) - 10) < 0.2);
  assert.deepEqual([...finished(edited(sound, 8000, { boxes: [], level: 0, noise: 10 }))], [...noisy]);
  const loud = finished(edited(sound, 8000, { boxes: [], level: -6, noise: 10 }));
  assert.ok(Math.abs(decibels(power(loud) / power(noisy)) + 6) < 0.01);
  const still = finished(edited(new Float32Array(9), 8000, { boxes: [], level: 20, noise: 0 }));
  assert.deepEqual([...still], Array(9).fill(0), "nothing lies beneath silence");
});

test("the grid covers all of a sound, and tells its heaviest box", () => {
  const boxes = Array.from({ length: columns }, (_, column) => columnOf(column, 6, 8000)).flat();
  assert.equal(boxes.length, columns * rows);
  assert.ok(boxes[0].from === 0 && Math.abs(boxes[0].low) < 1e-9 && boxes[boxes.length - 1].to === 6);
  boxes.slice(1, rows).forEach((box, i) => assert.equal(box.low, boxes[i].high));
  assert.ok(boxes[rows - 1].high > 4000, "the last bin is in it");
  const grid = weights(
    [
      [
        [0.9, 0.1],
        [0.2, 0.8],
      ],
    ],
    [0.9, 0.1],
    0,
  );
  const { column, row, weight } = heaviest(grid);
  assert.deepEqual([column, row, Number(weight.toFixed(6))], [0, 1, 0.7]);
});

test("a place in a spectrogram and its frequency lead to each other; where rows are none there is no axis", () => {
  const mel = readFrontEnd('{"name": "logmel", "sample_rate": 16000, "n_mels": 40, "f_min": 50, "f_max": 8000}');
  for (const [axis, most] of /** @type {[import("../../../web/audio/answer/axis.js").Axis, number][]} */ ([
    [axisOf(mel, "", 16_000), 7700],
    [axisOf(mel, plain, 16_000), 8000],
    [axisOf(readFrontEnd(undefined), "", 16_000), 7700],
  ])) {
    for (const hertz of [100, 440, 3000, most])
      assert.ok(Math.abs(axis.hertz(axis.place(hertz)) - hertz) < 1e-6 * hertz, `${hertz} Hz`);
    assert.ok(axis.place(0) >= 0 && axis.place(99_999) >= 1 && axis.hertz(0.2) < axis.hertz(0.3));
  }
  assert.equal(axisOf(readFrontEnd('{"name": "mfcc"}'), "", 16_000), null);
  assert.ok(axisOf(readFrontEnd('{"name": "mfcc"}'), plain, 16_000));
});

test("an ear draws each column once, whatever the blocks, and keeps the newest window", () => {
  const settings = {
    name: "logmel",
    sample_rate: 8000,
    n_fft: 256,
    win_length: 256,
    hop_length: 100,
    n_mels: 16,
    f_min: 50,
    f_max: 4000,
  };
  const about = /** @type {any} */ ({ preparation, frontEnd: JSON.stringify(settings) });
  const sound = Float32Array.from({ length: 9000 }, (_, i) => Math.sin(i * i * 1e-4));
  const drawn = [100, 333, 4500].map(length => {
    const ear = new Ear(8000, about);
    assert.equal(ear.window(), null, "too little was heard");
    let count = 0;
    for (let at = 0; at < sound.length; at += length) count += finished(ear.take(sound.slice(at, at + length))).width;
    assert.deepEqual([...(ear.window() ?? [])], [...windowOf(sound, preparation)]);
    return count;
  });
  assert.deepEqual(new Set(drawn).size, 1);
  const all = finished(logMel(sound, readFrontEnd(about.frontEnd))).frames;
  assert.ok(all - drawn[0] <= 5, `${drawn[0]} of ${all}`);
});

test("of a model's files a browser runs the newest in floating point", () => {
  const files = ["b.int8.onnx", "a.ONNX?x=1", "old.onnx", "m.pt"].map(uri => ({ uri }));
  assert.equal(runnable(files)?.uri, "a.ONNX?x=1");
  assert.equal(runnable(files.slice(0, 1))?.uri, "b.int8.onnx");
  assert.equal(runnable([{ uri: "model.pt" }, {}]), null);
});

/** A WAV file with two channels. @param {number} format @param {number} bits @param {number[]} data @param {number} [told] bytes that it promises */
function wav(format, bits, data, told = data.length) {
  const little = (/** @type {number} */ n, count = 4) =>
    Array.from({ length: count }, (_, i) => Math.floor(n / 2 ** (8 * i)) & 255);
  const text = (/** @type {string} */ word) => [...bytes.encode(word)];
  const fmt = [
    ...little(format, 2),
    ...little(2, 2),
    ...little(3000),
    ...little(0),
    ...little(0, 2),
    ...little(bits, 2),
  ];
  const odd = [...text("LIST"), ...little(3), 1, 2, 3, 0];
  const parts = [
    ...text("WAVE"),
    ...odd,
    ...text("fmt "),
    ...little(16),
    ...fmt,
    ...text("data"),
    ...little(told),
    ...data,
  ];
  return Uint8Array.from([...text("RIFF"), ...little(parts.length), ...parts]).buffer;
}

test("a WAV is read to the bit, whatever its bits and its rate, as far as it goes", () => {
  const sound = pcmOf(wav(1, 16, [0, 128, 255, 127, 0, 64, 1, 0]));
  assert.equal(sound?.rate, 3000);
  assert.deepEqual(
    sound?.channels.map(one => [...one]),
    [
      [-1, 0.5],
      [32_767 / 32_768, 1 / 32_768],
    ],
  );
  assert.deepEqual(
    pcmOf(wav(1, 8, [0, 255]))?.channels.map(one => one[0]),
    [-1, 127 / 128],
  );
  assert.deepEqual(
    pcmOf(wav(1, 24, [0, 0, 128, 255, 255, 127]))?.channels.map(one => one[0]),
    [-1, 1 - 2 ** -23],
  );
  const floats = new Uint8Array(Float32Array.from([7, -0.25]).buffer);
  assert.deepEqual(
    pcmOf(wav(3, 32, [...floats]))?.channels.map(one => one[0]),
    [7, -0.25],
  );
  assert.equal(pcmOf(wav(1, 16, [0, 0, 0, 0, 9, 9, 9], 4e9))?.channels[0].length, 1, "broken off");
  for (const none of [
    wav(1, 16, []),
    wav(2, 4, [0, 0, 0, 0, 0, 0]),
    new ArrayBuffer(9),
    wav(3, 32, Array(8).fill(255)),
  ])
    assert.equal(pcmOf(none), null);
});
