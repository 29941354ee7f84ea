import { saveTrait } from "./calibration_data.js";
import { button, dropDown, make } from "./dom.js";
import { noteOf, rowOf } from "./pieces.js";
import { metricWords } from "./threshold_chart.js";

const WAYS = [["best", "the best"], ["reach", "a target"], ["equal", "equal error rates"]];
const RARE_IS_GOOD = ["fpr", "false_accept_rate", "false_reject_rate"];

/**
 * Ways to let the library choose the threshold.
 * @param {any} model @param {(target: any) => void} choose
 */
export function chooseForm(model, choose) {
  let by = "best";
  const way = dropDown("Threshold for", (value) => {
    by = value;
    update();
  });
  way.show(WAYS, by);
  const metric = make("select", { "aria-label": "Metric", onchange: () => {
    if (by === "best") saveTrait(model, "metric", metric.value);
    update();
  } });
  const goal = make("input", { type: "number", step: "any", value: "0.95", "aria-label": "Target", onkeydown: ({ key }) => key === "Enter" && act() });
  const note = noteOf();
  const act = () => {
    choose({ best: { maximize: metric.value }, reach: { [metric.value]: Number(goal.value) }, equal: "equal_error_rate" }[by]);
  };
  const element = rowOf(way.element, metric, note, goal, button("Choose", "Let the library find it", act, { class: "simnb-main-button" }));
  const update = () => {
    metric.hidden = by === "equal";
    goal.hidden = note.hidden = by !== "reach";
    note.textContent = RARE_IS_GOOD.includes(metric.value) ? "at most" : "at least";
  };
  const refresh = () => {
    const value = (by === "best" ? "" : metric.value) || model.get("metric");
    metric.replaceChildren(...model.get("_metrics").map((own) => make("option", { value: own, text: metricWords(own) })));
    metric.value = value;
    update();
  };
  return { element, refresh };
}
