import { make } from "./dom.js";
import { shortNumber } from "./words.js";

const TALLEST = 150; // pixels

/**
 * The range of several arrays' finite numbers, so that one colour means one number in all of them;
 * around 0 where they have both signs.
 * @param {(number | null)[][]} arrays
 * @returns {[number, number]} [0, 0] where there is no number
 */
export function heatRange(arrays) {
  let [low, high] = [Infinity, -Infinity];
  for (const values of arrays) {
    for (const value of values) if (Number.isFinite(value)) [low, high] = [Math.min(low, value), Math.max(high, value)];
  }
  if (low > high) return [0, 0];
  if (low >= 0 || high <= 0) return [low, high];
  const most = Math.max(-low, high);
  return [-most, most];
}

/**
 * Colours of numbers, as ImageData holds them. Both signs: from `low` over `middle` to `high`;
 * else from `middle` on. What is no number is transparent.
 * @param {(number | null)[]} values @param {[number, number]} range
 * @param {{low: string, middle: string, high: string}} colors "#rrggbb"
 * @returns {Uint8ClampedArray}
 */
export function heatPixels(values, [low, high], colors) {
  const [cold, even, warm] = [colors.low, colors.middle, colors.high].map(channelsOf);
  const pixels = new Uint8ClampedArray(4 * values.length);
  const both = low < 0 && high > 0;
  values.forEach((value, place) => {
    if (!Number.isFinite(value)) return;
    const share = high > low ? Math.max(0, Math.min(1, (value - low) / (high - low))) : 0.5;
    const [end, part] = both ? [share < 0.5 ? cold : warm, Math.abs(2 * share - 1)] : [warm, share];
    for (let k = 0; k < 3; k++) pixels[4 * place + k] = even[k] + part * (end[k] - even[k]);
    pixels[4 * place + 3] = 255;
  });
  return pixels;
}

function channelsOf(hex) {
  return [1, 3, 5].map((at) => parseInt(hex.slice(at, at + 2), 16) || 0);
}

/** Rows and columns an array is drawn in: one of one axis is a strip. @param {number[]} shape */
export function heatShape(shape) {
  const columns = shape.at(-1) ?? 1;
  return [shape.slice(0, -1).reduce((product, side) => product * side, 1), columns];
}

/** "8 × 8 numbers from -1.2 to 3.4". @param {{values: (number | null)[], shape: number[]}} heat */
export function heatWords({ values, shape }) {
  const [low, high] = values.reduce(([a, b], own) => (Number.isFinite(own) ? [Math.min(a, own), Math.max(b, own)] : [a, b]), [Infinity, -Infinity]);
  const size = `${shape.length ? shape.join(" × ") : 1} number${values.length === 1 ? "" : "s"}`;
  return low > high ? size : `${size} from ${shortNumber(low)} to ${shortNumber(high)}`;
}

/** Small heat maps of one page, which share a range and follow the theme. */
export class HeatMaps {
  #drawn = [];
  #range = [0, 0];
  #colors = { low: "#000000", middle: "#888888", high: "#ffffff" };

  /** Forget all before; the next ones share the range of these. @param {{values: number[]}[]} heats */
  begin(heats) {
    this.#drawn = [];
    this.#range = heatRange(heats.map(({ values }) => values));
  }

  /** @param {{values: (number | null)[], shape: number[]}} heat @returns {HTMLElement} */
  element(heat) {
    const [height, width] = heatShape(heat.shape);
    const canvas = make("canvas", { width, height, class: height === 1 ? "simnb-heat simnb-strip" : "simnb-heat", role: "img", "aria-label": heatWords(heat) });
    if (height > 1) canvas.style.width = `min(100%, ${Math.round((TALLEST * width) / height)}px)`;
    this.#add(canvas, heat.values);
    return canvas;
  }

  /** What the colours mean, or null where there are none. @returns {HTMLElement | null} */
  scale() {
    const [low, high] = this.#range;
    if (!this.#drawn.length || low === high) return null;
    const steps = Array.from({ length: 64 }, (_, place) => low + (place / 63) * (high - low));
    const canvas = make("canvas", { width: 64, height: 1, class: "simnb-heat-scale", "aria-hidden": "true" });
    this.#add(canvas, steps);
    return make("div", { class: "simnb-row simnb-heat-legend" }, make("span", { text: shortNumber(low) }), canvas, make("span", { text: shortNumber(high) }));
  }

  /** @param {{low: string, middle: string, high: string}} colors */
  recolor(colors) {
    this.#colors = colors;
    for (const [canvas, values] of this.#drawn) this.#draw(canvas, values);
  }

  #add(canvas, values) {
    this.#drawn.push([canvas, values]);
    this.#draw(canvas, values);
  }

  #draw(canvas, values) {
    if (!canvas.width || !canvas.height) return;
    const pixels = heatPixels(values, this.#range, this.#colors);
    canvas.getContext("2d").putImageData(new ImageData(pixels, canvas.width, canvas.height), 0, 0);
  }
}
