import { shortNumber, thousands, visibleText } from "./words.js";

/**
 * How far a neighbour of one list stands before (positive) or behind its place in another; null
 * where it is not in the other.
 * @param {{row: number, rank: number}[]} list @param {{row: number, rank: number}[]} other
 * @returns {(number | null)[]}
 */
export function rankChanges(list, other) {
  const ranks = new Map(other.map(({ row, rank }) => [row, rank]));
  return list.map(({ row, rank }) => (ranks.has(row) ? ranks.get(row) - rank : null));
}

/** As seen and as said. @param {number | null} change @param {string} none what null means @returns {[string, string]} */
export function changeWords(change, none) {
  if (change === null) return [none, none];
  if (change === 0) return ["=", "same rank"];
  return change > 0 ? [`▲${change}`, `up ${change}`] : [`▼${-change}`, `down ${-change}`];
}

/**
 * Whether a distance is no farther than the threshold.
 * @param {number | null} distance @param {number | null} threshold @param {boolean} larger is nearer
 */
export function isWithin(distance, threshold, larger) {
  if (threshold === null) return true;
  if (distance === null) return false;
  return larger ? distance >= threshold : distance <= threshold;
}

/** "✓ same", "✗ other", or nothing where a label is missing. @param {boolean | null} right */
export function markWords(right) {
  return right === null ? "" : right ? "✓ same" : "✗ other";
}

/** What an item is called. @param {{row: number | null, id?: number, label: string | null}} item */
export function itemName({ row, id, label }) {
  return label ? visibleText(label) : `item ${id ?? row}`;
}

/**
 * A neighbour's card in words.
 * @param {any} item @param {{distance: string, within: boolean, change: string}} more
 */
export function cardWords(item, { distance, within, change }) {
  const parts = [`${item.rank}. ${itemName(item)}`];
  if (item.right !== null) parts.push(item.right ? "same label" : "other label");
  parts.push(`${distance} ${item.distance === null ? "unknown" : shortNumber(item.distance)}`);
  if (!within) parts.push("beyond the threshold");
  if (change) parts.push(change);
  return parts.join(", ");
}

/** Who is looked at. @param {{kind: string, row: number | null}} who */
export function whoWords({ kind, row }) {
  if (kind === "array") return "Your own query";
  return `${kind === "item" ? "Item" : "Query"} ${thousands(row)}`;
}

/**
 * One line of what is shown.
 * @param {any} answer of Python @param {number} beyond how many are beyond the threshold
 */
export function answerWords({ who, summary, ranks: near, friends, mode }, beyond) {
  const ranks = mode === "nearest" ? near : friends;
  const count = ranks.length;
  const name = whoWords(who) + (who.label ? `, label ${visibleText(who.label)}` : "");
  const first = count ? `, the nearest at rank ${ranks[0].rank}` : "";
  const parts = [name];
  if (mode !== "nearest") parts.push(`${several(count, "false friend")}${first}`);
  else if (ranks.some(({ right }) => right !== null)) {
    parts.push(`${ranks.filter(({ right }) => right).length} of ${several(count, "neighbour")} of the same label`);
    if (Number.isFinite(summary?.average_precision)) parts.push(`average precision ${shortNumber(summary.average_precision)}`);
  } else parts.push(several(count, "neighbour"));
  if (beyond) parts.push(`${beyond} beyond the threshold`);
  return parts.join(" · ");
}

function several(count, name) {
  return `${count} ${name}${count === 1 ? "" : "s"}`;
}
