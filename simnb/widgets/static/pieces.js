import { make } from "./dom.js";

/** Elements side by side, as far as there is room. @param {...(Node|string|null)} children */
export function rowOf(...children) {
  return make("div", { class: "simnb-row" }, ...children);
}

/** Quiet text beside what it explains. @param {...(Node|string|null)} children */
export function noteOf(...children) {
  return make("span", { class: "simnb-note" }, ...children);
}

/** Whether a key is pressed with one that makes it the browser's. @param {KeyboardEvent} event */
export function isCommand({ ctrlKey, metaKey, altKey }) {
  return ctrlKey || metaKey || altKey;
}
