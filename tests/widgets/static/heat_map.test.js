import assert from "node:assert/strict";
import { test } from "node:test";
import { heatPixels, heatRange, heatShape, heatWords } from "../../../simnb/widgets/static/heat_map.js";

const COLORS = { low: "#0000ff", middle: "#808080", high: "#ff0000" };
const at = (pixels, place) => [...pixels.slice(4 * place, 4 * place + 4)];

test("a range is of all arrays together, what is no number left out", () => {
  assert.deepEqual(heatRange([[1, 4, null], [2, NaN, 9, Infinity]]), [1, 9]);
  assert.deepEqual(heatRange([[-3, -1]]), [-3, -1]);
  assert.deepEqual(heatRange([[], [null]]), [0, 0]);
});

test("a range of both signs has 0 in its middle", () => {
  assert.deepEqual(heatRange([[-1, 3]]), [-3, 3]);
  assert.deepEqual(heatRange([[-8], [2]]), [-8, 8]);
  assert.deepEqual(heatRange([[0, 3]]), [0, 3]);
});

test("numbers of both signs go from one colour over the middle to the other", () => {
  const pixels = heatPixels([-2, -1, 0, 1, 2], [-2, 2], COLORS);
  assert.deepEqual(at(pixels, 0), [0, 0, 255, 255]);
  assert.deepEqual(at(pixels, 1), [64, 64, 192, 255]);
  assert.deepEqual(at(pixels, 2), [128, 128, 128, 255]);
  assert.deepEqual(at(pixels, 3), [192, 64, 64, 255]);
  assert.deepEqual(at(pixels, 4), [255, 0, 0, 255]);
});

test("numbers of one sign go from the middle to one colour", () => {
  const pixels = heatPixels([5, 7], [5, 7], COLORS);
  assert.deepEqual([at(pixels, 0), at(pixels, 1)], [[128, 128, 128, 255], [255, 0, 0, 255]]);
});

test("equal numbers have one colour, and what is none is transparent", () => {
  const pixels = heatPixels([3, 3, null, NaN, Infinity], [3, 3], COLORS);
  assert.deepEqual(at(pixels, 0), at(pixels, 1));
  assert.equal(at(pixels, 0)[3], 255);
  for (const place of [2, 3, 4]) assert.equal(at(pixels, place)[3], 0);
});

test("an array of one axis is a strip, of more axes the last are columns", () => {
  assert.deepEqual(heatShape([5]), [1, 5]);
  assert.deepEqual(heatShape([2, 3]), [2, 3]);
  assert.deepEqual(heatShape([2, 3, 4]), [6, 4]);
  assert.deepEqual(heatShape([]), [1, 1]);
});

test("an array in words tells its shape and range", () => {
  assert.equal(heatWords({ values: [1, -2, null, 0.5], shape: [2, 2] }), "2 × 2 numbers from -2 to 1");
  assert.equal(heatWords({ values: [null], shape: [1] }), "1 number");
});
