import { confusionGrid } from "./confusion_grid.js";
import { button, make, quote } from "./dom.js";
import { noteOf, rowOf } from "./pieces.js";
import { thousands } from "./words.js";

const MOST_LISTED = 8;
const HINT = "Click a cell, or press Enter, to see its queries.";

/**
 * The confusion matrix, what is most often confused in words, and ways to the queries.
 * @param {Record<string, string>} colors @param {import("./calibration_data.js").CalibrationData} data
 * @param {(spec: any) => void} open
 */
export function confusionPanel(colors, { confusions, classes }, open) {
  const readout = make("div", { class: "simnb-readout", role: "status", text: HINT });
  const tell = (cell) => {
    if (!cell) return readout.replaceChildren(HINT);
    const { truth, answer, kind, count } = cell;
    const answered = answer === null ? [kind === "missed" ? " missed: right, but withheld" : " given no answer"] : [" answered ", quote(classes[answer])];
    readout.replaceChildren(make("b", { text: thousands(count) }), ` of ${thousands(confusions.queries[truth])} of class `, quote(classes[truth]), ...answered);
  };
  const grid = confusionGrid(colors, confusions, classes, open, tell);
  const only = button("Only mistakes", "Leave out what is never mistaken", () => {
    const on = only.ariaPressed !== "true";
    only.ariaPressed = on;
    grid.choose(on);
  }, { "aria-pressed": "false", disabled: !confusions.mistakable().length });
  const zoom = (text, label, factor) => button(text, label, () => grid.zoomBy(factor), { "aria-label": label });
  const all = (kind, text, title) => button(text, title, () => open({ kind, truth: null, answer: null }));
  const tools = rowOf(only, zoom("+", "Larger cells", 1.5), zoom("−", "Smaller cells", 1 / 1.5), zoom("Fit", "All cells", 0),
    all("wrong", "All wrong", "Wrong answers that are given"), all("missed", "All missed", "Right answers that are withheld"));
  const key = ["right", "wrong", "withheld"].map((own) => make("span", { class: `simnb-key simnb-key-${own}`, text: own }));
  const note = noteOf("Rows: the class; columns: the answer. Fuller: a larger share of the row. ", ...key);
  const list = make("ol", { class: "simnb-listed" });
  const aside = make("div", { class: "simnb-aside" }, make("b", { text: "Most often confused" }), list);
  const element = make("div", {}, tools, note, make("div", { class: "simnb-confusions" }, make("div", { class: "simnb-grid-box" }, grid.element, readout), aside));

  let listed;
  const rest = () => {
    const found = confusions.largest(MOST_LISTED);
    const now = JSON.stringify(found);
    if (now === listed) return;
    listed = now;
    const lines = found.map(({ truth, answer, count }) => make("li", {}, make("button", { type: "button", onclick: () => open({ kind: "wrong", truth, answer }) },
      quote(classes[truth]), " taken for ", quote(classes[answer]), make("span", { class: "simnb-count", text: thousands(count) }))));
    list.replaceChildren(...(lines.length ? lines : [make("li", { class: "simnb-note", text: "No wrong answer is given." })]));
  };
  return { ...grid, element, rest };
}
