/** What a point is: not there, greyed out, as usual, part of the selection. */
export const HIDDEN = 0;
export const FAINT = 1;
export const PLAIN = 2;
export const CHOSEN = 3;

/** A picture of packed colours, for `new ImageData(raster.data, raster.width)`. */
export class Raster {
  /** @param {number} width @param {number} height in canvas pixels */
  constructor(width, height) {
    this.resize(width, height);
  }

  /** Start anew, transparent. @param {number} width @param {number} height */
  resize(width, height) {
    this.width = Math.max(1, Math.round(width));
    this.height = Math.max(1, Math.round(height));
    this.pixels = new Uint32Array(this.width * this.height);
    this.data = new Uint8ClampedArray(this.pixels.buffer);
  }

  /** @param {number} color packed */
  clear(color) {
    this.pixels.fill(color);
  }
}

/** An opaque colour as ImageData holds it. @param {string} hex "#rrggbb" @returns {number} */
export function packColor(hex) {
  const value = parseInt(hex.slice(1), 16);
  return new Uint32Array(Uint8Array.of(value >> 16, value >> 8, value, 255).buffer)[0];
}

/** The share (0 to 1) of `b` in `a`. @param {number} a @param {number} b @param {number} share @returns {number} */
export function mixColors(a, b, share) {
  return blend(a, b, Math.round(Math.min(1, Math.max(0, share)) * 256));
}

// Two of the four bytes at a time; `part` is out of 256.
function blend(a, b, part) {
  const rest = 256 - part;
  const even = ((a & 0xff00ff) * rest + (b & 0xff00ff) * part + 0x800080) >>> 8;
  const odd = ((a >>> 8) & 0xff00ff) * rest + ((b >>> 8) & 0xff00ff) * part + 0x800080;
  return ((even & 0xff00ff) | (odd & 0xff00ff00)) >>> 0;
}

const isInPlus = (x, y) => Math.min(Math.abs(x), Math.abs(y)) < 0.3 && Math.max(Math.abs(x), Math.abs(y)) < 1.2;
const isInTriangle = (x, y) => y < 0.7 && Math.abs(x) < (y + 1.35) * 0.58;

// Tests for being inside, of about equal area, as seen from the middle; y downwards.
const MARK_SHAPES = {
  disc: (x, y) => x * x + y * y < 1,
  square: (x, y) => Math.max(Math.abs(x), Math.abs(y)) < 0.95,
  triangle: isInTriangle,
  diamond: (x, y) => Math.abs(x) + Math.abs(y) < 1.32,
  cross: (x, y) => isInPlus((x + y) * Math.SQRT1_2, (x - y) * Math.SQRT1_2),
  plus: isInPlus,
  ring: (x, y) => Math.abs(Math.hypot(x, y) - 0.83) < 0.27,
  triangle_down: (x, y) => isInTriangle(x, -y),
};

/** Names of the marks. */
export const SHAPES = Object.keys(MARK_SHAPES);

const marksMade = new Map();

/**
 * The pixels of a mark around its middle one, as dx, dy, dx, dy, …: `solid` ones, and, if it is
 * smooth, those of its `edge` with their `coverage` (of 256).
 * @param {string} shape one of SHAPES
 * @param {number} radius beyond the middle pixel, to a quarter: a disc of radius 2 is 5 wide
 * @param {boolean} [smooth]
 * @returns {{extent: number, solid: Int32Array, edge: Int32Array, coverage: Uint8Array}}
 */
export function markOf(shape, radius, smooth = false) {
  const half = Math.max(0, Math.round(radius * 4)) / 4 + 0.5;
  const key = `${shape} ${half} ${smooth}`;
  if (!marksMade.has(key)) marksMade.set(key, makeMark(MARK_SHAPES[shape], half, smooth));
  return marksMade.get(key);
}

function makeMark(isInside, half, smooth) {
  const extent = Math.ceil(1.35 * half);
  const [solid, edge, coverage] = [[], [], []];
  for (let dy = -extent; dy <= extent; dy++) {
    for (let dx = -extent; dx <= extent; dx++) {
      let part = 0;
      for (let k = 0; k < 64; k++) {
        const [x, y] = [dx + ((k % 8) - 3.5) / 8, dy + ((k >> 3) - 3.5) / 8];
        if (isInside(x / half, y / half)) part += 4;
      }
      if (part >= (smooth ? 248 : 128)) solid.push(dx, dy);
      else if (smooth && part >= 8) edge.push(dx, dy), coverage.push(part);
    }
  }
  if (!solid.length && !edge.length) solid.push(0, 0);
  return { extent, solid: new Int32Array(solid), edge: new Int32Array(edge), coverage: new Uint8Array(coverage) };
}

/**
 * Draw the rows start, start + step, … (places of `points.order`, if there is one) that are in
 * `state`, later ones on top; marks are cut at the borders of the picture.
 * @param {Raster} raster
 * @param {{xs: Float32Array, ys: Float32Array, codes: Uint8Array|Uint16Array, states: Uint8Array, order?: Uint32Array}} points
 * @param {{scale: number, left: number, top: number}} view
 * @param {{colors: Uint32Array, shapes?: Uint8Array, radius: number, smooth?: boolean}} style
 *   packed colours and places in SHAPES by code; without shapes all are discs
 * @param {number} state @param {number} [start] @param {number} [step]
 * @returns {number} how many were drawn
 */
export function drawPoints(raster, points, view, style, state, start = 0, step = 1) {
  const { xs, ys, codes, states, order } = points;
  const { colors, shapes, radius, smooth } = style;
  const { pixels, width, height } = raster;
  const { scale, left, top } = view;
  const stamps = SHAPES.map((shape) => stampOf(markOf(shape, radius, smooth), width));
  const reach = Math.max(...stamps.map(({ mark }) => mark.extent));
  const count = order ? order.length : xs.length;
  let drawn = 0;
  for (let place = start; place < count; place += step) {
    const row = order ? order[place] : place;
    if (states[row] !== state) continue;
    const px = Math.floor(xs[row] * scale + left);
    const py = Math.floor(top - ys[row] * scale);
    // Also false for NaN.
    if (!(px >= -reach && px < width + reach && py >= -reach && py < height + reach)) continue;
    const stamp = stamps[shapes ? shapes[codes[row]] : 0];
    const color = colors[codes[row]];
    if (px < reach || py < reach || px >= width - reach || py >= height - reach) {
      if (!stampCut(raster, px, py, stamp.mark, color)) continue;
    } else {
      stampWhole(pixels, py * width + px, stamp, color);
    }
    drawn++;
  }
  return drawn;
}

function stampOf(mark, width) {
  const jumps = (pairs) => Int32Array.from({ length: pairs.length / 2 }, (_, k) => pairs[2 * k] + pairs[2 * k + 1] * width);
  return { mark, solid: jumps(mark.solid), edge: jumps(mark.edge), coverage: mark.coverage };
}

function stampWhole(pixels, middle, { solid, edge, coverage }, color) {
  for (let k = 0; k < solid.length; k++) pixels[middle + solid[k]] = color;
  for (let k = 0; k < edge.length; k++) {
    pixels[middle + edge[k]] = blend(pixels[middle + edge[k]], color, coverage[k]);
  }
}

function stampCut({ pixels, width, height }, px, py, mark, color) {
  let touched = 0;
  for (const pairs of [mark.solid, mark.edge]) {
    for (let k = 0; k < pairs.length; k += 2) {
      const [x, y] = [px + pairs[k], py + pairs[k + 1]];
      if (x < 0 || y < 0 || x >= width || y >= height) continue;
      const at = y * width + x;
      pixels[at] = pairs === mark.solid ? color : blend(pixels[at], color, mark.coverage[k / 2]);
      touched++;
    }
  }
  return touched;
}
