import { button, make, quote } from "./dom.js";
import { Raster, drawPoints, packColor } from "./raster.js";
import { thousands } from "./words.js";

const SEARCH_FROM = 13;
const MOST = 400; // entries in the list; others are found by searching

/** What colours mean; categories can be hidden, shown alone, and searched. */
export class Legend {
  #scene;
  #changed;
  #list = make("div", { class: "simnb-entries", role: "group" });
  #search = make("input", { type: "search", placeholder: "find a category", "aria-label": "Find a category", oninput: () => this.#fill() });

  /** @param {import("./scene.js").Scene} scene @param {() => void} changed */
  constructor(scene, changed) {
    this.#scene = scene;
    this.#changed = changed;
    this.element = make("div", { class: "simnb-legend" });
  }

  /** @param {string} title @param {string[]} range what a continuous column goes from and to */
  show(title, range) {
    const { names, categorical } = this.#scene;
    const heading = make("div", { class: "simnb-legend-title" }, quote(title));
    this.#list.setAttribute("aria-label", `Categories of ${title}`);
    this.#search.value = "";
    this.#search.hidden = names.length < SEARCH_FROM;
    const buttons = make("div", { class: "simnb-row" },
      button("All", "Show all categories", () => this.#set(() => false)),
      button("None", "Hide all categories", () => this.#set(() => true)));
    buttons.hidden = names.length < 2;
    this.element.replaceChildren(heading, ...(categorical ? [buttons, this.#search, this.#list] : [this.#bar(range)]));
    if (categorical) this.#fill();
  }

  /** Show only some categories. @param {(code: number) => boolean} isHidden */
  #set(isHidden) {
    const { hidden, names } = this.#scene;
    hidden.clear();
    names.forEach((_, code) => isHidden(code) && hidden.add(code));
    this.#fill();
    this.#changed();
  }

  #fill() {
    const { names } = this.#scene;
    const wanted = this.#search.value.toLocaleLowerCase();
    const found = [...names.keys()].filter((code) => names[code].toLocaleLowerCase().includes(wanted));
    const entries = found.slice(0, MOST).map((code) => this.#entry(code));
    if (found.length > MOST) entries.push(make("div", { class: "simnb-note", text: `and ${thousands(found.length - MOST)} more: search` }));
    if (!found.length) entries.push(make("div", { class: "simnb-note", text: "no such category" }));
    this.#list.replaceChildren(...entries);
  }

  #entry(code) {
    const { names, hidden, sizes } = this.#scene;
    const box = make("input", { type: "checkbox", onchange: () => this.#toggle(code, !box.checked) });
    box.checked = !hidden.has(code);
    const label = make("label", {}, box, this.#swatch(code), quote(names[code]));
    const only = button("only", `Show only ${names[code]}`, () => this.#isolate(code), { "aria-label": `Show only ${names[code]}` });
    return make("div", { class: "simnb-entry", ondblclick: () => this.#isolate(code) }, label, make("span", { class: "simnb-count", text: thousands(sizes[code]) }), only);
  }

  #toggle(code, hide) {
    if (hide) this.#scene.hidden.add(code);
    else this.#scene.hidden.delete(code);
    this.#changed();
  }

  #isolate(code) {
    const { hidden, names } = this.#scene;
    const alone = hidden.size === names.length - 1 && !hidden.has(code);
    this.#set((other) => !alone && other !== code);
  }

  #swatch(code) {
    const canvas = make("canvas", { width: "16", height: "16", class: "simnb-swatch", "aria-hidden": "true" });
    const raster = new Raster(16, 16);
    const points = { xs: Float32Array.of(8), ys: Float32Array.of(-8), codes: Uint8Array.of(0), states: Uint8Array.of(1) };
    const style = { colors: Uint32Array.of(packColor(this.#scene.colors[code])), shapes: Uint8Array.of(this.#scene.shapeOf(code)), radius: 5, smooth: true };
    raster.clear(packColor(this.#scene.colors[code]) & transparent());
    drawPoints(raster, points, { scale: 1, left: 0, top: 0 }, style, 1);
    canvas.getContext("2d").putImageData(new ImageData(raster.data, 16), 0, 0);
    return canvas;
  }

  #bar(range) {
    const colors = this.#scene.colors.slice(0, 256);
    const bar = make("div", { class: "simnb-bar", role: "img", "aria-label": `from ${range[0]} to ${range[1]}` });
    bar.style.background = `linear-gradient(to right, ${colors.filter((_, step) => step % 15 === 0).join(", ")})`;
    const ends = make("div", { class: "simnb-ends" }, quote(range[0] ?? "no values"), quote(range[1] ?? ""));
    const none = this.#scene.missing === null ? null : make("div", { class: "simnb-note", text: "grey: no value" });
    return make("div", {}, bar, ends, none);
  }
}

function transparent() {
  return new Uint32Array(Uint8Array.of(255, 255, 255, 0).buffer)[0];
}
