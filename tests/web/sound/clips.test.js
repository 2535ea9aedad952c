import assert from "node:assert/strict";
import { test } from "node:test";
import {
  areJudged,
  chosen,
  classesOf,
  clipsOf,
  confusion,
  inOrder,
  inRange,
  isRight,
  orderNames,
  peaksOf,
} from "../../../web/audio/clips/clips.js";

const any = { label: "", prediction: "", right: "", split: "", fold: "", find: "", sort: "loss" };
const rows = [
  {
    clip: "a.wav",
    label: "rain",
    prediction: "rain",
    confidence: "0.9",
    loss: "0.1",
    duration: "5",
    sample_rate: "22050",
    loudness: "-20",
    top: '[["rain",0.9]]',
    peaks: "gH8=",
    url: "http://x/a.flac",
    split: "test",
    fold: "1",
  },
  {
    clip: "b.wav",
    label: "rain",
    prediction: "sea",
    confidence: "0.8",
    loss: "2",
    duration: "5",
    sample_rate: "22050",
    loudness: "",
    top: "damaged",
    peaks: "",
    url: "",
    split: "test",
    fold: "1",
  },
  {
    clip: "c.wav",
    label: "sea",
    prediction: "sea",
    confidence: "0.4",
    loss: "0.9",
    duration: "4",
    sample_rate: "22050",
    loudness: "-9",
    top: "",
    peaks: "",
    url: "",
    split: "test",
    fold: "2",
  },
];
const clips = clipsOf(rows);

test("peaks are pairs of signed bytes", () => assert.deepEqual([...peaksOf("gH8=")], [-128, 127]));

test("a damaged list of labels leaves the clip usable", () => assert.deepEqual(clips[1].top, []));

test("the matrix counts labels in rows and predictions in columns", () => {
  const { classes, counts, right, figures } = confusion(clips);
  assert.deepEqual(classes, ["rain", "sea"]);
  assert.deepEqual(counts, [
    [1, 1],
    [0, 1],
  ]);
  assert.equal(right, 2);
  assert.equal(figures[0].recall, 0.5);
  assert.equal(figures[1].precision, 0.5);
});

test("a cell's choice gives exactly its clips", () => {
  const found = chosen(clips, { ...any, label: "rain", prediction: "sea" });
  assert.deepEqual(
    found.map(clip => clip.id),
    ["b.wav"],
  );
});

test("confident mistakes come first when asked for", () => {
  const found = chosen(clips, { ...any, sort: "sure" });
  assert.deepEqual(
    found.map(clip => clip.id),
    ["b.wav", "a.wav", "c.wav"],
  );
});

const several = clipsOf([
  { clip: "a.wav", label: "rain|loud", prediction: "loud", duration: "5", loudness: "-9", fold: "1" },
  { clip: "b.wav", label: "rain", prediction: "loud", duration: "5", loudness: "-30", fold: "2" },
]);

test("a clip with several labels counts for each of them, and is right with any of them", () => {
  const { classes, counts, right, total } = confusion(several);
  assert.deepEqual(
    [classes, counts],
    [
      ["loud", "rain"],
      [
        [1, 0],
        [2, 0],
      ],
    ],
  );
  assert.deepEqual([right, total, several.map(isRight)], [1, 2, [true, false]]);
  assert.equal(chosen(several, { ...any, label: "loud" }).length, 1);
});

// What preprocess writes: no predictions.
const set = clipsOf([
  {
    clip: "10.wav",
    url: "http://x/10.flac",
    label: "rain|loud",
    split: "",
    fold: "10",
    duration: "2",
    sample_rate: "16000",
    loudness: "-12.5",
    peaks: "",
  },
  {
    clip: "9.wav",
    url: "",
    label: "rain",
    split: "",
    fold: "9",
    duration: "12",
    sample_rate: "16000",
    loudness: "-51",
    peaks: "",
  },
  {
    clip: "8.wav",
    url: "http://x/8.flac",
    label: "sea",
    split: "",
    fold: "9",
    duration: "3",
    sample_rate: "16000",
    loudness: "-100",
    peaks: "",
  },
]);

test("the table of a data set is told from that of an evaluation", () => {
  assert.deepEqual([areJudged(clips), areJudged(set)], [true, false]);
  assert.equal(orderNames(false)[0], "name");
  assert.deepEqual(clipsOf([{ clip: "a", label: "x", fold: "0" }])[0].fold, "", "fold 0 is none");
});

test("classes are counted in every fold, in the order of people", () => {
  const { field, parts, rows } = classesOf(set);
  assert.deepEqual([field, parts], ["fold", ["9", "10"]]);
  assert.deepEqual(
    rows.map(row => [row.label, row.count, row.seconds, row.counts]),
    [
      ["loud", 1, 2, [0, 1]],
      ["rain", 2, 14, [1, 1]],
      ["sea", 1, 3, [1, 0]],
    ],
  );
});

test("a set without folds and splits has no columns, one with splits has them in their usual order", () => {
  assert.deepEqual(classesOf(set.slice(1)).parts, []);
  const split = set.map((clip, i) => ({ ...clip, split: ["test", "train", "validation"][i] }));
  assert.deepEqual([classesOf(split).field, classesOf(split).parts], ["split", ["train", "validation", "test"]]);
  assert.deepEqual(inOrder(["b", "a", "", "b"]), ["a", "b"]);
});

test("loudness, length, a text and whether there is a sound narrow the list", () => {
  const ids = (/** @type {any} */ choice) => chosen(set, { ...any, sort: "name", ...choice }).map(clip => clip.id);
  assert.deepEqual(ids({}), ["8.wav", "9.wav", "10.wav"]);
  assert.deepEqual(ids({ loud: "..-50" }), ["8.wav", "9.wav"]);
  assert.deepEqual(ids({ loud: "-20.." }), ["10.wav"]);
  assert.deepEqual(ids({ long: "1..4", find: "8" }), ["8.wav"]);
  assert.deepEqual([ids({ kept: "no" }), ids({ kept: "yes" })], [["9.wav"], ["8.wav", "10.wav"]]);
  assert.deepEqual(ids({ sort: "loud" }), ["10.wav", "9.wav", "8.wav"]);
  assert.ok(inRange(-50, "-50..-35") && !inRange(-35, "-50..-35"));
});
