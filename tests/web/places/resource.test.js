import assert from "node:assert/strict";
import { globSync, readFileSync } from "node:fs";
import { afterEach, beforeEach, mock, test } from "node:test";
import { reads } from "../../../web/api.js";
import { Pages } from "../../../web/lib/answers/pages.js";
import { Resource, recovered, written } from "../../../web/lib/answers/resource.js";

const open = [];

/** A question whose answers come when, and in the order, that the test wants. */
function asked(wishes = {}) {
  const calls = [];
  let drawn = 0;
  const ask = (signal, old) => new Promise((resolve, reject) => calls.push({ resolve, reject, signal, old }));
  const resource = new Resource(ask, () => (drawn += 1), wishes);
  open.push(resource);
  return { resource, calls, drawn: () => drawn };
}

const settled = async () => {
  for (let i = 0; i < 20; i += 1) await Promise.resolve();
};
const pass = async ms => {
  mock.timers.tick(ms);
  await settled();
};
const gone = () => Object.assign(new Error("The server can’t be reached."), { gone: true });

beforeEach(() => mock.timers.enable({ apis: ["setTimeout"] }));
afterEach(() => {
  open.splice(0).forEach(one => one.close());
  mock.timers.reset();
});

test("the newest question wins, in whatever order the answers come", async () => {
  const { resource, calls } = asked();
  resource.load();
  resource.load();
  calls[1].resolve("new");
  await settled();
  calls[0].resolve("old");
  await settled();
  assert.equal(resource.data, "new");
  assert.ok(calls[0].signal.aborted);
});

test("an answer to what was asked before a write is dropped, and it is asked again", async () => {
  const { resource, calls } = asked({ every: 5 });
  resource.load();
  calls[0].resolve({ status: "queued" });
  await settled();
  await pass(5000); // a poll is on its way …
  assert.equal(calls.length, 2);
  written(); // … when somebody aborts the task
  calls[1].resolve({ status: "running" });
  await settled();
  assert.deepEqual(resource.data, { status: "queued" });
  await pass(25);
  calls[2].resolve({ status: "stopped" });
  await settled();
  assert.deepEqual(resource.data, { status: "stopped" });
});

test("a row of writes is followed by one question", async () => {
  const { resource, calls } = asked();
  resource.load();
  calls[0].resolve(1);
  await settled();
  for (let i = 0; i < 10; i += 1) {
    written();
    await pass(10);
  }
  await pass(100);
  assert.equal(calls.length, 2);
});

test("what nobody can change is not asked again after a write", async () => {
  const { resource, calls } = asked({ fixed: true });
  resource.load();
  calls[0].resolve("a file");
  await settled();
  written();
  await pass(1000);
  assert.equal(calls.length, 1);
});

test("while the server is gone it is tried again by itself, ever less often, also where nothing is live", async () => {
  const { resource, calls } = asked({ every: 0 });
  resource.load();
  calls[0].reject(gone());
  await settled();
  assert.ok(resource.error.gone);
  const waits = [1000, 2000, 4000, 8000, 15_000, 15_000];
  for (const [i, ms] of waits.entries()) {
    await pass(ms - 1);
    assert.equal(calls.length, i + 1, `before ${ms} ms`);
    await pass(1);
    assert.equal(calls.length, i + 2, `after ${ms} ms`);
    calls.at(-1).reject(gone());
    await settled();
  }
  recovered(); // another call has got through
  await pass(25);
  calls.at(-1).resolve("back");
  await settled();
  assert.equal(resource.data, "back");
  assert.equal(resource.error, null);
});

test("a refusal is said, leaves what is known, and a try by hand is a real one", async () => {
  const { resource, calls, drawn } = asked();
  resource.load();
  calls[0].resolve("known");
  await settled();
  resource.load();
  calls[1].reject(new Error("no"));
  await settled();
  assert.equal(resource.data, "known");
  assert.equal(resource.error.message, "no");
  assert.equal(drawn(), 2);
  await pass(60_000);
  assert.equal(calls.length, 2, "a refusal is not repeated by itself");
  resource.load();
  calls[2].resolve("better");
  await settled();
  assert.deepEqual([resource.data, resource.error], ["better", null]);
});

test("an answer that never comes is given up, said, and asked for again", async () => {
  const { resource, calls } = asked({ patience: 10_000 });
  resource.load();
  await pass(10_000);
  assert.match(resource.error.message, /has not answered/);
  assert.ok(calls[0].signal.aborted);
  await pass(1000);
  calls[1].resolve("late, but there");
  await settled();
  assert.equal(resource.data, "late, but there");
});

test("after it is closed nothing is asked, and no answer is taken", async () => {
  const { resource, calls, drawn } = asked({ every: 1 });
  resource.load();
  resource.close();
  calls[0].resolve("too late");
  await settled();
  written();
  recovered();
  await pass(60_000);
  assert.equal(calls.length, 1);
  assert.equal(drawn(), 0);
});

test("an answer that says the same is the same object, and draws nothing", async () => {
  const { resource, calls, drawn } = asked({ every: 1 });
  resource.load();
  calls[0].resolve({ a: [1] });
  await settled();
  const before = resource.data;
  await pass(1000);
  calls[1].resolve({ a: [1] });
  await settled();
  assert.equal(resource.data, before);
  assert.equal(drawn(), 1);
});

test("a result that is a function is merged into what is known by then", async () => {
  const { resource, calls } = asked();
  resource.load();
  calls[0].resolve(old => [...(old ?? []), "first"]);
  await settled();
  resource.load();
  resource.put(["older", "first"]); // fetched on the way up while the question is on its way
  calls[1].resolve(old => [...old, "second"]);
  await settled();
  assert.deepEqual(resource.data, ["older", "first", "second"]);
});

test("an every that is switched on asks from then on; switched off it rests", async () => {
  const { resource, calls } = asked();
  resource.load();
  calls[0].resolve(1);
  await settled();
  await pass(60_000);
  assert.equal(calls.length, 1);
  resource.every(2);
  await pass(2000);
  assert.equal(calls.length, 2);
  calls[1].resolve(1);
  await settled();
  resource.every(0);
  await pass(60_000);
  assert.equal(calls.length, 2);
});

/** A listing of so many rows, whose pages are answered by hand. */
function listing(options = {}) {
  const calls = [];
  const rows = (page, signal) => new Promise((resolve, reject) => calls.push({ page, resolve, reject, signal }));
  const pages = new Pages({ rows, count: async () => options.total ?? null }, () => {}, { size: 10, ...options });
  open.push(pages);
  return {
    pages,
    calls,
    answer: (call, length = 10) => call.resolve(Array.from({ length }, (_, i) => ({ id: `${call.page}.${i}` }))),
  };
}

test("pages are asked for as they come into sight, and those in sight are kept answered", async () => {
  const { pages, calls, answer } = listing({ total: 35, every: 5 });
  pages.start();
  answer(calls[0]);
  await settled();
  assert.equal(pages.count, 35);
  assert.equal(pages.rowAt(3).id, "0.3");
  assert.equal(pages.rowAt(12), undefined);
  pages.need(25, 35);
  assert.deepEqual(
    calls.slice(1).map(one => one.page),
    [2, 3],
  );
  answer(calls[2], 5);
  answer(calls[1]);
  await settled();
  assert.equal(pages.rowAt(34).id, "3.4");
  assert.equal(pages.rowAt(3).id, "0.3", "what was seen is still known");
  await pass(5000);
  assert.deepEqual(
    calls
      .slice(3)
      .map(one => one.page)
      .sort(),
    [2, 3],
    "only what is in sight",
  );
});

test("the rows of the question before stand in until the new ones are there, and never mix with them", async () => {
  const first = listing({ total: 20 });
  first.pages.start();
  first.answer(first.calls[0]);
  await settled();
  const second = listing({ total: 4, before: first.pages });
  first.pages.close();
  second.pages.start();
  assert.equal(second.pages.rowAt(2).id, "0.2");
  assert.equal(second.pages.loaded, false);
  second.calls[0].resolve([{ id: "other" }]);
  await settled();
  assert.equal(second.pages.rowAt(0).id, "other");
  assert.equal(second.pages.rowAt(2), undefined);
  assert.equal(second.pages.count, 1);
});

test("a page that failed says so, and is asked for again", async () => {
  const { pages, calls, answer } = listing();
  pages.start();
  calls[0].reject(new Error("no"));
  await settled();
  assert.equal(pages.error.message, "no");
  pages.reload();
  answer(calls[1], 3);
  await settled();
  assert.equal(pages.error, null);
  assert.equal(pages.count, 3);
});

const live = globSync("{lib,kit,actions,audio,pages}/**/*.js", { cwd: "web" }).flatMap(file =>
  [...readFileSync(`web/${file}`, "utf8").matchAll(/useApi\([^"]{0,60}"([a-z_]+\.[a-z_]+)"/g)].map(one => one[1]),
);

test("after a write whatever is in sight is asked anew; reading and signing in are no writes", () => {
  assert.ok(live.length > 10);
  for (const one of [
    "tasks.get_all_ex",
    "events.get_task_log",
    "projects.validate_delete",
    "auth.login",
    "login.supported_modes",
    "users.set_preferences",
    "debug.ping",
    "server.info",
    "storage.get_usage",
    "events.debug_images",
    "events.scalar_metrics_iter_histogram",
    ...live,
  ])
    assert.ok(reads(one), one);
  for (const one of [
    "tasks.stop_many",
    "tasks.clone",
    "queues.move_task_to_front",
    "models.set_ready",
    "projects.create",
    "auth.create_credentials",
    "events.add",
    "users.update",
  ])
    assert.ok(!reads(one), one);
});
