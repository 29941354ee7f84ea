import { make } from "./dom.js";
import { visibleText } from "./words.js";

/** The line that says what is shown, and, behind it, what has just happened or is waited for. */
export class StatusLine {
  element = make("div", { class: "simnb-status", role: "status" });

  /** @param {{summary?: string, said?: string, waiting?: string}} news */
  show(news) {
    Object.assign(this, news);
    const text = [this.summary, this.waiting || this.said].filter(Boolean).join(" · ");
    this.element.textContent = visibleText(text);
  }

  /** Tell that Python takes long, or no longer. @param {boolean} waiting */
  wait(waiting) {
    if (waiting) this.show({ waiting: "Waiting for Python: is the kernel busy, or gone?" });
    else if (this.waiting) this.show({ waiting: "", said: "" });
  }
}
