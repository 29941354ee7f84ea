/** @typedef {{scale: number, left: number, top: number}} View sx = x·scale + left, sy = top − y·scale */

/**
 * The borders of all points that are finite and not hidden, and how many these are.
 * @param {ArrayLike<number>} xs @param {ArrayLike<number>} ys @param {ArrayLike<number>} [states]
 * @returns {{x0: number, y0: number, x1: number, y1: number, count: number}}
 */
export function boundsOf(xs, ys, states) {
  let [x0, y0, x1, y1, count] = [Infinity, Infinity, -Infinity, -Infinity, 0];
  for (let row = 0; row < xs.length; row++) {
    const x = xs[row];
    const y = ys[row];
    if (x - x + (y - y) !== 0 || (states && states[row] === 0)) continue;
    if (x < x0) x0 = x;
    if (x > x1) x1 = x;
    if (y < y0) y0 = y;
    if (y > y1) y1 = y;
    count++;
  }
  return count ? { x0, y0, x1, y1, count } : { x0: 0, y0: 0, x1: 0, y1: 0, count };
}

/**
 * The view that shows all points; lengths in canvas pixels, `padding` is left free on each side.
 * @param {ArrayLike<number>} xs @param {ArrayLike<number>} ys
 * @param {number} width @param {number} height @param {number} padding
 * @param {ArrayLike<number>} [states] @returns {View}
 */
export function fitView(xs, ys, width, height, padding, states) {
  const { x0, y0, x1, y1 } = boundsOf(xs, ys, states);
  const across = Math.max(1, width - 2 * padding);
  const up = Math.max(1, height - 2 * padding);
  let scale = Math.min(across / (x1 - x0), up / (y1 - y0));
  if (!Number.isFinite(scale)) scale = Math.min(across, up);
  return { scale, left: (width - scale * (x0 + x1)) / 2, top: (height + scale * (y0 + y1)) / 2 };
}

/**
 * Enlarged by `factor`, while the canvas pixel (sx, sy) stays in place.
 * @param {View} view @param {number} factor @param {number} sx @param {number} sy @returns {View}
 */
export function zoomAt({ scale, left, top }, factor, sx, sy) {
  return { scale: scale * factor, left: sx + (left - sx) * factor, top: sy + (top - sy) * factor };
}

/** @param {View} view @param {number} dx @param {number} dy downwards @returns {View} */
export function panBy({ scale, left, top }, dx, dy) {
  return { scale, left: left + dx, top: top + dy };
}

/** @param {View} view @param {number} x @param {number} y @returns {[number, number]} */
export function toScreen({ scale, left, top }, x, y) {
  return [x * scale + left, top - y * scale];
}

/** @param {View} view @param {number} sx @param {number} sy @returns {[number, number]} */
export function toData({ scale, left, top }, sx, sy) {
  return [(sx - left) / scale, (top - sy) / scale];
}

/** The rotation that changes nothing: nine numbers, row by row. */
export const IDENTITY = new Float64Array([1, 0, 0, 0, 1, 0, 0, 0, 1]);

/**
 * The rotation after a drag by radians to the right and downwards: the near side follows.
 * @param {Float64Array} rotation @param {number} dx @param {number} dy @returns {Float64Array}
 */
export function turn(rotation, dx, dy) {
  const angle = Math.hypot(dx, dy);
  const [kx, ky] = angle ? [dy / angle, dx / angle] : [0, 0];
  const [sin, cos] = [Math.sin(angle), Math.cos(angle)];
  const both = kx * ky * (1 - cos);
  const step = [
    cos + kx * kx * (1 - cos), both, ky * sin,
    both, cos + ky * ky * (1 - cos), -kx * sin,
    -ky * sin, kx * sin, cos,
  ];
  const at = (i, j) => step[i] * rotation[j] + step[i + 1] * rotation[j + 3] + step[i + 2] * rotation[j + 6];
  return Float64Array.from(step, (_, i) => at(i - (i % 3), i % 3));
}

/**
 * Write how far turned points lie to the right, up, and towards the viewer.
 * @param {Float64Array} rotation @param {Float32Array} xyz point by point
 * @param {Float32Array} xs @param {Float32Array} ys @param {Float32Array} depths
 */
export function flatten3d(rotation, xyz, xs, ys, depths) {
  const [a, b, c, d, e, f, g, h, i] = rotation;
  for (let row = 0, at = 0; row < xs.length; row++, at += 3) {
    const x = xyz[at];
    const y = xyz[at + 1];
    const z = xyz[at + 2];
    xs[row] = a * x + b * y + c * z;
    ys[row] = d * x + e * y + f * z;
    depths[row] = g * x + h * y + i * z;
  }
}

const DEPTH_STEPS = 1 << 14;

/**
 * Fill `order` with all rows, far to near in 16,384 steps; NaN count as far.
 * @param {Float32Array} depths @param {Uint32Array} order @returns {Uint32Array} `order`
 */
export function depthOrder(depths, order) {
  const { x0, x1 } = boundsOf(depths, depths);
  const factor = x1 > x0 ? (DEPTH_STEPS - 1) / (x1 - x0) : 0;
  const steps = new Uint16Array(depths.length);
  const starts = new Uint32Array(DEPTH_STEPS + 1);
  for (let row = 0; row < steps.length; row++) {
    steps[row] = (depths[row] - x0) * factor;
    starts[steps[row] + 1]++;
  }
  for (let k = 0; k < DEPTH_STEPS; k++) starts[k + 1] += starts[k];
  for (let row = 0; row < steps.length; row++) order[starts[steps[row]]++] = row;
  return order;
}

/**
 * Part x, y, x, y, … into two arrays.
 * @param {Float32Array} xy @param {Float32Array} xs @param {Float32Array} ys
 */
export function split2d(xy, xs, ys) {
  for (let row = 0; row < xs.length; row++) {
    xs[row] = xy[2 * row];
    ys[row] = xy[2 * row + 1];
  }
}
