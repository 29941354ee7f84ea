import assert from "node:assert/strict";
import { test } from "node:test";

import { binned, distancesOf, expectedCosts, leastPlace, limitsShown, nearestTheCut, placeAt, ratioOf, roundedLimit, share } from "../../../simnb/widgets/static/steps.js";
import { generator } from "./points.js";

/** Ascending distinct numbers, of which some lie very close together. */
function someSteps(count, seed) {
  const random = generator(seed);
  const steps = [];
  let at = -2;
  for (let step = 0; step < count; step++) steps.push((at += random() < 0.2 ? 1e-9 : random()));
  return steps;
}

test("a place is the number of steps that are not above the limit, one that is equal included", () => {
  for (const count of [0, 1, 2, 3, 50]) {
    const steps = someSteps(count, count);
    for (const limit of [-Infinity, Infinity, -3, 0, 1.5, ...steps, ...steps.map((own) => own - 1e-12)]) {
      assert.equal(placeAt(steps, limit), steps.filter((own) => own <= limit).length);
    }
  }
});

test("queries are sorted by how near the limit they are, those at one distance by row", () => {
  const distances = [1, 2, 2, 3, 5, 8];
  const rows = [9, 4, 3, 0, 1, 2];
  assert.deepEqual(nearestTheCut([0, 1, 2, 3], distances, rows, 3), [3, 2, 1, 0]);
  assert.deepEqual(nearestTheCut([0, 3, 4, 5], distances, rows, 4), [3, 4, 0, 5]);
});

test("every query has the distance of its step, if it has any", () => {
  assert.deepEqual([...distancesOf([0.5, 2, 7], [0, 2, 2, 5], 6)], [0.5, 0.5, 7, 7, 7, Infinity]);
  assert.deepEqual([...distancesOf([], [0], 1)], [Infinity]);
});

test("a rounded limit is short and between the same two steps of both splits", () => {
  const [steps, others] = [someSteps(60, 1), someSteps(40, 6)];
  const random = generator(2);
  for (let n = 0; n < 300; n++) {
    const limit = n % 2 ? random() * 30 - 3 : steps[Math.floor(random() * 60)] + 5e-10;
    const short = roundedLimit([steps, others], limit);
    for (const own of [steps, others]) assert.equal(placeAt(own, short), placeAt(own, limit));
  }
  assert.equal(roundedLimit([[0, 1]], 0.123456789), 0.1235);
  assert.equal(roundedLimit([[0, 0.12345, 0.1235], []], 0.12348), 0.12348);
  assert.equal(roundedLimit([[0, 1], [0.123459]], 0.123456789), 0.123457);
});

test("the axis shows all steps, but not an outlier that would leave no room for the rest", () => {
  const [low, high] = limitsShown([1, 2, 3], [0, 1, 2, 3]);
  assert.ok(low < 1 && high > 3 && low > 0.9 && high < 3.1);
  const steps = [...Array(1000).keys(), 1e6];
  const given = [0, ...steps.map((_, place) => place + 1)];
  assert.ok(limitsShown(steps, given)[1] < 1500);
  assert.ok(limitsShown(steps, null)[1] > 1e6);
  for (const alone of [[0], [7], [-3]]) {
    const ends = limitsShown(alone, [0, 5]);
    assert.ok(ends[0] < alone[0] && ends[1] > alone[0]);
  }
  assert.deepEqual(limitsShown([], [0]), [0, 1]);
});

test("bins count every query once, by kind", () => {
  const random = generator(5);
  const steps = someSteps(30, 9);
  const [given, kinds, distances] = [[0], [], []];
  for (const step of steps) {
    const size = Math.floor(random() * 4);
    given.push(given.at(-1) + size);
    for (let n = 0; n < size; n++) {
      distances.push(step);
      kinds.push([0, 1, 2][Math.floor(random() * 3)]);
    }
  }
  const [low, high, bins] = [steps[0], steps[25], 7];
  const found = binned({ steps, given, kinds }, low, high, bins);
  const expected = { right: Array(bins).fill(0), wrong: Array(bins).fill(0), unknown: Array(bins).fill(0) };
  distances.forEach((own, query) => {
    const bin = Math.min(bins - 1, Math.max(0, Math.floor(((own - low) / (high - low)) * bins)));
    expected[["wrong", "right", "unknown"][kinds[query]]][bin] += 1;
  });
  for (const kind of Object.keys(expected)) assert.deepEqual([...found[kind]], expected[kind]);
});

test("the least cost is the first of the least", () => {
  assert.deepEqual([...expectedCosts([0, 1, 3], [4, 2, 0], 2, 4)], [1, 1, 1.5]);
  assert.equal(leastPlace([1, 1, 1.5]), 0);
  assert.equal(leastPlace([3, 1, 2, 1]), 1);
});

test("a share has four decimals, and none where it is undefined", () => {
  assert.deepEqual([1, 0.98765, 0, NaN, undefined].map(share), ["1.0000", "0.9877", "0.0000", "–", "–"]);
  assert.deepEqual([ratioOf(1, 4), ratioOf(0, 0), ratioOf(0, 0, 1)], [0.25, 0, 1]);
});
