import { roundTicks, tickTexts } from "./axes.js";
import { make } from "./dom.js";
import { lossLinks } from "./loss_orders.js";
import { fitView, toData, toScreen } from "./transform.js";

const MARK_RADIUS = 12;
const LONGEST_ARROW = 72;
const STEEP = 0.02; // a smaller gradient has arrows as small as it is
const ARROW_LEAST = 3; // pixels that are worth an arrow
const LOSS_FONT = "system-ui, sans-serif";

/** The outline of a class's mark: six shapes, in the order of `palette.MARKERS`. */
function outlineMark(pen, code, x, y, radius) {
  const corners = (count, first, inner = 1) => {
    for (let k = 0; k < count; k++) {
      const [angle, far] = [first + (2 * Math.PI * k) / count, radius * (k % 2 ? inner : 1)];
      pen.lineTo(x + far * Math.cos(angle), y + far * Math.sin(angle));
    }
    pen.closePath();
  };
  const cross = (turned) => {
    const [arm, half] = [radius * 1.1, radius * 0.48];
    const steps = [[-half, -arm], [half, -arm], [half, -half], [arm, -half], [arm, half], [half, half], [half, arm], [-half, arm], [-half, half], [-arm, half], [-arm, -half], [-half, -half]];
    const [cos, sin] = [Math.cos(turned), Math.sin(turned)];
    for (const [dx, dy] of steps) pen.lineTo(x + dx * cos - dy * sin, y + dx * sin + dy * cos);
    pen.closePath();
  };
  pen.beginPath();
  const draw = [
    () => pen.arc(x, y, radius, 0, 7),
    () => pen.rect(x - radius * 0.9, y - radius * 0.9, radius * 1.8, radius * 1.8),
    () => ((radius *= 1.45), (y += radius * 0.14), corners(3, -Math.PI / 2)),
    () => ((radius *= 1.25), corners(4, -Math.PI / 2)),
    () => cross(Math.PI / 4),
    () => cross(0),
  ];
  draw[code % draw.length]();
}

/** Black or white, whichever is read on a colour. @param {string} color "#rrggbb" */
export function lossInk(color) {
  const [red, green, blue] = [1, 3, 5].map((at) => Number.parseInt(color.slice(at, at + 2), 16));
  return 0.299 * red + 0.587 * green + 0.114 * blue < 140 ? "#ffffff" : "#1b1b1f";
}

/**
 * A point's mark with its name.
 * @param {CanvasRenderingContext2D} pen @param {{code: number, color: string, name: string}} mark
 * @param {number} x @param {number} y @param {string} rim
 */
export function drawLossMark(pen, { code, color, name }, x, y, rim) {
  outlineMark(pen, code, x, y, MARK_RADIUS);
  pen.fillStyle = color;
  pen.strokeStyle = rim;
  pen.lineWidth = 1.5;
  pen.fill();
  pen.stroke();
  pen.fillStyle = lossInk(color);
  pen.font = `700 11px ${LOSS_FONT}`;
  pen.textAlign = "center";
  pen.textBaseline = "middle";
  pen.fillText(name, x, y + (code % 6 === 2 ? 3 : 0.5));
}

/** The picture of points, pairs and gradients. */
export class LossDrawing {
  #canvas = make("canvas", { "aria-hidden": "true" });
  #width = 0;
  #height = 0;

  constructor() {
    this.stage = make("div", { class: "simnb-loss-stage", role: "group" }, this.#canvas);
    this.view = { scale: 1, left: 0, top: 0 };
  }

  /** Take the size that the page gives; say whether there is one. */
  resize() {
    const { clientWidth: width, clientHeight: height } = this.stage;
    if (!width || !height) return false;
    [this.#width, this.#height] = [width, height];
    const ratio = Math.min(2, devicePixelRatio || 1);
    [this.#canvas.width, this.#canvas.height] = [Math.round(width * ratio), Math.round(height * ratio)];
    this.#canvas.getContext("2d").setTransform(ratio, 0, 0, ratio, 0, 0);
    return true;
  }

  /** Show all points. @param {number[][]} places @param {boolean} circle the unit circle too */
  fit(places, circle) {
    const all = circle ? [...places, [-1, -1], [1, 1]] : places;
    const room = Math.min(LONGEST_ARROW + MARK_RADIUS + 4, this.#width / 5, this.#height / 5);
    this.view = fitView(all.map(([x]) => x), all.map(([, y]) => y), this.#width, this.#height, room);
  }

  /** @param {number[]} place */
  isInSight(place) {
    const [x, y] = this.at(place);
    const edge = MARK_RADIUS - 2; // less than where a point can be dragged
    return x > edge && y > edge && x < this.#width - edge && y < this.#height - edge;
  }

  /** Where a point is on the stage, in CSS pixels. @param {number[]} place */
  at([x, y]) {
    return toScreen(this.view, x, y);
  }

  /** The place under a pixel, kept within the stage. @param {number} sx @param {number} sy */
  under(sx, sy) {
    const within = (value, size) => Math.max(MARK_RADIUS, Math.min(size - MARK_RADIUS, value));
    return toData(this.view, within(sx, this.#width), within(sy, this.#height));
  }

  /** The part of the stage that so many pixels are. @param {number} pixels */
  lengthOf(pixels) {
    return pixels / this.view.scale;
  }

  /**
   * @param {{places: number[][], marks: {code: number, color: string, name: string}[], pairs: ArrayLike<number>, gradient: ArrayLike<number>, circle: boolean, anchor: number | null}} scene
   * @param {Record<string, string>} colors
   */
  draw(scene, colors) {
    const pen = this.#canvas.getContext("2d");
    pen.clearRect(0, 0, this.#width, this.#height);
    pen.lineCap = "butt";
    this.#drawGrid(pen, colors);
    if (scene.circle) this.#drawCircle(pen, scene, colors);
    this.#drawLinks(pen, scene, colors);
    this.#drawArrows(pen, scene, colors);
    scene.marks.forEach((mark, row) => drawLossMark(pen, mark, ...this.at(scene.places[row]), colors.ink));
  }

  #drawGrid(pen, { line, quiet, background }) {
    const [x0, y1] = toData(this.view, 0, 0);
    const [x1, y0] = toData(this.view, this.#width, this.#height);
    pen.lineWidth = 1;
    pen.strokeStyle = line;
    pen.font = `11px ${LOSS_FONT}`;
    const [across, up] = [roundTicks(x0, x1, this.#width / 110), roundTicks(y0, y1, this.#height / 90)];
    pen.globalAlpha = 0.55;
    pen.beginPath();
    for (const x of across) pen.moveTo(this.at([x, 0])[0], 0), pen.lineTo(this.at([x, 0])[0], this.#height);
    for (const y of up) pen.moveTo(0, this.at([0, y])[1]), pen.lineTo(this.#width, this.at([0, y])[1]);
    pen.stroke();
    pen.globalAlpha = 1;
    const write = (text, x, y) => {
      pen.strokeStyle = background;
      pen.lineWidth = 3;
      pen.strokeText(text, x, y);
      pen.fillText(text, x, y);
    };
    pen.fillStyle = quiet;
    pen.textBaseline = "alphabetic";
    pen.textAlign = "center";
    tickTexts(across).forEach((text, k) => write(text, this.at([across[k], 0])[0], this.#height - 4));
    pen.textAlign = "left";
    tickTexts(up).forEach((text, k) => this.at([0, up[k]])[1] < this.#height - 24 && write(text, 4, this.at([0, up[k]])[1] - 3));
  }

  // A distance that sees directions alone takes each point for the one on the circle.
  #drawCircle(pen, { places, marks }, { quiet, background }) {
    const [cx, cy] = this.at([0, 0]);
    pen.strokeStyle = quiet;
    pen.lineWidth = 1.5;
    pen.beginPath();
    pen.arc(cx, cy, this.view.scale, 0, 7);
    pen.stroke();
    places.forEach(([x, y], row) => {
      const far = Math.hypot(x, y);
      if (!far) return;
      const [ux, uy] = this.at([x / far, y / far]);
      pen.strokeStyle = quiet;
      pen.lineWidth = 1;
      pen.setLineDash([2, 3]);
      pen.beginPath();
      pen.moveTo(cx, cy);
      pen.lineTo(...(far > 1 ? this.at([x, y]) : [ux, uy]));
      pen.stroke();
      pen.setLineDash([]);
      pen.beginPath();
      pen.arc(ux, uy, 4.5, 0, 7);
      pen.fillStyle = background;
      pen.strokeStyle = marks[row].color;
      pen.lineWidth = 2.5;
      pen.fill();
      pen.stroke();
    });
  }

  #drawLinks(pen, { places, pairs, anchor }, { pull, push }) {
    for (const { from, to, weight, share } of lossLinks(pairs, places.length, anchor)) {
      pen.strokeStyle = weight > 0 ? pull : push;
      pen.lineWidth = 1 + 5.5 * share;
      pen.setLineDash(weight > 0 ? [] : [8, 5]);
      pen.globalAlpha = 0.35 + 0.5 * share;
      pen.beginPath();
      pen.moveTo(...this.at(places[from]));
      pen.lineTo(...this.at(places[to]));
      pen.stroke();
    }
    pen.setLineDash([]);
    pen.globalAlpha = 1;
  }

  #drawArrows(pen, { places, marks, gradient }, { ink }) {
    const sizes = places.map((_, row) => Math.hypot(gradient[2 * row], gradient[2 * row + 1]));
    const factor = LONGEST_ARROW / Math.max(STEEP, ...sizes);
    places.forEach((place, row) => {
      if (!(sizes[row] * factor >= ARROW_LEAST)) return;
      const [x, y] = this.at(place);
      const [dx, dy] = [-gradient[2 * row] / sizes[row], gradient[2 * row + 1] / sizes[row]];
      const length = sizes[row] * factor;
      const head = Math.min(11, length);
      const along = (far, aside) => [x + dx * (MARK_RADIUS + far) - dy * aside, y + dy * (MARK_RADIUS + far) + dx * aside];
      pen.beginPath();
      for (const corner of [[-4, -2], [length - head, -2], [length - head, -6], [length, 0], [length - head, 6], [length - head, 2], [-4, 2]]) pen.lineTo(...along(...corner));
      pen.closePath();
      pen.fillStyle = marks[row].color;
      pen.strokeStyle = ink;
      pen.lineWidth = 1;
      pen.fill();
      pen.stroke();
    });
  }
}
