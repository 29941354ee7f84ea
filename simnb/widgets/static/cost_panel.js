import { saveTrait } from "./calibration_data.js";
import { button, make } from "./dom.js";
import { noteOf, rowOf } from "./pieces.js";
import { expectedCosts, leastPlace } from "./steps.js";
import { ThresholdChart } from "./threshold_chart.js";
import { shortNumber } from "./words.js";

/**
 * What mistakes cost by threshold, where a wrong answer costs so many withheld right ones.
 * @param {any} model @param {Record<string, string>} colors
 * @param {import("./calibration_data.js").CalibrationData} data
 * @param {(threshold: number) => void} go
 */
export function costPanel(model, colors, data, go) {
  const name = "expected cost";
  const chart = new ThresholdChart(colors, { class: "simnb-cost", "aria-label": "Expected cost against the threshold" }, data, [name]);
  const ratio = make("input", { type: "number", min: "0.001", step: "any", onchange: () => {
    if (Number(ratio.value) > 0) saveTrait(model, "cost_ratio", Number(ratio.value));
    else refresh();
  } });
  const words = noteOf();
  const least = button("", "Move the threshold there", () => go(data.thresholdAt(best)));
  const label = make("label", {}, "A wrong answer costs ", ratio, " right ones withheld");
  const element = make("div", {}, rowOf(label, least), chart.element, words);
  let [costs, best] = [[], 0];

  const refresh = () => {
    const price = model.get("cost_ratio");
    ratio.value = price;
    costs = expectedCosts(data.fp, data.fn, price, data.totals[0]);
    best = leastPlace(expectedCosts(data.fp, data.fn, price, 1));
    least.textContent = `Go to the least: ${shortNumber(costs[best])} at ${shortNumber(data.thresholdAt(best))}`;
    draw();
  };
  const draw = () => chart.show([{ name, place: 0, values: costs }], best ? [{ text: "least", threshold: data.thresholdAt(best) }] : []);
  const moveTo = (threshold, places) => {
    chart.moveTo(threshold, places);
    words.textContent = `A query costs ${shortNumber(costs[places[0]])} at the threshold, in right answers withheld.`;
  };
  return { element, chart, refresh, draw, moveTo };
}
