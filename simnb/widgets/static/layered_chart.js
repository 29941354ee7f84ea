import { roundTicks, tickTexts } from "./axes.js";
import { make } from "./dom.js";

const CHART_FONT = "12px system-ui, sans-serif";

/**
 * A drawing of two layers: what changes seldom, and above it what moves with the threshold.
 *
 * Lengths are CSS pixels. `margins` are top, right, bottom, left.
 */
export class LayeredChart {
  /** @param {Record<string, string>} colors by name @param {Record<string, any>} properties of the element */
  constructor(colors, properties) {
    this.colors = colors;
    [this.base, this.over] = [0, 1].map(() => make("canvas", { "aria-hidden": "true" }));
    this.element = make("div", { role: "img", ...properties, class: `simnb-chart ${properties.class}` }, this.base, this.over);
  }

  /** Take the element's size; false where it is not on the page. */
  measure() {
    const { clientWidth: width, clientHeight: height } = this.element;
    Object.assign(this, { width, height, ratio: devicePixelRatio });
    for (const canvas of [this.base, this.over]) [canvas.width, canvas.height] = [width, height].map((own) => Math.round(own * this.ratio));
    return width > 0 && height > 0;
  }

  /** Say what the axes show; `x` and `y` then turn numbers into places. */
  setRange([x0, x1], [y0, y1]) {
    const [top, right, bottom, left] = this.margins;
    const box = { left, top, right: this.width - right, bottom: this.height - bottom };
    Object.assign(this, { box, wide: box.right - left, tall: box.bottom - top, xEnds: [x0, x1], yEnds: [y0, y1] });
    this.x = (value) => left + ((value - x0) / (x1 - x0)) * this.wide;
    this.y = (value) => box.bottom - ((value - y0) / (y1 - y0)) * this.tall;
  }

  /** A cleared layer to draw on. @param {HTMLCanvasElement} canvas */
  pen(canvas) {
    const pen = canvas.getContext("2d");
    pen.setTransform(this.ratio, 0, 0, this.ratio, 0, 0);
    pen.clearRect(0, 0, this.width, this.height);
    pen.font = CHART_FONT;
    pen.lineJoin = "round";
    return pen;
  }

  /** A word beside a place, half its height above it; squeezed where it is too long. */
  write(pen, text, x, y, align = "left", color = this.colors.quiet, most = 999) {
    Object.assign(pen, { fillStyle: color, textAlign: align, textBaseline: "middle" });
    pen.fillText(text, x, y, most);
  }

  /** Grid lines and their numbers. */
  drawGrid(pen, xTexts = true, yTexts = true) {
    const { box } = this;
    const columns = roundTicks(...this.xEnds, Math.max(2, this.wide / 75));
    const lines = yTexts ? roundTicks(...this.yEnds, Math.max(2, this.tall / 34)) : [];
    pen.fillStyle = this.colors.line;
    pen.globalAlpha = 0.55;
    for (const at of columns) pen.fillRect(Math.round(this.x(at)), box.top, 1, this.tall);
    for (const at of lines) pen.fillRect(box.left, Math.round(this.y(at)), this.wide, 1);
    pen.globalAlpha = 1;
    tickTexts(lines).forEach((text, k) => this.write(pen, text, box.left - 6, this.y(lines[k]), "right"));
    if (xTexts) tickTexts(columns).forEach((text, k) => this.write(pen, text, this.x(columns[k]), box.bottom + 12, "center"));
  }

  /** Draw corners as a line; NaN breaks it. @param {ArrayLike<number>} line x and y in turn */
  stroke(pen, line, color, dash = [], width = 1.5) {
    pen.strokeStyle = color;
    pen.lineWidth = width;
    pen.setLineDash(dash);
    pen.beginPath();
    let [x, y] = [NaN, NaN];
    for (let k = 0; k < line.length; k += 2) {
      const [toX, toY] = [line[k], line[k + 1]];
      if (Math.abs(toX - x) + Math.abs(toY - y) < 0.5) continue; // nobody could tell it from the last
      if (Number.isNaN(x)) pen.moveTo(toX, toY);
      else pen.lineTo(toX, toY);
      [x, y] = [toX, toY];
    }
    pen.stroke();
    pen.setLineDash([]);
  }

  /** A line down the chart at the cut; returns where. @param {number} threshold */
  strokeCut(pen, threshold) {
    const x = Math.max(this.box.left, Math.min(this.box.right, this.x(threshold)));
    this.stroke(pen, [x, this.box.top - 4, x, this.box.bottom], this.colors.accent);
    return x;
  }

  /** A dot with a rim, so that it stands out from its line; hollow for the held-out split. */
  dot(pen, x, y, color, hollow = false) {
    if (Number.isNaN(x + y)) return;
    const { background } = this.colors;
    pen.beginPath();
    pen.arc(x, y, hollow ? 3.5 : 4.5, 0, 7);
    Object.assign(pen, hollow ? { fillStyle: background, strokeStyle: color, lineWidth: 2 } : { fillStyle: color, strokeStyle: background, lineWidth: 1.5 });
    pen.fill();
    pen.stroke();
  }

  /** Let the reader drag along the x axis. @param {(value: number) => void} drag */
  onDrag(drag) {
    const { element } = this;
    const move = (event) => {
      if (event.type === "pointerdown" && !event.button) element.setPointerCapture(event.pointerId);
      if (!this.box || !element.hasPointerCapture(event.pointerId)) return;
      const part = (event.clientX - element.getBoundingClientRect().left - this.box.left) / this.wide;
      drag(this.xEnds[0] + Math.max(0, Math.min(1, part)) * (this.xEnds[1] - this.xEnds[0]));
    };
    for (const type of ["pointerdown", "pointermove"]) element.addEventListener(type, move);
  }
}
