import { make } from "./dom.js";
import { visibleText } from "./words.js";

/** What a setting's control is called: the argument's name in words. @param {string} name */
export function settingWords(name) {
  return name.replace(/_strategy$/, "").replaceAll("_", " ");
}

/**
 * Controls of the settings that a loss has.
 * @param {(name: string, value: any, sliding: boolean) => void} change
 * @param {(name: string) => boolean} isOpen whether what was set last is not answered yet
 */
export function lossSettings(change, isOpen) {
  const element = make("div", { class: "simnb-loss-settings" });
  let [built, controls] = ["", []];

  const update = (settings) => {
    const form = JSON.stringify(settings.map(({ value, ...form }) => form));
    if (form !== built) {
      built = form;
      controls = settings.map((own) => KINDS_OF_SETTING[own.kind](own, (value, sliding = false) => change(own.name, value, sliding)));
      element.replaceChildren(...controls.map((own) => own.element));
    }
    settings.forEach(({ name, value }, place) => isOpen(name) || controls[place].show(value));
  };
  return { element, update };
}

const KINDS_OF_SETTING = {
  choice({ name, options }, change) {
    const list = make("select", { title: name, onchange: () => change(list.value) }, ...options.map((own) => make("option", { value: own, text: own })));
    return { element: make("label", {}, `${settingWords(name)} `, list), show: (value) => (list.value = value) };
  },

  switch({ name }, change) {
    const box = make("input", { type: "checkbox", title: name, onchange: () => change(box.checked) });
    return { element: make("label", {}, box, ` ${settingWords(name)}`), show: (value) => (box.checked = value) };
  },

  number({ name, low, high, step, optional }, change) {
    const words = settingWords(name);
    const first = String(low + (high - low) / 4); // of a number that was none
    const limits = { min: String(low), max: String(high), step: String(step) };
    const slider = make("input", { type: "range", ...limits, value: first, "aria-label": words, oninput: () => own(slider.value, true) });
    const box = make("input", { type: "number", step: "any", class: "simnb-loss-number", title: name, "aria-label": `${words} as a number`, onchange: () => box.value && own(box.value) });
    const none = make("input", { type: "checkbox", "aria-label": `no ${words}`, onchange: () => own(none.checked ? null : slider.value) });
    const own = (value, sliding = false) => {
      show(value === null ? null : Number(value));
      change(value === null ? null : Number(value), sliding);
    };
    const show = (value) => {
      none.checked = value === null;
      slider.disabled = box.disabled = value === null;
      if (value !== null) slider.value = String(value);
      if (document.activeElement !== box || Number(box.value) !== value) box.value = value === null ? "" : String(Number(value.toPrecision(6)));
    };
    const given = optional ? make("label", { title: `${name}=None` }, none, " none") : null;
    return { element: make("span", { class: "simnb-loss-setting", role: "group", "aria-label": words }, make("span", { text: visibleText(words) }), slider, box, given), show };
  },
};
