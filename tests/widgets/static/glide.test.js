import assert from "node:assert/strict";
import { test } from "node:test";
import { between, easeInOut } from "../../../simnb/widgets/static/glide.js";

test("easing starts at 0, ends at 1, only rises, and is slow at both ends", () => {
  assert.deepEqual([-1, 0, 0.5, 1, 7].map(easeInOut), [0, 0, 0.5, 1, 1]);
  const steps = Array.from({ length: 101 }, (_, k) => easeInOut(k / 100));
  for (let k = 1; k <= 100; k++) {
    assert.ok(steps[k] > steps[k - 1]);
    assert.ok(Math.abs(steps[k] + steps[100 - k] - 1) < 1e-12);
  }
  assert.ok(steps[1] < 0.001 && steps[50] - steps[49] > 0.01);
});

const [from, to] = [Float32Array.of(0, 1, NaN, 2, -1e30), Float32Array.of(10, -1, 5, NaN, 0.1)];

test("between lies on the line from one place to the other", () => {
  const out = new Float32Array(5);
  between(from, to, 0.25, out);
  assert.deepEqual(Array.from(out.subarray(0, 4)), [2.5, 0.5, 5, NaN]);
  assert.ok(Math.abs(out[4] / -7.5e29 - 1) < 1e-6);
});

test("between begins at the one array and ends exactly at the other", () => {
  const out = new Float32Array(5);
  between(from, to, 0, out);
  assert.deepEqual(Array.from(out), [0, 1, 5, NaN, from[4]]);
  between(from, to, 1, out);
  assert.deepEqual(out, to);
});

test("points that were not there before come in at their place, and writing over `from` is safe", () => {
  const moving = Float32Array.of(4);
  between(moving, Float32Array.of(8), 0.5, moving);
  assert.equal(moving[0], 6);
  const out = new Float32Array(2);
  between(Float32Array.of(4), Float32Array.of(8, 9), 0.5, out);
  assert.deepEqual(Array.from(out), [6, 9]);
});
