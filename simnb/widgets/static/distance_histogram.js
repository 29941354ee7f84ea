import { LayeredChart } from "./layered_chart.js";
import { binned } from "./steps.js";

/** Distances of right answers, upwards, and of wrong ones, downwards; what is withheld is veiled. */
export class DistanceHistogram extends LayeredChart {
  /** @param {Record<string, string>} colors @param {import("./calibration_data.js").CalibrationData} data */
  constructor(colors, data) {
    super(colors, { class: "simnb-histogram", "aria-label": "Histogram of the distances of right and of wrong answers" });
    this.data = data;
  }

  /** @param {number[]} margins of the chart above, so that the axes stand in line */
  draw(margins) {
    if (!this.measure()) return;
    const { data } = this;
    this.margins = [6, margins[1], 22, margins[3]];
    this.setRange(data.ends, [-1, 1]);
    const bins = Math.max(12, Math.min(80, Math.round(this.wide / 10)));
    const found = binned(data, ...data.ends.map((own) => data.turned(own)).sort((a, b) => a - b), bins);
    if (data.larger) for (const own of Object.values(found)) own.reverse();
    const pen = this.pen(this.base);
    this.drawGrid(pen, true, false);
    this.drawBars(pen, found, bins);
  }

  drawBars(pen, { right, wrong, unknown }, bins) {
    const { box, colors } = this;
    const middle = Math.round(this.y(0));
    const notRight = wrong.map((own, bin) => own + unknown[bin]);
    // Each half has a scale of its own: few wrong answers would else be none to the eye.
    const tall = (counts, bin, most) => Math.ceil((counts[bin] / Math.max(1, ...most)) * (this.tall / 2 - 2));
    for (let bin = 0; bin < bins; bin++) {
      const [x, next] = [bin, bin + 1].map((own) => Math.round(box.left + (own / bins) * this.wide));
      const bar = (color, y, height) => {
        pen.fillStyle = colors[color];
        pen.fillRect(x, y, next - x - 1, height);
      };
      const [up, down, all] = [tall(right, bin, right), tall(wrong, bin, notRight), tall(notRight, bin, notRight)];
      bar("right", middle - up, up);
      bar("wrong", middle + 1, down);
      for (let y = down; y < all; y += 3) bar("unknown", middle + 1 + y, Math.min(2, all - y));
    }
    pen.fillStyle = colors.quiet;
    pen.fillRect(box.left, middle, this.wide, 1);
  }

  /** Move the cut. @param {number} threshold */
  moveTo(threshold) {
    if (!this.box) return;
    const { box } = this;
    const pen = this.pen(this.over);
    const x = this.strokeCut(pen, threshold);
    const [from, to] = this.data.larger ? [box.left, x - 1] : [x + 1, box.right];
    pen.fillStyle = this.colors.background;
    pen.globalAlpha = 0.62;
    pen.fillRect(from, 0, to - from, box.bottom);
    pen.globalAlpha = 1;
  }
}
