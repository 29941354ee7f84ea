import { button, make } from "./dom.js";
import { thousands } from "./words.js";

/**
 * The row that a step leads to, among all rows or some of them; the last is followed by the first.
 * @param {ArrayLike<number>} rows those stepped through, ascending; none: all @param {number} count of all
 * @param {number | null} current @param {number} way 1, -1, or 0: the first
 * @returns {number | null}
 */
export function stepTo(rows, count, current, way) {
  const length = rows.length || count;
  if (!length) return null;
  const at = (place) => (rows.length ? rows[(place + length) % length] : (place + length) % length);
  if (way === 0) return at(0);
  if (current === null) return at(way < 0 ? -1 : 0);
  if (!rows.length) return at(current + way);
  let behind = 0; // how many come before the current one
  while (behind < length && rows[behind] < current) behind++;
  if (way < 0) return at(behind - 1);
  return at(rows[behind] === current ? behind + 1 : behind);
}

/**
 * Which query: its number, steps, chance, and what the user brings. `act` has a function for each.
 * @param {any} model @param {Record<string, (...given: any[]) => void>} act
 */
export function queryPicker(model, act) {
  const back = button("Back", "What was shown before (Backspace)", act.back);
  const forward = button("Forward", "What was shown after it (Shift+Backspace)", act.forward);
  const number = make("input", { type: "number", min: "0", step: "1", class: "simnb-query-number", "aria-label": "Query", onchange: () => number.value !== "" && number.reportValidity() && act.pick(Number(number.value)) });
  const among = make("span", { class: "simnb-note" });
  const steps = [["First", 0], ["Previous", -1], ["Next", 1]].map(([text, way]) => button(text, `${text} query`, () => act.step(way)));
  const random = button("Random", "A query by chance (r)", () => act.random(false));
  const mistake = button("Random mistake", "A query whose nearest neighbour is of another class, by chance (m)", () => act.random(true));
  const upload = button("Upload…", "Look for a file, which may be dropped here too: a .npy array, or an image", () => file.click());
  const file = make("input", { type: "file", hidden: true, "aria-label": "File to look for", onchange: () => {
    if (file.files.length) act.file(file.files[0]);
    file.value = "";
  } });
  const paste = button("Paste…", "Look for an array of numbers", act.paste, { "aria-expanded": "false" });
  const element = make("div", { class: "simnb-toolbar" },
    make("div", { class: "simnb-row", role: "group", "aria-label": "History" }, back, forward),
    make("div", { class: "simnb-row", role: "group", "aria-label": "Choose a query" }, make("label", {}, "Query ", number), among, ...steps, random, mistake),
    make("div", { class: "simnb-row" }, upload, file, paste));

  /** @param {{canBack: boolean, canForward: boolean}} trail @param {number | null} row @param {ArrayLike<number>} chosen */
  const update = (trail, row, chosen) => {
    const count = model.get("_query_count");
    // Not `disabled`, which would take the focus away from who presses it to the end.
    back.setAttribute("aria-disabled", String(!trail.canBack));
    forward.setAttribute("aria-disabled", String(!trail.canForward));
    number.max = String(Math.max(0, count - 1));
    number.value = row === null ? "" : String(row);
    number.disabled = !count;
    for (const step of [...steps, random]) step.disabled = !count;
    mistake.hidden = !model.get("_labelled");
    file.accept = model.get("_uploads") ? "image/*,.npy" : ".npy";
    const place = chosen.indexOf(row);
    among.textContent = !chosen.length ? `of ${thousands(count)}` : [place < 0 ? "" : `${thousands(place + 1)} of `, `${thousands(chosen.length)} selected`].join("");
  };
  return { element, update, paste };
}
