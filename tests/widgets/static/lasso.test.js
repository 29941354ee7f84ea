import assert from "node:assert/strict";
import { test } from "node:test";
import { combine, inBox, inPolygon } from "../../../simnb/widgets/static/lasso.js";
import { clouds, generator, rowsOf } from "./points.js";

const isOdd = (row) => row % 2 === 1;

// Crossings of the ray to the right, over all edges.
function isInside(polygon, x, y) {
  let crossings = 0;
  for (let k = 0; k < polygon.length; k += 2) {
    const [ax, ay] = [polygon[k], polygon[k + 1]];
    const [bx, by] = [polygon[(k + 2) % polygon.length], polygon[(k + 3) % polygon.length]];
    const spans = (ay <= y && y < by) || (by <= y && y < ay);
    if (spans && x < ax + ((y - ay) / (by - ay)) * (bx - ax)) crossings++;
  }
  return crossings % 2 === 1;
}

function polygons(random) {
  const star = Array.from({ length: 300 }, (_, k) => {
    const angle = (k / 300) * 2 * Math.PI;
    const radius = 3 + 2 * Math.sin(7 * angle) + random();
    return [5 + radius * Math.cos(angle), 5 + radius * Math.sin(angle)];
  });
  return {
    triangle: [1, 1, 9, 2, 4, 8],
    "bow tie": [0, 0, 10, 10, 10, 0, 0, 10],
    square: [2, 2, 8, 2, 8, 8, 2, 8],
    "square with a corner twice": [2, 2, 2, 2, 8, 2, 8, 8, 2, 8, 2, 2],
    "scribble that crosses itself": Array.from({ length: 80 }, () => random() * 10),
    star: star.flat(),
    "far away": [1e5, 1e5, 1e6, 1e5, 1e5, 1e6],
  };
}

for (const [name, polygon] of Object.entries(polygons(generator(9)))) {
  test(`rows in a ${name} agree with counting all edges`, () => {
    for (const cloud of Object.values(clouds())) {
      const expected = rowsOf(cloud).filter((row) => isInside(polygon, cloud.xs[row], cloud.ys[row]));
      const inside = (row) => expected.includes(row);
      assert.deepEqual(Array.from(inPolygon(cloud.xs, cloud.ys, polygon)), expected);
      const odd = rowsOf(cloud).filter((row) => isOdd(row) && inside(row));
      assert.deepEqual(Array.from(inPolygon(cloud.xs, cloud.ys, polygon, isOdd)), odd);
    }
  });
}

test("what crosses itself twice is outside", () => {
  const [xs, ys] = [Float32Array.of(5, 5, 9, 1), Float32Array.of(1, 9, 5, 5)];
  assert.deepEqual(Array.from(inPolygon(xs, ys, polygons(generator(9))["bow tie"])), [2, 3]);
});

test("a lasso without an area holds nothing", () => {
  const [xs, ys] = [Float32Array.of(1, 2, NaN), Float32Array.of(1, 2, NaN)];
  for (const polygon of [[], [1, 1], [0, 0, 3, 3], [0, 1, 3, 1, 2, 1], [1, 1, 1, 1, 1, 1], [0, 0, NaN, 3, 4, NaN]]) {
    assert.equal(inPolygon(xs, ys, polygon).length, 0);
  }
});

test("neighbouring lassos share no point of their common border, and miss none", () => {
  const [xs, ys] = [Float32Array.from({ length: 11 }, () => 5), Float32Array.from({ length: 11 }, (_, k) => k)];
  const left = inPolygon(xs, ys, [0, -1, 5, -1, 5, 11, 0, 11]);
  const right = inPolygon(xs, ys, [5, -1, 9, -1, 9, 11, 5, 11]);
  assert.equal(left.length + right.length, 11);
  assert.equal(combine(left, right, "add", 11).length, 11);
});

test("a box holds its border, whichever corner is named first", () => {
  const [xs, ys] = [Float32Array.of(0, 1, 2, 3, NaN, 2), Float32Array.of(0, 1, 2, 3, 2, NaN)];
  for (const [x0, y0, x1, y1] of [[1, 1, 2, 2], [2, 2, 1, 1], [1, 2, 2, 1]]) {
    assert.deepEqual(Array.from(inBox(xs, ys, x0, y0, x1, y1)), [1, 2]);
    assert.deepEqual(Array.from(inBox(xs, ys, x0, y0, x1, y1, isOdd)), [1]);
  }
  assert.equal(inBox(new Float32Array(0), new Float32Array(0), 0, 0, 1, 1).length, 0);
});

test("combine agrees with sets", () => {
  const random = generator(10);
  for (let k = 0; k < 40; k++) {
    const some = () => Uint32Array.from({ length: Math.floor(random() * 12) }, () => Math.floor(random() * 20));
    const [before, found] = [some(), some()];
    const sorted = (rows) => [...new Set(rows)].sort((a, b) => a - b);
    assert.deepEqual(Array.from(combine(before, found, "replace", 20)), sorted(found));
    assert.deepEqual(Array.from(combine(before, found, "add", 20)), sorted([...before, ...found]));
    const left = [...before].filter((row) => !found.includes(row));
    assert.deepEqual(Array.from(combine(before, found, "subtract", 20)), sorted(left));
  }
});

test("combine takes plain lists, drops rows that do not exist, and returns row numbers", () => {
  const rows = combine([0, 7], [2, 99], "add", 8);
  assert.ok(rows instanceof Uint32Array);
  assert.deepEqual(Array.from(rows), [0, 2, 7]);
  assert.equal(combine([], [], "add", 0).length, 0);
});
