import assert from "node:assert/strict";
import { test } from "node:test";
import { Asking } from "../../web/workers/asking.js";
import { serve } from "../../web/workers/serving.js";
import { finished, worked } from "../../web/workers/steps.js";

/** A worker in this process: what is posted arrives a turn later. @param {Record<string, any>} kinds */
function started(kinds) {
  const asking = new Asking(() => {
    /** @type {any} */
    const page = { onmessage: null, onerror: null, terminated: false, terminate: () => (page.terminated = true) };
    /** @type {any} */
    const worker = {
      onmessage: null,
      postMessage: (/** @type {any} */ data) => setTimeout(() => page.onmessage({ data })),
    };
    page.postMessage = (/** @type {any} */ data) => setTimeout(() => worker.onmessage({ data }));
    serve(kinds, worker);
    ports.push(page);
    return page;
  });
  /** @type {any[]} */
  const ports = [];
  return { asking, ports };
}

const kinds = (/** @type {string[]} */ done) => ({
  *twice(/** @type {number} */ n) {
    return { result: 2 * n };
  },
  *long(/** @type {string} */ name) {
    for (let i = 0; i < 20; i += 1) {
      const until = performance.now() + 5;
      while (performance.now() < until);
      yield;
    }
    done.push(name);
    return { result: name };
  },
  *broken() {
    throw new Error("no such thing");
  },
});

test("each request gets its own answer, or its own error", async () => {
  const { asking } = started(kinds([]));
  const [first, second, third] = await Promise.allSettled([
    asking.ask("twice", 1),
    asking.ask("broken", 0),
    asking.ask("twice", 3),
  ]);
  assert.deepEqual(
    [first, third].map(one => /** @type {any} */ (one).value),
    [2, 6],
  );
  assert.match(String(/** @type {any} */ (second).reason), /no such thing/);
});

test("what is taken back is left off at once, while it is worked on and while it waits; the rest goes on", async () => {
  /** @type {string[]} */
  const done = [];
  const { asking } = started(kinds(done));
  const [first, second] = [new AbortController(), new AbortController()];
  const asked = [
    asking.ask("long", "first", { signal: first.signal }),
    asking.ask("long", "second", { signal: second.signal }),
    asking.ask("long", "third"),
  ];
  setTimeout(() => (first.abort(), second.abort()), 30);
  const [a, b, c] = await Promise.allSettled(asked);
  assert.equal(/** @type {any} */ (a).reason.name, "AbortError");
  assert.equal(/** @type {any} */ (b).reason.name, "AbortError");
  assert.equal(/** @type {any} */ (c).value, "third");
  assert.deepEqual(done, ["third"]);
  const already = new AbortController();
  already.abort();
  await assert.rejects(asking.ask("twice", 1, { signal: already.signal }), { name: "AbortError" });
});

test("a worker that breaks down fails what it was asked, and another takes its place", async () => {
  const { asking, ports } = started(kinds([]));
  const lost = asking.ask("long", "lost");
  ports[0].onerror({ message: "out of memory" });
  await assert.rejects(lost, /out of memory/);
  assert.equal(ports[0].terminated, true);
  assert.equal(await asking.ask("twice", 4), 8);
  assert.equal(ports.length, 2);
});

test("steps give the same at once and piece by piece", async () => {
  function* count() {
    let sum = 0;
    for (let i = 0; i < 100; i += 1) {
      sum += i;
      yield;
    }
    return sum;
  }
  let turns = 0;
  const turn = async () => void (turns += 1);
  assert.equal(finished(count()), 4950);
  assert.equal(await worked(count(), () => false, { slice: 0, turn }), 4950);
  assert.ok(turns > 10);
  assert.equal(await worked(count(), () => turns > 120, { slice: 0, turn }), undefined);
});
