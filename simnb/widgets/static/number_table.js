import { make } from "./dom.js";
import { share } from "./steps.js";
import { metricWords, styleOf } from "./threshold_chart.js";
import { thousands } from "./words.js";

const OUTCOMES = [["right", "tp", "fn"], ["wrong", "fp", "tn"], ["of these, unknown class", "acceptedUnknown", null]];

/**
 * The metrics at the threshold, of both splits: a legend too, whose boxes show and hide curves.
 * @param {import("./calibration_data.js").CalibrationData} data
 * @param {Set<string>} on metrics whose curves are shown
 * @param {Record<string, string>} colors @param {() => void} toggled
 */
export function numberTable(data, on, colors, toggled) {
  const { metrics, curves, held, counted, totals, heldTotals } = data;
  const splits = held ? [curves, held] : [curves];
  const lines = metrics.map((name) => {
    const box = make("input", { type: "checkbox", onchange: () => {
      on[box.checked ? "add" : "delete"](name);
      toggled();
    } });
    const swatch = make("span", { class: "simnb-line" });
    const cells = splits.map(() => make("td", {}));
    return { box, swatch, cells, row: tableRow(make("label", {}, box, swatch, metricWords(name)), ...cells) };
  });
  const titles = [held ? "thin: held-out" : "", "calibration", "held-out"].slice(0, splits.length + 1);
  const sizes = splits.map((_, split) => make("td", { text: thousands([totals, heldTotals][split][0] ?? 0) }));
  const unknown = totals[2] ?? 0;
  const kinds = counted ? OUTCOMES.slice(0, unknown ? 3 : 2) : [];
  const counts = kinds.map(() => [make("td", {}), make("td", {})]);
  const element = make("div", { class: "simnb-numbers" },
    tableOf("Metrics at the threshold", titles, [...lines.map(({ row }) => row), ...(counted ? [tableRow("queries", ...sizes)] : [])]),
    counted ? tableOf("Answers at the threshold, calibration", ["answers", "given", "withheld"], kinds.map(([name], k) => tableRow(name, ...counts[k]))) : null);

  /** @param {number} threshold @param {number[]} places of it, in both splits */
  const moveTo = (threshold, places) => {
    lines.forEach(({ cells }, metric) => cells.forEach((cell, split) => put(cell, share(splits[split][metric][places[split]]))));
    kinds.forEach(([, given, withheld], k) => {
      const some = data[given][places[0]];
      put(counts[k][0], thousands(some));
      put(counts[k][1], thousands(withheld ? data[withheld][places[0]] : unknown - some));
    });
  };
  /** @param {string} metric the one that stands out */
  const repaint = (metric) => lines.forEach(({ box, swatch, row }, place) => {
    box.checked = on.has(metrics[place]);
    row.classList.toggle("simnb-chosen", metrics[place] === metric);
    const [color, dash] = styleOf(place, colors);
    let at = 0;
    const stops = dash.map((own, k) => `${k % 2 ? "transparent" : color} ${at}px ${(at += own)}px`);
    swatch.style.background = dash.length ? `repeating-linear-gradient(90deg, ${stops})` : color;
  });
  return { element, moveTo, repaint };
}

function tableOf(label, titles, rows) {
  const head = make("tr", {}, ...titles.map((text) => make("th", { scope: "col", text })));
  return make("table", { class: "simnb-figures", "aria-label": label }, make("thead", {}, head), make("tbody", {}, ...rows));
}

function tableRow(name, ...cells) {
  return make("tr", {}, make("th", { scope: "row" }, name), ...cells);
}

function put(cell, text) {
  if (cell.textContent !== text) cell.textContent = text;
}
