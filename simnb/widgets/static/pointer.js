import { inBox, inPolygon } from "./lasso.js";
import { toData } from "./transform.js";

const STILL = 4; // CSS pixels that a click may wander

/** One drag over a panel: it moves or turns the picture, or draws a box or a lasso. */
class PanelDrag {
  constructor(view, panel, start, { shiftKey, altKey }) {
    Object.assign(this, { view, panel, start, at: start });
    this.tool = view.get("tool");
    this.how = shiftKey ? "add" : altKey ? "subtract" : view.toolbar.how.value;
    // Corners are kept as data: whatever moves the picture meanwhile moves them with it.
    this.corners = [...toData(panel.view, ...start)];
  }

  to([x, y]) {
    const { panel, tool, start, at, corners } = this;
    this.moved ||= Math.hypot(x - start[0], y - start[1]) > STILL * panel.ratio;
    if (!this.moved) return;
    this.at = [x, y];
    if (tool === "pan") return panel.move(x - at[0], y - at[1]);
    const [u, v] = toData(panel.view, x, y);
    if (tool === "lasso") corners.push(u, v);
    else corners.splice(2, Infinity, u, corners[1], u, v, corners[0], v);
    panel.outline = corners;
    panel.drawOver();
  }

  end(event) {
    const { view, panel, tool, corners, how, start, at } = this;
    view.dropDrag();
    if (!this.moved) return view.tap(panel, at, event);
    const { xs, ys } = panel;
    const { isVisible } = view.scene;
    if (tool === "zoom") panel.zoomTo([...start, ...at]);
    if (tool === "lasso") view.select(inPolygon(xs, ys, corners, isVisible), how);
    if (tool === "box") view.select(inBox(xs, ys, corners[0], corners[1], corners[4], corners[5], isVisible), how);
  }
}

/**
 * Let the pointer act on a panel. `view.drag` is the drag under way.
 * @param {any} view @param {import("./scatter.js").Scatter} panel
 */
export function followPointer(view, panel) {
  const { stage } = panel;
  const at = ({ clientX, clientY }) => {
    const { left, top } = stage.getBoundingClientRect();
    return [clientX - left - stage.clientLeft, clientY - top - stage.clientTop].map((own) => own * panel.ratio);
  };
  const acts = {
    pointerdown(event) {
      if (event.button || event.target.closest(".simnb-card")) return;
      stage.setPointerCapture(event.pointerId);
      view.drag = new PanelDrag(view, panel, at(event), event);
      view.hover(null, panel);
    },
    pointermove(event) {
      if (view.drag) view.drag.to(at(event));
      else view.hover(panel.at(...at(event)), panel);
    },
    pointerup: (event) => view.drag?.end(event),
    pointercancel: () => view.dropDrag(),
    pointerleave: () => view.drag || view.hover(null, panel),
    dblclick: () => panel.fit(),
    wheel(event) {
      event.preventDefault();
      panel.zoom(Math.exp(-Math.max(-60, Math.min(60, event.deltaY)) * 0.004), ...at(event));
    },
  };
  for (const [type, act] of Object.entries(acts)) stage.addEventListener(type, act, { passive: false });
}
