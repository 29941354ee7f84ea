import { make } from "./dom.js";

/** Keys of the picture, and what they do. */
export const KEYS = [
  ["arrows", "go to the nearest point that way"],
  ["Enter", "show its neighbours"],
  ["Space", "select it, or no longer"],
  ["c", "select its category, or no longer"],
  ["b", "begin a box at it; again: select what is in the box"],
  ["n, Shift+n", "next and previous neighbour"],
  ["Escape", "drop the neighbours, then the selection"],
  ["+ − 0", "nearer, farther, everything"],
  ["Shift+arrows", "move the picture, or turn it in 3-D"],
  ["/", "search"],
  ["?", "these keys"],
];

const ARROWS = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, 1], ArrowDown: [0, -1] };

/**
 * What a key means.
 * @param {KeyboardEvent} event
 * @returns {[string, ...any] | null} a command and its arguments
 */
export function commandOf(event) {
  if (event.ctrlKey || event.metaKey || event.altKey) return null;
  const arrow = ARROWS[event.key];
  if (arrow) return [event.shiftKey ? "shift" : "go", ...arrow];
  const plain = { Enter: ["click"], " ": ["toggle"], c: ["category"], b: ["box"], n: ["neighbor", 1], N: ["neighbor", -1] };
  const more = { Escape: ["drop"], "+": ["zoom", 1.3], "=": ["zoom", 1.3], "-": ["zoom", 1 / 1.3], 0: ["fit"], "/": ["search"], "?": ["help"] };
  return plain[event.key] ?? more[event.key] ?? null;
}

/** @returns {HTMLElement} a table of the keys, not shown yet */
export function keyTable() {
  const rows = KEYS.map(([key, text]) => make("tr", {}, make("th", { scope: "row" }, make("kbd", { text: key })), make("td", { text })));
  return make("table", { class: "simnb-keys", hidden: true }, make("caption", { text: "Keys, when the picture is focused" }), make("tbody", {}, ...rows));
}
