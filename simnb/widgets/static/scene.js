import { CHOSEN, FAINT, HIDDEN, PLAIN, SHAPES, mixColors, packColor } from "./raster.js";
import { thousands } from "./words.js";

const COLORS_A_SHAPE = 6; // after so many colours the next shape begins

/** What all panels of a projector show: colours, the filter, the search, the threshold, the selection. */
export class Scene {
  selection = [];
  hits = null; // rows that a search found
  hidden = new Set(); // codes
  answers = null; // how far each point's answer is; beyond `limit` it is withheld
  limit = 0;
  clicked = null;
  hovered = null;
  focused = null;
  neighbors = { ids: [] };
  names = [];
  colors = ["#000000"];
  missing = null;
  theme = {}; // colours by name
  thumbnails = null;
  shown = { names: true, images: true };
  pointSize = 0; // 0 goes by the number of points

  /** @param {number} count */
  constructor(count) {
    this.count = count;
    this.states = new Uint8Array(count).fill(PLAIN);
    this.codes = new Uint8Array(count);
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
    const { states, codes, hidden, hits, selection, answers, limit } = this;
    states.fill(hits || selection.length ? FAINT : PLAIN);
    if (hits) for (const row of hits) states[row] = PLAIN;
    this.withheld = 0;
    if (answers) {
      for (let row = 0; row < states.length; row++) {
        if (answers[row] <= limit) continue;
        states[row] = FAINT;
        this.withheld++;
      }
    }
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

  /** What is shown, in words. @returns {string} */
  summary() {
    const { count, hits, hidden, names, selection, answers } = this;
    const parts = [count === 1 ? "1 point" : `${count ? thousands(count) : "no"} points`];
    if (answers) parts.push(`${thousands(this.withheld)} beyond the threshold`);
    if (hits) parts.push(`${thousands(hits.length)} found`);
    if (hidden.size) parts.push(`${thousands(hidden.size)} of ${thousands(names.length)} categories hidden`);
    if (selection.length) {
      const sizes = names.length > 1 ? this.selectedByName() : [];
      const named = sizes.slice(0, 4).map(([name, size]) => `${name} ${thousands(size)}`);
      if (sizes.length > 4) named.push("…");
      parts.push([`${thousands(selection.length)} selected`, named.join(", ")].filter(Boolean).join(": "));
    }
    return parts.join(" · ");
  }

  /** How many of the selection are in each category, the largest first. @returns {[string, number][]} */
  selectedByName() {
    const sizes = new Map();
    for (const row of this.selection) sizes.set(this.codes[row], (sizes.get(this.codes[row]) ?? 0) + 1);
    return [...sizes].sort((a, b) => b[1] - a[1]).map(([code, size]) => [this.names[code], size]);
  }
}
