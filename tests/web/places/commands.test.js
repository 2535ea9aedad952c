import assert from "node:assert/strict";
import { test } from "node:test";
import { command, demo } from "../../../web/lib/addresses/commands.js";

test("a checkout's page names its programs, an installed one's the command", () => {
  assert.equal(command("agents.start", "--queue a"), "python -m agents.start --queue a");
  assert.equal(command("agents.start", "--queue a", true), "soundyard agent --queue a");
  assert.equal(command("server", "user password NAME", true), "soundyard serve user password NAME");
  assert.equal(command("tasks.register", "", true), "soundyard register");
  assert.equal(demo(), "make demo");
  assert.equal(demo(true), "soundyard demo");
});
