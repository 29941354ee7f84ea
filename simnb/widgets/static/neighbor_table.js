import { button, make, quote } from "./dom.js";
import { shortNumber } from "./words.js";

/**
 * The neighbours of the clicked point, as words: for reading, and for who cannot see the lines.
 * @param {{row: number, label: string | null, distance: string, ids: ArrayLike<number>, distances: ArrayLike<number>, labels: string[]}} found
 * @param {(row: number) => void} go
 */
export function neighborTable({ row, label, distance, ids, distances, labels }, go) {
  const lines = Array.from(ids, (id, rank) => {
    const same = label === null ? null : labels[rank] === label;
    const mark = make("td", { "aria-label": same === null ? "" : same ? "same label" : "other label" }, same === null ? "" : same ? "✓" : "✗");
    const to = button(String(id), `Go to ${id}`, () => go(id));
    return make("tr", {}, make("td", { text: rank + 1 }), make("td", {}, to), make("td", {}, quote(labels[rank])), mark, make("td", { text: shortNumber(distances[rank]) }));
  });
  const head = ["", "id", "label", "", distance].map((text) => make("th", { scope: "col", text }));
  const title = make("caption", {}, `Neighbours of ${row}`, ...(label === null ? [] : [", ", quote(label)]));
  return make("table", { class: "simnb-neighbors" }, title, make("thead", {}, make("tr", {}, ...head)), make("tbody", {}, ...lines));
}
