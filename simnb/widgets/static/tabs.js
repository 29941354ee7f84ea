import { make } from "./dom.js";

/**
 * A tab list and its panels; arrows go from tab to tab.
 * @template {{element: HTMLElement}} Part
 * @param {Record<string, Part>} parts by name
 * @param {string} first the one that is open @param {() => void} opened
 */
export function makeTabs(parts, first, opened) {
  const stem = `simnb-${Math.random()}`;
  const names = Object.keys(parts);
  let current = first;
  const panels = names.map((name) => make("div", { id: `${stem}-${name}-panel`, role: "tabpanel", "aria-labelledby": stem + name }, parts[name].element));
  const tabs = names.map((name, place) => make("button", { type: "button", role: "tab", id: stem + name, "aria-controls": panels[place].id, text: name, onclick: () => open(place), onkeydown: (event) => press(event, place) }));
  const show = () => names.forEach((name, place) => {
    tabs[place].ariaSelected = name === current;
    tabs[place].tabIndex = name === current ? 0 : -1;
    panels[place].hidden = name !== current;
  });
  const open = (place) => {
    current = names.at(place % names.length);
    show();
    opened();
  };
  const press = (event, place) => {
    const to = { ArrowRight: place + 1, ArrowLeft: place - 1, Home: 0, End: -1 }[event.key];
    if (to === undefined) return;
    event.preventDefault();
    open(to);
    tabs[names.indexOf(current)].focus();
  };
  show();
  const list = make("div", { class: "simnb-tabs", role: "tablist", "aria-label": "More about the threshold" }, ...tabs);
  return { element: make("div", {}, list, ...panels), current: () => parts[current] };
}
