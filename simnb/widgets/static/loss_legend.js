import { make, quote } from "./dom.js";
import { drawLossMark } from "./loss_drawing.js";

/**
 * What marks, lines and arrows mean.
 * @param {{code: number, color: string, name: string}[]} marks of all points @param {string[]} classes
 */
export function lossLegend(marks, classes) {
  const swatches = classes.map(() => make("canvas", { width: "64", height: "64", class: "simnb-loss-swatch", "aria-hidden": "true" }));
  const own = classes.map((_, code) => {
    const mark = marks.find((one) => one.code === code);
    return { ...mark, name: mark.name.replace(/\d+$/, "") }; // the letters alone
  });
  const entries = classes.map((text, code) => make("li", {}, swatches[code], make("span", {}, `${own[code].name}: class `, quote(text))));
  const key = (kind, text, sign = "") => make("li", {}, make("span", { class: `simnb-loss-key simnb-loss-${kind}`, "aria-hidden": "true", text: sign }), make("span", { text }));
  const element = make("ul", { class: "simnb-loss-legend", "aria-label": "What is drawn" }, ...entries,
    key("pull", "solid: pulled together"), key("push", "dashed: pushed apart"), key("arrow", "arrow: where training moves it", "➔"));

  /** @param {string} ink */
  const draw = (ink) => {
    swatches.forEach((swatch, code) => {
      const pen = swatch.getContext("2d");
      pen.setTransform(2, 0, 0, 2, 0, 0);
      pen.clearRect(0, 0, 32, 32);
      drawLossMark(pen, own[code], 16, 16, ink);
    });
  };
  return { element, draw };
}
