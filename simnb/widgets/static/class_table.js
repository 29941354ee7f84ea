import { button, make, quote } from "./dom.js";
import { noteOf, rowOf } from "./pieces.js";
import { share } from "./steps.js";
import { thousands, visibleText } from "./words.js";

const MOST_ROWS = 50;
const RATES = ["precision", "recall", "f1", "coverage", "accuracy"];
const COLUMNS = ["class", "queries", "wrong", "missed", ...RATES];

/**
 * Metrics of each class's queries at the threshold, sorted by any of them, fifty at a time.
 * @param {import("./calibration_data.js").CalibrationData} data @param {(spec: any) => void} open
 */
export function classTable({ confusions, classes }, open) {
  const names = classes.map(visibleText);
  const there = [...names.keys()].filter((own) => confusions.queries[own]);
  const search = make("input", { type: "search", placeholder: "search classes", "aria-label": "Search classes", oninput: () => rest() });
  const note = noteOf();
  let [key, way] = ["wrong", -1];
  const sort = (column) => {
    [way, key] = [column === key ? -way : column === "class" ? 1 : -1, column];
    rest();
  };
  const heads = COLUMNS.map((column) => make("th", { scope: "col" }, button(column, "Sort", () => sort(column))));
  const body = make("tbody", {});
  const table = make("table", { class: "simnb-figures simnb-class-table", "aria-label": "Metrics of each class's queries" }, make("thead", {}, make("tr", {}, ...heads)), body);
  const element = make("div", {}, rowOf(search, note), make("div", { class: "simnb-scroll" }, table));
  const lines = [];

  /** A row that stays, whichever class it tells of, so that what is focused in it does. */
  const addLine = () => {
    const line = { name: quote(""), badge: make("span", { class: "simnb-badge", text: "unknown", title: "Not in the index" }) };
    const cells = COLUMNS.slice(1).map((column) => {
      if (column !== "wrong" && column !== "missed") return (line[column] = make("td", {}));
      line[column] = button("", "", () => open({ kind: column, truth: line.own, answer: null }));
      return make("td", {}, line[column]);
    });
    line.row = make("tr", {}, make("th", { scope: "row" }, line.name, line.badge), ...cells);
    lines.push(line);
  };
  const fill = (line, own, rates) => {
    line.own = own;
    line.name.textContent = line.name.title = names[own];
    line.badge.hidden = !confusions.isUnknown[own];
    for (const column of COLUMNS.slice(1)) line[column].textContent = RATES.includes(column) ? share(rates[column]) : thousands(rates[column]);
    for (const column of ["wrong", "missed"]) {
      line[column].disabled = !rates[column];
      line[column].ariaLabel = `${rates[column]} ${column} of ${names[own]}: show them`;
    }
  };
  const rest = () => {
    const wanted = search.value.trim().toLowerCase();
    const found = there.filter((own) => names[own].toLowerCase().includes(wanted));
    const rates = new Map(found.map((own) => [own, { class: own, ...confusions.ratesOf(own) }]));
    found.sort((a, b) => way * (rates.get(a)[key] - rates.get(b)[key]) || a - b);
    const shown = found.slice(0, MOST_ROWS);
    note.textContent = `${shown.length} of ${thousands(found.length)} classes`;
    COLUMNS.forEach((column, place) => (heads[place].ariaSort = column !== key ? "none" : way > 0 ? "ascending" : "descending"));
    while (lines.length < shown.length) addLine();
    shown.forEach((own, place) => fill(lines[place], own, rates.get(own)));
    const rows = lines.slice(0, shown.length).map(({ row }) => row);
    if (rows.length !== body.children.length) body.replaceChildren(...rows);
  };
  return { element, rest };
}
