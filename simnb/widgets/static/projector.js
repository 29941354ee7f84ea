import { decode, encode } from "./binary.js";
import { Card } from "./card.js";
import { button, keepKeys, make } from "./dom.js";
import { epochSlider } from "./epoch_slider.js";
import { commandOf, keyTable } from "./keyboard.js";
import { combine, inBox, inPolygon } from "./lasso.js";
import { Legend } from "./legend.js";
import { neighborTable } from "./neighbor_table.js";
import { Requests } from "./requests.js";
import { Scatter } from "./scatter.js";
import { Scene } from "./scene.js";
import { followTheme } from "./theme.js";
import { ThumbnailStore } from "./thumbnails.js";
import { METHOD_NAMES, makeToolbar } from "./toolbar.js";
import { toData } from "./transform.js";
import { thousands, visibleText } from "./words.js";

const STILL = 4; // CSS pixels that a click may wander
const SETTLE = 120; // milliseconds before Python hears of what is under the pointer
const TILE = 64;

/** One view of a projector. */
class ProjectorView {
  constructor(model, root) {
    this.model = model;
    this.root = root;
    this.listening = [];
    this.on = { names: true, images: true };
    this.drag = null;
    this.requests = new Requests(model, (waiting) => this.say(waiting, waiting ? "Waiting for Python: is the kernel busy, or gone?" : ""));
    this.scene = new Scene(model.get("_count"));
    this.card = new Card(this.requests);
    this.thumbnails = new ThumbnailStore(this.requests, TILE, () => this.each((panel) => panel.drawOver()));
    this.build();
    this.stopTheme = followTheme(model, root, () => this.retheme());
    this.follow();
    this.recolor();
    this.reselect();
    this.place(false);
    this.reclick();
    this.refresh();
  }

  build() {
    const act = {
      search: (text) => this.search(text),
      zoom: (factor) => this.each((panel) => panel.zoom(factor)),
      fit: () => this.each((panel) => panel.fit()),
      reset: () => this.reset(),
      save: () => this.save(),
      help: () => (this.keys.hidden = !this.keys.hidden),
      toggle: (name) => this.toggle(name),
      isOn: (name) => this.on[name],
    };
    this.toolbar = makeToolbar(this.model, act);
    this.epochs = epochSlider(this.model);
    this.legend = new Legend(this.scene, () => this.filtered());
    this.panels = [0, 1].map(() => new Scatter(this.scene, this.options()));
    this.stages = make("div", { class: "simnb-stages" });
    this.neighbors = make("div", { class: "simnb-neighbor-list" });
    this.progress = make("div", { class: "simnb-progress", hidden: true });
    this.status = make("div", { class: "simnb-status", role: "status" });
    this.title = make("div", { class: "simnb-title" });
    this.keys = keyTable();
    const side = make("div", { class: "simnb-side" }, this.legend.element, this.neighbors);
    const middle = make("div", { class: "simnb-middle" }, this.stages, side);
    keepKeys(this.root);
    this.root.append(this.title, this.toolbar.element, this.keys, middle, this.epochs.element, this.progress, this.status);
    for (const panel of this.panels) this.handle(panel);
    this.observer = new ResizeObserver(() => {
      this.retheme(); // a style is computed only of what is on the page
      this.each((panel) => panel.resize());
    });
    for (const panel of this.panels) this.observer.observe(panel.stage);
  }

  options() {
    return {
      colors: () => this.colors,
      thumbnails: this.thumbnails,
      names: () => this.on.names,
      images: () => this.on.images && this.model.get("_has_images"),
      pointSize: () => this.model.get("point_size"),
      lasso: (panel) => (this.drag?.panel === panel && this.drag.moved ? this.drag.outline?.() : null) ?? null,
    };
  }

  /** Do something with each panel that is shown. */
  each(act) {
    for (const panel of this.panels) if (panel.stage.isConnected) act(panel);
  }

  follow() {
    const listen = (names, act) => {
      for (const name of names) {
        this.model.on(`change:${name}`, act);
        this.listening.push([`change:${name}`, act]);
      }
    };
    listen(["_coords", "_beside", "_shown"], () => this.placeSoon());
    listen(["_colored", "_codes", "_names", "_colors", "_range", "_missing"], () => this.recolorSoon());
    listen(["selection"], () => this.reselect());
    listen(["clicked"], () => this.reclick());
    listen(["hovered"], () => this.rehover());
    listen(["k"], () => this.reclick(true));
    listen(["tool", "_methods", "method", "beside", "color_by", "dimensions", "k", "_epochs", "epoch", "title", "height", "_progress", "point_size"], () => this.refresh());
  }

  // Python changes several traits in one message; the page hears of them one by one.
  placeSoon() {
    const animate = this.model.get("_animate");
    this.placing ??= queueMicrotask(() => {
      this.placing = undefined;
      this.place(animate);
    }) ?? true;
  }

  recolorSoon() {
    this.recoloring ??= queueMicrotask(() => {
      this.recoloring = undefined;
      this.recolor();
    }) ?? true;
  }

  retheme() {
    const style = getComputedStyle(this.root);
    const read = (name) => style.getPropertyValue(`--simnb-${name}`).trim() || "#000000";
    this.colors = { background: read("background"), ink: read("ink"), accent: read("accent") };
    if (this.panels) this.each((panel) => panel.draw());
  }

  place(animate) {
    const layouts = [this.model.get("_coords"), this.model.get("_beside")].filter((layout) => layout);
    const stages = layouts.map((_, place) => this.panels[place].stage);
    if (stages.length !== this.stages.children.length) this.stages.replaceChildren(...stages);
    const shown = this.model.get("_shown");
    layouts.forEach((layout, place) => {
      const panel = this.panels[place];
      panel.heading.textContent = METHOD_NAMES[shown[place]] ?? shown[place] ?? "";
      const dimensions = layout.shape[1] || 2;
      const coordinates = decode(layout);
      if (panel.laidOut === layout) return;
      panel.laidOut = layout;
      panel.place(coordinates, dimensions, animate && panel.drawn > 0);
    });
    this.describe();
    if (this.scene.clicked !== null && this.model.get("_epochs").length) this.reclick(true);
  }

  recolor() {
    const get = (name) => this.model.get(name);
    this.scene.setColumn(decode(get("_codes")), get("_names"), get("_colors"), get("_missing"));
    this.legend.show(get("_colored"), get("_range"));
    this.legend.element.hidden = this.scene.names.length === 1 && get("_columns").length < 2;
    this.filtered();
  }

  filtered() {
    this.scene.update();
    this.each((panel) => {
      panel.forgetNames();
      panel.draw();
    });
    this.report();
  }

  reselect() {
    this.scene.selection = decode(this.model.get("selection"));
    this.scene.update();
    this.each((panel) => panel.draw());
    this.report();
  }

  select(rows, how) {
    this.scene.selection = combine(this.scene.selection, rows, how, this.scene.count);
    this.model.set("selection", encode(this.scene.selection));
    this.model.save_changes();
    this.reselect();
  }

  click(row) {
    this.model.set("clicked", row);
    this.model.save_changes();
  }

  async reclick(again = false) {
    const row = this.model.get("clicked");
    if (row === this.scene.clicked && !again) return;
    this.scene.clicked = row;
    if (row === null || !again) this.scene.neighbors = { ids: new Uint32Array(0), distances: new Float32Array(0) };
    this.each((panel) => panel.drawOver());
    if (row === null) return this.neighbors.replaceChildren();
    try {
      const found = await this.requests.ask("neighbors", { row, k: this.model.get("k") });
      if (this.scene.clicked !== row) return;
      const { labels } = found;
      const [ids, distances] = [decode(found.ids), decode(found.distances)];
      this.scene.neighbors = { ids, distances };
      this.neighbors.replaceChildren(neighborTable({ row, label: found.label, labels, ids, distances, distance: this.model.get("_distance") }, (id) => this.focus(id)));
      const nearest = ids.length ? [ids[0], labels[0]].filter((own) => own !== "").join(", ") : "none";
      this.say(null, `${ids.length} neighbours of ${row}; nearest: ${nearest}`);
    } catch (error) {
      this.say(null, error.message);
    }
    this.each((panel) => panel.drawOver());
  }


  hover(row, panel) {
    if (row === this.scene.hovered) return;
    this.scene.hovered = row;
    const [x, y] = row === null ? [0, 0] : panel.positionOf(row).map((own) => own / panel.ratio);
    this.card.show(row, panel.stage, x, y);
    this.each((other) => other.drawOver());
    clearTimeout(this.hovering);
    this.hovering = setTimeout(() => {
      this.model.set("hovered", row);
      this.model.save_changes();
    }, SETTLE);
  }

  /** Python, or a linked widget, points at something. */
  rehover() {
    this.scene.hovered = this.model.get("hovered");
    this.each((panel) => panel.drawOver());
  }

  handle(panel) {
    const { stage } = panel;
    const at = (event) => {
      const box = stage.getBoundingClientRect();
      return [event.clientX - box.left - stage.clientLeft, event.clientY - box.top - stage.clientTop].map((own) => own * panel.ratio);
    };
    stage.addEventListener("pointerdown", (event) => {
      if (event.button || event.target.closest(".simnb-card")) return;
      stage.setPointerCapture(event.pointerId);
      this.drag = this.newDrag(panel, at(event), event);
      this.hover(null, panel);
    });
    stage.addEventListener("pointermove", (event) => {
      if (this.drag) this.drag.to(at(event));
      else this.hover(panel.at(...at(event)), panel);
    });
    stage.addEventListener("pointerup", (event) => this.release(event, at(event)));
    stage.addEventListener("pointercancel", () => this.forgetDrag());
    stage.addEventListener("pointerleave", () => this.drag || this.hover(null, panel));
    stage.addEventListener("dblclick", () => panel.fit());
    stage.addEventListener("wheel", (event) => {
      event.preventDefault();
      panel.zoom(Math.exp(-Math.max(-60, Math.min(60, event.deltaY)) * 0.004), ...at(event));
    }, { passive: false });
    stage.addEventListener("keydown", (event) => this.press(event, panel));
    stage.addEventListener("focus", () => panel.drawOver());
    stage.addEventListener("blur", () => panel.drawOver());
  }

  newDrag(panel, [x0, y0], event) {
    const tool = this.model.get("tool");
    const how = event.shiftKey ? "add" : event.altKey ? "subtract" : this.toolbar.how.value;
    const drag = { panel, how, moved: false, at: [x0, y0], tool };
    // Corners are kept as data: whatever moves the picture meanwhile moves them with it.
    const corners = [...toData(panel.view, x0, y0)];
    const onScreen = (list) => list.map((_, k) => (k % 2 ? panel.view.top - list[k] * panel.view.scale : list[k] * panel.view.scale + panel.view.left));
    drag.to = ([x, y]) => {
      const [dx, dy] = [x - drag.at[0], y - drag.at[1]];
      drag.moved ||= Math.hypot(x - x0, y - y0) > STILL * panel.ratio;
      if (!drag.moved) return;
      drag.at = [x, y];
      if (tool === "pan" && panel.dimensions === 3) return panel.turnBy(dx / 160 / panel.ratio, dy / 160 / panel.ratio);
      if (tool === "pan") return panel.pan(dx, dy);
      const [u, v] = toData(panel.view, x, y);
      if (tool === "lasso") corners.push(u, v);
      else corners.splice(2, Infinity, u, corners[1], u, v, corners[0], v);
      panel.drawOver();
    };
    drag.outline = () => (tool === "pan" ? null : onScreen(corners));
    drag.corners = corners;
    drag.still = [x0, y0];
    return drag;
  }

  release(event, place) {
    const drag = this.drag;
    if (!drag) return;
    this.drag = null;
    const { panel, tool, corners, moved } = drag;
    panel.drawOver();
    if (!moved) return this.tap(panel, place, event);
    const { xs, ys } = panel;
    if (tool === "zoom") panel.zoomTo([...drag.still, ...drag.at]);
    if (tool === "lasso") this.select(inPolygon(xs, ys, corners, this.scene.isVisible), drag.how);
    if (tool === "box") this.select(inBox(xs, ys, corners[0], corners[1], corners[4], corners[5], this.scene.isVisible), drag.how);
  }

  forgetDrag() {
    this.drag?.panel.drawOver();
    this.drag = null;
  }

  tap(panel, place, event) {
    panel.stage.focus({ preventScroll: true });
    const row = panel.at(...place);
    if (row !== null && (event.shiftKey || event.altKey)) return this.select([row], event.altKey ? "subtract" : "add");
    this.scene.focused = row;
    this.click(row);
    this.hover(row, panel);
  }

  press(event, panel) {
    if (event.target !== panel.stage) return;
    const command = commandOf(event);
    if (!command) return;
    event.preventDefault();
    event.stopPropagation();
    const [name, ...given] = command;
    const { scene } = this;
    const row = scene.focused;
    const act = {
      go: (dx, dy) => this.step(panel, dx, dy),
      shift: (dx, dy) => (panel.dimensions === 3 ? panel.turnBy(dx * 0.15, -dy * 0.15) : panel.pan(-dx * 60 * panel.ratio, dy * 60 * panel.ratio)),
      click: () => row !== null && this.click(row),
      toggle: () => row !== null && this.select([row], scene.selection.includes(row) ? "subtract" : "add"),
      category: () => row !== null && this.selectCategory(scene.codes[row], row),
      box: () => row !== null && this.boxByKeys(panel, row),
      neighbor: (way) => this.nextNeighbor(way),
      drop: () => this.drop(),
      zoom: (factor) => panel.zoom(factor),
      fit: () => panel.fit(),
      search: () => this.toolbar.search.focus(),
      help: () => (this.keys.hidden = !this.keys.hidden),
    };
    act[name](...given);
  }

  step(panel, dx, dy) {
    const { scene } = this;
    let row = scene.focused;
    if (row === null || !scene.isVisible(row)) {
      const { width, height } = panel.base;
      row = panel.index.nearest(...toData(panel.view, width / 2, height / 2), Infinity, scene.isVisible);
    } else row = panel.index.towards(row, dx, dy, scene.isVisible);
    if (row >= 0) this.focus(row, panel);
  }

  /** Make a point the keyboard's, and say what it is. */
  focus(row, panel = this.panels[0]) {
    this.scene.focused = row;
    panel.stage.focus({ preventScroll: true });
    panel.reveal(row);
    this.scene.hovered = null;
    this.hover(row, panel);
    this.card.of(row).then(({ fields }) => {
      if (this.scene.focused === row) this.say(null, `point ${row}; ${fields.map((field) => field.join(" ")).join("; ")}`);
    }, () => {});
  }

  selectCategory(code, row) {
    const rows = [];
    for (let other = 0; other < this.scene.count; other++) if (this.scene.codes[other] === code && this.scene.isVisible(other)) rows.push(other);
    this.select(rows, this.scene.selection.includes(row) ? "subtract" : "add");
  }

  boxByKeys(panel, row) {
    if (this.corner === undefined) {
      this.corner = row;
      return this.say(null, `box from ${row}: go to the opposite corner and press b`);
    }
    const { xs, ys } = panel;
    this.select(inBox(xs, ys, xs[this.corner], ys[this.corner], xs[row], ys[row], this.scene.isVisible), this.toolbar.how.value);
    this.corner = undefined;
  }

  nextNeighbor(way) {
    const { ids } = this.scene.neighbors;
    if (!ids.length) return;
    const place = ids.indexOf(this.scene.focused);
    this.focus(ids[(place + (place < 0 && way < 0 ? 0 : way) + ids.length) % ids.length]);
  }

  drop() {
    const begun = this.drag || this.corner !== undefined;
    this.forgetDrag();
    this.corner = undefined;
    if (begun) this.report();
    else if (this.scene.clicked !== null) this.click(null);
    else this.select([], "replace");
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
        this.say(null, error.message);
      }
    }, SETTLE);
  }

  toggle(name) {
    this.on[name] = !this.on[name];
    this.toolbar.update();
    this.each((panel) => panel.drawOver());
  }

  reset() {
    this.scene.hidden.clear();
    this.toolbar.search.value = "";
    this.scene.hits = null;
    this.click(null);
    this.select([], "replace");
    this.legend.show(this.model.get("_colored"), this.model.get("_range"));
    this.filtered();
    this.each((panel) => panel.reset());
  }

  save() {
    const shown = this.panels.filter((panel) => panel.stage.isConnected);
    const picture = document.createElement("canvas");
    picture.width = shown.reduce((sum, { base }) => sum + base.width, 0);
    picture.height = shown[0].base.height;
    const pen = picture.getContext("2d");
    let left = 0;
    for (const { base, over } of shown) {
      pen.drawImage(base, left, 0);
      pen.drawImage(over, left, 0);
      left += base.width;
    }
    picture.toBlob((blob) => {
      const url = URL.createObjectURL(blob);
      make("a", { href: url, download: "projector.png" }).click();
      setTimeout(() => URL.revokeObjectURL(url), 1000);
    });
  }

  refresh() {
    const get = (name) => this.model.get(name);
    this.title.textContent = visibleText(get("title"));
    this.title.hidden = !get("title");
    this.stages.style.height = `${get("height")}px`;
    this.root.style.setProperty("--simnb-height", `${get("height")}px`);
    this.stages.dataset.tool = get("tool");
    this.toolbar.update();
    this.epochs.update();
    const { method, fraction, message, error } = get("_progress");
    this.progress.hidden = !method && !error;
    if (error) this.progress.replaceChildren(make("span", { role: "alert", text: error }));
    else if (method) this.showProgress(`${METHOD_NAMES[method] ?? method}: ${message}`, fraction);
    this.each((panel) => panel.draw());
  }

  showProgress(text, fraction) {
    let [bar, words] = this.progress.children;
    if (bar?.tagName !== "PROGRESS") {
      bar = make("progress", { max: "1", "aria-label": "Layout in the background" });
      words = make("span", {});
      this.progress.replaceChildren(bar, words, button("Cancel", "Stop it; the picture stays as it is", () => this.requests.ask("cancel").catch(() => {})));
    }
    if (fraction === null || fraction === undefined) bar.removeAttribute("value");
    else bar.value = fraction;
    words.textContent = text;
  }

  describe() {
    const shown = this.model.get("_shown");
    this.panels.forEach(({ stage }, place) => {
      const by = METHOD_NAMES[shown[place]] ?? shown[place];
      stage.setAttribute("aria-label", `Map of ${thousands(this.scene.count)} points by ${by}. Press ? for its keys.`);
    });
    this.report();
  }

  report() {
    const { scene } = this;
    const parts = [`${thousands(scene.count)} point${scene.count === 1 ? "" : "s"}`];
    if (!scene.count) parts[0] = "no points";
    if (scene.hits) parts.push(`${thousands(scene.hits.length)} found`);
    if (scene.hidden.size) parts.push(`${thousands(scene.hidden.size)} of ${thousands(scene.names.length)} categories hidden`);
    if (scene.selection.length) {
      const sizes = scene.categorical && scene.names.length > 1 ? scene.selectedByName() : [];
      const named = sizes.slice(0, 4).map(([name, size]) => `${name} ${thousands(size)}`);
      if (sizes.length > 4) named.push("…");
      parts.push([`${thousands(scene.selection.length)} selected`, named.join(", ")].filter(Boolean).join(": "));
    }
    this.summary = parts.join(" · ");
    this.say(null, "");
  }

  /** Tell the reader something; the summary stays before it. */
  say(waiting, text) {
    if (waiting === false && !this.waiting) return;
    if (waiting === null && this.waiting) [waiting, text] = [true, this.said];
    this.waiting = waiting === true;
    this.said = text;
    this.status.replaceChildren(...make("span", {}, [this.summary, text].filter(Boolean).join(" · ")).childNodes);
  }

  close() {
    for (const [name, act] of this.listening) this.model.off(name, act);
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
