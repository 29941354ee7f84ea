const MOST_KEPT = 4000;
const AT_ONCE = 512;

/** Thumbnails by row: asked for when first needed, many in one picture, and kept. */
export class ThumbnailStore {
  #requests;
  #tiles = new Map(); // row → {bitmap, x, y, size}; null where there is none, undefined if unknown
  #arrived;
  #size;
  #waiting = false;

  /** @param {import("./requests.js").Requests} requests @param {number} size @param {() => void} arrived */
  constructor(requests, size, arrived) {
    this.#requests = requests;
    this.#size = size;
    this.#arrived = arrived;
  }

  /** @param {number} row */
  get(row) {
    return this.#tiles.get(row);
  }

  /** Ask for those that are not there yet. @param {number[]} rows */
  async want(rows) {
    const missing = rows.filter((row) => !this.#tiles.has(row)).slice(0, AT_ONCE);
    if (!missing.length || this.#waiting) return;
    this.#waiting = true;
    try {
      const answer = await this.#requests.ask("thumbnails", { rows: missing, size: this.#size });
      const bitmap = answer.rows.length ? await createImageBitmap(new Blob([answer.buffers[0]], { type: "image/png" })) : null;
      if (this.#tiles.size + missing.length > MOST_KEPT) this.#tiles.clear();
      for (const row of missing) this.#tiles.set(row, null);
      const across = bitmap ? Math.floor(bitmap.width / this.#size) : 1;
      answer.rows.forEach((row, place) => {
        const [x, y] = [(place % across) * this.#size, Math.floor(place / across) * this.#size];
        this.#tiles.set(row, { bitmap, x, y, size: this.#size });
      });
    } catch {
      return; // Python is gone, or refused: points stay points
    } finally {
      this.#waiting = false;
    }
    this.#arrived();
  }
}
