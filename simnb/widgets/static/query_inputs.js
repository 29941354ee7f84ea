import { button, make } from "./dom.js";
import { thousands } from "./words.js";

const MOST_BYTES = 8_000_000; // Jupyter loses messages of more than 10 MiB, and says nothing

/** Why something is too large to be sent; "" if it is not. @param {string} what @param {number} bytes */
export function tooLarge(what, bytes) {
  if (bytes <= MOST_BYTES) return "";
  const size = Math.max(8.1, Math.round(bytes / 1e5) / 10);
  return `${what} is too large: at most 8 MB can be sent, and it has ${thousands(size)} MB.`;
}

/**
 * A box for an array of numbers.
 * @param {(text: string) => Promise<void>} use refuses with an error, whose message is shown @param {() => void} closed
 */
export function pasteBox(use, closed) {
  const text = make("textarea", { rows: "3", spellcheck: "false", placeholder: "[0.1, 0.2, …] or one number a line", "aria-label": "An array as JSON or CSV" });
  const error = make("div", { role: "alert", class: "simnb-error" });
  const submit = async () => {
    error.textContent = "";
    try {
      await use(text.value);
    } catch (refused) {
      error.textContent = refused.message;
      text.focus();
    }
  };
  const close = () => {
    element.hidden = true;
    error.textContent = "";
    closed();
  };
  text.addEventListener("keydown", (event) => {
    if (event.key === "Enter" && (event.ctrlKey || event.metaKey)) submit();
    else if (event.key === "Escape") close();
    else return;
    event.preventDefault();
    event.stopPropagation();
  });
  const row = make("div", { class: "simnb-row" }, button("Find its neighbours", "Ctrl+Enter", submit), button("Close", "Put the box away (Escape)", close));
  const element = make("div", { class: "simnb-paste", hidden: true }, text, error, row);
  return {
    element,
    close,
    open() {
      element.hidden = false;
      text.focus();
    },
  };
}

/**
 * Take files that are dropped on an element; without it, the browser would leave the page for them.
 * @param {HTMLElement} root @param {(file: File) => void} take
 */
export function takeDrops(root, take) {
  const veil = make("div", { class: "simnb-veil", hidden: true, text: "Drop an image or a .npy file to find its neighbours" });
  const over = (event) => {
    if (!event.dataTransfer?.types.includes("Files")) return false;
    event.preventDefault();
    event.stopPropagation();
    return true;
  };
  for (const type of ["dragenter", "dragover"]) root.addEventListener(type, (event) => over(event) && (veil.hidden = false));
  root.addEventListener("dragleave", (event) => root.contains(event.relatedTarget) || (veil.hidden = true));
  root.addEventListener("drop", (event) => {
    veil.hidden = true;
    if (over(event) && event.dataTransfer.files.length) take(event.dataTransfer.files[0]);
  });
  root.append(veil);
}
