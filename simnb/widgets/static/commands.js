import { inBox } from "./lasso.js";
import { commandOf } from "./keyboard.js";
import { toData } from "./transform.js";

/** What keys do to a panel, each command of `keyboard.js` by its name; `scene.focused` is their point. */
export class Commands {
  #corner = null; // of a box that was begun

  /** @param {any} view */
  constructor(view) {
    this.view = view;
  }

  /** Let keys act on a panel. @param {import("./scatter.js").Scatter} panel */
  follow(panel) {
    const { stage } = panel;
    stage.addEventListener("keydown", (event) => {
      const command = event.target === stage && commandOf(event);
      if (!command) return;
      event.preventDefault();
      event.stopPropagation();
      this.panel = panel;
      this.row = this.view.scene.focused;
      this[command[0]](...command.slice(1));
    });
    for (const type of ["focus", "blur"]) stage.addEventListener(type, () => panel.drawOver());
  }

  go(dx, dy) {
    const { panel, row } = this;
    const { isVisible } = this.view.scene;
    const { width, height } = panel.base;
    const next = row === null || !isVisible(row)
      ? panel.index.nearest(...toData(panel.view, width / 2, height / 2), Infinity, isVisible)
      : panel.index.towards(row, dx, dy, isVisible);
    if (next >= 0) this.view.focus(next, panel);
  }

  shift(dx, dy) {
    const { panel } = this;
    if (panel.dimensions === 3) panel.turnBy(dx * 0.15, -dy * 0.15);
    else panel.pan(-dx * 60 * panel.ratio, dy * 60 * panel.ratio);
  }

  click() {
    if (this.row !== null) this.view.click(this.row);
  }

  /** Select rows; or no longer, if the point is selected already. */
  toggle(rows = [this.row]) {
    const { view, row } = this;
    if (row !== null) view.select(rows, view.scene.selection.includes(row) ? "subtract" : "add");
  }

  category() {
    const { codes, isVisible } = this.view.scene;
    const rows = [];
    codes.forEach((code, row) => code === codes[this.row] && isVisible(row) && rows.push(row));
    this.toggle(rows);
  }

  box() {
    const { view, row, panel: { xs, ys } } = this;
    const corner = this.#corner;
    if (row === null) return;
    this.#corner = corner === null ? row : null;
    if (corner === null) return view.status.show({ said: `box from ${row}: go to the opposite corner and press b` });
    view.select(inBox(xs, ys, xs[corner], ys[corner], xs[row], ys[row], view.scene.isVisible), view.toolbar.how.value);
  }

  neighbor(way) {
    const { ids } = this.view.scene.neighbors;
    if (!ids.length) return;
    const place = ids.indexOf(this.row);
    this.view.focus(ids[(place + (place < 0 && way < 0 ? 0 : way) + ids.length) % ids.length]);
  }

  drop() {
    const { view } = this;
    const begun = view.drag || this.#corner !== null;
    view.dropDrag();
    this.#corner = null;
    if (begun) view.report();
    else if (view.scene.clicked !== null) view.click(null);
    else view.select([], "replace");
  }

  zoom(factor) {
    this.panel.zoom(factor);
  }

  fit() {
    this.panel.fit();
  }

  search() {
    this.view.toolbar.search.focus();
  }

  help() {
    this.view.help();
  }
}
