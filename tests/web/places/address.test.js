import assert from "node:assert/strict";
import { test } from "node:test";
import { decoded } from "../../../web/lib/addresses/address.js";
import { matcher } from "../../../web/lib/addresses/router.js";
import { customColumn } from "../../../web/pages/tasks/columns.js";
import { filterBody, readQuery } from "../../../web/pages/tasks/query.js";
import { find } from "../../../web/routes.js";

const broken = ["%", "%E0%A4%A", "50%", "%zz", "a%20b%", "%F0%9F%8E%B5%", "%ff%61", "%%%41"];

test("whatever stands in an address is decoded as far as it can be", () => {
  assert.deepEqual(broken.map(decoded), ["%", "%E0%A4%A", "50%", "%zz", "a b%", "🎵%", "%ff%61", "%%A"]);
  assert.equal(decoded("%E5%A3%B0"), "声");
});

test("a malformed path finds its page all the same", () => {
  assert.deepEqual(matcher("/projects/:project/tasks")("/projects/%E0%A4%A/tasks"), { project: "%E0%A4%A" });
  for (const one of broken) {
    for (const path of [
      `/projects/${one}/tasks`,
      `/projects/*/tasks/${one}/output/${one}`,
      `/queues/${one}`,
      `/projects/*/compare-tasks;ids=${one},b/${one}`,
      `/models/${one}`,
      `/settings/${one}`,
    ])
      assert.ok(find(path), path);
  }
});

test("a malformed query is read, and what no server would know is left out", () => {
  for (const one of broken) {
    const text = new URLSearchParams(
      ["status", "type", "user", "tags", "sort", "parent", "project", "is.a.b", "in.x", "since.y"].map(name => [
        name,
        one,
      ]),
    );
    const body = filterBody(readQuery(text), "*");
    assert.equal(body.status, undefined, one);
    JSON.stringify(body);
  }
});

test("a column that an address made up is no column", () => {
  for (const one of ["m.", "p.", "m.a.b.value", "p.hyperparams", "p.%|", "x", ""])
    assert.doesNotThrow(() => customColumn(one), one);
});
