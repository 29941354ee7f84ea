import assert from "node:assert/strict";
import { test } from "node:test";
import { SpatialIndex } from "../../../simnb/widgets/static/spatial_index.js";
import { clouds, generator, hasPlace, rowsOf } from "./points.js";

const isOdd = (row) => row % 2 === 1;

function nearestByHand(cloud, x, y, radius, accept) {
  let [best, least] = [-1, radius];
  for (const row of rowsOf(cloud)) {
    if (!hasPlace(cloud, row) || (accept && !accept(row))) continue;
    const [dx, dy] = [cloud.xs[row] - x, cloud.ys[row] - y];
    const distance = Math.sqrt(dx * dx + dy * dy);
    if (distance < least || (distance === least && best < 0)) [best, least] = [row, distance];
  }
  return best;
}

// Places in and around a cloud: its points, places close to them, and far ones.
function* questions(cloud, random) {
  const rows = rowsOf(cloud).filter((row) => hasPlace(cloud, row));
  const across = rows.map((row) => cloud.xs[row]);
  const size = rows.length ? Math.max(...across) - Math.min(...across) || 1 : 1;
  for (let k = 0; k < 60; k++) {
    const row = rows[Math.floor(random() * rows.length)];
    const [x, y] = rows.length ? [cloud.xs[row], cloud.ys[row]] : [0, 0];
    const off = [0, 1e-3, 0.1, 1, 30][k % 5] * size;
    yield [x + (random() - 0.5) * off, y + (random() - 0.5) * off, size];
  }
}

for (const [name, cloud] of Object.entries(clouds())) {
  const index = new SpatialIndex(cloud.xs, cloud.ys);

  test(`nearest agrees with looking at all points: ${name}`, () => {
    for (const [x, y, size] of questions(cloud, generator(5))) {
      for (const radius of [0, size * 0.02, size * 2, Infinity]) {
        for (const accept of [undefined, isOdd]) {
          assert.equal(index.nearest(x, y, radius, accept), nearestByHand(cloud, x, y, radius, accept));
        }
      }
    }
  });

  test(`within agrees with looking at all points: ${name}`, () => {
    const random = generator(6);
    for (const [x0, y0, size] of questions(cloud, random)) {
      const [x1, y1] = [x0 + (random() - 0.5) * size, y0 + (random() - 0.5) * size];
      const isWithin = (row) =>
        cloud.xs[row] >= Math.min(x0, x1) && cloud.xs[row] <= Math.max(x0, x1) &&
        cloud.ys[row] >= Math.min(y0, y1) && cloud.ys[row] <= Math.max(y0, y1);
      const expected = rowsOf(cloud).filter(isWithin);
      assert.deepEqual(Array.from(index.within(x0, y0, x1, y1)), expected);
      assert.deepEqual(Array.from(index.within(x1, y0, x0, y1, isOdd)), expected.filter(isOdd));
    }
    const all = rowsOf(cloud).filter((row) => hasPlace(cloud, row));
    assert.deepEqual(Array.from(index.within(-Infinity, -Infinity, Infinity, Infinity)), all);
  });

  test(`towards agrees with looking at all points: ${name}`, () => {
    const random = generator(7);
    for (const row of rowsOf(cloud).slice(0, 40)) {
      const turnBy = random() * 2 * Math.PI;
      for (const [dx, dy] of [[1, 0], [-1, 0], [0, 1], [0, -1], [Math.cos(turnBy), Math.sin(turnBy)]]) {
        for (const accept of [undefined, isOdd]) {
          const found = index.towards(row, dx, dy, accept);
          const { cost, angle } = towardsByHand(cloud, row, dx, dy, accept);
          if (found < 0) assert.equal(cost, Infinity);
          else {
            assert.ok(found !== row && (!accept || accept(found)));
            const own = costOf(cloud, row, found, dx, dy);
            assert.ok(Math.abs(own.cost - cost) <= 1e-5 * cost, `${own.cost} instead of ${cost}`);
            assert.ok(own.angle <= 45.01 || angle > 44.99);
          }
        }
      }
    }
  });
}

function costOf({ xs, ys }, from, to, dx, dy) {
  const [right, above] = [xs[to] - xs[from], ys[to] - ys[from]];
  const off = Math.abs(Math.atan2(dx * above - dy * right, dx * right + dy * above));
  const distance = Math.hypot(right, above);
  return { angle: distance ? (off * 180) / Math.PI : 180, cost: distance * (3 - 2 * Math.cos(off)) };
}

function towardsByHand(cloud, from, dx, dy, accept) {
  const all = rowsOf(cloud)
    .filter((row) => hasPlace(cloud, from) && hasPlace(cloud, row) && (!accept || accept(row)))
    .map((row) => costOf(cloud, from, row, dx, dy));
  const ahead = all.filter(({ angle }) => angle <= 45);
  const beside = all.filter(({ angle }) => angle < 89.9999999);
  const none = { cost: Infinity, angle: Infinity };
  return (ahead.length ? ahead : beside).reduce((a, b) => (b.cost < a.cost ? b : a), none);
}

test("the radius counts inclusively, and nothing is nearer than less than nothing", () => {
  const index = new SpatialIndex(Float32Array.of(0, 3), Float32Array.of(0, 4));
  assert.equal(index.nearest(0.5, 0, 0.5), 0);
  assert.equal(index.nearest(0.5, 0, 0.49), -1);
  assert.equal(index.nearest(0, 0, -1), -1);
  assert.equal(index.nearest(0, 0, NaN), -1);
  assert.equal(index.nearest(NaN, 0), -1);
});

test("of equally near points the smallest row is found", () => {
  const index = new SpatialIndex(Float32Array.of(9, 1, -1, 1, 0), Float32Array.of(9, 0, 0, 0, 1));
  assert.equal(index.nearest(0, 0), 1);
  assert.equal(index.nearest(0, 0, 5, (row) => row > 1), 2);
});

test("an arrow key goes straight rather than to a nearer point at the side", () => {
  const [xs, ys] = [Float32Array.of(0, 1, 0.75, -5), Float32Array.of(0, 0, 0.7, 0.1)];
  const index = new SpatialIndex(xs, ys);
  assert.equal(index.towards(0, 1, 0), 1);
  assert.equal(index.towards(0, 0, 1), 2);
  assert.equal(index.towards(0, -1, 0), 3);
  assert.equal(index.towards(0, 0, -1), -1);
  assert.equal(index.towards(0, 0, 0), -1);
});

test("a tenth of all points in one cell are each still found", () => {
  const random = generator(8);
  const [xs, ys] = [new Float32Array(20000), new Float32Array(20000)];
  for (let row = 0; row < xs.length; row++) {
    const width = row % 10 ? 100 : 1e-4;
    [xs[row], ys[row]] = [random() * width, random() * width];
  }
  const index = new SpatialIndex(xs, ys);
  for (let row = 0; row < xs.length; row += 997) {
    const found = index.nearest(xs[row], ys[row], 1);
    assert.deepEqual([xs[found], ys[found]], [xs[row], ys[row]]);
  }
});
