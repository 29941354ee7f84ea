import assert from "node:assert/strict";
import { test } from "node:test";

import { roundTicks, spreadOut, thinnedSteps, tickTexts } from "../../../simnb/widgets/static/axes.js";
import { generator } from "./points.js";

test("ticks are round, within the ends, and about as many as asked for", () => {
  assert.deepEqual(roundTicks(0, 1, 5), [0, 0.2, 0.4, 0.6, 0.8, 1]);
  assert.deepEqual(roundTicks(-0.31, 0.32, 4), [-0.2, 0, 0.2]);
  assert.deepEqual(roundTicks(3, 3, 4), []);
  const random = generator(1);
  for (let n = 0; n < 200; n++) {
    const low = (random() - 0.5) * 10 ** Math.floor(random() * 12 - 6);
    const high = low + random() * 10 ** Math.floor(random() * 12 - 6) + 1e-5 * Math.abs(low);
    const ticks = roundTicks(low, high, 6);
    assert.ok(ticks.length >= 1 && ticks.length <= 8, `${low} ${high} ${ticks}`);
    for (const own of ticks) assert.ok(own >= low - 1e-6 * (high - low) && own <= high + 1e-6 * (high - low));
  }
});

test("the texts of ticks tell them apart", () => {
  assert.deepEqual(tickTexts([0, 0.25, 0.5]), ["0.00", "0.25", "0.50"]);
  assert.deepEqual(tickTexts([0, 20, 40]), ["0", "20", "40"]);
  assert.deepEqual(tickTexts([0, 2e-5, 4e-5]), ["0", "2.0e-5", "4.0e-5"]);
});

/** Lowest and highest point of each half pixel column of a curve of steps, by plain loops. */
function rangesOf(xs, ys) {
  const ranges = new Map();
  xs.forEach((x, place) => {
    const column = Math.round(x * 2) / 2;
    if (Number.isNaN(ys[place])) return;
    const [low, high] = ranges.get(column) ?? [Infinity, -Infinity];
    ranges.set(column, [Math.min(low, ys[place]), Math.max(high, ys[place])]);
  });
  return ranges;
}

test("a thinned curve goes through the highest and the lowest point of every column", () => {
  const random = generator(3);
  for (const [count, width] of [[1, 10], [5, 100], [4000, 60], [300, 300]]) {
    const xs = Array.from({ length: count }, () => random() * width).sort((a, b) => a - b);
    const ys = xs.map(() => (random() < 0.01 ? NaN : random() * 50));
    for (const way of [1, -1]) {
      const [ownX, ownY] = way > 0 ? [xs, ys] : [xs.toReversed?.() ?? [...xs].reverse(), [...ys].reverse()];
      const line = thinnedSteps(count, (place) => ownX[place], (place) => ownY[place]);
      assert.ok(line.length <= 2 * (5 * (2 * width + 1) + 3 * ys.filter(Number.isNaN).length));
      const drawn = new Set();
      for (let k = 0; k < line.length; k += 2) drawn.add(`${line[k]} ${line[k + 1]}`);
      for (const [column, ends] of rangesOf(ownX, ownY)) for (const end of ends) assert.ok(drawn.has(`${column} ${end}`));
    }
  }
});

test("between two steps a curve is level", () => {
  assert.deepEqual(thinnedSteps(3, (place) => [0, 10, 20][place], (place) => [5, 6, 7][place]), [0, 5, 10, 5, 10, 6, 20, 6, 20, 7]);
  const broken = thinnedSteps(3, (place) => [0, 10, 20][place], (place) => [NaN, 6, NaN][place]);
  assert.deepEqual(broken.filter((own) => !Number.isNaN(own)), [10, 6, 20, 6]);
});

test("labels stay in order, apart, and within the ends", () => {
  const random = generator(4);
  for (let n = 0; n < 100; n++) {
    const wanted = Array.from({ length: 6 }, () => random() * 100);
    const found = spreadOut(wanted, 13, 0, 100);
    const order = wanted.map((_, own) => own).sort((a, b) => wanted[a] - wanted[b]);
    for (const own of found) assert.ok(own >= -1e-9 && own <= 100 + 1e-9);
    for (let k = 1; k < 6; k++) assert.ok(found[order[k]] - found[order[k - 1]] >= 13 - 1e-9);
  }
  assert.deepEqual(spreadOut([10, 50, 90], 13, 0, 100), [10, 50, 90]);
});
