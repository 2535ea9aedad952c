import assert from "node:assert/strict";
import test from "node:test";
import { between, classesIn, clock, inOrder, nearest, readRecordings } from "../../../web/audio/events/recordings.js";

const event = (onset, offset, label, score = 0.5) => ({ id: 0, onset, offset, label, score, mean: score });

test("events are read in order of time, and known by their place", () => {
  const told = { recordings: [{ file: "a.wav", duration: 9, events: [event(5, 6, "dog"), event(1, 2, "cat")] }] };
  const [found] = readRecordings(told);
  assert.deepEqual(
    found.events.map(one => [one.id, one.label]),
    [
      [0, "cat"],
      [1, "dog"],
    ],
  );
  assert.deepEqual(found.pieces, []);
});

test("a recording of which a piece did not arrive is not played", () => {
  const [found] = readRecordings({ recordings: [{ file: "a", pieces: ["http://x/1", ""] }] });
  assert.deepEqual(found.pieces, []);
});

test("an artifact without anything is no recordings", () => assert.deepEqual(readRecordings({}), []));

test("the classes that occur most often come first", () => {
  const found = classesIn([event(0, 1, "b"), event(1, 2, "a"), event(2, 3, "a"), event(3, 4, "c")]);
  assert.deepEqual(
    found.map(one => `${one.label} ${one.count}`),
    ["a 2", "b 1", "c 1"],
  );
});

test("what reaches into a minute is in it, and what only touches it is not", () => {
  const events = [event(0, 60, "before"), event(50, 61, "into"), event(119, 130, "out of"), event(120, 130, "after")];
  assert.deepEqual(
    between(events, 60, 120).map(one => one.label),
    ["into", "out of"],
  );
});

test("the nearest event is the one that is hit, else one within reach, else none", () => {
  const events = [event(0, 2, "a"), event(5, 6, "b")];
  assert.equal(nearest(events, 1, 0.5)?.label, "a");
  assert.equal(nearest(events, 4.8, 0.5)?.label, "b");
  assert.equal(nearest(events, 3.5, 0.5), null);
});

test("places are told to a tenth of a second", () => {
  assert.deepEqual([0, 9.96, 59.96, 125.25, 3725.3].map(clock), ["0:00.0", "0:10.0", "1:00.0", "2:05.3", "1:02:05.3"]);
});

test("the surest and the longest come first where that is the order", () => {
  const events = [event(0, 1, "a", 0.2), event(1, 9, "b", 0.1), event(2, 3, "c", 0.9)];
  assert.equal(inOrder(events, "score")[0].label, "c");
  assert.equal(inOrder(events, "length")[0].label, "b");
  assert.equal(inOrder(events, "onset"), events);
});
