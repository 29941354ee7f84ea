import { make } from "./dom.js";

const REMEMBERED = 240;

/** How the value went so far, as a small curve. */
export class LossCourse {
  #values = [];
  element = make("canvas", { class: "simnb-loss-course", "aria-hidden": "true" });

  /** @param {number} value */
  add(value) {
    if (!Number.isFinite(value) || value === this.#values.at(-1)) return;
    this.#values.push(value);
    if (this.#values.length > REMEMBERED) this.#values.shift();
  }

  /** Another loss has values of another kind. */
  forget() {
    this.#values = [];
  }

  /** @param {string} color */
  draw(color) {
    const { clientWidth: width, clientHeight: height } = this.element;
    if (!width) return;
    const ratio = Math.min(2, devicePixelRatio || 1);
    [this.element.width, this.element.height] = [width * ratio, height * ratio];
    if (this.#values.length < 2) return;
    const pen = this.element.getContext("2d");
    pen.scale(ratio, ratio);
    const [low, high] = [Math.min(0, ...this.#values), Math.max(...this.#values)];
    pen.strokeStyle = pen.fillStyle = color;
    pen.lineWidth = 1.5;
    pen.beginPath();
    let [x, y] = [0, 0];
    this.#values.forEach((value, place) => {
      x = 3 + ((width - 6) * place) / Math.max(40, this.#values.length - 1);
      y = height - 4 - ((height - 8) * (value - low)) / (high - low || 1);
      pen.lineTo(x, y);
    });
    pen.stroke();
    pen.beginPath();
    pen.arc(x, y, 3, 0, 7);
    pen.fill();
  }
}
