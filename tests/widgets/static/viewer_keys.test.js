import assert from "node:assert/strict";
import { test } from "node:test";
import { viewerCommand, walkTo } from "../../../simnb/widgets/static/viewer_keys.js";

const press = (key, more = {}) => viewerCommand({ key, ctrlKey: false, metaKey: false, altKey: false, shiftKey: false, ...more });

test("numbers go to a card, other keys do what their table says", () => {
  assert.deepEqual(press("1"), ["jump", 0]);
  assert.deepEqual(press("9"), ["jump", 8]);
  assert.deepEqual(press("Backspace"), ["back"]);
  assert.deepEqual(press("Backspace", { shiftKey: true }), ["forward"]);
  assert.deepEqual(press("ArrowUp"), ["walk", "ArrowUp"]);
  assert.deepEqual([press("n"), press("N")], [["step", 1], ["step", -1]]);
  assert.deepEqual(press("m"), ["random", true]);
});

test("the browser's own keys, and keys without a meaning, are left alone", () => {
  for (const key of ["0", "a", "Enter", " ", "Tab", "toString", "constructor"]) assert.equal(press(key), null, key);
  for (const held of ["ctrlKey", "metaKey", "altKey"]) assert.equal(press("r", { [held]: true }), null);
});

// Two grids: rows of 3, 3 and 1 cards, then of 3 narrower ones below.
const boxes = [[0, 0], [100, 0], [200, 0], [0, 100], [100, 100], [200, 100], [0, 200], [0, 330], [80, 330], [160, 330]].map(([left, top]) => ({ left, top }));

test("arrows to the sides go in reading order", () => {
  assert.deepEqual([0, 2, 6, 9].map((place) => walkTo(boxes, place, "ArrowRight")), [1, 3, 7, 9]);
  assert.deepEqual([0, 3, 7].map((place) => walkTo(boxes, place, "ArrowLeft")), [0, 2, 6]);
});

test("arrows up and down go to the nearest card of the next row", () => {
  assert.deepEqual([0, 1, 2, 4, 6, 8].map((place) => walkTo(boxes, place, "ArrowDown")), [3, 4, 5, 6, 7, 8]);
  assert.deepEqual([1, 4, 6, 8, 9].map((place) => walkTo(boxes, place, "ArrowUp")), [1, 1, 3, 6, 6]);
});

test("Home and End go to the ends, and whoever is on no card begins at the first", () => {
  assert.equal(walkTo(boxes, 4, "Home"), 0);
  assert.equal(walkTo(boxes, 4, "End"), 9);
  for (const key of ["ArrowUp", "ArrowDown", "ArrowLeft", "ArrowRight"]) assert.equal(walkTo(boxes, -1, key), 0);
});
