import { button, dropDown, make } from "./dom.js";

const TOOLS = [
  ["pan", "Move", "Drag to move the picture, or to turn it in 3-D"],
  ["zoom", "Zoom", "Drag a box to look into"],
  ["box", "Box", "Drag a box to select; Shift adds, Alt takes away"],
  ["lasso", "Lasso", "Draw around points to select; Shift adds, Alt takes away"],
];
export const METHOD_NAMES = { pca: "PCA", umap: "UMAP", densmap: "densMAP", tsne: "t-SNE", given: "given" };

/**
 * The controls above the picture: what they do, the view has methods for.
 * @param {any} view
 */
export function makeToolbar(view) {
  const get = (name) => view.get(name);
  const set = (name, value) => view.set(name, value);
  const row = (...controls) => make("div", { class: "simnb-row" }, ...controls);
  const tools = TOOLS.map(([tool, text, title]) => button(text, title, () => set("tool", tool), { "data-tool": tool }));
  const how = make("select", { "aria-label": "What selecting does", title: "What selecting does" },
    ...[["replace", "new selection"], ["add", "add"], ["subtract", "take away"]].map(([value, text]) => make("option", { value, text })));
  const layout = dropDown("Layout", (value) => set("method", value));
  const beside = dropDown("beside", (value) => set("beside", value));
  const colors = dropDown("Colour", (value) => set("color_by", value));
  const axes = dropDown("Axes", (value) => set("dimensions", Number(value)));
  const search = make("input", { type: "search", placeholder: "search", "aria-label": "Search labels and metadata", oninput: () => view.search(search.value) });
  const k = make("input", { type: "number", min: "1", max: "1000", step: "1", class: "simnb-k", onchange: () => k.reportValidity() && k.value && set("k", Number(k.value)) });
  const names = button("Names", "Write the categories' names into the picture", () => view.toggle("names"));
  const images = button("Images", "Draw thumbnails where few points are in sight", () => view.toggle("images"));
  const element = make("div", { class: "simnb-toolbar" },
    make("div", { class: "simnb-row", role: "group", "aria-label": "What dragging does" }, ...tools, how),
    row(
      button("+", "Nearer", () => view.each("zoom", 1.3), { "aria-label": "Nearer" }),
      button("−", "Farther", () => view.each("zoom", 1 / 1.3), { "aria-label": "Farther" }),
      button("Fit", "Show all that the legend leaves", () => view.each("fit")),
      button("Reset", "The picture as it was at first", () => view.reset())),
    row(layout.element, beside.element, axes.element),
    row(colors.element, search),
    row(make("label", {}, "Neighbours ", k), names, images,
      button("Save PNG", "Save the picture as a file", () => view.save()),
      button("Keys", "What the keyboard does", () => view.help())));

  const update = () => {
    for (const tool of tools) tool.setAttribute("aria-pressed", String(tool.dataset.tool === get("tool")));
    const methods = get("_methods").map((name) => [name, METHOD_NAMES[name] ?? name]);
    layout.show(methods, get("method"));
    beside.show([["", "nothing"], ...methods], get("beside"));
    axes.show([["2", "2-D"], ["3", "3-D"]], String(get("dimensions")));
    colors.show(get("_columns").map((name) => [name, name]), get("color_by"));
    colors.element.hidden = get("_columns").length < 2;
    const film = get("_epochs").length > 0;
    for (const { element } of [layout, beside, axes]) element.hidden = film;
    k.value = String(get("k"));
    images.hidden = !get("_has_images");
    for (const [shown, element] of [["names", names], ["images", images]]) element.setAttribute("aria-pressed", String(view.scene.shown[shown]));
  };
  return { element, update, search, how };
}
