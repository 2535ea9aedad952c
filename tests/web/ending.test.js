/** Why a task failed stands before who wrote it down. */
import assert from "node:assert/strict";
import test from "node:test";
import { lastWord, tells, why } from "../../web/lib/reading/ending.js";

test("a reason stands before who changed the status, in whichever field it is", () => {
  assert.equal(why({ status_reason: "KeyError: 'lr'", status_message: "Changed by clearml-agent" }), "KeyError: 'lr'");
  assert.equal(why({ status_reason: "Changed by clearml-agent", status_message: "out of memory" }), "out of memory");
  assert.equal(why({ status_reason: "", status_message: "Changed by clearml-agent" }), "Changed by clearml-agent");
  assert.equal(why({ status_reason: null }), "");
  assert.ok(
    !tells("worker execution exit code 1") && !tells("") && tells("killed by signal 9 (perhaps out of memory)"),
  );
});

test("the last word of a console is its last error, else its last line", () => {
  assert.equal(
    lastWord(["Traceback (most recent call last):\n", "ValueError: no such fold\n", "Leaving process id 7\n"]),
    "ValueError: no such fold",
  );
  assert.equal(lastWord(["one\r50 %\r", "two\n\n"]), "two");
  assert.equal(lastWord([]), "");
});
