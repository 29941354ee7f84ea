import { ratioOf } from "./steps.js";

/**
 * Which class was answered for which, as the threshold moves; only pairs that occur are kept.
 *
 * Queries are in order of distance, so that the answers given are always the first so many.
 */
export class Confusions {
  /**
   * @param {ArrayLike<number>} truth class of each query @param {ArrayLike<number>} answer
   * @param {ArrayLike<number>} kinds bit 0 right, bit 1 of a class unknown to the index
   * @param {number} classes @param {number} answered queries that have an answer
   */
  constructor(truth, answer, kinds, classes, answered) {
    Object.assign(this, { truth, answer, kinds, classes, answered });
    const [places, truths, answers] = [new Map(), [], []];
    this.pairOf = new Uint32Array(answered);
    this.queries = new Uint32Array(classes);
    this.withheld = new Uint32Array(classes);
    this.missed = new Uint32Array(classes); // right, but withheld
    this.wrong = new Uint32Array(classes); // not right, but given
    this.isUnknown = new Uint8Array(classes);
    for (let query = 0; query < truth.length; query++) {
      this.queries[truth[query]] += 1;
      this.missed[truth[query]] += kinds[query] & 1;
      if (kinds[query] & 2) this.isUnknown[truth[query]] = 1;
      if (query >= answered) continue;
      const key = truth[query] * classes + answer[query];
      let pair = places.get(key);
      if (pair === undefined) {
        pair = truths.push(truth[query]) - 1;
        places.set(key, pair);
        answers.push(answer[query]);
      }
      this.pairOf[query] = pair;
    }
    this.withheld.set(this.queries);
    this.places = places;
    this.truths = Uint32Array.from(truths);
    this.answers = Uint32Array.from(answers);
    this.counts = new Uint32Array(truths.length);
    this.given = 0;
  }

  /** Give the first so many answers. @param {number} given */
  move(given) {
    const [from, to, sign] = given > this.given ? [this.given, given, 1] : [given, this.given, -1];
    for (let query = from; query < to; query++) {
      this.counts[this.pairOf[query]] += sign;
      this.withheld[this.truth[query]] -= sign;
      if (this.kinds[query] & 1) this.missed[this.truth[query]] -= sign;
      else this.wrong[this.truth[query]] += sign;
    }
    this.given = given;
  }

  /** How often a class is answered for another; `classes` stands for no answer. */
  count(truth, answer) {
    if (answer === this.classes) return this.withheld[truth];
    return this.counts[this.places.get(truth * this.classes + answer)] ?? 0;
  }

  /** Rates of a class's queries alone, as `Decisions.per_class` has them. @param {number} truth */
  ratesOf(truth) {
    const [queries, wrong, missed] = [this.queries[truth], this.wrong[truth], this.missed[truth]];
    const right = queries - this.withheld[truth] - wrong;
    return {
      queries,
      wrong,
      missed,
      precision: ratioOf(right, right + wrong, 1),
      recall: ratioOf(right, right + missed),
      f1: ratioOf(2 * right, 2 * right + wrong + missed),
      coverage: (right + wrong) / queries,
      accuracy: right / queries,
    };
  }

  /**
   * Queries of one kind, in their order.
   * @param {"wrong" | "missed" | "right" | "withheld"} kind
   * @param {number | null} truth @param {number | null} answer only of these classes
   * @returns {number[]}
   */
  queriesOf(kind, truth = null, answer = null) {
    const found = [];
    for (let query = 0; query < this.truth.length; query++) {
      if (this.truth[query] !== (truth ?? this.truth[query])) continue;
      if (answer !== null && (this.answer[query] !== answer || query >= this.answered)) continue;
      const [given, right] = [query < this.given, this.kinds[query] & 1];
      if (kind === "withheld" ? !given : kind === (given ? (right ? "right" : "wrong") : right && "missed")) found.push(query);
    }
    return found;
  }

  /** Classes that are ever taken for another, or another for them, in order. @returns {number[]} */
  mistakable() {
    const found = new Set();
    this.truths.forEach((truth, pair) => {
      if (truth !== this.answers[pair]) found.add(truth).add(this.answers[pair]);
    });
    return [...found].sort((a, b) => a - b);
  }

  /** The pairs most often confused. @param {number} most @returns {{truth: number, answer: number, count: number}[]} */
  largest(most) {
    const { counts, truths, answers } = this;
    const found = [];
    for (let pair = 0; pair < counts.length; pair++) {
      if (!counts[pair] || truths[pair] === answers[pair] || counts[pair] <= counts[found[most - 1]]) continue;
      const place = found.findIndex((own) => counts[own] < counts[pair]);
      found.splice(place < 0 ? found.length : place, 0, pair);
      found.length = Math.min(found.length, most);
    }
    return found.map((pair) => ({ truth: truths[pair], answer: answers[pair], count: counts[pair] }));
  }
}
