const SLOW = 2500;

/** Questions to Python, each with its answer. */
export class Requests {
  #model;
  #open = new Map();
  #slow;
  #receive = (content, buffers) => {
    const pending = this.#open.get(content?.request);
    if (!pending) return; // another view's
    this.#open.delete(content.request);
    clearTimeout(pending.timer);
    if (!this.#open.size) this.#slow(false);
    if (content.type === "error") return pending.reject(new Error(content.message));
    const arrays = Object.values(content).filter((own) => own?.dtype);
    arrays.forEach((own, place) => (own.view = buffers[place]));
    pending.resolve({ ...content, buffers: buffers.slice(arrays.length) });
  };

  /**
   * @param {any} model
   * @param {(waiting: boolean) => void} slow told when Python takes long, and when it is back
   */
  constructor(model, slow) {
    this.#model = model;
    this.#slow = slow;
    model.on("msg:custom", this.#receive);
  }

  /** @param {string} type @param {object} [content] @returns {Promise<any>} */
  ask(type, content = {}) {
    const request = crypto.getRandomValues(new Uint32Array(2)).join("-");
    return new Promise((resolve, reject) => {
      const timer = setTimeout(() => this.#slow(true), SLOW);
      this.#open.set(request, { resolve, reject, timer });
      this.#model.send({ type, request, ...content });
    });
  }

  /** Forget what is still open. */
  close() {
    this.#model.off("msg:custom", this.#receive);
    for (const { timer } of this.#open.values()) clearTimeout(timer);
    this.#open.clear();
  }
}
