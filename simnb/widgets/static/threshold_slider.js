import { make } from "./dom.js";
import { isCommand, noteOf, rowOf } from "./pieces.js";

const PAGE = 1 / 20; // of the steps, that Page Up and Page Down go

/**
 * The threshold as a slider, whose arrow keys go from step to step, and as a number.
 * @param {import("./calibration_data.js").CalibrationData} data
 * @param {(value: number) => void} drag @param {(threshold: number) => void} set @param {() => number} threshold
 */
export function thresholdSlider(data, drag, set, threshold) {
  const [low, high] = data.ends;
  const span = high - low;
  const press = (event) => {
    if (isCommand(event)) return;
    const way = data.larger ? -1 : 1; // to the right are larger numbers
    const page = way * Math.max(1, Math.round(data.steps.length * PAGE));
    const step = { ArrowRight: way, ArrowUp: way, ArrowLeft: -way, ArrowDown: -way, PageUp: page, PageDown: -page, Home: -way * Infinity, End: way * Infinity }[event.key];
    if (!step) return;
    event.preventDefault();
    set(data.thresholdAt(data.placesOf(threshold())[0] + step));
  };
  const slider = make("input", { type: "range", min: "0", max: "1", step: "any", class: "simnb-slider", "aria-label": `Threshold, ${data.measure}`, oninput: () => drag(low + slider.value * span), onkeydown: press });
  const box = make("input", { type: "number", step: "any", class: "simnb-threshold", onchange: () => (box.value ? set(Number(box.value)) : moveTo()) });
  const rule = `Answers at or ${data.larger ? "above" : "below"} it are given.`;
  const element = make("div", {}, slider, rowOf(make("label", {}, `Threshold (${data.measure}) `, box), noteOf(rule)));
  const moveTo = () => {
    const now = threshold();
    slider.value = (now - low) / span;
    box.value = data.rounded(now);
  };
  /** Put the thumb's way, 18 pixels wide, under the axis of a chart. */
  const align = ({ left, right }) => Object.assign(slider.style, { marginLeft: `${left - 9}px`, width: `${right - left + 18}px` });
  return { element, slider, moveTo, align };
}
