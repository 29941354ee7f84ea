/**
 * Rows inside a closed polygon of corners x, y, x, y, …, by the even-odd rule; ascending.
 * @param {ArrayLike<number>} xs @param {ArrayLike<number>} ys @param {number[]} polygon
 * @param {(row: number) => boolean} [accept] @returns {Uint32Array}
 */
export function inPolygon(xs, ys, polygon, accept) {
  const corners = Array.from({ length: polygon.length >> 1 }, (_, k) => [polygon[2 * k], polygon[2 * k + 1]]);
  const [across, up] = [0, 1].map((axis) => corners.map((corner) => corner[axis]));
  const [x0, x1, y0, y1] = [Math.min(...across), Math.max(...across), Math.min(...up), Math.max(...up)];
  if (!(y1 > y0)) return new Uint32Array(0);
  // A point meets only the edges of its own horizontal band: a long lasso stays fast.
  const bands = Array.from({ length: Math.min(1024, corners.length) }, () => []);
  const bandOf = (y) => Math.min(bands.length - 1, Math.floor(((y - y0) / (y1 - y0)) * bands.length));
  corners.forEach((b, k) => {
    const a = corners.at(k - 1);
    const last = bandOf(Math.max(a[1], b[1]));
    for (let band = bandOf(Math.min(a[1], b[1])); band <= last; band++) bands[band].push(...a, ...b);
  });
  return rowsWhere(xs, ys, x0, y0, x1, y1, accept, (x, y) => {
    const edges = bands[bandOf(y)];
    let inside = false;
    for (let k = 0; k < edges.length; k += 4) {
      const ya = edges[k + 1];
      const yb = edges[k + 3];
      if (ya > y === yb > y) continue;
      if (x < edges[k] + ((y - ya) / (yb - ya)) * (edges[k + 2] - edges[k])) inside = !inside;
    }
    return inside;
  });
}

/**
 * Rows inside a box, borders included, whose corners may come in any order; ascending.
 * @param {ArrayLike<number>} xs @param {ArrayLike<number>} ys
 * @param {number} x0 @param {number} y0 @param {number} x1 @param {number} y1
 * @param {(row: number) => boolean} [accept] @returns {Uint32Array}
 */
export function inBox(xs, ys, x0, y0, x1, y1, accept) {
  const sides = [Math.min(x0, x1), Math.min(y0, y1), Math.max(x0, x1), Math.max(y0, y1)];
  return rowsWhere(xs, ys, ...sides, accept, () => true);
}

function rowsWhere(xs, ys, x0, y0, x1, y1, accept, isInside) {
  const found = new Uint32Array(xs.length);
  let count = 0;
  for (let row = 0; row < xs.length; row++) {
    const x = xs[row];
    const y = ys[row];
    if (!(x >= x0 && x <= x1 && y >= y0 && y <= y1) || !isInside(x, y)) continue;
    if (!accept || accept(row)) found[count++] = row;
  }
  return found.slice(0, count);
}

/**
 * A selection replaced by the rows found, with them, or without them; ascending, each row once.
 * @param {ArrayLike<number>} before @param {ArrayLike<number>} found
 * @param {"replace"|"add"|"subtract"} how @param {number} count of all rows
 * @returns {Uint32Array}
 */
export function combine(before, found, how, count) {
  const chosen = new Uint8Array(count);
  if (how !== "replace") for (let k = 0; k < before.length; k++) chosen[before[k]] = 1;
  for (let k = 0; k < found.length; k++) chosen[found[k]] = how === "subtract" ? 0 : 1;
  const rows = new Uint32Array(count);
  let size = 0;
  for (let row = 0; row < count; row++) if (chosen[row]) rows[size++] = row;
  return rows.slice(0, size);
}
