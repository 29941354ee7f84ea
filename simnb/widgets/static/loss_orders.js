/** What is asked of Python, one thing at a time; of what waits, only the latest of each kind. */
export class LossOrders {
  #ask;
  #answered;
  #waiting = new Map();
  #kind = null;

  /**
   * @param {(content: any) => Promise<any>} ask
   * @param {(kind: string, error: Error | null) => void} answered told of each answer, before the next is asked for
   */
  constructor(ask, answered) {
    this.#ask = ask;
    this.#answered = answered;
  }

  /** @param {string} kind @param {any} content `begin` is kept from what it takes the place of */
  send(kind, content) {
    const begin = Boolean(content.begin || this.#waiting.get(kind)?.begin);
    this.#waiting.set(kind, { ...content, begin });
    if (this.#kind === null) this.#next();
  }

  /** Whether something is asked that is not answered. @param {string} [kind] of this kind alone */
  isOpen(kind) {
    if (kind === undefined) return this.#kind !== null || this.#waiting.size > 0;
    return this.#kind === kind || this.#waiting.has(kind);
  }

  async #next() {
    const [kind, content] = this.#waiting.entries().next().value;
    this.#waiting.delete(kind);
    this.#kind = kind;
    let failure = null;
    try {
      await this.#ask(content);
    } catch (error) {
      failure = error;
    }
    this.#kind = null;
    if (this.#waiting.size) this.#next();
    this.#answered(kind, failure);
  }

  /** Ask for nothing more. */
  close() {
    this.#waiting.clear();
  }
}

const LINK_LEAST = 1e-3; // of the hardest pair; what is less is not drawn

/**
 * The pairs that a loss pulls or pushes, each once, the gentlest first.
 * @param {ArrayLike<number>} pairs ∂value/∂distance, row by row @param {number} count
 * @param {number | null} anchor of this anchor alone
 * @returns {{from: number, to: number, weight: number, share: number}[]} `share` is of the hardest pair
 */
export function lossLinks(pairs, count, anchor = null) {
  const links = [];
  for (let from = 0; from < count; from++) {
    for (let to = 0; to < count; to++) {
      const both = pairs[from * count + to] + pairs[to * count + from];
      if (anchor === null && from < to && both) links.push({ from, to, weight: both });
      if (from === anchor && from !== to && pairs[from * count + to]) links.push({ from, to, weight: pairs[from * count + to] });
    }
  }
  const most = links.reduce((size, { weight }) => Math.max(size, Math.abs(weight)), 0);
  const shown = links.map((own) => ({ ...own, share: Math.abs(own.weight) / most }));
  return shown.filter(({ share }) => share > LINK_LEAST).sort((a, b) => a.share - b.share);
}

/**
 * What an anchor pulls, and what it pushes: rows, the hardest first.
 * @param {ArrayLike<number>} pairs @param {number} count @param {number} anchor
 */
export function lossPartners(pairs, count, anchor) {
  const links = lossLinks(pairs, count, anchor).sort((a, b) => b.share - a.share);
  return { pulled: links.filter(({ weight }) => weight > 0), pushed: links.filter(({ weight }) => weight < 0) };
}
