import assert from "node:assert/strict";
import { test } from "node:test";
import {
  controlOf,
  flipped,
  inSections,
  isIn,
  isStandard,
  problemOf,
  stepped,
  toggled,
  told,
} from "../../web/actions/parameter.js";
import { SCHEMA, withSchema } from "../../web/actions/schema.js";
import { clonesOf, shortNames, sweepTag, sweptParams } from "../../web/actions/sweep.js";
import { groupLink } from "../../web/lib/addresses/links.js";
import { customColumn } from "../../web/pages/tasks/columns.js";
import { filterBody, readQuery } from "../../web/pages/tasks/query.js";

const param = (type, value, description = "") => ({ section: "Args", name: "x", type, value, description });

test("what stands behind a description is its heading and its rules", () => {
  assert.deepEqual(told({ description: "passes over the clips [Training; at least 1]" }), {
    help: "passes over the clips",
    section: "Training",
    unit: "",
    choices: [],
    known: [],
    low: 1,
    high: Infinity,
    ends: ["1"],
    each: false,
    items: "",
    empty: false,
    filled: false,
    ruled: true,
    standard: null,
  });
  const edge = told({ description: "upper edge [Features; in Hz; 0 to 192000; or empty]" });
  assert.deepEqual([edge.section, edge.unit, edge.high, edge.empty], ["Features", "Hz", 192000, true]);
  assert.deepEqual(told({ description: "way [one of a, b-c]" }).choices, ["a", "b-c"]);
  const rate = told({ description: "peak [Training; 1e-09 to 10; or empty]" });
  assert.deepEqual([rate.low, rate.high, rate.empty], [1e-9, 10, true]);
  assert.deepEqual(
    [told({ description: "edge [-120 to -1]" }).low, told({ description: "x [each at least 0]" }).each],
    [-120, true],
  );
});

test("a description that is only a description stays whole", () => {
  for (const description of ["", "a [note", "see [1] and [2] for more", undefined, "None"])
    assert.equal(told({ description }).ruled, false, description);
  assert.equal(told({ description: "see [1] and more" }).help, "see [1] and more");
});

test("a value is held to its rules as the command line does", () => {
  const wrong = (type, description, ...values) => values.filter(one => problemOf(param(type, "", description), one));
  assert.deepEqual(wrong("int", "[T; 1 to 64]", "1", "64", "0", "65", "many", "", "1.5"), [
    "0",
    "65",
    "many",
    "",
    "1.5",
  ]);
  assert.deepEqual(wrong("float", "[0 to 1]", "0.5", "1e-3", "2", "inf", "nan", "None"), ["2", "inf", "nan", "None"]);
  assert.deepEqual(wrong("float", "[T; 0 to 1; or empty]", "", "None", "null", "2"), ["2"]);
  assert.deepEqual(wrong("str", "[one of a, b]", "a", "c", ""), ["c", ""]);
  assert.deepEqual(wrong("list", "[each 0.1 to 10]", "[1, 2.5]", "[1, 20]", "[]", "1, 2", "(1, 20)"), [
    "[1, 20]",
    "(1, 20)",
  ]);
  assert.deepEqual(wrong("list", "[one of onnx, torchscript]", '["onnx"]', "onnx, onxx"), ["onnx, onxx"]);
  assert.deepEqual(wrong("float", "", "inf", "", "abc"), ["abc"], "others\u2019 tasks have no rules but their type");
});

const properties = {
  epochs: {
    type: "integer",
    minimum: 1,
    default: 100,
    description: "passes",
    "x-group": "Training",
    "x-default": "100",
  },
  rate: { type: ["number", "null"], minimum: 1e-9, maximum: 10, description: "peak", "x-unit": "s", "x-default": "" },
  optimizer: { type: "string", enum: ["adamw", "sgd"], "x-default": "adamw" },
  model: { type: "string", examples: ["cnn", "crnn"], "x-default": "cnn" },
  on: { type: "boolean", "x-default": "True" },
  speeds: { type: "array", items: { type: "number", minimum: 0.1 }, minItems: 1, "x-default": "[1.0, 2.0]" },
};
const typed = { epochs: "int", rate: "float", optimizer: "str", model: "str", on: "bool", speeds: "list" };
const ruled = (value = "", schema = JSON.stringify({ properties })) =>
  Object.fromEntries(
    withSchema(
      Object.entries(typed).map(([name, type]) => ({ section: "Args", name, type, value, description: "" })),
      { [SCHEMA]: { value: schema } },
    ).map(one => [one.name, one]),
  );

test("a task's schema says what its parameters may be, and comes before their descriptions", () => {
  const all = ruled();
  const { help, section, low, standard } = told({ ...all.epochs, description: "old [Old; at least 7]" });
  assert.deepEqual([help, section, low, standard], ["passes", "Training", 1, "100"]);
  assert.deepEqual([told(all.rate).ends, told(all.rate).unit, told(all.rate).empty], [["1e-09", "10"], "s", true]);
  assert.deepEqual(
    ["0", "2"].map(text => problemOf(all.epochs, text)),
    [["It must be at least {low}", { low: "1" }], null],
  );
  assert.deepEqual(
    [problemOf(all.optimizer, "adam"), problemOf(all.model, "theirs"), problemOf(all.rate, "none")],
    [["It can be {choices}", { choices: "adamw, sgd" }], null, null],
  );
  assert.deepEqual(
    ["[]", "[0.05]", "1, x", "1, 2"].map(text => problemOf(all.speeds, text)?.[0] ?? null),
    ["It must not be empty", "It must be at least {low}", "Expected a number, got '{text}'", null],
  );
});

test("what it may be decides how it is chosen", () => {
  const control = (name, value) => controlOf(ruled(value)[name]);
  assert.deepEqual(
    [
      control("on", "True"),
      control("optimizer", "sgd"),
      control("optimizer", "gone"),
      control("model", "theirs"),
      control("epochs", "3"),
      control("speeds", "[1]"),
    ],
    ["switch", "list", "text", "names", "number", "text"],
  );
});

test("somebody else's object of that name, a broken one and other sections are left alone", () => {
  for (const text of [
    "",
    "a = 1",
    "[]",
    "null",
    '"x"',
    '{"properties": 3}',
    '{"properties": {"epochs": 4}}',
    undefined,
  ]) {
    const { epochs } = ruled("5", text);
    assert.equal(text === undefined || !epochs.rule, true, text);
  }
  const general = withSchema([{ section: "General", name: "epochs", value: "1" }], {
    [SCHEMA]: { value: JSON.stringify({ properties }) },
  });
  assert.equal(general[0].rule, undefined);
  assert.equal(
    withSchema([{ section: "Args", name: "constructor", value: "" }], { [SCHEMA]: { value: '{"properties": {}}' } })[0]
      .rule,
    undefined,
  );
  assert.equal(withSchema([{ section: "Args", name: "epochs", value: "" }], undefined)[0].rule, undefined);
});

test("a list of choices is ticked, and written as the command line writes it, in the order of the choices", () => {
  const rule = { type: "array", items: { type: "string", enum: ["ts", "onnx", "int8"] } };
  const formats = { section: "Args", name: "f", type: "list", value: '["onnx"]', rule };
  assert.deepEqual(
    [controlOf(formats), controlOf({ ...formats, value: "[]" }), controlOf({ ...formats, value: '["gone"]' })],
    ["several", "several", "text"],
  );
  assert.equal(toggled('["onnx"]', "ts", ["ts", "onnx", "int8"]), '["ts", "onnx"]');
  assert.equal(toggled('["onnx"]', "onnx", ["ts", "onnx", "int8"]), "[]");
  assert.deepEqual([isIn("ts onnx", "onnx"), isIn("[]", "onnx"), isIn("[", "onnx")], [true, false, false]);
});

test("a value is its default however it is written, and without a schema nobody knows", () => {
  const is = (name, ...texts) => texts.map(text => isStandard(ruled()[name], text));
  assert.deepEqual(is("epochs", "100", "1e2", " 100.0", "99", ""), [true, true, true, false, false]);
  assert.deepEqual(is("rate", "", "None", "0.1"), [true, true, false]);
  assert.deepEqual(is("on", "true", "1", "False"), [true, true, false]);
  assert.deepEqual(is("speeds", "[1, 2]", "1.0 2", "(1, 2.0)", "[2, 1]"), [true, true, true, false]);
  assert.equal(isStandard(param("int", "3"), "4"), true);
});

test("the arrow keys step a number by its leading digit and stay in its range", () => {
  const step = (name, text, way) => stepped(ruled()[name], text, way);
  assert.deepEqual(
    [step("epochs", "100", 1), step("epochs", "1", -1), step("epochs", "many", 1), step("epochs", "", 1)],
    ["101", "1", null, null],
  );
  assert.deepEqual(
    [step("rate", "0.003", 1), step("rate", "0.3", -1), step("rate", "10", 1), step("rate", "0", 1)],
    ["0.004", "0.2", "10", "0.1"],
  );
});

test("booleans are switches and choices lists, where their value is one", () => {
  assert.equal(controlOf(param("bool", "True")), "switch");
  assert.equal(controlOf(param("bool", "maybe")), "text");
  assert.equal(controlOf(param("str", "a", "[one of a, b]")), "list");
  assert.equal(controlOf(param("str", "gone", "[one of a, b]")), "text");
  assert.deepEqual(["True", "False", "true", "false"].map(flipped), ["False", "True", "false", "true"]);
});

test("parameters stand under their headings, those of other sections under theirs", () => {
  const all = [
    param("int", "1", "[A; at least 1]"),
    { ...param("int", "1"), section: "General" },
    param("int", "1", "[B]"),
    param("int", "1"),
  ];
  assert.deepEqual(
    inSections(all).map(({ title, params }) => [title, params.length]),
    [
      ["A", 1],
      ["General", 1],
      ["B", 1],
      ["Args", 1],
    ],
  );
});

const hyperparams = {
  Args: { learning_rate: { value: "0.1" }, lag_ratio: { value: "1" }, seed: { value: "0" }, path: { value: "/a" } },
};

test("the tasks of a sweep are told apart by short names, and by nothing else than what was swept", () => {
  const names = edits => clonesOf(hyperparams, edits, "n").map(one => one.name);
  assert.deepEqual(names({ "Args/learning_rate": "0.1, 0.2" }), ["n learning_rate=0.1", "n learning_rate=0.2"]);
  assert.deepEqual(names({ "Args/learning_rate": "1, 2", "Args/seed": "0, 1" }), [
    "n lr=1 seed=0",
    "n lr=1 seed=1",
    "n lr=2 seed=0",
    "n lr=2 seed=1",
  ]);
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
  assert.deepEqual(
    swept.map(one => one.name),
    ["learning_rate"],
  );
  const link = new URL(groupLink("p1", tag, swept), "http://x");
  assert.equal(link.pathname, "/projects/p1/tasks");
  assert.deepEqual(readQuery(link.searchParams).tags, [tag]);
  assert.equal(customColumn(decodeURIComponent(link.searchParams.get("also") ?? ""))?.label, "learning_rate");
});

test("templates, pipelines and datasets stand apart until they are asked for", () => {
  const body = text => filterBody(readQuery(new URLSearchParams(text)), "*");
  assert.deepEqual(body("").system_tags, ["-archived", "-pipeline", "-dataset"]);
  assert.deepEqual(body("").tags, ["__$not", "template"]);
  assert.deepEqual(body("kind=all").tags, undefined);
  assert.deepEqual(body("kind=all").system_tags, ["-archived"]);
  assert.deepEqual(body("kind=templates").tags, ["__$all", "template"]);
  assert.deepEqual(body("tags=template,mine").tags, ["__$all", "template", "mine"]);
  assert.deepEqual(body("archive=1").system_tags, ["archived", "-pipeline", "-dataset"]);
});
