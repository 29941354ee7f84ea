/** A generator of numbers in [0, 1) that gives the same ones on every machine. */
export function generator(seed) {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x9e3779b9) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 16), 0x21f0aaad);
    mixed = Math.imul(mixed ^ (mixed >>> 15), 0x735a2d97);
    return ((mixed ^ (mixed >>> 15)) >>> 0) / 2 ** 32;
  };
}

/** Clouds that index, lasso and views must all stand, by name. */
export function clouds() {
  const made = {};
  const add = (name, count, place) => {
    const random = generator(name.length + count);
    const [xs, ys] = [new Float32Array(count), new Float32Array(count)];
    for (let row = 0; row < count; row++) [xs[row], ys[row]] = place(random, row);
    made[name] = { xs, ys };
  };
  add("nothing", 0);
  add("one point", 1, () => [3, -4]);
  add("two points", 2, (random) => [random(), random()]);
  add("only NaN", 5, () => [NaN, NaN]);
  add("all equal", 50, () => [1e6, -2]);
  add("evenly spread", 400, (random) => [random() * 10, random() * 10]);
  add("every third without a place", 300, (random, row) => [row % 3 ? random() : NaN, random()]);
  add("an infinite one", 60, (random, row) => [random(), row === 7 ? Infinity : random()]);
  add("on a grid, many twice", 300, (random) => [Math.floor(random() * 9), Math.floor(random() * 9)]);
  add("on a horizontal line", 200, (random) => [random() * 100, 2]);
  add("on a vertical line", 200, (random) => [0, random() * 100]);
  add("a heavy place and one far point", 400, (random, row) =>
    row ? [random() * 1e-3, random() * 1e-3] : [1e4, -1e4],
  );
  add("far from the origin", 200, (random) => [1e6 + random(), -1e6 + random()]);
  add("very wide and very flat", 200, (random) => [random() * 1e8, random() * 1e-8]);
  add("huge", 100, (random) => [random() * 1e38, random() * -1e38]);
  add("tiny", 100, (random) => [random() * 1e-38, random() * 1e-38]);
  return made;
}

/** Whether a row has a place. */
export const hasPlace = ({ xs, ys }, row) => Number.isFinite(xs[row]) && Number.isFinite(ys[row]);

/** All row numbers of a cloud. */
export const rowsOf = ({ xs }) => Array.from(xs, (_, row) => row);
