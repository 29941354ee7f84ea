/**
 * Round numbers from low to high, about so many.
 * @param {number} low @param {number} high @param {number} about
 * @returns {number[]}
 */
export function roundTicks(low, high, about) {
  const rough = (high - low) / Math.max(1, about);
  if (!(rough > 0) || !Number.isFinite(rough)) return [];
  const power = 10 ** Math.floor(Math.log10(rough));
  const step = power * [1, 2, 2.5, 5, 10].find((own) => own * power >= rough * 0.999);
  const ticks = [];
  for (let n = Math.ceil(low / step - 1e-9); n * step <= high + step * 1e-9; n++) ticks.push(Number((n * step).toPrecision(12)));
  return ticks;
}

/**
 * Texts of ticks with as many decimals as tell them apart.
 * @param {number[]} ticks
 */
export function tickTexts(ticks) {
  const size = Math.max(...ticks.map(Math.abs));
  if (size >= 1e6 || (size && size < 1e-3)) return ticks.map((own) => (own ? own.toExponential(1) : "0"));
  const decimals = Math.max(0, ...ticks.map((own) => (String(own).split(".")[1] ?? "").length));
  return ticks.map((own) => own.toFixed(Math.min(decimals, 6)));
}

/**
 * A curve of steps as a line that looks the same and has at most a few corners a pixel column.
 * @param {number} count of places
 * @param {(place: number) => number} x where the step to `place` stands, in pixels; of place 0, where the line begins
 * @param {(place: number) => number} y height after that step, in pixels; NaN where there is none
 * @returns {number[]} x and y in turn; NaN, NaN where the line is broken
 */
export function thinnedSteps(count, x, y) {
  const line = [];
  let [column, before, low, high] = [NaN, NaN, Infinity, -Infinity];
  const finish = () => {
    if (high > low) line.push(column, low, column, high);
    if (high >= low) line.push(column, before);
    [low, high] = [Infinity, -Infinity];
  };
  for (let place = 0; place < count; place++) {
    const [own, height] = [Math.round(x(place) * 2) / 2, y(place)];
    if (own !== column) {
      finish();
      if (!Number.isNaN(before)) line.push(own, before);
      column = own;
    }
    if (Number.isNaN(height) && !Number.isNaN(before)) {
      finish();
      line.push(NaN, NaN);
    }
    before = height;
    if (Number.isNaN(height)) continue;
    low = Math.min(low, height);
    high = Math.max(high, height);
  }
  finish();
  return line;
}

/**
 * Heights for labels near the ones they want, `gap` apart, between two ends.
 * @param {number[]} wanted @param {number} gap @param {number} top @param {number} bottom
 */
export function spreadOut(wanted, gap, top, bottom) {
  const order = [...wanted.keys()].sort((a, b) => wanted[a] - wanted[b]);
  const found = [];
  let least = top;
  order.forEach((own, rank) => {
    found[own] = Math.max(least, Math.min(wanted[own], bottom - gap * (order.length - 1 - rank)));
    least = found[own] + gap;
  });
  return found;
}
