import { spreadOut, thinnedSteps } from "./axes.js";
import { LayeredChart } from "./layered_chart.js";
import { visibleText } from "./words.js";

const DASHES = [[], [6, 2], [2, 2], [8, 2, 2, 2], [12, 3]];
const HUES = 6;
const WIDE = 520; // from here on there is room for names beside the curves

/** Colour and dashes of the n-th curve, as the library's figures have them. */
export function styleOf(place, colors) {
  return [colors[`curve${place % HUES}`], DASHES[place % DASHES.length]];
}

/** A metric's name as words. @param {string} name */
export function metricWords(name) {
  return visibleText(name).replaceAll("_", " ");
}

/** Curves against the threshold, with a line at the cut and a dot on each curve. */
export class ThresholdChart extends LayeredChart {
  shown = [];
  marks = [];
  xTexts = true;

  /**
   * @param {Record<string, string>} colors @param {Record<string, any>} properties
   * @param {import("./calibration_data.js").CalibrationData} data
   * @param {string[]} names of all curves there may be
   */
  constructor(colors, properties, data, names) {
    super(colors, properties);
    Object.assign(this, { data, names });
  }

  /**
   * What to draw.
   * @param {{name: string, place: number, values: ArrayLike<number>, held?: ArrayLike<number>, bold?: boolean, band?: any}[]} curves
   * @param {{text: string, threshold: number}[]} marks lines at thresholds
   */
  show(curves, marks) {
    [this.shown, this.marks] = [curves, marks];
    if (!this.measure()) return;
    const pen = this.pen(this.base);
    this.fit(pen);
    this.drawGrid(pen, this.xTexts);
    this.drawMarks(pen);
    for (const curve of curves) if (curve.band) this.drawBand(pen, curve);
    for (const curve of curves) this.drawCurve(pen, curve);
    if (this.width >= WIDE) this.drawNames(pen);
  }

  fit(pen) {
    const names = this.names.map((name) => pen.measureText(metricWords(name)).width + 14);
    this.margins = [this.marks.length ? 20 : 8, this.width < WIDE ? 10 : Math.min(140, Math.max(10, ...names)), this.xTexts ? 22 : 8, 46];
    let [low, high] = [0, this.names.length > 1 ? 1 : 0];
    for (const own of this.shown.flatMap(({ values, held = [] }) => [values, held])) {
      for (const value of own) [low, high] = [value < low ? value : low, value > high ? value : high];
    }
    this.setRange(this.data.ends, [low, high || 1]);
  }

  drawMarks(pen) {
    const { box } = this;
    let taken = -Infinity;
    for (const { text, threshold } of this.marks.sort((a, b) => a.threshold - b.threshold)) {
      const x = this.x(threshold);
      if (x < box.left - 1 || x > box.right + 1) continue;
      this.stroke(pen, [x, box.top - 4, x, box.bottom], this.colors.quiet, [4, 3], 1);
      const wide = pen.measureText(text).width;
      const left = Math.max(box.left, Math.min(x - wide / 2, this.width - wide - 2));
      if (left < taken + 8) continue;
      taken = left + wide;
      this.write(pen, text, left, box.top - 12);
    }
  }

  drawBand(pen, { place, band: [grid, low, high] }) {
    // A canvas passes over what is NaN.
    const to = (end) => (limit, k) => pen.lineTo(this.x(this.data.turned(limit)), this.y(end[k]));
    pen.globalAlpha = 0.18;
    pen.fillStyle = styleOf(place, this.colors)[0];
    pen.beginPath();
    grid.forEach(to(low));
    grid.toReversed().forEach(to(high.toReversed()));
    pen.fill();
    pen.globalAlpha = 1;
  }

  drawCurve(pen, { place, values, held, bold }) {
    const { data, box } = this;
    const style = styleOf(place, this.colors);
    const line = (own, steps) => {
      const last = own[own.length - 1];
      // Beyond the last step nothing changes any more.
      return [...thinnedSteps(own.length, (at) => this.x(data.standing(at, steps)), (at) => this.y(own[at])), data.larger ? box.left : box.right, this.y(last)];
    };
    pen.save();
    pen.beginPath();
    pen.rect(box.left - 2, box.top - 3, this.wide + 4, this.tall + 6);
    pen.clip();
    pen.globalAlpha = 0.6;
    if (held) this.stroke(pen, line(held, data.heldSteps), ...style, 1);
    pen.globalAlpha = 1;
    this.stroke(pen, line(values, data.steps), ...style, bold ? 2.6 : 1.7);
    pen.restore();
  }

  drawNames(pen) {
    const { larger } = this.data;
    const ends = this.shown.map(({ values }) => this.y(values.at(larger ? 0 : -1) || 0));
    const heights = spreadOut(ends, 14, this.box.top, this.box.bottom);
    this.shown.forEach(({ name, place }, k) => this.write(pen, metricWords(name).slice(0, 24), this.box.right + 8, heights[k], "left", styleOf(place, this.colors)[0]));
  }

  /** Move the cut. @param {number} threshold @param {number[]} places of it, in both splits */
  moveTo(threshold, [own, other]) {
    if (!this.box) return;
    const pen = this.pen(this.over);
    const x = this.strokeCut(pen, threshold);
    for (const { place, values, held } of this.shown) {
      const [color] = styleOf(place, this.colors);
      if (held) this.dot(pen, x, this.y(held[other]), color, true);
      this.dot(pen, x, this.y(values[own]), color);
    }
  }
}
