import assert from "node:assert/strict";
import { test } from "node:test";
import { controlOf, flipped, inSections, problemOf, told } from "../../web/actions/parameter.js";
import { clonesOf, shortNames, sweepTag, sweptParams } from "../../web/actions/sweep.js";
import { groupLink } from "../../web/lib/links.js";
import { customColumn } from "../../web/pages/tasks/columns.js";
import { filterBody, readQuery } from "../../web/pages/tasks/query.js";

const param = (type, value, description = "") => ({ section: "Args", name: "x", type, value, description });

test("what stands behind a description is its heading and its rules", () => {
  assert.deepEqual(told({ description: "passes over the clips [Training; at least 1]" }),
    { help: "passes over the clips", section: "Training", choices: [], low: 1, high: Infinity, ends: ["1"], each: false, empty: false,
      ruled: true });
  assert.deepEqual(told({ description: "way [one of a, b-c]" }).choices, ["a", "b-c"]);
  const rate = told({ description: "peak [Training; 1e-09 to 10; or empty]" });
  assert.deepEqual([rate.low, rate.high, rate.empty], [1e-9, 10, true]);
  assert.deepEqual([told({ description: "edge [-120 to -1]" }).low, told({ description: "x [each at least 0]" }).each], [-120, true]);
});

test("a description that is only a description stays whole", () => {
  for (const description of ["", "a [note", "see [1] and [2] for more", undefined, "None"]) assert.equal(told({ description }).ruled, false, description);
  assert.equal(told({ description: "see [1] and more" }).help, "see [1] and more");
});

test("a value is held to its rules as the command line does", () => {
  const wrong = (type, description, ...values) => values.filter((one) => problemOf(param(type, "", description), one));
  assert.deepEqual(wrong("int", "[T; 1 to 64]", "1", "64", "0", "65", "many", "", "1.5"), ["0", "65", "many", "", "1.5"]);
  assert.deepEqual(wrong("float", "[0 to 1]", "0.5", "1e-3", "2", "inf", "nan", "None"), ["2", "inf", "nan", "None"]);
  assert.deepEqual(wrong("float", "[T; 0 to 1; or empty]", "", "None", "null", "2"), ["2"]);
  assert.deepEqual(wrong("str", "[one of a, b]", "a", "c", ""), ["c", ""]);
  assert.deepEqual(wrong("list", "[each 0.1 to 10]", "[1, 2.5]", "[1, 20]", "[]", "1, 2", "(1, 20)"), ["[1, 20]", "(1, 20)"]);
  assert.deepEqual(wrong("list", "[one of onnx, torchscript]", '["onnx"]'), []);
  assert.deepEqual(wrong("float", "", "inf", "", "abc"), ["abc"], "others\u2019 tasks have no rules but their type");
});

test("booleans are switches and choices lists, where their value is one", () => {
  assert.equal(controlOf(param("bool", "True")), "switch");
  assert.equal(controlOf(param("bool", "maybe")), "text");
  assert.equal(controlOf(param("str", "a", "[one of a, b]")), "list");
  assert.equal(controlOf(param("str", "gone", "[one of a, b]")), "text");
  assert.deepEqual(["True", "False", "true", "false"].map(flipped), ["False", "True", "false", "true"]);
});

test("parameters stand under their headings, those of other sections under theirs", () => {
  const all = [param("int", "1", "[A; at least 1]"), { ...param("int", "1"), section: "General" }, param("int", "1", "[B]"), param("int", "1")];
  assert.deepEqual(inSections(all).map(({ title, params }) => [title, params.length]), [["A", 1], ["General", 1], ["B", 1], ["Args", 1]]);
});

const hyperparams = { Args: { learning_rate: { value: "0.1" }, lag_ratio: { value: "1" }, seed: { value: "0" }, path: { value: "/a" } } };

test("the tasks of a sweep are told apart by short names, and by nothing else than what was swept", () => {
  const names = (edits) => clonesOf(hyperparams, edits, "n").map((one) => one.name);
  assert.deepEqual(names({ "Args/learning_rate": "0.1, 0.2" }), ["n learning_rate=0.1", "n learning_rate=0.2"]);
  assert.deepEqual(names({ "Args/learning_rate": "1, 2", "Args/seed": "0, 1" }), ["n lr=1 seed=0", "n lr=1 seed=1", "n lr=2 seed=0", "n lr=2 seed=1"]);
  assert.deepEqual(names({ "Args/learning_rate": "0.2", "Args/seed": "1" }), ["n"]);
  assert.deepEqual(shortNames(["learning_rate", "lag_ratio_x"]), ["lr", "lrx"]);
  assert.deepEqual(shortNames(["learning_rate", "label_rings"]), ["learning_rate", "label_rings"]);
  const twins = names({ "Args/path": "/data/one/weights.pt, /data/two/weights.pt" });
  assert.equal(new Set(twins).size, 2);
});

test("the group of a sweep is found by its tag, with a column for each parameter that differs", () => {
  const tag = sweepTag(new Date(2026, 10, 26, 9, 5, 7));
  assert.equal(tag, "sweep-1126-090507");
  const swept = sweptParams(hyperparams, { "Args/learning_rate": "1, 2", "Args/seed": "4" });
  assert.deepEqual(swept.map((one) => one.name), ["learning_rate"]);
  const link = new URL(groupLink("p1", tag, swept), "http://x");
  assert.equal(link.pathname, "/projects/p1/tasks");
  assert.deepEqual(readQuery(link.searchParams).tags, [tag]);
  assert.equal(customColumn(decodeURIComponent(link.searchParams.get("also") ?? ""))?.label, "learning_rate");
});

test("templates, pipelines and datasets stand apart until they are asked for", () => {
  const body = (text) => filterBody(readQuery(new URLSearchParams(text)), "*");
  assert.deepEqual(body("").system_tags, ["-archived", "-pipeline", "-dataset"]);
  assert.deepEqual(body("").tags, ["__$not", "template"]);
  assert.deepEqual(body("kind=all").tags, undefined);
  assert.deepEqual(body("kind=all").system_tags, ["-archived"]);
  assert.deepEqual(body("kind=templates").tags, ["__$all", "template"]);
  assert.deepEqual(body("tags=template,mine").tags, ["__$all", "template", "mine"]);
  assert.deepEqual(body("archive=1").system_tags, ["archived", "-pipeline", "-dataset"]);
});
