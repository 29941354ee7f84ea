import { make } from "./dom.js";
import { HeatMaps } from "./heat_map.js";
import { CardGrid, whoCard } from "./neighbor_cards.js";
import { rankChanges } from "./rank_words.js";
import { walkTo } from "./viewer_keys.js";
import { shortNumber } from "./words.js";

/** One answer of Python as cards: the query at the left, its neighbours by one index or two. */
export class NeighborResults {
  #urls = [];
  #answer = null;
  #heats = new HeatMaps();
  #grids;
  #chosen = false; // one of these cards, for the next
  #who = make("section", { class: "simnb-who", "aria-label": "What is looked at" });
  #list;

  /** @param {(item: any) => void} choose told which neighbour was clicked */
  constructor(choose) {
    const take = (item) => {
      this.#chosen = true;
      choose(item);
    };
    const point = (row) => this.#grids.forEach((grid) => grid.mark(row));
    this.#grids = [0, 1].map(() => new CardGrid(take, point));
    this.#list = make("div", { class: "simnb-results" }, ...this.#grids.map(({ element }) => element));
    this.element = make("div", { class: "simnb-look", hidden: true }, this.#who, this.#list);
  }

  /**
   * Show an answer; `null` shows none.
   * @param {any} answer with the `mode` that it was asked in
   * @param {{engine: string, measure: string, distance: string, details: boolean}} [look]
   */
  show(answer, look) {
    const another = answer?.who.row !== this.#answer?.who.row;
    this.#answer = answer;
    this.element.hidden = !answer;
    if (!answer) {
      for (const grid of this.#grids) grid.hide();
      this.#who.replaceChildren();
      return;
    }
    this.#urls = answer.buffers.map(pngUrl);
    this.draw(look);
    if (another) this.#list.scrollTo(0, 0);
  }

  /** Make all cards anew. @param {any} look as of `show` */
  draw(look) {
    const { who, mode, ranks: near, friends, beside: other, note } = this.#answer;
    const nearest = mode === "nearest";
    const [ranks, beside] = nearest ? [near, other] : [friends, null];
    this.#heats.begin([who, ...ranks, ...(beside?.ranks ?? [])].flatMap(({ content }) => content.heat ?? []));
    const focused = this.#buttons().indexOf(document.activeElement);
    const common = { ...look, images: this.#urls, heats: this.#heats, none: note || (nearest ? "No neighbours." : "No neighbours of another label."), changes: null };
    this.#list.classList.toggle("simnb-strips", Boolean(beside));
    const [first, second] = this.#grids;
    if (beside) {
      const recall = Number.isFinite(beside.recall) ? [`recall@${beside.ranks.length} ${shortNumber(beside.recall)} against ${beside.engine}`] : [];
      first.show(ranks, { ...common, title: [look.engine, ...recall], changes: rankChanges(ranks, beside.ranks), missing: "gone" });
      second.show(beside.ranks, { ...common, title: [beside.engine], changes: rankChanges(beside.ranks, ranks), missing: "new" });
    } else {
      first.show(ranks, { ...common, title: nearest ? [] : ["Nearest of another label"] });
      second.hide();
    }
    const card = whoCard(this.#answer, common);
    const scale = this.#heats.scale();
    this.#who.replaceChildren(...card, ...(scale ? [scale] : []));
    this.#settleFocus(focused);
  }

  /** Whether there is more to know of the cards than they show, and whether it is all there is. */
  get details() {
    const { mode, ranks, friends } = this.#answer;
    const shown = mode === "nearest" ? ranks : friends;
    return { some: shown.some(({ fields }) => fields.length), alone: shown.every(({ content }) => !Object.keys(content).length) };
  }

  /** Grey what is beyond the threshold. @param {(item: any) => boolean} within @returns {number} how many, by the first index */
  grey(within) {
    return this.#grids.map((grid) => grid.grey(within))[0];
  }

  /** Go to a card. @param {number} place @param {FocusOptions} [options] */
  focus(place, options) {
    const buttons = this.#buttons();
    if (!buttons[place]) return;
    buttons.forEach((own, at) => (own.tabIndex = at === place ? 0 : -1));
    buttons[place].focus(options);
  }

  /** Go where an arrow leads. @param {string} key */
  walk(key) {
    const buttons = this.#buttons();
    if (buttons.length) this.focus(walkTo(buttons.map((own) => own.getBoundingClientRect()), buttons.indexOf(document.activeElement), key));
  }

  /** @param {{low: string, middle: string, high: string}} colors of heat maps */
  recolor(colors) {
    this.#heats.recolor(colors);
  }

  #buttons() {
    return this.#grids.flatMap((grid) => grid.buttons);
  }

  // The focus stays among the cards: on the first of the new ones, if one of the old was chosen.
  #settleFocus(focused) {
    const buttons = this.#buttons();
    const wanted = this.#chosen ? 0 : Math.min(focused, buttons.length - 1);
    this.#chosen = false;
    if (focused >= 0) this.focus(Math.max(0, wanted), { preventScroll: true });
    else if (buttons.length) buttons[0].tabIndex = 0;
  }
}

/** A small picture's address. One with its bytes in it is shown sooner than a Blob's. @param {DataView} png */
function pngUrl({ buffer, byteOffset, byteLength }) {
  let letters = "";
  for (const byte of new Uint8Array(buffer, byteOffset, byteLength)) letters += String.fromCharCode(byte);
  return `data:image/png;base64,${btoa(letters)}`;
}
