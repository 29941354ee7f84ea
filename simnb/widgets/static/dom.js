import { visibleText } from "./words.js";

/**
 * An element; all text in it is text, whatever it says.
 * @param {string} tag
 * @param {Record<string, any>} [properties] attributes, `on…` listeners, `text`, `hidden`
 * @param {...(Node|string|null)} children
 * @returns {HTMLElement}
 */
export function make(tag, properties = {}, ...children) {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(properties)) {
    if (name === "text") element.textContent = visibleText(value);
    else if (name.startsWith("on")) element.addEventListener(name.slice(2), value);
    else if (name === "hidden") element.hidden = value;
    else if (value !== null && value !== false) element.setAttribute(name, value === true ? "" : value);
  }
  for (const child of children) {
    if (child !== null) element.append(typeof child === "string" ? visibleText(child) : child);
  }
  return element;
}

/** The user's text, kept from turning what stands around it. @param {string} text */
export function quote(text) {
  return make("bdi", { text });
}

/**
 * A button with words on it.
 * @param {string} text @param {string} title @param {() => void} act
 * @param {Record<string, any>} [more]
 */
export function button(text, title, act, more = {}) {
  return make("button", { type: "button", text, title, onclick: act, ...more });
}

/**
 * A labelled drop-down list.
 * @param {string} label @param {(value: string) => void} choose
 */
export function dropDown(label, choose) {
  const list = make("select", { onchange: () => choose(list.value) });
  const element = make("label", {}, `${label} `, list);
  return {
    element,
    /** @param {[string, string][]} options values and what they are called @param {string} value */
    show(options, value) {
      list.replaceChildren(...options.map(([own, text]) => make("option", { value: own, text })));
      list.value = value;
    },
  };
}

/**
 * Keep what is pressed within `root` from JupyterLab, where `d d` deletes a cell; Ctrl+S and its
 * like still reach it. It looks for the attribute on what is focused alone.
 * @param {HTMLElement} root
 */
export function keepKeys(root) {
  const mark = ({ target, ctrlKey, metaKey }) => target.toggleAttribute("data-lm-suppress-shortcuts", !ctrlKey && !metaKey);
  for (const type of ["focusin", "keydown"]) root.addEventListener(type, mark, true);
  // It forbids line breaks in a cell, and with them that Enter ends a line, or confirms a number.
  root.addEventListener("beforeinput", (event) => event.inputType === "insertLineBreak" && event.stopPropagation(), true);
}
