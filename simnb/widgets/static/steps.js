/**
 * The number of steps at or below a limit: how many of the distinct distances are near enough.
 * @param {ArrayLike<number>} steps ascending @param {number} limit
 */
export function placeAt(steps, limit) {
  let [low, high] = [0, steps.length];
  while (low < high) {
    const middle = (low + high) >> 1;
    if (steps[middle] <= limit) low = middle + 1;
    else high = middle;
  }
  return low;
}

/**
 * Queries by how near to a limit they are, as `Decisions.mistakes` sorts them.
 * @param {number[]} queries @param {ArrayLike<number>} distances of all @param {ArrayLike<number>} rows @param {number} limit
 */
export function nearestTheCut(queries, distances, rows, limit) {
  const far = (query) => Math.abs(distances[query] - limit);
  return queries.sort((a, b) => far(a) - far(b) || rows[a] - rows[b]);
}

/**
 * The distance of each query, of the steps that they stand on; infinite where there is no answer.
 * @param {ArrayLike<number>} steps @param {ArrayLike<number>} given queries at or before each place
 * @param {number} count of queries
 */
export function distancesOf(steps, given, count) {
  const distances = new Float64Array(count).fill(Infinity);
  for (let step = 0; step < steps.length; step++) distances.fill(steps[step], given[step], given[step + 1]);
  return distances;
}

/**
 * A limit in as few digits, four at least, as keep it between the same two steps of each kind.
 * @param {ArrayLike<number>[]} kinds steps, ascending @param {number} limit
 */
export function roundedLimit(kinds, limit) {
  for (let digits = 4; digits < 17; digits++) {
    const short = Number(limit.toPrecision(digits));
    if (kinds.every((steps) => placeAt(steps, short) === placeAt(steps, limit))) return short;
  }
  return limit;
}

/**
 * Ends of an axis that shows the steps; far outliers lie beyond it.
 * @param {ArrayLike<number>} steps @param {ArrayLike<number> | null} given queries at or before each place, where known
 * @returns {[number, number]}
 */
export function limitsShown(steps, given) {
  const last = steps.length - 1;
  if (last < 0) return [0, 1];
  const common = given ? steps[Math.max(0, placeAt(given, 0.99 * given[last + 1]) - 2)] : Infinity;
  const low = steps[0];
  let high = steps[last];
  if (common > low && high - low > 4 * (common - low)) high = low + 1.25 * (common - low);
  const room = 0.02 * (high - low || Math.abs(high) || 1);
  return [low - room, high + room];
}

/**
 * How many queries of each kind lie in each of so many equal bins; those beyond are in the last.
 * @param {{steps: ArrayLike<number>, given: ArrayLike<number>, kinds: ArrayLike<number>}} data
 * @param {number} low @param {number} high @param {number} bins
 */
export function binned({ steps, given, kinds }, low, high, bins) {
  const [right, wrong, unknown] = [0, 1, 2].map(() => new Uint32Array(bins));
  for (let step = 0; step < steps.length; step++) {
    const bin = Math.max(0, Math.min(bins - 1, Math.floor(((steps[step] - low) / (high - low)) * bins)));
    for (let query = given[step]; query < given[step + 1]; query++) {
      (kinds[query] & 1 ? right : kinds[query] & 2 ? unknown : wrong)[bin] += 1;
    }
  }
  return { right, wrong, unknown };
}

/**
 * Expected cost of a query at each place, where a wrong answer costs `ratio` withheld right ones.
 * @param {ArrayLike<number>} fp @param {ArrayLike<number>} fn @param {number} ratio @param {number} count of queries
 */
export function expectedCosts(fp, fn, ratio, count) {
  return Float64Array.from(fp, (wrong, place) => (ratio * wrong + fn[place]) / count);
}

/** Where values are least, the first such place. @param {ArrayLike<number>} values */
export function leastPlace(values) {
  let least = 0;
  for (let place = 1; place < values.length; place++) if (values[place] < values[least]) least = place;
  return least;
}

/** `part / whole`, and `empty` where there is no whole. */
export function ratioOf(part, whole, empty = 0) {
  return whole > 0 ? part / whole : empty;
}

/** Four decimals, the same width for every share; a dash where undefined. @param {number | undefined} value */
export function share(value) {
  return value === undefined || Number.isNaN(value) ? "–" : value.toFixed(4);
}
