import assert from "node:assert/strict";
import { test } from "node:test";
import { nextPlace } from "../../../web/lib/addresses/router.js";

const origin = "https://sounds.example";

test("after signing in one comes to the address that was wanted", () => {
  assert.equal(nextPlace("/queues?q=a%20b", origin), "/queues?q=a%20b");
  assert.equal(nextPlace("https://sounds.example/models", origin), "/models");
});

test("an address elsewhere, a broken one and the sign-in itself lead home", () => {
  const elsewhere = [
    "https://evil.example/queues",
    "//evil.example",
    "/\\evil.example",
    "https://sounds.example//evil.example/x",
    "javascript:alert(1)",
    "data:text/html,x",
    "http://[",
    "/login",
    "/login?next=/queues",
    "",
    null,
  ];
  for (const one of elsewhere) assert.equal(nextPlace(one, origin), "/", String(one));
});
