import { chooseForm } from "./choose_form.js";
import { button, make, quote } from "./dom.js";
import { noteOf, rowOf } from "./pieces.js";
import { shortNumber, visibleText } from "./words.js";

/**
 * Ways to a threshold, and out of the widget: cut points, choices, the band, code, an index.
 * @param {any} model @param {import("./calibration_data.js").CalibrationData} data
 * @param {(type: string, content: object, act: (answer: any) => any) => Promise<void>} ask
 * @param {(threshold: number) => void} set @param {(on: boolean) => Promise<boolean>} band
 */
export function thresholdTools(model, data, ask, set, band) {
  const points = rowOf();
  const choosing = chooseForm(model, (target) => ask("choose", { target }, ({ threshold }) => {
    set(threshold ?? data.thresholdAt(0));
    return threshold === null ? "Only withholding every answer meets it" : `Chosen: ${shortNumber(threshold)}`;
  }));
  const banded = button("Bootstrap band", "95 % intervals, of queries drawn anew", async () => {
    banded.ariaPressed = await band(banded.ariaPressed !== "true");
  }, { "aria-pressed": "false" });
  banded.hidden = choosing.element.hidden = !data.counted;
  const code = make("div", { class: "simnb-code" });
  const copy = button("Copy as code", "Python that gives these numbers", () => ask("code", { threshold: model.get("threshold") }, async ({ text }) => {
    const area = make("textarea", { readonly: true, rows: text.split("\n").length, "aria-label": "Python code" });
    area.value = text;
    code.replaceChildren(area, button("Close", "", () => code.replaceChildren()));
    area.select();
    const copied = await navigator.clipboard?.writeText(text).then(() => true, () => false);
    return copied ? "The code is copied" : "Copy the code from the box";
  }));
  const name = make("input", { type: "text", value: "explorer", class: "simnb-name", "aria-label": "Name of the cut point" });
  const apply = button("Apply to the index", "Make it a cut point", () => ask("apply", { name: name.value }, ({ message }) => message));
  const applying = rowOf(apply, make("label", {}, "as ", name));
  const element = make("div", {}, make("div", { class: "simnb-tools" }, points, choosing.element, rowOf(banded, copy), applying), code);

  const refresh = () => {
    applying.hidden = !model.get("_applies");
    choosing.refresh();
    points.replaceChildren(noteOf("Cut points"), ...model.get("_cutpoints").map((own) => {
      const none = own.threshold === null;
      const at = own.threshold ?? data.thresholdAt(0);
      const to = button("", "Move the threshold there", () => set(at));
      to.append(quote(own.name), ` ${none ? "none given" : shortNumber(at)}`);
      return Object.assign(to, { at });
    }));
    rest();
  };
  const rest = () => {
    for (const own of points.querySelectorAll("button")) own.ariaPressed = own.at === model.get("threshold");
  };
  /** Where the curves are marked. */
  const marks = () => model.get("_cutpoints").filter(({ threshold }) => threshold !== null).map((own) => ({ text: visibleText(own.name).slice(0, 24), threshold: own.threshold }));
  return { element, refresh, rest, marks };
}
