import { button, make } from "./dom.js";
import { visibleText } from "./words.js";

const PAUSE = 900; // between epochs, while they are played

/**
 * A slider over epochs, and a button that plays them.
 * @param {any} model
 */
export function epochSlider(model) {
  let timer = 0;
  const stop = () => {
    clearInterval(timer);
    timer = 0;
    play.textContent = "Play";
  };
  const show = (epoch) => {
    model.set("epoch", epoch);
    model.save_changes();
  };
  const advance = () => {
    const next = model.get("epoch") + 1;
    if (next < model.get("_epochs").length) show(next);
    else stop();
  };
  const play = button("Play", "Play the epochs", () => {
    if (timer) return stop();
    play.textContent = "Pause";
    if (model.get("epoch") + 1 >= model.get("_epochs").length) show(0);
    timer = setInterval(advance, PAUSE);
  });
  const slider = make("input", { type: "range", min: "0", step: "1", "aria-label": "Epoch", oninput: () => (stop(), show(Number(slider.value))) });
  const name = make("output", {});
  const element = make("div", { class: "simnb-row simnb-epochs" }, play, slider, name);
  const update = () => {
    const epochs = model.get("_epochs");
    element.hidden = epochs.length < 2;
    slider.max = String(Math.max(0, epochs.length - 1));
    slider.value = String(model.get("epoch"));
    name.textContent = visibleText(epochs[model.get("epoch")] ?? "");
    slider.setAttribute("aria-valuetext", name.textContent);
  };
  return { element, update, stop };
}
