import assert from "node:assert/strict";
import { test } from "node:test";
import {
  CHOSEN,
  FAINT,
  HIDDEN,
  PLAIN,
  Raster,
  SHAPES,
  drawPoints,
  markOf,
  mixColors,
  packColor,
} from "../../../simnb/widgets/static/raster.js";
import { generator } from "./points.js";

const bytesOf = (color) => Array.from(new Uint8Array(Uint32Array.of(color).buffer));
const [PAPER, RED, BLUE] = ["#ffffff", "#d01020", "#1020d0"].map(packColor);
const pairsOf = (list) => Array.from({ length: list.length / 2 }, (_, k) => [list[2 * k], list[2 * k + 1]]);
const AS_IS = { scale: 1, left: 0, top: 0 }; // screen x = x, screen y = -y

test("the states are four, from hidden to chosen", () => {
  assert.deepEqual([HIDDEN, FAINT, PLAIN, CHOSEN], [0, 1, 2, 3]);
});

test("a packed colour is red, green, blue, opaque in memory", () => {
  assert.deepEqual(bytesOf(packColor("#12ab00")), [0x12, 0xab, 0x00, 255]);
  assert.deepEqual(bytesOf(packColor("#FFFFFF")), [255, 255, 255, 255]);
});

test("mixed colours lie between, channel by channel", () => {
  const random = generator(11);
  for (let k = 0; k < 2000; k++) {
    const [a, b] = [0, 1].map(() => Array.from({ length: 4 }, () => Math.floor(random() * 256)));
    const share = [0, 1, random()][k % 3];
    const [packedA, packedB] = [a, b].map((bytes) => new Uint32Array(Uint8Array.from(bytes).buffer)[0]);
    bytesOf(mixColors(packedA, packedB, share)).forEach((value, channel) => {
      const expected = a[channel] + (b[channel] - a[channel]) * share;
      assert.ok(Math.abs(value - expected) <= (share % 1 ? 1.01 : 0), `${value} is not ${expected}`);
    });
  }
  assert.equal(mixColors(RED, BLUE, -1), RED);
  assert.equal(mixColors(RED, BLUE, 2), BLUE);
});

test("a raster shares its memory with ImageData, clears and is resized", () => {
  const raster = new Raster(3, 2);
  assert.ok(raster.data instanceof Uint8ClampedArray);
  assert.equal(raster.data.length, 24);
  raster.clear(RED);
  assert.deepEqual(Array.from(raster.data.subarray(20)), [0xd0, 0x10, 0x20, 255]);
  raster.resize(5.4, 0);
  assert.deepEqual([raster.width, raster.height, raster.pixels.length, raster.data.length], [5, 1, 5, 20]);
});

test("the shapes have the places that Python counts on", () => {
  assert.deepEqual(SHAPES, ["disc", "square", "triangle", "diamond", "cross", "plus", "ring", "triangle_down"]);
});

test("a disc has the area, width and coverage of its circle", () => {
  for (const radius of [1, 2, 3.5, 5, 8]) {
    const { solid, extent } = markOf("disc", radius);
    const half = radius + 0.5;
    assert.ok(Math.abs(solid.length / 2 - Math.PI * half ** 2) < half * 1.5, `radius ${radius}`);
    const reach = Math.max(...pairsOf(solid).map(([dx]) => dx));
    assert.ok(extent >= reach && Math.abs(reach - radius) <= 0.5 && (reach === radius || radius % 1));
    const smooth = markOf("disc", radius, true);
    const area = smooth.solid.length / 2 + smooth.coverage.reduce((sum, part) => sum + part, 0) / 256;
    assert.ok(Math.abs(area / (Math.PI * half ** 2) - 1) < 0.03, `radius ${radius}`);
    for (const [dx, dy] of pairsOf(smooth.solid)) assert.ok(Math.hypot(dx, dy) <= half);
    for (const [dx, dy] of pairsOf(smooth.edge)) assert.ok(Math.abs(Math.hypot(dx, dy) - half) <= Math.SQRT1_2);
  }
});

for (const smooth of [false, true]) {
  test(`marks differ, are never empty, and are made once; smooth is ${smooth}`, () => {
    for (const radius of [2, 3, 4, 6]) {
      const looks = SHAPES.map((shape) => {
        const { solid, edge, coverage } = markOf(shape, radius, smooth);
        return [solid, edge, coverage].map(String).join("|");
      });
      assert.equal(new Set(looks).size, SHAPES.length, `radius ${radius}`);
    }
    for (const radius of [0, 0.25, 1, 3, 7.1]) {
      for (const shape of SHAPES) {
        const mark = markOf(shape, radius, smooth);
        assert.equal(markOf(shape, radius, smooth), mark);
        assert.ok(mark.solid.length + mark.edge.length > 0);
        assert.equal(mark.coverage.length * 2, mark.edge.length);
        const reach = Math.max(...[...mark.solid, ...mark.edge].map(Math.abs));
        assert.ok(reach <= mark.extent);
        const all = [...pairsOf(mark.solid), ...pairsOf(mark.edge)].map(String);
        assert.equal(new Set(all).size, all.length);
        const mirrored = pairsOf(mark.solid).map(([dx, dy]) => String([-dx, dy]));
        assert.ok(mirrored.every((pair) => all.includes(pair)), `${shape} ${radius}`);
      }
    }
  });
}

test("no part of a mark is cut off by its extent", () => {
  for (const shape of SHAPES) {
    for (const radius of [1, 1.5, 2, 2.25, 5, 9]) {
      const [small, large] = [markOf(shape, radius, true), markOf(shape, 3 * radius + 1, true)];
      const area = ({ solid, coverage }) => solid.length / 2 + coverage.reduce((sum, part) => sum + part, 0) / 256;
      assert.ok(Math.abs((area(small) * 9) / area(large) - 1) < 0.06, `${shape} ${radius}`);
    }
  }
});

test("triangles point up and down, a ring is hollow, and one pixel is a mark", () => {
  const balance = (shape) => pairsOf(markOf(shape, 5).solid).reduce((sum, [, dy]) => sum + Math.sign(dy), 0);
  assert.ok(balance("triangle") > 5 && balance("triangle_down") < -5);
  assert.ok(!pairsOf(markOf("ring", 2).solid).some(([dx, dy]) => !dx && !dy));
  assert.deepEqual(Array.from(markOf("disc", 0).solid), [0, 0]);
});

// Draw point by point, pixel by pixel, from the marks alone.
function drawnByHand({ width, height }, points, view, style, state, start, step) {
  const pixels = new Map();
  let drawn = 0;
  const rows = Array.from(points.order ?? points.xs.keys());
  rows.forEach((row, place) => {
    if (place < start || (place - start) % step || points.states[row] !== state) return;
    const [px, py] = [points.xs[row] * view.scale + view.left, view.top - points.ys[row] * view.scale].map(Math.floor);
    const code = points.codes[row];
    const mark = markOf(SHAPES[style.shapes ? style.shapes[code] : 0], style.radius, style.smooth);
    let touched = false;
    const put = (dx, dy, part) => {
      const [x, y] = [px + dx, py + dy];
      if (!(x >= 0 && y >= 0 && x < width && y < height)) return;
      const place = y * width + x;
      pixels.set(place, mixColors(pixels.get(place) ?? PAPER, style.colors[code], part / 256));
      touched = true;
    };
    pairsOf(mark.solid).forEach(([dx, dy]) => put(dx, dy, 256));
    pairsOf(mark.edge).forEach(([dx, dy], k) => put(dx, dy, mark.coverage[k]));
    if (touched) drawn++;
  });
  return { drawn, pixels: Array.from({ length: width * height }, (_, k) => pixels.get(k) ?? PAPER) };
}

function somePoints(count, codes) {
  const random = generator(12);
  const fill = (kind, value) => kind.from({ length: count }, value);
  const points = {
    xs: fill(Float32Array, () => random() * 70 - 15),
    ys: fill(Float32Array, () => random() * -55 + 13),
    codes: fill(Uint8Array, () => Math.floor(random() * codes)),
    states: fill(Uint8Array, () => Math.floor(random() * 4)),
  };
  points.xs[3] = points.ys[5] = NaN;
  points.xs[8] = Infinity;
  return points;
}

for (const smooth of [false, true]) {
  for (const radius of [0, 1, 2.5, 6, 40]) {
    test(`drawing agrees with pixel by pixel: radius ${radius}, smooth ${smooth}`, () => {
      const points = somePoints(radius > 9 ? 12 : 300, 8);
      const count = points.xs.length;
      const backwards = Uint32Array.from({ length: count }, (_, k) => count - 1 - k);
      const colors = Uint32Array.from(points.codes.subarray(0, 8), (_, k) => packColor(`#${k}${k}4${k}0${8 - k}`));
      const shapes = Uint8Array.from({ length: 8 }, (_, k) => 7 - k);
      for (const style of [{ colors, radius, smooth }, { colors, radius, smooth, shapes }]) {
        for (const order of [undefined, backwards]) {
          for (const [state, start, step] of [[PLAIN, 0, 1], [CHOSEN, 2, 3], [HIDDEN, 0, 1]]) {
            const raster = new Raster(40, 30);
            raster.clear(PAPER);
            const drawn = drawPoints(raster, { ...points, order }, AS_IS, style, state, start, step);
            const expected = drawnByHand(raster, { ...points, order }, AS_IS, style, state, start, step);
            assert.equal(drawn, expected.drawn);
            assert.deepEqual(Array.from(raster.pixels), expected.pixels);
          }
        }
      }
    });
  }
}

test("a point at the border is drawn partly, on its own side only", () => {
  const style = { colors: Uint32Array.of(RED), radius: 2 };
  for (const [x, y] of [[0, 0], [19, 0], [0, 9], [19, 9], [-2, 5], [21, 5], [10, -2], [10, 11]]) {
    const raster = new Raster(20, 10);
    raster.clear(PAPER);
    const points = { xs: Float32Array.of(x), ys: Float32Array.of(-y), codes: Uint8Array.of(0), states: Uint8Array.of(PLAIN) };
    assert.equal(drawPoints(raster, points, AS_IS, style, PLAIN), 1);
    raster.pixels.forEach((color, k) => {
      const isNear = Math.hypot((k % 20) - x, Math.floor(k / 20) - y) < 3;
      assert.ok(color === PAPER || isNear, `${x}, ${y}`);
    });
  }
});

test("a point beyond the border is not counted, and no points draw nothing", () => {
  const raster = new Raster(20, 10);
  const style = { colors: Uint32Array.of(RED), radius: 2 };
  const one = (x, y) => ({ xs: Float32Array.of(x), ys: Float32Array.of(y), codes: Uint8Array.of(0), states: Uint8Array.of(PLAIN) });
  for (const [x, y] of [[-3, -5], [22, -5], [5, 3], [5, -12], [NaN, 0], [0, NaN], [1e30, 0]]) {
    assert.equal(drawPoints(raster, one(x, y), AS_IS, style, PLAIN), 0);
  }
  assert.equal(drawPoints(raster, { ...one(0, 0), xs: new Float32Array(0) }, AS_IS, style, PLAIN), 0);
  assert.ok(raster.pixels.every((color) => color === 0));
});

test("parts drawn one after another cover all points once", () => {
  const points = somePoints(500, 1);
  const style = { colors: Uint32Array.of(BLUE), radius: 1 };
  const [whole, parts] = [new Raster(40, 30), new Raster(40, 30)];
  const drawn = drawPoints(whole, points, AS_IS, style, PLAIN, 0, 1);
  let sum = 0;
  for (let start = 0; start < 7; start++) sum += drawPoints(parts, points, AS_IS, style, PLAIN, start, 7);
  assert.equal(sum, drawn);
  assert.deepEqual(parts.pixels, whole.pixels);
});
