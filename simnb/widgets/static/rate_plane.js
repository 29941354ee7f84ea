import { make } from "./dom.js";
import { LayeredChart } from "./layered_chart.js";
import { share } from "./steps.js";

const FIGURES = [["Precision against recall", ["recall", "precision"]], ["ROC: recall against fpr", ["fpr", "recall"]]];

/**
 * The PR and the ROC curve, as far as there are numbers for them.
 * @param {Record<string, string>} colors @param {import("./calibration_data.js").CalibrationData} data
 */
export function ratePlanes(colors, data) {
  const planes = FIGURES.map(([title, names]) => new RatePlane(colors, data, title, names)).filter(({ own }) => own.every(Boolean));
  const figures = planes.map(({ element }) => make("figure", {}, make("figcaption", { text: element.ariaLabel + (data.held ? "; dashed: held-out" : "") }), element));
  const element = make("div", { class: "simnb-planes" }, ...figures);
  if (!planes.length) element.append("No recall with precision or fpr here.");
  return { element, draw: () => planes.forEach((own) => own.draw()), moveTo: (_, places) => planes.forEach((own) => own.moveTo(places)) };
}

/** One rate against another, over all thresholds, with a dot at the cut. */
class RatePlane extends LayeredChart {
  margins = [24, 12, 38, 46];

  /**
   * @param {Record<string, string>} colors @param {import("./calibration_data.js").CalibrationData} data
   * @param {string} title @param {string[]} names of the metrics on the axes, x and y
   */
  constructor(colors, data, title, names) {
    super(colors, { class: "simnb-plane", "aria-label": title });
    this.names = names;
    /** Both rates by place, of either split; undefined where they were not asked for. */
    [this.own, this.held] = [data.curves, data.held].map((curves) => names.map((name) => curves?.[data.metrics.indexOf(name)]));
  }

  draw() {
    if (!this.measure()) return;
    this.setRange([0, 1], [0, 1]);
    const { box, colors, names } = this;
    const pen = this.pen(this.base);
    this.drawGrid(pen);
    this.write(pen, names[0], (box.left + box.right) / 2, this.height - 8, "center");
    this.write(pen, names[1], 4, 10);
    if (names[0] === "fpr") this.stroke(pen, [box.left, box.bottom, box.right, box.top], colors.quiet, [2, 3], 1);
    const path = ([xs, ys]) => Array.from(xs, (x, place) => [this.x(x), this.y(ys[place])]).flat();
    if (this.held.every(Boolean)) this.stroke(pen, path(this.held), colors.curve1, [6, 2]);
    this.stroke(pen, path(this.own), colors.curve0, [], 2);
  }

  /** Move the dots. @param {number[]} places of the threshold, in both splits */
  moveTo(places) {
    if (!this.box) return;
    const { box, colors, names } = this;
    const pen = this.pen(this.over);
    const [own, held] = [this.own, this.held].map((curves, split) => curves.map((curve) => curve?.[places[split]] ?? NaN));
    const [x, y] = [this.x(own[0]), this.y(own[1])];
    this.stroke(pen, [box.left, y, x, y, x, box.bottom], colors.accent, [2, 2], 1);
    this.dot(pen, this.x(held[0]), this.y(held[1]), colors.curve1, true);
    this.dot(pen, x, y, colors.curve0);
    this.write(pen, own.map((value, k) => `${names[k]} ${share(value)}`).join("   "), box.right, 10, "right", colors.ink);
  }
}
