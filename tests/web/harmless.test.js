import assert from "node:assert/strict";
import { test } from "node:test";
import { safeAddress } from "../../web/lib/addresses/harmless.js";
import { fileUrl } from "../../web/lib/addresses/files.js";

test("an address that would run something is none", () => {
  const bad = [
    "javascript:alert(1)",
    " JavaScript:alert(1)",
    "java\tscript:alert(1)",
    "\u0001javascript:alert(1)",
    "data:text/html,<script>alert(1)</script>",
    "vbscript:x",
    "filesystem:http://localhost/x",
    "view-source:http://localhost",
    "http://",
    "",
  ];
  for (const one of bad) {
    assert.equal(safeAddress(one), "", one);
    assert.equal(fileUrl(one), "", one);
  }
});

test("other addresses stay as they are", () => {
  for (const one of [
    "http://host/a b?c#d",
    "https://host",
    "/files/x.wav",
    "x/y.wav",
    "s3://bucket/x",
    "blob:http://localhost/1",
  ]) {
    assert.equal(safeAddress(one), one);
  }
});
