import { decode } from "./binary.js";
import { button, keepKeys, make } from "./dom.js";
import { NeighborResults } from "./neighbor_results.js";
import { pasteBox, takeDrops, tooLarge } from "./query_inputs.js";
import { queryPicker, stepTo } from "./query_picker.js";
import { QueryWalk } from "./query_walk.js";
import { answerWords, isWithin } from "./rank_words.js";
import { Requests } from "./requests.js";
import { StatusLine } from "./status_line.js";
import { followTheme } from "./theme.js";
import { viewerCommand, viewerKeyTable } from "./viewer_keys.js";
import { visibleText } from "./words.js";

const REST = 90; // milliseconds that a slider rests before Python is asked
const USUAL = 50; // neighbours the slider goes to, if there are no more
const MODES = [
  ["nearest", "Nearest", "The nearest neighbours"],
  ["false friends", "False friends", "The nearest neighbours of another label"],
];

/** A model whose `send` takes buffers along, and does not mind a kernel that is gone. */
function carrier(model) {
  return {
    on: (...given) => model.on(...given),
    off: (...given) => model.off(...given),
    send({ buffers = [], ...content }) {
      try {
        model.send(content, undefined, buffers);
      } catch {
        return; // no answer will come, which `Requests` tells
      }
    },
  };
}

/** One view of a neighbour viewer. */
class NeighborView {
  constructor(model, root) {
    this.model = model;
    this.root = root;
    this.listening = [];
    this.wantsDetails = false;
    this.turn = 0; // which question the newest is
    this.answer = null;
    this.status = new StatusLine();
    this.requests = new Requests(carrier(model), (waiting) => this.status.wait(waiting));
    this.walk = new QueryWalk(model, { ask: () => this.ask(), leave: () => this.leave(), refuse: (said) => this.status.show({ said }) });
    this.build();
    this.stopTheme = followTheme(model, root, () => this.retheme());
    this.follow();
    this.refresh();
    this.walk.follow(true);
  }

  build() {
    const act = {
      back: () => this.walk.back(),
      forward: () => this.walk.forward(),
      pick: (row) => this.walk.go({ kind: "query", row }),
      step: (way) => this.step(way),
      random: (mistake) => this.random(mistake),
      file: (file) => this.upload(file),
      paste: () => (this.paste.element.hidden ? this.paste.open() : this.paste.close(), this.refresh()),
    };
    this.picker = queryPicker(this.model, act);
    this.paste = pasteBox((text) => this.usePasted(text), () => {
      this.refresh();
      this.picker.paste.focus();
    });
    this.results = new NeighborResults((item) => this.walk.go({ kind: this.model.get("_own") ? "query" : "item", row: item.row }));
    this.empty = make("div", { class: "simnb-note", role: "status", hidden: true });
    this.notice = make("div", { class: "simnb-notice", role: "status", hidden: true });
    this.title = make("div", { class: "simnb-title" });
    this.keys = viewerKeyTable();
    keepKeys(this.root);
    this.root.append(this.title, this.picker.element, this.controls(), this.paste.element, this.keys, this.notice, this.empty, this.results.element, this.status.element);
    takeDrops(this.root, (file) => this.upload(file));
    this.root.addEventListener("keydown", (event) => this.press(event));
    this.observer = new ResizeObserver(() => this.retheme()); // a style is computed only of what is on the page
    this.observer.observe(this.root);
  }

  controls() {
    this.k = make("input", { type: "range", min: "1", step: "1", "aria-label": "Number of neighbours", oninput: () => this.slide() });
    this.kText = make("output", { class: "simnb-k-text" });
    this.modes = MODES.map(([mode, text, title]) => button(text, title, () => this.set({ mode }), { "data-mode": mode }));
    this.threshold = make("input", { type: "number", step: "any", class: "simnb-threshold", placeholder: "none", onchange: () => this.setThreshold() });
    this.details = button("Details", "Show what else is known of each neighbour", () => {
      this.wantsDetails = !this.wantsDetails;
      this.results.draw(this.look());
      this.shown();
    }, { hidden: true });
    const help = button("Keys", "What the keyboard does (?)", () => (this.keys.hidden = !this.keys.hidden));
    this.modeRow = make("div", { class: "simnb-row", role: "group", "aria-label": "Which neighbours" }, ...this.modes);
    return make("div", { class: "simnb-toolbar" },
      make("div", { class: "simnb-row" }, make("label", {}, "Neighbours ", this.k), this.kText),
      this.modeRow,
      make("div", { class: "simnb-row" }, make("label", {}, "Threshold ", this.threshold), this.details, help));
  }

  follow() {
    const listen = (names, act) => {
      for (const name of names) {
        this.model.on(`change:${name}`, act);
        this.listening.push([`change:${name}`, act]);
      }
    };
    listen(["query", "item", "_brought"], () => this.walk.follow(false));
    listen(["k", "mode"], () => this.walk.follow(true));
    listen(["_stale"], () => this.model.get("_stale") && this.walk.renew());
    listen(["threshold"], () => this.grey());
    listen(["selection", "title", "height", "k", "mode", "threshold", "_stale", "_query_count", "_item_count", "_labelled", "_uploads", "_size"], () => this.refresh());
  }

  /** Python shows nothing. */
  leave() {
    this.turn += 1;
    this.root.removeAttribute("aria-busy");
    this.clear("");
    this.refresh();
  }

  set(state) {
    for (const [name, value] of Object.entries(state)) this.model.set(name, value);
    this.model.save_changes();
  }

  step(way) {
    const row = stepTo(this.chosen(), this.model.get("_query_count"), this.model.get("query"), way);
    if (row !== null) this.walk.go({ kind: "query", row });
  }

  chosen() {
    return decode(this.model.get("selection"));
  }

  async random(mistake) {
    try {
      const { query } = await this.requests.ask("random", { mistake });
      this.walk.go({ kind: "query", row: query });
    } catch (error) {
      this.status.show({ said: error.message });
    }
  }

  async usePasted(text) {
    const refused = tooLarge("The text", new Blob([text]).size);
    if (refused) throw new Error(refused);
    await this.walk.bring(() => this.requests.ask("paste", { text }));
  }

  async upload(file) {
    const refused = tooLarge(visibleText(file.name), file.size);
    if (refused) return this.status.show({ said: refused });
    this.status.show({ said: `sending ${file.name}` });
    try {
      const bytes = await file.arrayBuffer();
      await this.walk.bring(() => this.requests.ask("file", { name: file.name, buffers: [bytes] }));
    } catch (error) {
      this.status.show({ said: error.message });
    }
  }

  async ask() {
    const { here } = this.walk;
    const turn = (this.turn += 1);
    this.root.setAttribute("aria-busy", "true");
    this.refresh();
    try {
      const about = here.kind === "array" ? { pasted: true } : { [here.kind]: here.row };
      const [k, mode] = [this.model.get("k"), this.model.get("mode")];
      const answer = await this.requests.ask("neighbors", { k, mode, ...about });
      if (turn === this.turn) this.show({ ...answer, mode });
    } catch (error) {
      if (turn === this.turn) this.clear(error.message);
    }
    if (turn === this.turn) this.root.removeAttribute("aria-busy");
  }

  show(answer) {
    this.answer = answer;
    this.results.show(answer, this.look());
    this.shown();
    this.empty.hidden = true;
    this.status.show({ said: answer.note ?? "" });
  }

  /** How cards are made, as far as it is not Python's answer. */
  look() {
    const larger = this.model.get("_larger");
    const measure = `${this.model.get("_distance")}${larger ? ", larger is nearer" : " distance"}`;
    return { engine: this.model.get("_engine"), measure, distance: larger ? "similarity" : "distance", details: this.wantsDetails };
  }

  shown() {
    const { some, alone } = this.results.details;
    this.details.hidden = !some || alone;
    this.details.setAttribute("aria-pressed", String(this.wantsDetails));
    this.grey();
  }

  grey() {
    if (!this.answer) return;
    const [threshold, larger] = [this.model.get("threshold"), this.model.get("_larger")];
    const beyond = this.results.grey(({ distance }) => isWithin(distance, threshold, larger));
    this.status.show({ summary: answerWords(this.answer, beyond) });
  }

  /** Show nothing, and why. @param {string} why */
  clear(why) {
    this.answer = null;
    this.results.show(null);
    this.empty.textContent = visibleText(why || (this.model.get("_query_count") ? "Choose a query: its number, Next, or Random." : "There are no queries."));
    this.empty.hidden = false;
    this.details.hidden = true;
    this.status.show({ summary: "", said: "" });
  }

  slide() {
    this.kText.textContent = this.k.value;
    clearTimeout(this.resting);
    this.resting = setTimeout(() => this.set({ k: Number(this.k.value) }), REST);
  }

  setThreshold() {
    if (this.threshold.reportValidity()) this.set({ threshold: this.threshold.value === "" ? null : Number(this.threshold.value) });
  }

  press(event) {
    const typed = event.target.closest("input, textarea, select");
    if (typed) return;
    const command = viewerCommand(event);
    if (!command) return;
    const [name, ...given] = command;
    const act = {
      jump: (place) => this.results.focus(place),
      walk: (key) => this.results.walk(key),
      back: () => this.walk.back(),
      forward: () => this.walk.forward(),
      step: (way) => this.step(way),
      random: (mistake) => (!mistake || this.model.get("_labelled")) && this.random(mistake),
      friends: () => this.model.get("_labelled") && this.set({ mode: this.model.get("mode") === "nearest" ? "false friends" : "nearest" }),
      help: () => (this.keys.hidden = !this.keys.hidden),
    };
    event.preventDefault();
    event.stopPropagation();
    act[name](...given);
  }

  refresh() {
    const get = (name) => this.model.get(name);
    this.title.textContent = visibleText(get("title"));
    this.title.hidden = !get("title");
    for (const [name, size] of [["height", get("height")], ["face", get("_size")]]) this.root.style.setProperty(`--simnb-${name}`, `${size}px`);
    const { here, trail } = this.walk;
    this.picker.update(trail, here?.kind === "query" ? here.row : null, this.chosen());
    this.picker.paste.setAttribute("aria-expanded", String(!this.paste.element.hidden));
    this.k.max = String(Math.max(get("k"), Math.min(USUAL, Math.max(1, get("_item_count") - get("_own")))));
    this.k.value = this.kText.textContent = String(get("k"));
    for (const mode of this.modes) mode.setAttribute("aria-pressed", String(mode.dataset.mode === get("mode")));
    this.modeRow.hidden = !get("_labelled");
    this.threshold.value = get("threshold") === null ? "" : String(Number(get("threshold").toPrecision(6)));
    this.notice.textContent = visibleText(get("_stale"));
    this.notice.hidden = !get("_stale");
  }

  retheme() {
    const style = getComputedStyle(this.root);
    const read = (name) => style.getPropertyValue(`--simnb-${name}`).trim() || "#888888";
    this.results?.recolor({ low: read("heat-low"), middle: read("heat-middle"), high: read("heat-high") });
  }

  close() {
    this.turn += 1;
    clearTimeout(this.resting);
    for (const [name, act] of this.listening) this.model.off(name, act);
    this.stopTheme();
    this.observer.disconnect();
    this.requests.close();
  }
}

/** @param {{model: any, el: HTMLElement}} given */
function renderViewer({ model, el }) {
  const root = make("div", { class: "simnb simnb-viewer" });
  el.append(root);
  const view = new NeighborView(model, root);
  return () => view.close();
}

export default { render: renderViewer };
