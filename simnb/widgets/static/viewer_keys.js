import { make } from "./dom.js";

const VIEWER_KEYS = [
  ["1 … 9", "go to that neighbour"],
  ["arrows, Home, End", "walk over the cards"],
  ["Enter", "make the neighbour the query"],
  ["Backspace, Shift+Backspace", "back, forward"],
  ["n, Shift+n", "next and previous query"],
  ["r, m", "a random query, a random mistake"],
  ["f", "false friends, or the nearest again"],
  ["?", "these keys"],
];

const WALKS = ["ArrowLeft", "ArrowRight", "ArrowUp", "ArrowDown", "Home", "End"];

/**
 * What a key means.
 * @param {KeyboardEvent} event
 * @returns {[string, ...any] | null} a command and its arguments
 */
export function viewerCommand(event) {
  if (event.ctrlKey || event.metaKey || event.altKey) return null;
  if (/^[1-9]$/.test(event.key)) return ["jump", Number(event.key) - 1];
  if (WALKS.includes(event.key)) return ["walk", event.key];
  if (event.key === "Backspace") return [event.shiftKey ? "forward" : "back"];
  const plain = { n: ["step", 1], N: ["step", -1], r: ["random", false], m: ["random", true], f: ["friends"], "?": ["help"] };
  return Object.hasOwn(plain, event.key) ? plain[event.key] : null;
}

/**
 * The card that an arrow leads to. Rows of cards may differ in length, and stand in several grids.
 * @param {{left: number, top: number}[]} boxes in reading order @param {number} place @param {string} key
 */
export function walkTo(boxes, place, key) {
  const last = boxes.length - 1;
  if (key === "Home") return 0;
  if (key === "End") return last;
  if (place < 0) return 0;
  if (key === "ArrowLeft") return Math.max(0, place - 1);
  if (key === "ArrowRight") return Math.min(last, place + 1);
  const { left, top } = boxes[place];
  const way = key === "ArrowUp" ? -1 : 1;
  const ahead = boxes.map((box, at) => ({ at, off: Math.abs(box.left - left), down: way * (box.top - top) })).filter(({ down }) => down > 1);
  ahead.sort((a, b) => a.down - b.down || a.off - b.off);
  return ahead[0]?.at ?? place;
}

/** @returns {HTMLElement} a table of the keys, not shown yet */
export function viewerKeyTable() {
  const rows = VIEWER_KEYS.map(([key, text]) => make("tr", {}, make("th", { scope: "row" }, make("kbd", { text: key })), make("td", { text })));
  return make("table", { class: "simnb-keys", hidden: true }, make("caption", { text: "Keys, wherever no text is typed" }), make("tbody", {}, ...rows));
}
