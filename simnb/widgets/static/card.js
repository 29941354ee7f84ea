import { make, quote } from "./dom.js";

const KEPT = 300;
const WAIT = 60;

/** The card of the point under the pointer: image, label, metadata; asked for once a point. */
export class Card {
  #requests;
  #known = new Map();
  #row = null;
  #timer = 0;

  /** @param {import("./requests.js").Requests} requests */
  constructor(requests) {
    this.#requests = requests;
    this.element = make("div", { class: "simnb-card", role: "tooltip", hidden: true });
  }

  /**
   * Show a point's card beside a place, or none.
   * @param {number | null} row @param {HTMLElement} stage @param {number} x @param {number} y CSS pixels in the stage
   */
  show(row, stage, x, y) {
    clearTimeout(this.#timer);
    this.#row = row;
    if (row === null) {
      this.element.hidden = true;
      return;
    }
    const place = () => {
      stage.append(this.element);
      this.element.hidden = false;
      const { clientWidth: width, clientHeight: height } = stage;
      const { offsetWidth: wide, offsetHeight: tall } = this.element;
      this.element.style.left = `${Math.max(2, x + 16 + wide > width ? x - wide - 16 : x + 16)}px`;
      this.element.style.top = `${Math.max(2, Math.min(y + 12, height - tall - 2))}px`;
    };
    if (this.#known.has(row)) this.#fill(this.#known.get(row), place);
    else this.#timer = setTimeout(() => this.of(row).then((card) => this.#row === row && this.#fill(card, place), () => {}), WAIT);
  }

  #fill(card, place) {
    this.element.replaceChildren(...this.#contents(card));
    const image = this.element.querySelector("img");
    place();
    image?.decode().then(() => this.#row === card.row && place(), () => {});
  }

  /** What Python knows of a point. @param {number} row @returns {Promise<any>} */
  async of(row) {
    if (this.#known.has(row)) return this.#known.get(row);
    const card = await this.#requests.ask("card", { row });
    const url = card.buffers.length ? URL.createObjectURL(new Blob([card.buffers[0]], { type: "image/png" })) : null;
    this.#known.set(row, { row, fields: card.fields, url });
    if (this.#known.size > KEPT) this.#forget(this.#known.keys().next().value);
    return this.#known.get(row);
  }

  #forget(row) {
    const { url } = this.#known.get(row);
    if (url) URL.revokeObjectURL(url);
    this.#known.delete(row);
  }

  #contents({ row, fields, url }) {
    const label = fields.find(([name]) => name === "label")?.[1];
    const image = url ? make("img", { src: url, alt: label === undefined ? `item ${row}` : `image of ${label}`, class: "simnb-image" }) : null;
    const rows = [["id", String(row)], ...fields].map(([name, text]) => [make("dt", {}, quote(name)), make("dd", {}, quote(text))]);
    return [...(image ? [image] : []), make("dl", {}, ...rows.flat())];
  }

  /** Give the images back. */
  close() {
    clearTimeout(this.#timer);
    for (const row of [...this.#known.keys()]) this.#forget(row);
    this.element.remove();
  }
}
