import assert from "node:assert/strict";
import { test } from "node:test";
import { placed } from "../../web/kit/over/menu.js";

const phone = { width: 390, height: 844 };
const button = (left, top) => ({ left, top, bottom: top + 32 });

test("it opens at its button: below, or above where there is more room", () => {
  assert.deepEqual(placed(button(20, 100), 200, 300, phone), { left: 20, top: 136, room: 700 });
  assert.deepEqual(placed(button(20, 700), 200, 300, phone), { left: 20, top: 396, room: 688 });
});

test("it stays in the window and never covers its button while there is room", () => {
  for (const top of [0, 100, 400, 600, 800]) {
    for (const height of [40, 300, 2000]) {
      const at = button(350, top);
      const place = placed(at, 300, height, phone);
      const tall = Math.min(height, place.room);
      assert.ok(place.left >= 8 && place.left + 300 <= 390 - 8);
      assert.ok(place.top >= 8 && place.top + tall <= 844 - 8, `${top} ${height}`);
      assert.ok(place.top >= at.bottom || place.top + tall <= at.top, `${top} ${height} covers`);
    }
  }
});

test("where there is no room at all it can still be used", () => {
  const place = placed(button(0, 90), 100, 400, { width: 300, height: 200 });
  assert.ok(place.room >= 140 && place.top >= 8 && place.top + 140 <= 192);
});
