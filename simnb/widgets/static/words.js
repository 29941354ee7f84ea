/**
 * Text in which nothing is hidden: characters that control or reorder it show what they are.
 * @param {*} text @returns {string}
 */
export function visibleText(text) {
  return String(text)
    .replace(/\r\n|[\t\n\r\u2028\u2029]/g, " ")
    .replace(/[\p{Cc}\p{Cf}\p{Cs}]/gu, (character) => {
      const code = character.codePointAt(0);
      if (code < 32) return String.fromCharCode(0x2400 + code);
      return code === 127 ? "\u2421" : `⟨U+${code.toString(16).toUpperCase().padStart(4, "0")}⟩`;
    });
}

/** "1,234". @param {number} n @returns {string} */
export function thousands(n) {
  return n.toLocaleString("en-US");
}

/** At most 4 significant digits: "0.1235", "12350", "1.235e+6". @param {number} x @returns {string} */
export function shortNumber(x) {
  if (!Number.isFinite(x)) return Number.isNaN(x) ? "NaN" : x > 0 ? "∞" : "-∞";
  const size = Math.abs(x);
  if (size && (size < 1e-4 || size >= 999950)) return Number(x.toPrecision(4)).toExponential();
  return String(Number(x.toPrecision(4)));
}
