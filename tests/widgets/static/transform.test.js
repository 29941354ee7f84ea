import assert from "node:assert/strict";
import { test } from "node:test";
import {
  IDENTITY,
  boundsOf,
  depthOrder,
  fitView,
  flatten3d,
  panBy,
  split2d,
  toData,
  toScreen,
  turn,
  zoomAt,
} from "../../../simnb/widgets/static/transform.js";
import { clouds, generator, hasPlace, rowsOf } from "./points.js";

const near = (value, expected, tolerance = 1e-9) =>
  assert.ok(Math.abs(value - expected) <= tolerance, `${value} is not ${expected}`);

for (const [name, cloud] of Object.entries(clouds())) {
  test(`the view of ${name} holds every point, fills one side and is centred`, () => {
    const view = fitView(cloud.xs, cloud.ys, 300, 200, 20);
    assert.ok(view.scale > 0 && Object.values(view).every(Number.isFinite), JSON.stringify(view));
    const rows = rowsOf(cloud).filter((row) => hasPlace(cloud, row));
    if (!rows.length) return assert.deepEqual(toScreen(view, 0, 0), [150, 100]);
    const places = rows.map((row) => toScreen(view, cloud.xs[row], cloud.ys[row]));
    const [left, right, top, bottom] = [
      Math.min(...places.map(([x]) => x)),
      Math.max(...places.map(([x]) => x)),
      Math.min(...places.map(([, y]) => y)),
      Math.max(...places.map(([, y]) => y)),
    ];
    near(left + right, 300, 1e-4);
    near(top + bottom, 200, 1e-4);
    assert.ok(left > 19.999 && top > 19.999);
    const isSpread = rows.some((row) => cloud.xs[row] !== cloud.xs[rows[0]] || cloud.ys[row] !== cloud.ys[rows[0]]);
    if (isSpread) near(Math.min(left, top), 20, 1e-4);
  });
}

test("hidden points do not count for the view", () => {
  const [xs, ys] = [Float32Array.of(0, 1, 999), Float32Array.of(0, 1, 999)];
  const states = Uint8Array.of(1, 3, 0);
  assert.deepEqual(fitView(xs, ys, 90, 90, 5, states), fitView(xs.slice(0, 2), ys.slice(0, 2), 90, 90, 5));
  assert.deepEqual(boundsOf(xs, ys, states), { x0: 0, y0: 0, x1: 1, y1: 1, count: 2 });
});

test("a picture without room still has a view", () => {
  const { scale, left, top } = fitView(Float32Array.of(0, 1), Float32Array.of(0, 1), 0, 0, 20);
  assert.ok(scale > 0 && Number.isFinite(left + top));
});

test("screen and data are each other's inverse, and y goes up", () => {
  const random = generator(1);
  for (let k = 0; k < 100; k++) {
    const view = { scale: 0.1 + random() * 50, left: random() * 900, top: random() * 500 };
    const [x, y] = [random() * 20 - 10, random() * 20 - 10];
    const [sx, sy] = toScreen(view, x, y);
    const [backX, backY] = toData(view, sx, sy);
    near(backX, x);
    near(backY, y);
    assert.ok(toScreen(view, x, y + 1)[1] < sy);
    assert.ok(toScreen(view, x + 1, y)[0] > sx);
  }
});

test("zooming keeps the place under the pointer and changes the scale", () => {
  const random = generator(2);
  let view = { scale: 3, left: 40, top: 50 };
  for (let k = 0; k < 50; k++) {
    const [factor, sx, sy] = [0.5 + random(), random() * 900, random() * 500];
    const zoomed = zoomAt(view, factor, sx, sy);
    const [before, after] = [toData(view, sx, sy), toData(zoomed, sx, sy)];
    near(after[0], before[0], 1e-6);
    near(after[1], before[1], 1e-6);
    near(zoomed.scale, view.scale * factor);
    view = zoomed;
  }
});

test("panning moves every place by the same pixels", () => {
  const view = { scale: 3, left: 40, top: 50 };
  assert.deepEqual(toScreen(panBy(view, 7, -2), 1, 1), toScreen(view, 1, 1).map((s, k) => s + [7, -2][k]));
  assert.deepEqual(view, { scale: 3, left: 40, top: 50 });
});

function flattened(rotation, x, y, z) {
  const [xs, ys, depths] = [new Float32Array(1), new Float32Array(1), new Float32Array(1)];
  flatten3d(rotation, Float32Array.of(x, y, z), xs, ys, depths);
  return [xs[0], ys[0], depths[0]];
}

test("without a turn, x is to the right, y up and z towards the viewer", () => {
  assert.deepEqual(flattened(IDENTITY, 1, 2, 3), [1, 2, 3]);
  assert.deepEqual(Array.from(turn(IDENTITY, 0, 0)), Array.from(IDENTITY));
});

test("points are turned as a matrix turns them", () => {
  const r = turn(turn(IDENTITY, 0.7, 0.2), -0.1, 1.3);
  const point = [1.5, -2, 0.5];
  const expected = [0, 3, 6].map((i) => r[i] * point[0] + r[i + 1] * point[1] + r[i + 2] * point[2]);
  flattened(r, ...point).forEach((value, axis) => near(value, expected[axis], 1e-6));
});

test("the near side follows a drag", () => {
  const quarter = Math.PI / 2;
  const expected = [
    [turn(IDENTITY, quarter, 0), [1, 0, 0]],
    [turn(IDENTITY, -quarter, 0), [-1, 0, 0]],
    [turn(IDENTITY, 0, quarter), [0, -1, 0]],
    [turn(IDENTITY, 0, -quarter), [0, 1, 0]],
  ];
  for (const [rotation, place] of expected) {
    flattened(rotation, 0, 0, 1).forEach((value, axis) => near(value, place[axis], 1e-6));
  }
});

test("a drag turns about the line across it, by its length, on top of earlier turns", () => {
  const before = turn(IDENTITY, 0.4, -0.9);
  const [dx, dy] = [0.3, -0.5];
  const after = turn(before, dx, dy);
  // The change is after · beforeᵀ; its trace is 1 + 2 cos(angle), and its axis stays.
  const change = (i, j) => [0, 1, 2].reduce((sum, k) => sum + after[3 * i + k] * before[3 * j + k], 0);
  near(change(0, 0) + change(1, 1) + change(2, 2), 1 + 2 * Math.cos(Math.hypot(dx, dy)));
  [dy, dx, 0].forEach((part, i) => near(change(i, 0) * dy + change(i, 1) * dx, part));
});

test("thousands of drags leave lengths, angles and handedness as they are", () => {
  const random = generator(3);
  let r = IDENTITY;
  for (let k = 0; k < 20000; k++) r = turn(r, random() - 0.5, random() - 0.5);
  for (let i = 0; i < 3; i++) {
    for (let j = 0; j < 3; j++) {
      near(r[3 * i] * r[3 * j] + r[3 * i + 1] * r[3 * j + 1] + r[3 * i + 2] * r[3 * j + 2], i === j ? 1 : 0, 1e-12);
    }
  }
  near(r[0] * (r[4] * r[8] - r[5] * r[7]) - r[1] * (r[3] * r[8] - r[5] * r[6]) + r[2] * (r[3] * r[7] - r[4] * r[6]), 1, 1e-12);
  assert.deepEqual(Array.from(IDENTITY), [1, 0, 0, 0, 1, 0, 0, 0, 1]);
});

test("a point without a place stays without one in 3-D", () => {
  assert.ok(flattened(turn(IDENTITY, 1, 1), NaN, NaN, NaN).every(Number.isNaN));
});

test("depth order is every row once, far to near", () => {
  const random = generator(4);
  const depths = Float32Array.from({ length: 3000 }, () => random() * 8 - 4);
  const order = depthOrder(depths, new Uint32Array(3000));
  assert.deepEqual(Array.from(order).sort((a, b) => a - b), Array.from(depths, (_, row) => row));
  for (let k = 1; k < order.length; k++) {
    assert.ok(depths[order[k]] - depths[order[k - 1]] > -8 / 16000);
  }
});

test("depth order keeps rows of one depth in order, and stands NaN and no rows", () => {
  assert.deepEqual(Array.from(depthOrder(new Float32Array(4).fill(2), new Uint32Array(4))), [0, 1, 2, 3]);
  assert.deepEqual(Array.from(depthOrder(Float32Array.of(5, NaN, 1, Infinity), new Uint32Array(4))), [1, 2, 3, 0]);
  assert.deepEqual(Array.from(depthOrder(new Float32Array(3).fill(NaN), new Uint32Array(3))), [0, 1, 2]);
  assert.equal(depthOrder(new Float32Array(0), new Uint32Array(0)).length, 0);
});

test("pairs are parted into two arrays", () => {
  const [xs, ys] = [new Float32Array(2), new Float32Array(2)];
  split2d(Float32Array.of(1, 2, 3, NaN), xs, ys);
  assert.deepEqual([Array.from(xs), Array.from(ys)], [[1, 3], [2, NaN]]);
});
