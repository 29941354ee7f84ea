import { clusterCentres, placeLabels } from "./cluster_labels.js";
import { make } from "./dom.js";
import { between, easeInOut } from "./glide.js";
import { CHOSEN, FAINT, PLAIN, Raster, drawPoints, packColor } from "./raster.js";
import { SpatialIndex } from "./spatial_index.js";
import { IDENTITY, depthOrder, fitView, flatten3d, panBy, split2d, toData, toScreen, turn, zoomAt } from "./transform.js";
import { visibleText } from "./words.js";

const GLIDE = 800;
const BUDGET = 14; // milliseconds of a frame for points; the rest follow in the next frames
const SLICE = 120_000;
const SMOOTH_UP_TO = 30_000;
const LABELS_UP_TO = 60;
const THUMBNAILS_UP_TO = 300;
const REACH = 14; // how near the pointer must come to a point
const PAUSE_BEFORE_INDEX = 150;
const NOTHING = new Float32Array(0);

/** One picture of the points: two canvases, a view of its own, and the scene it shares. */
export class Scatter {
  #scene;
  #raster = new Raster(1, 1);
  #order = null;
  #index = null;
  #fit = { scale: 1, left: 0, top: 0 };
  #moved = false;
  #frame = 0;
  #idle = 0;
  #slice = 0;
  #overDue = true;
  #glide = null;
  #centres = null;
  #nameWidths = new Map();

  /** @param {import("./scene.js").Scene} scene */
  constructor(scene) {
    this.#scene = scene;
    this.base = make("canvas", { "aria-hidden": "true" });
    this.over = make("canvas", { "aria-hidden": "true" });
    this.heading = make("div", { class: "simnb-heading" });
    this.stage = make("div", { class: "simnb-stage", tabindex: "0", role: "application" }, this.base, this.over, this.heading);
    this.view = this.#fit;
    this.coordinates = NOTHING;
    this.dimensions = 2;
    this.rotation = IDENTITY;
    this.xs = this.ys = this.depths = NOTHING;
    this.ratio = 1;
    this.drawn = 0;
    this.outline = null; // of a box or lasso that is being drawn, as data
  }

  /** @param {Float32Array} coordinates point by point @param {number} dimensions @param {boolean} animate */
  place(coordinates, dimensions, animate) {
    const from = this.#startOfGlide(dimensions);
    const count = coordinates.length / dimensions || 0;
    if (this.xs.length !== count) [this.xs, this.ys, this.depths] = [0, 1, 2].map(() => new Float32Array(count));
    if (dimensions === 3) coordinates = aroundMiddle(coordinates);
    this.coordinates = coordinates;
    this.dimensions = dimensions;
    this.rotation = dimensions === 2 ? IDENTITY : this.rotation;
    const still = matchMedia("(prefers-reduced-motion: reduce)").matches || document.hidden;
    this.#glide = null;
    const before = this.view;
    this.#flatten(coordinates);
    this.#fitNow();
    if (animate && !still && from?.length === coordinates.length && count) {
      const glide = { from, start: performance.now(), at: new Float32Array(coordinates.length), before, after: this.view };
      this.#glide = glide;
    }
    this.draw();
  }

  #startOfGlide(dimensions) {
    const count = this.xs.length;
    if (!count) return null;
    if (dimensions === this.dimensions) return this.#glide ? this.#glide.at : this.coordinates;
    const start = new Float32Array(count * dimensions);
    for (let row = 0; row < count; row++) {
      start[dimensions * row] = this.xs[row];
      start[dimensions * row + 1] = this.ys[row];
    }
    return start;
  }

  #flatten(coordinates) {
    if (this.dimensions === 2) {
      split2d(coordinates, this.xs, this.ys);
      this.#order = null;
    } else {
      flatten3d(this.rotation, coordinates, this.xs, this.ys, this.depths);
      this.#order = depthOrder(this.depths, this.#order?.length === this.xs.length ? this.#order : new Uint32Array(this.xs.length));
    }
    this.#index = null;
    this.#centres = null;
  }

  /** Take the size that the page gives. */
  resize() {
    const { clientWidth: width, clientHeight: height } = this.stage;
    if (!width || !height) return;
    this.ratio = Math.min(2, devicePixelRatio || 1);
    const [before, tall] = [this.#raster.width, this.#raster.height];
    this.#raster.resize(width * this.ratio, height * this.ratio);
    for (const canvas of [this.base, this.over]) [canvas.width, canvas.height] = [this.#raster.width, this.#raster.height];
    if (this.#moved) this.view = panBy(this.view, (this.#raster.width - before) / 2, (this.#raster.height - tall) / 2);
    else this.#fitNow();
    this.draw();
  }

  #fitNow(states) {
    const { width, height } = this.#raster;
    this.view = fitView(this.xs, this.ys, width, height, Math.min(28 * this.ratio, width / 8), states);
    if (!states) this.#fit = this.view;
    this.#moved = false;
  }

  /** Show all points, or all that the filter leaves. */
  fit() {
    this.#fitNow(this.#scene.states);
    this.draw();
  }

  /** As it was at first. */
  reset() {
    this.rotation = IDENTITY;
    this.#flatten(this.coordinates);
    this.#fitNow();
    this.draw();
  }

  /** @param {number} factor @param {number} [sx] @param {number} [sy] canvas pixels */
  zoom(factor, sx = this.#raster.width / 2, sy = this.#raster.height / 2) {
    const scale = this.view.scale * factor;
    if (!(scale > this.#fit.scale / 50 && scale < this.#fit.scale * 1e5)) return;
    this.#look(zoomAt(this.view, factor, sx, sy));
  }

  /** @param {number} dx @param {number} dy canvas pixels */
  pan(dx, dy) {
    this.#look(panBy(this.view, dx, dy));
  }

  /** Follow a drag. @param {number} dx @param {number} dy canvas pixels */
  move(dx, dy) {
    if (this.dimensions === 2) this.pan(dx, dy);
    else this.turnBy(dx / 160 / this.ratio, dy / 160 / this.ratio);
  }

  /** @param {number[]} box canvas pixels x0, y0, x1, y1 */
  zoomTo([x0, y0, x1, y1]) {
    const { width, height } = this.#raster;
    const factor = Math.min(width / Math.max(8, Math.abs(x1 - x0)), height / Math.max(8, Math.abs(y1 - y0)));
    this.#look(panBy(this.view, width / 2 - (x0 + x1) / 2, height / 2 - (y0 + y1) / 2));
    this.zoom(factor);
  }

  /** @param {number} dx @param {number} dy radians */
  turnBy(dx, dy) {
    this.rotation = turn(this.rotation, dx, dy);
    this.#glide = null;
    this.#flatten(this.coordinates);
    this.draw();
  }

  #look(view) {
    this.view = view;
    this.#moved = true;
    if (this.#glide) this.#glide.after = this.#glide.before = view;
    this.draw();
  }

  /** Bring a point into the picture. @param {number} row */
  reveal(row) {
    const [sx, sy] = this.positionOf(row);
    const { width, height } = this.#raster;
    const margin = 20 * this.ratio;
    if (sx >= margin && sy >= margin && sx <= width - margin && sy <= height - margin) return;
    this.pan(width / 2 - sx, height / 2 - sy);
  }

  /** @param {number} row @returns {[number, number]} canvas pixels */
  positionOf(row) {
    return toScreen(this.view, this.xs[row], this.ys[row]);
  }

  /** The spatial index of what is drawn. */
  get index() {
    return (this.#index ??= new SpatialIndex(this.xs, this.ys));
  }

  /** The visible point under the pointer. @param {number} sx @param {number} sy @returns {number | null} */
  at(sx, sy) {
    if (this.#glide) return null;
    const [x, y] = toData(this.view, sx, sy);
    const radius = (REACH * this.ratio) / this.view.scale;
    const row = this.#index ? this.#index.nearest(x, y, radius, this.#scene.isVisible) : this.#scan(x, y, radius);
    return row < 0 ? null : row;
  }

  // As the index would, while there is none yet: of a million points faster than to build it.
  #scan(x, y, radius) {
    const { xs, ys } = this;
    let [best, least] = [-1, radius ** 2];
    for (let row = 0; row < xs.length; row++) {
      const far = (xs[row] - x) ** 2 + (ys[row] - y) ** 2;
      if (far < least && this.#scene.isVisible(row)) [best, least] = [row, far];
    }
    return best;
  }

  /** Draw points and what lies over them in the next frame. */
  draw() {
    this.#slice = 0;
    this.#next();
  }

  /** Draw only what lies over the points. */
  drawOver() {
    this.#overDue = true;
    this.#next();
  }

  #next() {
    this.#frame ||= requestAnimationFrame(() => {
      this.#frame = 0;
      this.#paint();
    });
  }

  #paint() {
    const begin = performance.now();
    if (this.#glide) this.#step(begin);
    const slices = Math.ceil(this.xs.length / SLICE) || 1;
    if (this.#slice < slices) {
      this.#paintPoints(begin, slices);
      this.#overDue = true;
    }
    if (this.#overDue) this.#paintOver();
    if (this.#slice < slices || this.#glide) return this.#next();
    // Ready before the pointer comes: for a million points it takes a tenth of a second.
    clearTimeout(this.#idle);
    if (!this.#index) this.#idle = setTimeout(() => this.index, PAUSE_BEFORE_INDEX);
  }

  #step(now) {
    const glide = this.#glide;
    const t = easeInOut((now - glide.start) / GLIDE);
    between(glide.from, this.coordinates, t, glide.at);
    this.#flatten(glide.at);
    const mix = (name) => glide.before[name] + (glide.after[name] - glide.before[name]) * t;
    this.view = { scale: mix("scale"), left: mix("left"), top: mix("top") };
    this.#slice = 0;
    if (t >= 1) {
      this.#glide = null;
      this.view = glide.after;
      this.#flatten(this.coordinates);
    }
  }

  #paintPoints(begin, slices) {
    const { background, ink } = this.#scene.theme;
    const raster = this.#raster;
    const scene = this.#scene;
    if (this.#slice === 0) {
      raster.clear(packColor(background));
      this.drawn = 0;
    }
    const { plain, faint } = scene.palette(background);
    const { codes, states, shapes } = scene;
    const points = { xs: this.xs, ys: this.ys, codes, states, order: this.#order ?? undefined };
    const radius = this.radius;
    const smooth = this.xs.length <= SMOOTH_UP_TO;
    const draw = (colors, state, more, start, step) =>
      drawPoints(raster, points, this.view, { colors, shapes, radius: radius + more, smooth }, state, start, step);
    do {
      this.drawn += draw(faint, FAINT, 0, this.#slice, slices) + draw(plain, PLAIN, 0, this.#slice, slices);
      this.#slice++;
    } while (this.#slice < slices && performance.now() - begin < BUDGET);
    if (scene.selection.length) {
      // The selection is told by a rim too, not by colour alone.
      if (scene.selection.length < SMOOTH_UP_TO) draw(plain.map(() => packColor(ink)), CHOSEN, 1.5 * this.ratio, 0, 1);
      draw(plain, CHOSEN, 0, 0, 1);
    }
    this.base.getContext("2d").putImageData(new ImageData(raster.data, raster.width), 0, 0);
  }

  /** Canvas pixels from a mark's middle to its rim: fewer points are larger, and so are those looked at closely. */
  get radius() {
    const { pointSize } = this.#scene;
    if (pointSize) return Math.max(0, (pointSize * this.ratio - 1) / 2);
    const count = this.xs.length;
    const size = count <= 300 ? 5 : count <= 3000 ? 4 : count <= 12_000 ? 3 : count <= 60_000 ? 2 : 1;
    const near = Math.max(1, this.view.scale / this.#fit.scale) ** 0.3;
    return Math.min(9, size * near) * this.ratio * 0.8;
  }

  #paintOver() {
    this.#overDue = false;
    const pen = this.over.getContext("2d");
    const { width, height } = this.over;
    pen.clearRect(0, 0, width, height);
    if (!this.xs.length) return;
    pen.lineJoin = "round";
    const { shown } = this.#scene;
    if (shown.images && !this.#glide) this.#paintThumbnails(pen);
    if (!this.#glide) this.#paintNeighbors(pen);
    if (shown.names && !this.#glide) this.#paintNames(pen);
    this.#paintRings(pen);
    if (this.outline) this.#paintOutline(pen, this.outline);
  }

  #paintThumbnails(pen) {
    const { width, height } = this.#raster;
    const [x0, y1] = toData(this.view, 0, 0);
    const [x1, y0] = toData(this.view, width, height);
    if (this.xs.length > THUMBNAILS_UP_TO && this.view.scale < 1.4 * this.#fit.scale) return;
    const rows = this.index.within(x0, y0, x1, y1, this.#scene.isVisible);
    if (!rows.length || rows.length > THUMBNAILS_UP_TO) return;
    const side = Math.min(64, Math.max(18, 0.55 * Math.sqrt((width * height) / rows.length) / this.ratio)) * this.ratio;
    this.#scene.thumbnails.want([...rows]);
    pen.imageSmoothingEnabled = false;
    pen.lineWidth = 2 * this.ratio;
    for (const row of rows) {
      const tile = this.#scene.thumbnails.get(row);
      if (!tile) continue;
      const [sx, sy] = this.positionOf(row);
      pen.globalAlpha = this.#scene.states[row] === FAINT ? 0.35 : 1;
      pen.drawImage(tile.bitmap, tile.x, tile.y, tile.size, tile.size, sx - side / 2, sy - side / 2, side, side);
      pen.strokeStyle = this.#scene.colors[this.#scene.codes[row]];
      pen.strokeRect(sx - side / 2, sy - side / 2, side, side);
    }
    pen.globalAlpha = 1;
  }

  #paintNeighbors(pen) {
    const { clicked, neighbors } = this.#scene;
    if (clicked === null) return;
    const { ink, background } = this.#scene.theme;
    const [x, y] = this.positionOf(clicked);
    for (const [color, wide] of [[background, 4], [ink, 1.5]]) {
      pen.strokeStyle = color;
      pen.lineWidth = wide * this.ratio;
      pen.beginPath();
      for (const row of neighbors.ids) pen.moveTo(x, y), pen.lineTo(...this.positionOf(row));
      pen.stroke();
    }
    for (const row of neighbors.ids) this.#ring(pen, row, 3, ink);
  }

  #paintRings(pen) {
    const { clicked, hovered, focused } = this.#scene;
    const { ink, accent } = this.#scene.theme;
    if (clicked !== null) this.#ring(pen, clicked, 5, accent);
    if (hovered !== null) this.#ring(pen, hovered, 3, ink);
    if (focused !== null && document.activeElement === this.stage) this.#ring(pen, focused, 6, accent);
  }

  #ring(pen, row, more, color) {
    const [x, y] = this.positionOf(row);
    if (Number.isNaN(x)) return;
    for (const [own, wide] of [[this.#scene.theme.background, 4], [color, 2]]) {
      pen.strokeStyle = own;
      pen.lineWidth = wide * this.ratio;
      pen.beginPath();
      pen.arc(x, y, this.radius + more * this.ratio, 0, 7);
      pen.stroke();
    }
  }

  #paintNames(pen) {
    const { names, codes, states, missing } = this.#scene;
    if (names.length < 2 || names.length > LABELS_UP_TO) return;
    this.#centres ??= clusterCentres(this.xs, this.ys, codes, states, names.length);
    const { x, y, count } = this.#centres;
    const size = 13 * this.ratio;
    pen.font = `600 ${size}px system-ui, sans-serif`;
    pen.textAlign = "center";
    pen.textBaseline = "middle";
    const boxes = names.map((name, code) => {
      if (code === missing || !count[code]) return { x: NaN, y: NaN, width: 0, height: 0, weight: 0 };
      const [sx, sy] = toScreen(this.view, x[code], y[code]);
      const [wide, high] = [this.#widthOf(pen, name) + 8 * this.ratio, size * 1.35];
      return { x: sx - wide / 2, y: sy - high / 2, width: wide, height: high, weight: count[code] };
    });
    const { ink, background } = this.#scene.theme;
    placeLabels(boxes, this.#raster.width, this.#raster.height).forEach((shown, code) => {
      if (!shown || !boxes[code].weight) return;
      pen.lineWidth = 4 * this.ratio;
      pen.strokeStyle = background;
      pen.fillStyle = ink;
      const { x: left, y: upper, width, height } = boxes[code];
      pen.strokeText(shortName(names[code]), left + width / 2, upper + height / 2);
      pen.fillText(shortName(names[code]), left + width / 2, upper + height / 2);
    });
  }

  #widthOf(pen, name) {
    const key = `${pen.font} ${name}`;
    if (!this.#nameWidths.has(key)) this.#nameWidths.set(key, pen.measureText(shortName(name)).width);
    return this.#nameWidths.get(key);
  }

  /** Names stand where their points are, which a filter changes. */
  forgetNames() {
    this.#centres = null;
  }

  #paintOutline(pen, corners) {
    const { accent } = this.#scene.theme;
    pen.beginPath();
    for (let k = 0; k < corners.length; k += 2) pen.lineTo(...toScreen(this.view, corners[k], corners[k + 1]));
    pen.closePath();
    pen.globalAlpha = 0.12;
    pen.fillStyle = accent;
    pen.fill();
    pen.globalAlpha = 1;
    pen.strokeStyle = accent;
    pen.lineWidth = 1.5 * this.ratio;
    pen.setLineDash([5 * this.ratio, 3 * this.ratio]);
    pen.stroke();
    pen.setLineDash([]);
  }

  /** Stop drawing. */
  close() {
    cancelAnimationFrame(this.#frame);
    clearTimeout(this.#idle);
  }
}

// What is turned, turns around 0.
function aroundMiddle(xyz) {
  const [sums, counts] = [new Float64Array(3), new Float64Array(3)];
  for (let k = 0; k < xyz.length; k++) if (xyz[k] - xyz[k] === 0) (sums[k % 3] += xyz[k]), counts[k % 3]++;
  return xyz.map((own, k) => own - sums[k % 3] / counts[k % 3]);
}

function shortName(name) {
  const text = visibleText(name);
  return text.length > 24 ? `${text.slice(0, 23)}…` : text;
}
