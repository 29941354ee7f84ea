import assert from "node:assert/strict";
import { test } from "node:test";
import { clusterCentres, placeLabels } from "../../../simnb/widgets/static/cluster_labels.js";
import { clouds, generator, hasPlace, rowsOf } from "./points.js";

// Sum of three, which is round enough.
const blob = (random) => random() + random() + random() - 1.5;

function category(groups) {
  const random = generator(13);
  const [xs, ys] = [[], []];
  for (const [count, x, y, size] of groups) {
    for (let k = 0; k < count; k++) {
      xs.push(x + size * blob(random));
      ys.push(y + size * blob(random));
    }
  }
  const cloud = { xs: Float32Array.from(xs), ys: Float32Array.from(ys) };
  return { ...cloud, codes: new Uint8Array(xs.length), states: new Uint8Array(xs.length).fill(2) };
}

const centreOf = ({ xs, ys, codes, states }) => {
  const { x, y } = clusterCentres(xs, ys, codes, states, 1);
  return [x[0], y[0]];
};

for (const count of [3, 10, 100, 5000]) {
  test(`the name of one round cluster of ${count} points is in its middle`, () => {
    const [x, y] = centreOf(category([[count, 4, -7, 1]]));
    assert.ok(Math.hypot(x - 4, y + 7) < 0.7, `${x}, ${y}`);
  });
}

for (const [few, many] of [[12, 20], [60, 100], [2000, 3000]]) {
  test(`of two clusters of ${few} and ${many} points the name is on the larger, not between`, () => {
    const [x, y] = centreOf(category([[few, -10, 0, 1], [many, 10, 3, 1]]));
    assert.ok(Math.hypot(x - 10, y - 3) < 1.5, `${x}, ${y}`);
  });
}

test("the dense place wins over a wide one with more points", () => {
  const [x, y] = centreOf(category([[300, 0, 0, 20], [200, 5, 5, 0.3]]));
  assert.ok(Math.hypot(x - 5, y - 5) < 1, `${x}, ${y}`);
});

test("one point very far away does not move the name between two clusters", () => {
  const [x, y] = centreOf(category([[400, -10, 0, 1], [500, 10, 0, 1], [1, 5000, 900, 0]]));
  assert.ok(Math.hypot(x - 10, y) < 0.9, `${x}, ${y}`);
});

test("a ring's name is on the ring, not in its empty middle", () => {
  const random = generator(14);
  const angles = Array.from({ length: 800 }, () => random() * 2 * Math.PI);
  const points = category([[800, 0, 0, 0]]);
  points.xs.set(angles.map((angle) => 5 * Math.cos(angle)));
  points.ys.set(angles.map((angle) => 5 * Math.sin(angle)));
  assert.ok(Math.abs(Math.hypot(...centreOf(points)) - 5) < 1e-3);
});

for (const [name, cloud] of Object.entries(clouds())) {
  test(`every name is on a visible point of its category: ${name}`, () => {
    const codes = Uint16Array.from(cloud.xs, (_, row) => row % 6);
    const states = Uint8Array.from(cloud.xs, (_, row) => (row % 4 === 3 ? 0 : 1 + (row % 3)));
    const { x, y, count } = clusterCentres(cloud.xs, cloud.ys, codes, states, 5);
    for (let code = 0; code < 5; code++) {
      const rows = rowsOf(cloud).filter((row) => codes[row] === code && states[row] && hasPlace(cloud, row));
      assert.equal(count[code], rows.length);
      if (!rows.length) assert.deepEqual([x[code], y[code]], [NaN, NaN]);
      else assert.ok(rows.some((row) => cloud.xs[row] === x[code] && cloud.ys[row] === y[code]));
    }
  });
}

test("no categories give no names", () => {
  assert.equal(clusterCentres(new Float32Array(2), new Float32Array(2), new Uint8Array(2), new Uint8Array(2), 0).x.length, 0);
});

const overlap = (a, b) =>
  Math.min(a.x + a.width, b.x + b.width) > Math.max(a.x, b.x) &&
  Math.min(a.y + a.height, b.y + b.height) > Math.max(a.y, b.y);

test("labels are placed by weight, as many as fit, without overlap, within the picture", () => {
  const random = generator(15);
  const boxes = Array.from({ length: 120 }, () => ({
    x: random() * 320 - 20,
    y: random() * 220 - 10,
    width: 10 + random() * 50,
    height: 12,
    weight: Math.floor(random() * 30),
  }));
  const before = structuredClone(boxes);
  const shown = placeLabels(boxes, 300, 200);
  assert.deepEqual(boxes, before);
  boxes.forEach((box, k) => {
    const isWithin = box.x >= 0 && box.y >= 0 && box.x + box.width <= 300 && box.y + box.height <= 200;
    const heavier = boxes.filter((other, j) => shown[j] && (other.weight > box.weight || (other.weight === box.weight && j < k)));
    assert.equal(shown[k], isWithin && !heavier.some((other) => overlap(box, other)));
  });
  assert.ok(shown.includes(true) && shown.includes(false));
});

test("labels that touch are both shown; one without a place is not", () => {
  const box = { y: 0, width: 10, height: 10, weight: 1 };
  assert.deepEqual(placeLabels([{ ...box, x: 0 }, { ...box, x: 10 }, { ...box, x: NaN }], 20, 10), [true, true, false]);
  assert.deepEqual(placeLabels([], 20, 10), []);
});
