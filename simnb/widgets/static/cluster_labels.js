/**
 * Per category the point in the middle of its densest place, so that a name there lies on points.
 * Hidden (state 0) and NaN points do not count; a category without any other is at NaN.
 * @param {Float32Array} xs @param {Float32Array} ys @param {Uint8Array|Uint16Array} codes
 * @param {Uint8Array} states @param {number} categories larger codes are left out
 * @returns {{x: Float64Array, y: Float64Array, count: Uint32Array}}
 */
export function clusterCentres(xs, ys, codes, states, categories) {
  const count = new Uint32Array(categories);
  const ends = new Uint32Array(categories);
  const rows = new Uint32Array(xs.length);
  const each = (visit) => {
    for (let row = 0; row < xs.length; row++) {
      const [code, zero] = [codes[row], xs[row] - xs[row] + (ys[row] - ys[row])];
      if (zero === 0 && states[row] && code < categories) visit(code, row);
    }
  };
  each((code) => count[code]++);
  for (let code = 1; code < categories; code++) ends[code] = ends[code - 1] + count[code - 1];
  each((code, row) => (rows[ends[code]++] = row));
  const [x, y] = [new Float64Array(categories).fill(NaN), new Float64Array(categories).fill(NaN)];
  for (let code = 0; code < categories; code++) {
    if (!count[code]) continue;
    const middle = middleOf(xs, ys, rows.subarray(ends[code] - count[code], ends[code]));
    [x[code], y[code]] = [xs[middle], ys[middle]];
  }
  return { x, y, count };
}

function middleOf(xs, ys, rows) {
  // Twice, since one far point makes the first histogram too coarse.
  const dense = densest(xs, ys, densest(xs, ys, rows));
  let [x, y] = [0, 0];
  for (const row of dense) [x, y] = [x + xs[row] / dense.length, y + ys[row] / dense.length];
  const distance = (row) => Math.hypot(xs[row] - x, ys[row] - y);
  return dense.reduce((best, row) => (distance(row) < distance(best) ? row : best));
}

// The rows in those 3 × 3 neighbouring fields of a histogram that hold most.
function densest(xs, ys, rows) {
  const side = Math.min(32, Math.ceil(Math.sqrt(rows.length)));
  const [column, line] = [fieldOf(xs, rows, side), fieldOf(ys, rows, side)];
  const wide = side + 2; // an empty frame around them
  const fields = new Uint32Array(wide * wide);
  for (const row of rows) fields[line(row) * wide + column(row)]++;
  let [best, most] = [0, 0];
  for (let at = wide + 1; at < fields.length - wide - 1; at++) {
    let sum = 0;
    for (const up of [at - wide, at, at + wide]) sum += fields[up - 1] + fields[up] + fields[up + 1];
    if (sum > most) [best, most] = [at, sum];
  }
  const isNear = (row) => Math.abs(line(row) - Math.floor(best / wide)) < 2 && Math.abs(column(row) - (best % wide)) < 2;
  return rows.filter(isNear);
}

function fieldOf(values, rows, side) {
  let [low, high] = [Infinity, -Infinity];
  for (const row of rows) [low, high] = [Math.min(low, values[row]), Math.max(high, values[row])];
  const factor = high > low ? side / (high - low) : 0;
  return (row) => 1 + Math.min(side - 1, Math.floor((values[row] - low) * factor));
}

/**
 * Which boxes to show: the weightiest first, none over another or beyond the picture.
 * @param {{x: number, y: number, width: number, height: number, weight: number}[]} boxes
 *   x and y of the upper left corner
 * @param {number} width @param {number} height @returns {boolean[]}
 */
export function placeLabels(boxes, width, height) {
  const placed = [];
  const fits = (a) =>
    a.x >= 0 && a.y >= 0 && a.x + a.width <= width && a.y + a.height <= height &&
    placed.every((b) => a.x >= b.x + b.width || b.x >= a.x + a.width || a.y >= b.y + b.height || b.y >= a.y + a.height);
  for (const box of [...boxes].sort((a, b) => b.weight - a.weight)) if (fits(box)) placed.push(box);
  return boxes.map((box) => placed.includes(box));
}
