/** Progress of a movement that starts and ends gently. @param {number} t 0 to 1 @returns {number} */
export function easeInOut(t) {
  const part = Math.min(1, Math.max(0, t));
  return part * part * (3 - 2 * part);
}

/**
 * Write into `out` what lies at `t` (0 to 1) between two arrays; `to`, where `from` is not finite.
 * @param {Float32Array} from @param {Float32Array} to @param {number} t @param {Float32Array} out
 */
export function between(from, to, t, out) {
  for (let k = 0; k < out.length; k++) {
    out[k] = from[k] - from[k] === 0 && t < 1 ? from[k] + (to[k] - from[k]) * t : to[k];
  }
}
