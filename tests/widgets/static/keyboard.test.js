import assert from "node:assert/strict";
import test from "node:test";

import { KEYS, commandOf } from "../../../simnb/widgets/static/keyboard.js";

const press = (key, more = {}) => commandOf({ key, ctrlKey: false, metaKey: false, altKey: false, shiftKey: false, ...more });

test("arrows go to points, and move the picture with Shift", () => {
  assert.deepEqual(press("ArrowUp"), ["go", 0, 1]);
  assert.deepEqual(press("ArrowLeft", { shiftKey: true }), ["shift", -1, 0]);
});

test("every key that the table names does something", () => {
  const named = { arrows: "ArrowRight", Space: " ", "n, Shift+n": "n", "+ − 0": "+", "Shift+arrows": "ArrowDown" };
  for (const [keys] of KEYS) assert.ok(press(named[keys] ?? keys), keys);
});

test("keys of the browser and of the page are left alone", () => {
  for (const own of ["ctrlKey", "metaKey", "altKey"]) assert.equal(press("c", { [own]: true }), null);
  for (const key of ["Tab", "F5", "d", "a", "PageDown"]) assert.equal(press(key), null);
});
