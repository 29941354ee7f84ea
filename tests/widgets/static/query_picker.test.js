import assert from "node:assert/strict";
import { test } from "node:test";
import { tooLarge } from "../../../simnb/widgets/static/query_inputs.js";
import { stepTo } from "../../../simnb/widgets/static/query_picker.js";

test("steps go through all rows, round and round", () => {
  assert.equal(stepTo([], 5, 2, 1), 3);
  assert.equal(stepTo([], 5, 2, -1), 1);
  assert.equal(stepTo([], 5, 4, 1), 0);
  assert.equal(stepTo([], 5, 0, -1), 4);
  assert.equal(stepTo([], 5, 3, 0), 0);
});

test("without a query the first step is to one end", () => {
  assert.equal(stepTo([], 5, null, 1), 0);
  assert.equal(stepTo([], 5, null, -1), 4);
  assert.equal(stepTo([2, 9], 50, null, 1), 2);
  assert.equal(stepTo([2, 9], 50, null, -1), 9);
});

test("where rows are selected, steps go through these", () => {
  const rows = new Uint32Array([3, 10, 20]);
  assert.deepEqual([0, 3, 5, 10, 15, 20, 30].map((row) => stepTo(rows, 50, row, 1)), [3, 10, 10, 20, 20, 3, 3]);
  assert.deepEqual([0, 3, 5, 10, 15, 20, 30].map((row) => stepTo(rows, 50, row, -1)), [20, 20, 3, 3, 10, 10, 20]);
  assert.equal(stepTo(rows, 50, 20, 0), 3);
});

test("where there are no queries there is no step", () => {
  assert.equal(stepTo([], 0, null, 1), null);
});

test("what Jupyter would lose is refused with its size", () => {
  assert.equal(tooLarge("it", 8_000_000), "");
  assert.equal(tooLarge("it", 8_000_001), "it is too large: at most 8 MB can be sent, and it has 8.1 MB.");
  assert.equal(tooLarge("it", 1_234_567_890), "it is too large: at most 8 MB can be sent, and it has 1,234.6 MB.");
});
