import { button, make } from "./dom.js";
import { lossPartners } from "./loss_orders.js";
import { shortNumber } from "./words.js";

const PARTNERS = 3; // that a cell names; of more it says how many

/** Names and weights: "A2 0.12, B1 0.04 and 3 more". @param {{to: number, weight: number}[]} links @param {string[]} names */
export function partnerWords(links, names) {
  const said = links.slice(0, PARTNERS).map(({ to, weight }) => `${names[to]} ${shortNumber(Number(Math.abs(weight).toPrecision(2)))}`);
  const more = links.length - said.length;
  return said.join(", ") + (more ? ` and ${more} more` : "");
}

/**
 * A table of the anchors: their values, and what they pull and push.
 * @param {string[]} names @param {(anchor: number) => void} choose
 */
export function anchorTable(names, choose) {
  const buttons = names.map((name, anchor) => button(name, `Show the pairs of ${name} alone`, () => choose(anchor), { "aria-pressed": "false" }));
  const cells = names.map(() => ["value", "pulls", "pushes"].map(() => make("td")));
  const rows = names.map((_, anchor) => make("tr", {}, make("th", { scope: "row" }, buttons[anchor]), ...cells[anchor]));
  const heads = ["anchor", "value", "pulls", "pushes"].map((text) => make("th", { scope: "col", text }));
  const element = make("table", { class: "simnb-loss-anchors" },
    make("caption", { text: "Each point as anchor" }), make("thead", {}, make("tr", {}, ...heads)), make("tbody", {}, ...rows));

  /** @param {{anchors: ArrayLike<number>, counted: ArrayLike<number>, pairs: ArrayLike<number>}} found @param {number | null} chosen */
  const update = ({ anchors, counted, pairs }, chosen) => {
    rows.forEach((row, anchor) => {
      const { pulled, pushed } = lossPartners(pairs, names.length, anchor);
      const texts = [counted[anchor] ? shortNumber(anchors[anchor]) : "does not count", partnerWords(pulled, names), partnerWords(pushed, names)];
      texts.forEach((text, place) => {
        if (cells[anchor][place].textContent !== text) cells[anchor][place].textContent = text;
      });
      buttons[anchor].setAttribute("aria-pressed", String(anchor === chosen));
    });
  };
  return { element, update };
}
