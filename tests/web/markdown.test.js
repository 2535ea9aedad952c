import assert from "node:assert/strict";
import test from "node:test";
import { blocksOf, spansOf } from "../../web/lib/reading/markdown.js";

test("a card is taken apart into headings, lists, tables and code, without its front matter", () => {
  const card = ["---", "license: unknown", "---", "", "# m", "", "a", "b", "", "- one", "- two", "", "| x | y |"];
  card.push("|---|---|", "| 1 | 2 |", "", "```python", "# no heading", "- no list", "```", "after");
  assert.deepEqual(blocksOf(card.join("\n")), [
    { kind: "heading", level: 1, text: "m" },
    { kind: "text", text: "a b" },
    { kind: "list", items: ["one", "two"] },
    { kind: "table", head: ["x", "y"], rows: [["1", "2"]] },
    { kind: "code", text: "# no heading\n- no list" },
    { kind: "text", text: "after" },
  ]);
});

test("signs that were meant as such stay, and none of them ends a cell", () => {
  const [table] = blocksOf("| class |\n|---|\n| a\\|b\\*c |");
  assert.ok(table.kind === "table");
  assert.deepEqual(spansOf(table.rows[0][0]), [{ text: "a|b*c" }]);
  assert.deepEqual(spansOf("\\`x\\`"), [{ text: "`x`" }]);
});

test("code, stress and addresses are told apart", () => {
  assert.deepEqual(spansOf("is `x` **y** <http://a/b> [c](http://d)"), [
    { text: "is " },
    { text: "x", code: true },
    { text: " " },
    { text: "y", strong: true },
    { text: " " },
    { text: "http://a/b", to: "http://a/b" },
    { text: " " },
    { text: "c", to: "http://d" },
  ]);
});

test("code that never ends, and nothing at all, are no trouble", () => {
  assert.deepEqual(blocksOf("```\na"), [{ kind: "code", text: "a" }]);
  assert.deepEqual(blocksOf(""), []);
});
