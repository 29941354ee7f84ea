import { button, dropDown, make } from "./dom.js";

const TOOLS = [
  ["pan", "Move", "Drag to move the picture, or to turn it in 3-D"],
  ["zoom", "Zoom", "Drag a box to look into"],
  ["box", "Box", "Drag a box to select; Shift adds, Alt takes away"],
  ["lasso", "Lasso", "Draw around points to select; Shift adds, Alt takes away"],
];
export const METHOD_NAMES = { pca: "PCA", umap: "UMAP", densmap: "densMAP", tsne: "t-SNE", given: "given" };

/**
 * The controls above the picture. `act` has a function for each of them.
 * @param {any} model
 * @param {Record<string, (...given: any[]) => void>} act
 */
export function makeToolbar(model, act) {
  const set = (name, value) => {
    model.set(name, value);
    model.save_changes();
  };
  const tools = TOOLS.map(([tool, text, title]) => button(text, title, () => set("tool", tool), { "data-tool": tool }));
  const how = make("select", { "aria-label": "What selecting does", title: "What selecting does" },
    ...[["replace", "new selection"], ["add", "add"], ["subtract", "take away"]].map(([value, text]) => make("option", { value, text })));
  const layout = dropDown("Layout", (value) => set("method", value));
  const beside = dropDown("beside", (value) => set("beside", value));
  const colors = dropDown("Colour", (value) => set("color_by", value));
  const axes = dropDown("Axes", (value) => set("dimensions", Number(value)));
  const search = make("input", { type: "search", placeholder: "search", "aria-label": "Search labels and metadata", oninput: () => act.search(search.value) });
  const k = make("input", { type: "number", min: "1", max: "1000", step: "1", class: "simnb-k", onchange: () => k.reportValidity() && k.value && set("k", Number(k.value)) });
  const names = button("Names", "Write the categories' names into the picture", () => act.toggle("names"));
  const images = button("Images", "Draw thumbnails where few points are in sight", () => act.toggle("images"));
  const element = make("div", { class: "simnb-toolbar" },
    make("div", { class: "simnb-row", role: "group", "aria-label": "What dragging does" }, ...tools, how),
    make("div", { class: "simnb-row" },
      button("+", "Nearer", () => act.zoom(1.3), { "aria-label": "Nearer" }),
      button("−", "Farther", () => act.zoom(1 / 1.3), { "aria-label": "Farther" }),
      button("Fit", "Show all that the legend leaves", act.fit),
      button("Reset", "The picture as it was at first", act.reset)),
    make("div", { class: "simnb-row" }, layout.element, beside.element, axes.element),
    make("div", { class: "simnb-row" }, colors.element, search),
    make("div", { class: "simnb-row" }, make("label", {}, "Neighbours ", k), names, images,
      button("Save PNG", "Save the picture as a file", act.save),
      button("Keys", "What the keyboard does", act.help)));

  const update = () => {
    for (const tool of tools) tool.setAttribute("aria-pressed", String(tool.dataset.tool === model.get("tool")));
    const methods = model.get("_methods").map((name) => [name, METHOD_NAMES[name] ?? name]);
    layout.show(methods, model.get("method"));
    beside.show([["", "nothing"], ...methods], model.get("beside"));
    axes.show([["2", "2-D"], ["3", "3-D"]], String(model.get("dimensions")));
    colors.show(model.get("_columns").map((name) => [name, name]), model.get("color_by"));
    colors.element.hidden = model.get("_columns").length < 2;
    const film = model.get("_epochs").length > 0;
    for (const { element } of [layout, beside, axes]) element.hidden = film;
    k.value = String(model.get("k"));
    images.hidden = !model.get("_has_images");
    for (const [shown, element] of [["names", names], ["images", images]]) element.setAttribute("aria-pressed", String(act.isOn(shown)));
  };
  return { element, update, search, how };
}
