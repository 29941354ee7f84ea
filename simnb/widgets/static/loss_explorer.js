import { decode } from "./binary.js";
import { button, dropDown, keepKeys, make } from "./dom.js";
import { anchorTable, partnerWords } from "./loss_anchors.js";
import { LossCourse } from "./loss_course.js";
import { LossDrawing } from "./loss_drawing.js";
import { lossLegend } from "./loss_legend.js";
import { LossOrders, lossPartners } from "./loss_orders.js";
import { lossSettings } from "./loss_settings.js";
import { Requests } from "./requests.js";
import { StatusLine } from "./status_line.js";
import { followTheme } from "./theme.js";
import { shortNumber, visibleText } from "./words.js";

const ONE_CHANGE = 800; // milliseconds between two changes that are undone apart
const BETWEEN_STEPS = 50;
const QUIET = 400; // before what was moved is said
const ARROW_KEYS = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, 1], ArrowDown: [0, -1] };
const TRAITS = ["points", "step_size", "title", "height", "_value", "_anchors", "_counted", "_gradient", "_pairs", "_note", "_losses", "_loss", "_settings", "_code", "_circle", "_undo"];

/** One view of a loss explorer. */
class LossView {
  constructor(model, root) {
    this.model = model;
    this.root = root;
    this.held = new Map(); // where points are that Python has not heard of
    this.dragged = null;
    this.anchor = null;
    this.running = false;
    this.latest = { kind: "", time: 0 };
    this.requests = new Requests(model, (waiting) => this.status.wait(waiting));
    this.orders = new LossOrders(({ type, ...content }) => this.requests.ask(type, content), (kind, error) => this.answered(kind, error));
    this.names = model.get("_names");
    this.marks = this.names.map((name, row) => ({ name, code: model.get("_codes")[row], color: model.get("_colors")[model.get("_codes")[row]] }));
    this.build();
    this.change = () => this.updateSoon();
    for (const name of TRAITS) model.on(`change:${name}`, this.change);
    this.stopTheme = followTheme(model, root, () => this.retheme());
    this.update();
  }

  build() {
    this.title = make("div", { class: "simnb-title" });
    this.loss = dropDown("Loss", (loss) => this.send("choose", { loss }));
    this.settings = lossSettings((...change) => this.set(...change), (name) => this.orders.isOpen(`setting ${name}`));
    this.stepSize = make("input", { type: "number", min: "0", step: "any", class: "simnb-loss-number", "aria-label": "Step size", onchange: () => this.setStepSize() });
    this.run = button("Run", "Step until it is stopped", () => this.toggleRun());
    this.undo = button("Undo", "Take back the last drag, step or change", () => this.stopThen("undo"));
    const moves = make("div", { class: "simnb-row" },
      button("Step", "Move the points against the gradient, once", () => this.stopThen("step", { begin: true })), this.run, this.undo,
      button("Reset", "Points and loss as they were at first", () => this.stopThen("reset")),
      button("Fit", "Show all points", () => this.fit()),
      make("label", {}, "step size ", this.stepSize));
    this.code = make("code", { class: "simnb-loss-code" });
    const bar = make("div", { class: "simnb-loss-bar" }, make("div", { class: "simnb-row" }, this.loss.element, this.settings.element), moves, this.code);

    this.drawing = new LossDrawing();
    this.points = this.names.map((_, row) => this.makePoint(row));
    this.drawing.stage.append(...this.points);
    this.drawing.stage.setAttribute("aria-label", `${this.names.length} points. Tab goes to a point; arrows move it, with Shift farther.`);
    this.value = make("strong", { class: "simnb-loss-value" });
    this.steepest = make("span", { class: "simnb-note" });
    this.course = new LossCourse();
    this.note = make("div", { class: "simnb-loss-note", hidden: true });
    this.table = anchorTable(this.names, (anchor) => this.isolate(anchor));
    this.legend = lossLegend(this.marks, this.model.get("_classes"));
    const numbers = make("div", { class: "simnb-loss-numbers" }, make("span", { text: "value" }), this.value, this.steepest, this.course.element);
    const side = make("div", { class: "simnb-loss-side" }, numbers, this.note, this.legend.element, make("div", { class: "simnb-loss-scroll", tabindex: "0", role: "region", "aria-label": "Anchors" }, this.table.element));
    this.status = new StatusLine();
    this.status.show({ summary: "Drag a point, or go to it by Tab and press the arrow keys" });
    keepKeys(this.root);
    this.root.append(this.title, bar, make("div", { class: "simnb-loss-middle" }, this.drawing.stage, side), this.status.element);
    this.observer = new ResizeObserver(() => {
      this.retheme(); // a style is computed only of what is on the page
      if (this.drawing.resize()) this.fit();
    });
    this.observer.observe(this.drawing.stage);
  }

  makePoint(row) {
    const point = make("button", { type: "button", class: "simnb-loss-point", "aria-roledescription": "point" });
    point.addEventListener("pointerdown", (event) => {
      if (event.button) return;
      point.setPointerCapture(event.pointerId);
      point.focus({ preventScroll: true });
      const box = this.drawing.stage.getBoundingClientRect();
      const [x, y] = this.drawing.at(this.place(row));
      this.dragged = { row, dx: x - event.clientX + box.left, dy: y - event.clientY + box.top, begin: true };
    });
    point.addEventListener("pointermove", (event) => {
      if (this.dragged?.row !== row) return;
      const box = this.drawing.stage.getBoundingClientRect();
      this.move(row, this.drawing.under(event.clientX - box.left + this.dragged.dx, event.clientY - box.top + this.dragged.dy), this.dragged.begin);
      this.dragged.begin = false;
    });
    const drop = () => {
      this.dragged = null;
      this.settle(row);
      this.keepInSight();
    };
    point.addEventListener("lostpointercapture", drop);
    point.addEventListener("keydown", (event) => this.press(event, row));
    point.addEventListener("focus", () => this.tell(row));
    return point;
  }

  place(row) {
    return this.held.get(row) ?? this.model.get("points")[row];
  }

  /** A change that is undone by itself, unless it goes on with the one just before. */
  isNew(kind) {
    const now = performance.now();
    const begin = kind !== this.latest.kind || now - this.latest.time > ONE_CHANGE;
    this.latest = { kind, time: now };
    return begin;
  }

  send(type, content = {}) {
    this.orders.send(type, { type, ...content });
  }

  set(name, value, sliding) {
    const kind = `setting ${name}`;
    const begin = this.isNew(kind) || !sliding;
    this.orders.send(kind, { type: "setting", name, value, begin });
  }

  setStepSize() {
    if (!(this.stepSize.valueAsNumber > 0)) return this.update();
    this.model.set("step_size", this.stepSize.valueAsNumber);
    this.model.save_changes();
  }

  move(row, place, begin) {
    this.held.set(row, place);
    this.orders.send(`move ${row}`, { type: "move", row, place, begin });
    this.drawSoon();
  }

  press(event, row) {
    const way = ARROW_KEYS[event.key];
    if (!way || event.ctrlKey || event.metaKey || event.altKey) return;
    event.preventDefault();
    event.stopPropagation();
    const [x, y] = this.drawing.at(this.place(row));
    const pixels = event.shiftKey ? 40 : 8;
    this.move(row, this.drawing.under(x + way[0] * pixels, y - way[1] * pixels), this.isNew(`key ${row}`));
  }

  toggleRun() {
    if (this.running) return this.stop();
    this.running = true;
    this.run.textContent = "Stop";
    this.run.title = "Stop stepping";
    this.send("step", { begin: true });
  }

  stop() {
    this.running = false;
    clearTimeout(this.stepping);
    this.run.textContent = "Run";
    this.run.title = "Step until it is stopped";
  }

  stopThen(type, content) {
    this.stop();
    this.latest = { kind: type, time: 0 };
    this.send(type, content);
  }

  answered(kind, error) {
    const [type, row] = kind.split(" ");
    if (error) {
      this.stop();
      this.status.show({ said: error.message });
    } else if (type !== "step" && type !== "move") this.status.show({ said: "" });
    if (type === "move") this.settle(Number(row));
    if (type === "step" && this.running) this.stepping = setTimeout(() => this.running && this.send("step"), BETWEEN_STEPS);
    this.updateSoon();
  }

  /** Python knows where a point is, once it is let go and all is answered. */
  settle(row) {
    if (this.dragged?.row === row || this.orders.isOpen(`move ${row}`)) return;
    this.held.delete(row);
    clearTimeout(this.telling);
    this.telling = setTimeout(() => document.activeElement === this.points[row] && this.tell(row), QUIET);
    this.updateSoon();
  }

  tell(row) {
    const value = shortNumber(decode(this.model.get("_value"))[0]);
    this.status.show({ said: `${this.points[row].getAttribute("aria-label")}. Value of the loss: ${value}` });
  }

  isolate(anchor) {
    this.anchor = this.anchor === anchor ? null : anchor;
    this.update();
  }

  fit() {
    this.drawing.fit(this.scene.places, this.scene.circle);
    this.drawSoon();
  }

  keepInSight() {
    if (!this.dragged && !this.scene.places.every((place) => this.drawing.isInSight(place))) this.fit();
  }

  retheme() {
    const style = getComputedStyle(this.root);
    const read = (name) => style.getPropertyValue(`--simnb-${name}`).trim() || "#000000";
    this.colors = Object.fromEntries(["background", "ink", "quiet", "line", "pull", "push"].map((name) => [name, read(name)]));
    this.legend.draw(this.colors.ink);
    this.drawSoon();
  }

  // Python changes several traits in one message; the page hears of them one by one.
  updateSoon() {
    this.updating ??= queueMicrotask(() => {
      this.updating = undefined;
      this.update();
    }) ?? true;
  }

  update() {
    const get = (name) => this.model.get(name);
    const [value] = decode(get("_value"));
    this.scene = {
      places: this.names.map((_, row) => this.place(row)),
      marks: this.marks,
      pairs: decode(get("_pairs")),
      gradient: decode(get("_gradient")),
      circle: get("_circle"),
      anchor: this.anchor,
    };
    this.title.textContent = visibleText(get("title"));
    this.title.hidden = !get("title");
    this.drawing.stage.style.height = `${get("height")}px`;
    this.loss.show(get("_losses"), get("_loss"));
    this.settings.update(get("_settings"));
    if (document.activeElement !== this.stepSize) this.stepSize.value = String(get("step_size"));
    this.undo.disabled = !get("_undo");
    this.showNumbers(value, get("_note"));
    this.describe();
    if (this.code.textContent !== get("_code")) this.course.forget();
    this.code.textContent = visibleText(get("_code"));
    this.course.add(value);
    this.keepInSight();
    this.drawSoon();
  }

  showNumbers(value, note) {
    const { gradient } = this.scene;
    const sizes = this.names.map((_, row) => Math.hypot(gradient[2 * row], gradient[2 * row + 1]));
    this.value.textContent = shortNumber(value);
    this.steepest.textContent = `steepest gradient ${shortNumber(Math.max(...sizes))}`;
    this.note.hidden = !note;
    this.note.textContent = visibleText(note);
  }

  describe() {
    const get = (name) => this.model.get(name);
    const found = { anchors: decode(get("_anchors")), counted: decode(get("_counted")), pairs: this.scene.pairs };
    this.table.update(found, this.anchor);
    this.points.forEach((point, row) => {
      const { pulled, pushed } = lossPartners(found.pairs, this.names.length, row);
      const words = [`${this.names[row]}, class ${get("_classes")[this.marks[row].code]}, at ${this.scene.places[row].map((own) => own.toFixed(2)).join(", ")}`];
      words.push(found.counted[row] ? `value ${shortNumber(found.anchors[row])}` : "does not count");
      if (pulled.length) words.push(`pulls ${partnerWords(pulled, this.names)}`);
      if (pushed.length) words.push(`pushes ${partnerWords(pushed, this.names)}`);
      point.setAttribute("aria-label", visibleText(words.join("; ")));
    });
  }

  drawSoon() {
    this.frame ??= requestAnimationFrame(() => {
      this.frame = undefined;
      this.draw();
    });
  }

  draw() {
    this.scene.places = this.names.map((_, row) => this.place(row));
    this.points.forEach((point, row) => {
      const [x, y] = this.drawing.at(this.scene.places[row]);
      point.style.transform = `translate(${x}px, ${y}px)`;
    });
    this.drawing.draw(this.scene, this.colors);
    this.course.draw(this.colors.quiet);
  }

  close() {
    this.stop();
    for (const name of TRAITS) this.model.off(`change:${name}`, this.change);
    clearTimeout(this.telling);
    cancelAnimationFrame(this.frame);
    this.stopTheme();
    this.observer.disconnect();
    this.orders.close();
    this.requests.close();
  }
}

/** @param {{model: any, el: HTMLElement}} given */
function renderLoss({ model, el }) {
  const root = make("div", { class: "simnb simnb-loss" });
  el.append(root);
  const view = new LossView(model, root);
  return () => view.close();
}

export default { render: renderLoss };
