const LONGEST_TRAIL = 200;

/** Whether two visits are of the same thing. @param {any} a @param {any} b */
export function isSameVisit(a, b) {
  return a?.kind === b?.kind && a?.row === b?.row;
}

/** What was looked at, one thing after the other, as a browser keeps its pages. */
export class Trail {
  #visits = [];
  #place = -1;

  /** The visit one is at; null at first. */
  get here() {
    return this.#visits[this.#place] ?? null;
  }

  get canBack() {
    return this.#place > 0;
  }

  get canForward() {
    return this.#place + 1 < this.#visits.length;
  }

  /** Go to something new; what lay ahead is forgotten. @param {{kind: string, row: number}} visit */
  go(visit) {
    if (isSameVisit(visit, this.here)) return;
    this.#visits.splice(this.#place + 1, Infinity, visit);
    if (this.#visits.length > LONGEST_TRAIL) this.#visits.shift();
    this.#place = this.#visits.length - 1;
  }

  /** @returns {any} the visit before, at which one now is; null where there is none */
  back() {
    return this.canBack ? this.#visits[--this.#place] : null;
  }

  /** @returns {any} */
  forward() {
    return this.canForward ? this.#visits[++this.#place] : null;
  }

  /**
   * Another went somewhere: if that is one step back or forward, so did this trail.
   * @param {{kind: string, row: number}} visit
   */
  follow(visit) {
    if (isSameVisit(visit, this.#visits[this.#place - 1])) this.#place--;
    else if (isSameVisit(visit, this.#visits[this.#place + 1])) this.#place++;
    else this.go(visit);
  }
}
