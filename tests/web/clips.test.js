import assert from "node:assert/strict";
import { test } from "node:test";
import { chosen, clipsOf, confusion, peaksOf } from "../../web/audio/clips.js";

const any = { label: "", prediction: "", right: "", split: "", fold: "", find: "", sort: "loss" };
const rows = [
  { clip: "a.wav", label: "rain", prediction: "rain", confidence: "0.9", loss: "0.1", duration: "5", sample_rate: "22050", loudness: "-20", top: '[["rain",0.9]]', peaks: "gH8=", url: "http://x/a.flac", split: "test", fold: "1" },
  { clip: "b.wav", label: "rain", prediction: "sea", confidence: "0.8", loss: "2", duration: "5", sample_rate: "22050", loudness: "", top: "damaged", peaks: "", url: "", split: "test", fold: "1" },
  { clip: "c.wav", label: "sea", prediction: "sea", confidence: "0.4", loss: "0.9", duration: "4", sample_rate: "22050", loudness: "-9", top: "", peaks: "", url: "", split: "test", fold: "2" },
];
const clips = clipsOf(rows);

test("peaks are pairs of signed bytes", () => assert.deepEqual([...peaksOf("gH8=")], [-128, 127]));

test("a damaged list of labels leaves the clip usable", () => assert.deepEqual(clips[1].top, []));

test("the matrix counts labels in rows and predictions in columns", () => {
  const { classes, counts, right, figures } = confusion(clips);
  assert.deepEqual(classes, ["rain", "sea"]);
  assert.deepEqual(counts, [[1, 1], [0, 1]]);
  assert.equal(right, 2);
  assert.equal(figures[0].recall, 0.5);
  assert.equal(figures[1].precision, 0.5);
});

test("a cell's choice gives exactly its clips", () => {
  const found = chosen(clips, { ...any, label: "rain", prediction: "sea" });
  assert.deepEqual(found.map((clip) => clip.id), ["b.wav"]);
});

test("confident mistakes come first when asked for", () => {
  const found = chosen(clips, { ...any, sort: "sure" });
  assert.deepEqual(found.map((clip) => clip.id), ["b.wav", "a.wav", "c.wav"]);
});
