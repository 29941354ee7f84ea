import { CHOSEN, FAINT, HIDDEN, PLAIN, SHAPES, mixColors, packColor } from "./raster.js";

const COLORS_A_SHAPE = 6; // after so many colours the next shape begins

/** What all panels of a projector show: colours, the filter, the search, the selection. */
export class Scene {
  /** @param {number} count */
  constructor(count) {
    this.count = count;
    this.states = new Uint8Array(count).fill(PLAIN);
    this.selection = new Uint32Array(0);
    this.hits = null;
    this.hidden = new Set();
    this.clicked = null;
    this.hovered = null;
    this.focused = null;
    this.neighbors = { ids: new Uint32Array(0), distances: new Float32Array(0) };
    this.codes = new Uint8Array(count);
    this.names = [];
    this.colors = ["#000000"];
    this.missing = null;
  }

  /** Whether codes are categories. */
  get categorical() {
    return this.names.length > 0;
  }

  /** @param {Uint8Array|Uint16Array} codes @param {string[]} names @param {string[]} colors @param {number|null} missing */
  setColumn(codes, names, colors, missing) {
    Object.assign(this, { codes, names, colors, missing });
    this.hidden.clear();
    this.sizes = new Uint32Array(Math.max(names.length, colors.length, 1));
    for (let row = 0; row < codes.length; row++) this.sizes[codes[row]]++;
    this.shapes = Uint8Array.from(this.sizes, (_, code) => this.shapeOf(code));
  }

  /** @param {number} code @returns {number} place in SHAPES */
  shapeOf(code) {
    return this.categorical ? Math.floor(code / COLORS_A_SHAPE) % SHAPES.length : 0;
  }

  /** Work out each point's state anew. */
  update() {
    const { states, codes, hidden, hits, selection } = this;
    const base = hits || selection.length ? FAINT : PLAIN;
    states.fill(base);
    if (hits) for (const row of hits) states[row] = PLAIN;
    for (const row of selection) states[row] = CHOSEN;
    if (hidden.size) for (let row = 0; row < states.length; row++) if (hidden.has(codes[row])) states[row] = HIDDEN;
  }

  /** @param {string} background @returns {{plain: Uint32Array, faint: Uint32Array}} packed colours by code */
  palette(background) {
    const behind = packColor(background);
    const plain = Uint32Array.from(this.colors, packColor);
    return { plain, faint: plain.map((color) => mixColors(color, behind, 0.78)) };
  }

  /** @param {number} row */
  isVisible = (row) => this.states[row] !== HIDDEN;

  /** How many of the selection are in each category, the largest first. @returns {[string, number][]} */
  selectedByName() {
    const sizes = new Map();
    for (const row of this.selection) sizes.set(this.codes[row], (sizes.get(this.codes[row]) ?? 0) + 1);
    return [...sizes].sort((a, b) => b[1] - a[1]).map(([code, size]) => [this.names[code], size]);
  }
}
