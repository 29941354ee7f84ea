import { encode } from "./binary.js";
import { saveTrait } from "./calibration_data.js";
import { button, make, quote } from "./dom.js";
import { noteOf, rowOf } from "./pieces.js";
import { nearestTheCut } from "./steps.js";
import { shortNumber, thousands, visibleText } from "./words.js";

const AT_A_TIME = 60;
export const THUMB = 64;
const SETTLED = 120; // milliseconds before Python hears of what is under the pointer
const TITLES = { wrong: "wrong, but given", missed: "right, but withheld", right: "right and given", withheld: "given no answer", selected: "selected" };

/**
 * Queries of a kind, the nearest the cut first, as thumbnails and labels; they are the selection.
 * @param {any} model @param {import("./calibration_data.js").CalibrationData} data
 * @param {import("./thumbnails.js").ThumbnailStore} thumbnails @param {import("./card.js").Card} card
 */
export function mistakeGallery(model, data, thumbnails, card) {
  const { rows, kinds, distances, classes, confusions } = data;
  let [queries, items, own, opener, timer] = [[], [], "", null, 0];
  const heading = make("div", { role: "heading", "aria-level": "4", tabindex: "-1" });
  const list = make("div", { class: "simnb-gallery", role: "group", "aria-label": "The nearest the threshold first", onkeydown: (event) => press(event) });
  const more = button("", "", () => extend(true));
  const head = rowOf(heading, button("Close", "Select nothing", () => close()));
  const element = make("section", { class: "simnb-gallery-box", "aria-label": "Queries", hidden: true }, head, list, more, card.element);

  /** Show a query's card, and tell Python of it once the pointer rests. */
  const point = (row, item) => {
    card.show(row, element, ...(item ? [item.offsetLeft + item.offsetWidth - 24, item.offsetTop - list.scrollTop + 8] : [0, 0]));
    clearTimeout(timer);
    timer = setTimeout(() => saveTrait(model, "hovered", row), SETTLED);
  };

  const makeItem = (query) => {
    const [row, right, answered] = [rows[query], kinds[query] & 1, Number.isFinite(distances[query])];
    const truth = classes[confusions.truth[query]];
    const answer = answered ? classes[confusions.answer[query]] : "no answer";
    const far = answered ? shortNumber(data.turned(distances[query])) : "–";
    const picture = model.get("_has_images") ? make("canvas", { width: THUMB, height: THUMB }) : null;
    const words = visibleText(`query ${row}: class ${truth}, answered ${answer}, ${right ? "right" : "wrong"}, at ${far}`);
    const [enter, leave] = [() => point(row, item), () => point(null)];
    const click = () => saveTrait(model, "clicked", model.get("clicked") === row ? null : row);
    const item = make("button", { type: "button", class: "simnb-item", "aria-label": words, onclick: click, onpointerenter: enter, onfocus: enter, onpointerleave: leave, onblur: leave },
      picture, quote(truth), make("span", {}, make("b", { class: right ? "simnb-tick" : "simnb-cross", text: right ? "✓ " : "✗ " }), quote(answer)), make("small", { text: far }));
    return { item, picture, row };
  };

  /** Draw the thumbnails that have come, and ask for the others. */
  const paint = () => {
    const waiting = items.filter(({ picture }) => picture && !picture.done);
    for (const { picture, row } of waiting) {
      const tile = thumbnails.get(row);
      picture.done = tile !== undefined;
      if (tile) picture.getContext("2d").drawImage(tile.bitmap, tile.x, tile.y, tile.size, tile.size, 0, 0, THUMB, THUMB);
    }
    if (waiting.length) thumbnails.want(waiting.map(({ row }) => row));
  };

  /** Say which one is clicked. */
  const mark = () => {
    for (const { item, row } of items) item.ariaPressed = row === model.get("clicked");
  };

  const rove = (place, focus) => {
    items.forEach(({ item }, other) => (item.tabIndex = other === place ? 0 : -1));
    if (focus) items[place].item.focus();
  };

  const extend = (focus) => {
    const from = items.length;
    items.push(...queries.slice(from, from + AT_A_TIME).map(makeItem));
    list.append(...items.slice(from).map(({ item }) => item));
    const rest = queries.length - items.length;
    more.hidden = !rest;
    more.textContent = `${Math.min(rest, AT_A_TIME)} more of ${thousands(rest)}`;
    if (items.length) rove(focus ? from : 0, focus);
    mark();
    paint();
  };

  const show = (found, { kind, truth = null, answer = null }) => {
    const threshold = model.get("threshold");
    queries = nearestTheCut(found, distances, rows, data.turned(threshold));
    element.hidden = !queries.length;
    const of = [[" of class ", truth], [" answered ", answer]].flatMap(([text, code]) => (code === null ? [] : [text, quote(classes[code])]));
    heading.replaceChildren(`${thousands(queries.length)} ${queries.length === 1 ? "query" : "queries"}`, ...of, `: ${TITLES[kind]}`, noteOf(`nearest ${shortNumber(threshold)} first`));
    list.replaceChildren();
    items = [];
    extend(false);
  };

  const press = (event) => {
    const place = items.findIndex(({ item }) => item === event.target);
    const across = items.filter(({ item }) => item.offsetTop === items[0].item.offsetTop).length;
    const to = { ArrowRight: place + 1, ArrowLeft: place - 1, ArrowDown: place + across, ArrowUp: place - across, Home: 0, End: items.length - 1 }[event.key];
    if (event.key === "Escape") close();
    if (to === undefined) return;
    event.preventDefault();
    if (items[to]) rove(to, true);
  };

  /** Show queries and select them. @param {{kind: string, truth: number | null, answer: number | null}} spec */
  const open = (spec) => {
    opener = document.activeElement;
    show(confusions.queriesOf(spec.kind, spec.truth, spec.answer), spec);
    const selected = Uint32Array.from(queries, (query) => rows[query]).sort();
    own = selected.join();
    saveTrait(model, "selection", encode(selected));
    heading.focus();
  };

  /** Show what somebody else selected. @param {Uint32Array} selected */
  const follow = (selected) => {
    if (selected.join() === own) return;
    own = selected.join();
    const wanted = new Set(selected);
    show([...rows.keys()].filter((query) => wanted.has(rows[query])), { kind: "selected" });
  };

  const close = () => {
    element.hidden = true;
    own = "";
    point(null);
    saveTrait(model, "selection", encode(new Uint32Array(0)));
    opener?.focus();
  };
  return { element, open, follow, paint, mark, stop: () => clearTimeout(timer) };
}
