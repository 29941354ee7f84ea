import { boundsOf } from "./transform.js";

// A uniform grid: `rows`, and their places, sorted by cell; `range` is where cells of a line lie.
function gridOf(xs, ys) {
  const { x0, y0, x1, y1, count } = boundsOf(xs, ys);
  const [wide, high, wanted] = [x1 - x0, y1 - y0, Math.max(1, count / 4)];
  // The second bound keeps the cells few where all points lie on a line.
  const cell = Math.max(Math.sqrt((wide * high) / wanted), Math.max(wide, high) / wanted) || 1;
  const [across, up] = [Math.floor(wide / cell) + 1, Math.floor(high / cell) + 1];
  const columnOf = (x) => Math.max(0, Math.min(across - 1, Math.floor((x - x0) / cell)));
  const lineOf = (y) => Math.max(0, Math.min(up - 1, Math.floor((y - y0) / cell)));
  const cells = new Uint32Array(xs.length);
  const starts = new Uint32Array(across * up + 2); // the last cell is for points without a place
  for (let row = 0; row < xs.length; row++) {
    const isFinite = xs[row] - xs[row] + (ys[row] - ys[row]) === 0;
    cells[row] = isFinite ? lineOf(ys[row]) * across + columnOf(xs[row]) : across * up;
    starts[cells[row] + 1]++;
  }
  for (let k = 0; k < across * up; k++) starts[k + 1] += starts[k];
  const free = starts.slice();
  const rows = new Uint32Array(xs.length);
  const [sortedXs, sortedYs] = [new Float64Array(xs.length), new Float64Array(xs.length)];
  for (let row = 0; row < xs.length; row++) {
    const at = free[cells[row]]++;
    rows[at] = row;
    sortedXs[at] = xs[row];
    sortedYs[at] = ys[row];
  }
  const range = (line, left, right) => [
    starts[line * across + Math.max(0, left)],
    starts[line * across + Math.min(across - 1, right) + 1],
  ];
  return { cell, across, up, columnOf, lineOf, range, rows, sortedXs, sortedYs };
}

/** Finds points near a place. */
export class SpatialIndex {
  #xs;
  #ys;
  #grid;

  /** Points that are not finite are never found. @param {Float32Array} xs @param {Float32Array} ys */
  constructor(xs, ys) {
    [this.#xs, this.#ys, this.#grid] = [xs, ys, gridOf(xs, ys)];
  }

  // The row of lowest cost; `costOf(dx, dy)` is at least the distance, and NaN for what is out of
  // question. Cells are looked through in square rings, until the rest is too far away.
  #cheapest(x, y, limit, costOf, accept) {
    const { cell, across, up, columnOf, lineOf, range, rows, sortedXs, sortedYs } = this.#grid;
    const [column, line] = [columnOf(x), lineOf(y)];
    const last = Math.max(column, across - 1 - column, line, up - 1 - line);
    let best = -1;
    const look = (at, left, right) => {
      const [from, to] = range(at, left, right);
      for (let k = from; k < to; k++) {
        const cost = costOf(sortedXs[k] - x, sortedYs[k] - y);
        if (!(cost < limit || (cost === limit && (best < 0 || rows[k] < best)))) continue;
        if (accept && !accept(rows[k])) continue;
        best = rows[k];
        limit = cost;
      }
    };
    for (let ring = 0; ring <= last && (ring - 1.001) * cell <= limit; ring++) {
      const [left, right] = [column - ring, column + ring];
      for (let at = Math.max(0, line - ring); at <= Math.min(up - 1, line + ring); at++) {
        if (Math.abs(at - line) === ring) look(at, left, right);
        else {
          if (left >= 0) look(at, left, left);
          if (right < across) look(at, right, right);
        }
      }
    }
    return best;
  }

  /**
   * The row nearest to (x, y) and at most `radius` away, or -1; of equally near ones the smallest.
   * @param {number} x @param {number} y @param {number} [radius]
   * @param {(row: number) => boolean} [accept] @returns {number}
   */
  nearest(x, y, radius = Infinity, accept) {
    if (!Number.isFinite(x + y)) return -1;
    return this.#cheapest(x, y, radius, (dx, dy) => Math.sqrt(dx * dx + dy * dy), accept);
  }

  /**
   * Rows inside a box, borders included, whose corners may come in any order; ascending.
   * @param {number} x0 @param {number} y0 @param {number} x1 @param {number} y1
   * @param {(row: number) => boolean} [accept] @returns {Uint32Array}
   */
  within(x0, y0, x1, y1, accept) {
    const { columnOf, lineOf, range, rows, sortedXs, sortedYs } = this.#grid;
    const [left, right, low, high] = [Math.min(x0, x1), Math.max(x0, x1), Math.min(y0, y1), Math.max(y0, y1)];
    const found = [];
    for (let line = lineOf(low); line <= lineOf(high); line++) {
      const [from, to] = range(line, columnOf(left), columnOf(right));
      for (let k = from; k < to; k++) {
        const [x, y] = [sortedXs[k], sortedYs[k]];
        if (!(x >= left && x <= right && y >= low && y <= high)) continue;
        if (!accept || accept(rows[k])) found.push(rows[k]);
      }
    }
    return Uint32Array.from(found).sort();
  }

  /**
   * The row to go to from `row` in a direction (y upwards), or -1: near, and little off the
   * direction; at most 45° off it, or, if there is none, less than 90°.
   * @param {number} row @param {number} dx @param {number} dy
   * @param {(row: number) => boolean} [accept] @returns {number}
   */
  towards(row, dx, dy, accept) {
    const [x, y, length] = [this.#xs[row], this.#ys[row], Math.hypot(dx, dy)];
    if (!Number.isFinite(x + y)) return -1;
    const within = (least) => (right, above) => {
      const distance = Math.sqrt(right * right + above * above);
      const cosine = (right * dx + above * dy) / (distance * length);
      return cosine >= least ? distance * (3 - 2 * cosine) : NaN;
    };
    const ahead = this.#cheapest(x, y, Infinity, within(Math.SQRT1_2 - 1e-9), accept);
    return ahead >= 0 ? ahead : this.#cheapest(x, y, Infinity, within(1e-9), accept);
  }
}
