import { decode, encode } from "./binary.js";
import { Card } from "./card.js";
import { Commands } from "./commands.js";
import { button, keepKeys, make } from "./dom.js";
import { epochSlider } from "./epoch_slider.js";
import { keyTable } from "./keyboard.js";
import { combine } from "./lasso.js";
import { Legend } from "./legend.js";
import { neighborTable } from "./neighbor_table.js";
import { followPointer } from "./pointer.js";
import { Requests } from "./requests.js";
import { Scatter } from "./scatter.js";
import { Scene } from "./scene.js";
import { StatusLine } from "./status_line.js";
import { followTheme } from "./theme.js";
import { ThumbnailStore } from "./thumbnails.js";
import { METHOD_NAMES, makeToolbar } from "./toolbar.js";
import { thousands, visibleText } from "./words.js";

const SETTLE = 120; // milliseconds before Python hears of what is under the pointer
const TILE = 64;

/** One view of a projector. */
class ProjectorView {
  constructor(model, root) {
    this.model = model;
    this.root = root;
    this.listening = [];
    this.drag = null;
    this.status = new StatusLine();
    this.requests = new Requests(model, (waiting) => this.status.wait(waiting));
    this.scene = new Scene(this.get("_count"));
    this.scene.shown.images = this.get("_has_images");
    this.scene.thumbnails = new ThumbnailStore(this.requests, TILE, () => this.each("drawOver"));
    this.card = new Card(this.requests);
    this.build();
    this.stopTheme = followTheme(model, root, () => this.retheme());
    this.follow();
    this.recolor();
    this.withhold();
    this.reselect();
    this.place(false);
    this.reclick();
    this.refresh();
  }

  get(name) {
    return this.model.get(name);
  }

  set(name, value) {
    this.model.set(name, value);
    this.model.save_changes();
  }

  build() {
    this.toolbar = makeToolbar(this);
    this.epochs = epochSlider(this.model);
    this.legend = new Legend(this.scene, () => this.filtered());
    this.panels = [0, 1].map(() => new Scatter(this.scene));
    this.stages = make("div", { class: "simnb-stages" });
    this.neighbors = make("div", { class: "simnb-neighbor-list", hidden: !this.get("_listed") });
    this.progress = make("div", { class: "simnb-progress", hidden: true });
    this.title = make("div", { class: "simnb-title" });
    this.keys = keyTable();
    const side = make("div", { class: "simnb-side" }, this.legend.element, this.neighbors);
    const middle = make("div", { class: "simnb-middle" }, this.stages, side);
    keepKeys(this.root);
    this.root.append(this.title, this.toolbar.element, this.keys, middle, this.epochs.element, this.progress, this.status.element);
    const commands = new Commands(this);
    this.observer = new ResizeObserver(() => {
      this.retheme(); // a style is computed only of what is on the page
      this.each("resize");
    });
    for (const panel of this.panels) {
      followPointer(this, panel);
      commands.follow(panel);
      this.observer.observe(panel.stage);
    }
  }

  /** Call a method of each panel that is shown. @param {string} act @param {...any} given */
  each(act, ...given) {
    for (const panel of this.panels) if (panel.stage.isConnected) panel[act](...given);
  }

  follow() {
    const listen = (names, act) => {
      const events = names.replace(/\w+/g, "change:$&");
      this.model.on(events, act);
      this.listening.push([events, act]);
    };
    // Python changes several traits in one message; the page hears of them one by one.
    const soon = (act, read) => {
      let due = false;
      return () => {
        if (due) return;
        due = true;
        const found = read?.();
        queueMicrotask(() => {
          due = false;
          act(found);
        });
      };
    };
    listen("_coords _beside _shown", soon((animate) => this.place(animate), () => this.get("_animate")));
    listen("_colored _codes _names _colors _range _missing", soon(() => this.recolor()));
    listen("threshold _answers", soon(() => this.withhold()));
    listen("selection", () => this.reselect());
    listen("clicked", () => this.reclick());
    listen("hovered", () => this.rehover());
    listen("k", () => this.reclick(true));
    listen("tool _methods method beside color_by dimensions k _epochs epoch title height _progress point_size", () => this.refresh());
  }

  retheme() {
    const style = getComputedStyle(this.root);
    const read = (name) => style.getPropertyValue(`--simnb-${name}`).trim() || "#000000";
    this.scene.theme = { background: read("background"), ink: read("ink"), accent: read("accent") };
    this.each("draw");
  }

  place(animate) {
    const layouts = [this.get("_coords"), this.get("_beside")].filter((layout) => layout);
    const stages = layouts.map((_, place) => this.panels[place].stage);
    if (stages.length !== this.stages.children.length) this.stages.replaceChildren(...stages);
    this.panels.forEach((panel, place) => {
      const name = this.get("_shown")[place];
      const by = METHOD_NAMES[name] ?? name ?? "";
      panel.heading.textContent = by;
      panel.stage.setAttribute("aria-label", `Map of ${thousands(this.scene.count)} points by ${by}. Press ? for its keys.`);
      const layout = layouts[place];
      if (!layout || panel.laidOut === layout) return;
      panel.laidOut = layout;
      panel.place(decode(layout), layout.shape[1] || 2, animate && panel.drawn > 0);
    });
    this.report();
    if (this.scene.clicked !== null && this.get("_epochs").length) this.reclick(true);
  }

  recolor() {
    this.scene.setColumn(decode(this.get("_codes")), this.get("_names"), this.get("_colors"), this.get("_missing"));
    this.showLegend();
    this.legend.element.hidden = this.scene.names.length === 1 && this.get("_columns").length < 2;
    this.filtered();
  }

  showLegend() {
    this.legend.show(this.get("_colored"), this.get("_range"));
  }

  filtered() {
    this.each("forgetNames");
    this.restate();
  }

  /** Draw all points anew, in what became of them. */
  restate() {
    this.scene.update();
    this.each("draw");
    this.report();
  }

  /** Take the threshold beyond which points are dimmed. */
  withhold() {
    const [answers, threshold] = [this.get("_answers"), this.get("threshold")];
    const dims = answers && threshold !== null;
    this.scene.answers = dims ? decode(answers) : null;
    this.scene.limit = this.get("_larger") ? -threshold : threshold;
    this.restate();
  }

  reselect() {
    this.scene.selection = decode(this.get("selection"));
    this.restate();
  }

  select(rows, how) {
    this.set("selection", encode(combine(this.scene.selection, rows, how, this.scene.count)));
    this.reselect();
  }

  click(row) {
    this.set("clicked", row);
  }

  async reclick(again = false) {
    const row = this.get("clicked");
    const { scene } = this;
    if (row === scene.clicked && !again) return;
    scene.clicked = row;
    if (row === null || !again) scene.neighbors = { ids: [] };
    this.each("drawOver");
    if (row === null) return this.neighbors.replaceChildren();
    try {
      const { label, labels, ...found } = await this.requests.ask("neighbors", { row, k: this.get("k") });
      if (scene.clicked !== row) return;
      const [ids, distances] = [decode(found.ids), decode(found.distances)];
      scene.neighbors = { ids };
      this.neighbors.replaceChildren(neighborTable({ row, label, labels, ids, distances, distance: this.get("_distance") }, (id) => this.focus(id)));
      const nearest = ids.length ? [ids[0], labels[0]].filter((own) => own !== "").join(", ") : "none";
      this.status.show({ said: `${ids.length} neighbours of ${row}; nearest: ${nearest}` });
    } catch (error) {
      this.status.show({ said: error.message });
    }
    this.each("drawOver");
  }

  hover(row, panel) {
    if (row === this.scene.hovered) return;
    this.scene.hovered = row;
    const [x, y] = row === null ? [0, 0] : panel.positionOf(row).map((own) => own / panel.ratio);
    this.card.show(row, panel.stage, x, y);
    this.each("drawOver");
    clearTimeout(this.hovering);
    this.hovering = setTimeout(() => this.set("hovered", row), SETTLE);
  }

  /** Python, or a linked widget, points at something. */
  rehover() {
    this.scene.hovered = this.get("hovered");
    this.each("drawOver");
  }

  dropDrag() {
    if (!this.drag) return;
    this.drag.panel.outline = null;
    this.drag.panel.drawOver();
    this.drag = null;
  }

  tap(panel, place, { shiftKey, altKey }) {
    panel.stage.focus({ preventScroll: true });
    const row = panel.at(...place);
    if (row !== null && (shiftKey || altKey)) return this.select([row], altKey ? "subtract" : "add");
    this.scene.focused = row;
    this.click(row);
    this.hover(row, panel);
  }

  /** Make a point the keyboard's, and say what it is. */
  focus(row, panel = this.panels[0]) {
    this.scene.focused = row;
    panel.stage.focus({ preventScroll: true });
    panel.reveal(row);
    this.scene.hovered = null;
    this.hover(row, panel);
    const before = this.status.said;
    this.card.of(row).then(({ fields }) => {
      // What was said meanwhile is newer.
      if (this.scene.focused === row && this.status.said === before) this.status.show({ said: `point ${row}; ${fields.map((field) => field.join(" ")).join("; ")}` });
    }, () => {});
  }

  help() {
    this.keys.hidden = !this.keys.hidden;
  }

  search(text) {
    clearTimeout(this.searching);
    const show = (hits) => {
      this.scene.hits = hits;
      this.filtered();
    };
    if (!text.trim()) return show(null);
    this.searching = setTimeout(async () => {
      try {
        const answer = await this.requests.ask("search", { text });
        if (this.toolbar.search.value === text) show(decode(answer.ids));
      } catch (error) {
        this.status.show({ said: error.message });
      }
    }, SETTLE);
  }

  /** Show names or images, or no longer. */
  toggle(name) {
    this.scene.shown[name] = !this.scene.shown[name];
    this.toolbar.update();
    this.each("drawOver");
  }

  reset() {
    this.scene.hidden.clear();
    this.toolbar.search.value = "";
    this.scene.hits = null;
    this.click(null);
    this.select([], "replace");
    this.showLegend();
    this.filtered();
    this.each("reset");
  }

  save() {
    const shown = this.panels.filter((panel) => panel.stage.isConnected);
    const [{ base: { width, height } }] = shown;
    const picture = make("canvas", { width: width * shown.length, height });
    const pen = picture.getContext("2d");
    shown.forEach(({ base, over }, place) => {
      for (const layer of [base, over]) pen.drawImage(layer, width * place, 0);
    });
    picture.toBlob((blob) => {
      const url = URL.createObjectURL(blob);
      make("a", { href: url, download: "projector.png" }).click();
      setTimeout(() => URL.revokeObjectURL(url), 1000);
    });
  }

  refresh() {
    const [title, height] = [this.get("title"), `${this.get("height")}px`];
    this.title.textContent = visibleText(title);
    this.title.hidden = !title;
    this.stages.style.height = height;
    this.root.style.setProperty("--simnb-height", height);
    this.stages.dataset.tool = this.get("tool");
    this.scene.pointSize = this.get("point_size");
    this.toolbar.update();
    this.epochs.update();
    this.showProgress(this.get("_progress"));
    this.each("draw");
  }

  showProgress({ method, fraction, message, error }) {
    const { progress } = this;
    progress.hidden = !method && !error;
    if (error) progress.replaceChildren(make("span", { role: "alert", text: error }));
    if (error || !method) return;
    if (progress.children.length < 3) {
      const bar = make("progress", { max: "1", "aria-label": "Layout in the background" });
      const cancel = () => this.requests.ask("cancel").catch(() => {});
      progress.replaceChildren(bar, make("span"), button("Cancel", "Stop it; the picture stays as it is", cancel));
    }
    const [bar, words] = progress.children;
    if (fraction === null || fraction === undefined) bar.removeAttribute("value");
    else bar.value = fraction;
    words.textContent = `${METHOD_NAMES[method] ?? method}: ${message}`;
  }

  report() {
    this.status.show({ summary: this.scene.summary(), said: "" });
  }

  close() {
    for (const [events, act] of this.listening) this.model.off(events, act);
    for (const timer of [this.hovering, this.searching]) clearTimeout(timer);
    this.stopTheme();
    this.observer.disconnect();
    this.epochs.stop();
    this.requests.close();
    this.card.close();
    for (const panel of this.panels) panel.close();
  }
}

/** @param {{model: any, el: HTMLElement}} given */
function render({ model, el }) {
  const root = make("div", { class: "simnb simnb-projector" });
  el.append(root);
  const view = new ProjectorView(model, root);
  return () => view.close();
}

export default { render };
