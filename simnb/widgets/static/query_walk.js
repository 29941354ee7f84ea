import { Trail, isSameVisit } from "./trail.js";

/** Which query a view is at: as its reader goes, and as Python, another view or a linked widget does. */
export class QueryWalk {
  trail = new Trail();
  #model;
  #act;
  #asked = null; // what is shown, or asked for
  #again = false; // though it is the same
  #coming = false;
  #bringing = false;

  /** @param {any} model @param {{ask: () => void, leave: () => void, refuse: (why: string) => void}} act show what is here; show nothing; tell why not */
  constructor(model, act) {
    this.#model = model;
    this.#act = act;
  }

  /** @returns {{kind: string, row: number} | null} */
  get here() {
    return this.trail.here;
  }

  /** Go to something new. @param {{kind: string, row: number}} visit */
  go(visit) {
    this.trail.go(visit);
    this.#visit(visit);
  }

  back() {
    this.#visit(this.trail.back());
  }

  forward() {
    this.#visit(this.trail.forward());
  }

  #visit(visit) {
    if (!visit) return;
    if (visit.send) return this.bring(visit.send, visit).catch((error) => this.#act.refuse(error.message));
    if (visit.kind === "query") this.#model.set("item", null);
    this.#model.set(visit.kind, visit.row);
    this.#model.save_changes();
    this.#ask();
  }

  /**
   * Give Python something of the reader's own. It forgets it as soon as there is another query, so
   * the way back sends it again.
   * @param {() => Promise<any>} send @param {any} [visit] which it was
   */
  async bring(send, visit = { kind: "array", send }) {
    this.#bringing = true; // Python drops its query meanwhile
    try {
      await send();
    } finally {
      this.#bringing = false;
    }
    visit.row = this.#model.get("_brought");
    this.trail.go(visit);
    this.#ask();
  }

  /**
   * Go to where Python is, once all that it changes in one message is here.
   * @param {boolean} again ask anew, though it is the same query
   */
  follow(again) {
    this.#again ||= again;
    if (this.#coming) return;
    this.#coming = true;
    queueMicrotask(() => {
      this.#coming = false;
      this.#arrive();
    });
  }

  #arrive() {
    if (this.#bringing) return;
    const [item, query, brought] = ["item", "query", "_brought"].map((name) => this.#model.get(name));
    const visit = item !== null ? { kind: "item", row: item } : query !== null ? { kind: "query", row: query } : { kind: "array", row: brought };
    const same = isSameVisit(visit, this.#asked);
    if (same && !this.#again) return;
    this.#again = false;
    if (visit.kind === "array" && !visit.row) {
      this.#asked = null;
      return this.#act.leave();
    }
    if (!same) this.trail.follow(visit);
    this.#ask();
  }

  /** The index has changed: ask anew, and forget rows that may be others now. */
  renew() {
    const { here } = this;
    this.trail = new Trail();
    if (here?.kind === "array") this.trail.go(here);
    this.#asked = null;
    this.follow(true);
  }

  #ask() {
    this.#asked = this.here;
    this.#act.ask();
  }
}
