import { make, quote } from "./dom.js";
import { heatWords } from "./heat_map.js";
import { cardWords, changeWords, itemName, markWords, whoWords } from "./rank_words.js";
import { shortNumber, thousands, visibleText } from "./words.js";

const SMALL = 64; // pixels of an image up to which its pixels are shown as squares
const DIGITS = 3; // of a distance on a card
const SPOKEN = 200; // letters of a text in a card's name

/** What there is to see of an item: its image, text or array. */
function faceOf(item, { images, heats }, alt) {
  const { image, text, heat } = item.content;
  const face = make("div", { class: "simnb-face" });
  if (image !== undefined) {
    const picture = make("img", { alt, draggable: "false", onload: () => picture.classList.toggle("simnb-pixels", Math.max(picture.naturalWidth, picture.naturalHeight) <= SMALL) });
    picture.src = images[image];
    face.append(picture);
  } else if (text !== undefined) face.append(make("div", { class: "simnb-text" }, text ? quote(text) : make("span", { class: "simnb-quiet", text: "empty text" })));
  else if (heat) face.append(heats.element(heat));
  else return null;
  return face;
}

function contentWords({ text, heat }) {
  if (text !== undefined) return visibleText(text).slice(0, SPOKEN);
  return heat ? heatWords(heat) : "";
}

function fieldLines(fields) {
  return fields.map(([name, text]) => make("span", { class: "simnb-field" }, make("span", {}, quote(name)), make("span", {}, quote(text))));
}

/**
 * The card of what is looked at.
 * @param {any} answer @param {{images: string[], heats: any, measure: string}} more
 * @returns {HTMLElement[]}
 */
export function whoCard({ who, summary }, { images, heats, measure }) {
  const name = make("div", { class: "simnb-who-name", text: whoWords(who) });
  const face = faceOf(who, { images, heats }, who.label ? `image of ${itemName(who)}` : "image of the query");
  const label = who.label === null ? null : make("div", { class: "simnb-label" }, quote(who.label));
  const numbers = summaryLines(summary ?? {}).map(([term, text]) => make("span", { class: "simnb-field" }, make("span", { text: term }), make("span", { text })));
  const side = make("div", { class: "simnb-who-words" }, label, ...numbers, ...fieldLines(who.fields), make("div", { class: "simnb-quiet", text: measure }));
  return [name, ...(face ? [face] : []), side];
}

function summaryLines({ k, precision, average_precision: average, relevant }) {
  const lines = [];
  if (Number.isFinite(precision)) lines.push([`precision@${k}`, shortNumber(precision)]);
  if (Number.isFinite(average)) lines.push(["average precision", shortNumber(average)]);
  if (Number.isFinite(relevant)) lines.push(["same label in the index", thousands(relevant)]);
  return lines;
}

/** A titled grid of neighbours' cards. */
export class CardGrid {
  #cards = [];
  #list = make("div", { class: "simnb-cards", role: "list" });
  #heading = make("div", { class: "simnb-heading-line" });

  /** @param {(item: any) => void} choose told which neighbour was clicked @param {(row: number | null) => void} point which the pointer is at */
  constructor(choose, point) {
    this.choose = choose;
    this.point = point;
    this.element = make("div", { class: "simnb-grid", hidden: true }, this.#heading, this.#list);
  }

  /** The buttons, in their order. */
  get buttons() {
    return this.#cards.map(({ element }) => element);
  }

  /**
   * @param {any[]} ranks
   * @param {{images: string[], heats: any, distance: string, details: boolean, title: string[], none: string, changes: (number | null)[] | null, missing: string}} look
   */
  show(ranks, look) {
    const { title, changes, none } = look;
    this.element.hidden = false;
    this.#list.classList.toggle("simnb-wide", ranks.some(({ content }) => content.text !== undefined));
    this.#heading.hidden = !title.length;
    this.#heading.replaceChildren(...title.map((text, place) => make("span", { class: place ? "simnb-quiet" : "simnb-strong", text })));
    this.#list.setAttribute("aria-label", title.length ? title.join(", ") : "Neighbours");
    const details = look.details || ranks.every(({ content }) => !Object.keys(content).length);
    this.#cards = ranks.map((item, place) => this.#card(item, look, details, changes ? changeWords(changes[place], look.missing) : ["", ""]));
    const items = this.#cards.map(({ element }) => make("div", { role: "listitem" }, element));
    if (!items.length) items.push(make("div", { role: "listitem", class: "simnb-note", text: none }));
    this.#list.replaceChildren(...items);
  }

  hide() {
    this.#cards = [];
    this.#list.replaceChildren();
    this.element.hidden = true;
  }

  /** Grey those beyond the threshold. @param {(item: any) => boolean} isWithin @returns {number} how many */
  grey(isWithin) {
    let beyond = 0;
    for (const { element, item, note, name } of this.#cards) {
      const within = isWithin(item);
      beyond += !within;
      element.classList.toggle("simnb-beyond", !within);
      note.hidden = within;
      element.setAttribute("aria-label", name(within));
    }
    return beyond;
  }

  /** Mark the card of an item, or none. @param {number | null} row */
  mark(row) {
    for (const { element, item } of this.#cards) element.classList.toggle("simnb-twin", item.row === row);
  }

  #card(item, look, details, [change, spoken]) {
    const note = make("span", { class: "simnb-note-line", text: "beyond the threshold", hidden: true });
    const element = make("button", { type: "button", class: "simnb-near", tabindex: "-1", "data-row": item.row, "data-right": item.right === null ? "" : String(item.right) },
      make("span", { class: "simnb-top" },
        make("span", { class: "simnb-rank", text: item.rank }),
        make("span", { class: "simnb-change", text: change }),
        make("span", { class: "simnb-mark", text: markWords(item.right) })),
      faceOf(item, look, ""),
      item.label === null ? null : make("span", { class: "simnb-label" }, quote(item.label)),
      make("span", { class: "simnb-measure" }, make("span", { text: item.distance === null ? "–" : shortNumber(Number(item.distance.toPrecision(DIGITS))) }), make("span", { class: "simnb-quiet", title: `id ${item.id}`, text: `#${item.id}` })),
      ...(details ? fieldLines(item.fields) : []),
      note);
    element.addEventListener("click", () => this.choose(item));
    for (const [type, row] of [["pointerenter", item.row], ["pointerleave", null], ["focus", item.row], ["blur", null]]) element.addEventListener(type, () => this.point(row));
    const content = contentWords(item.content);
    const name = (within) => [cardWords(item, { distance: look.distance, within, change: spoken }), content].filter(Boolean).join(": ");
    return { element, item, note, name };
  }
}
