import { decode } from "./binary.js";
import { Confusions } from "./confusions.js";
import { distancesOf, limitsShown, placeAt, roundedLimit } from "./steps.js";
import { visibleText } from "./words.js";

const COUNTS = ["tp", "fp", "tn", "fn", "acceptedUnknown", "given"];

/** What Python sent of a calibration, and what a threshold makes of it. */
export class CalibrationData {
  /** @param {any} model */
  constructor(model) {
    const get = (name) => model.get(name);
    const array = (name) => (get(name) ? decode(get(name)) : null);
    this.larger = get("_larger");
    this.measure = visibleText(`${get("_measure")} ${this.larger ? "similarity" : "distance"}`).trim();
    this.steps = array("_steps");
    this.cuts = array("_cuts");
    this.lowest = this.turned(get("_lowest"));
    this.metrics = get("_metrics");
    this.curves = rowsOf(array("_curves"), this.metrics.length);
    const held = array("_held");
    this.held = held && rowsOf(held, this.metrics.length);
    this.heldSteps = array("_held_steps") ?? [];
    this.totals = get("_totals");
    this.heldTotals = get("_held_totals");
    this.rows = array("_rows");
    this.kinds = array("_kinds");
    this.classes = get("_classes");
    const counts = array("_counts");
    if (counts) rowsOf(counts, COUNTS.length).forEach((own, place) => (this[COUNTS[place]] = own));
    this.counted = counts !== null;
    if (this.rows) {
      const answered = this.given[this.steps.length];
      this.distances = distancesOf(this.steps, this.given, this.rows.length);
      this.confusions = new Confusions(array("_truth"), array("_answer"), this.kinds, this.classes.length, answered);
    }
    const [low, high] = limitsShown(this.steps, this.given ?? null);
    /** Ends of the axis of thresholds, in the index's units. */
    this.ends = this.larger ? [-high, -low] : [low, high];
  }

  /** A threshold as a limit that lets smaller numbers through, or the other way round. */
  turned(threshold) {
    return this.larger ? -threshold : threshold;
  }

  /** The place of a threshold in both splits: how many of the distinct distances it lets through. */
  placesOf(threshold) {
    return [this.steps, this.heldSteps].map((steps) => placeAt(steps, this.turned(threshold)));
  }

  /** The threshold of a place, as `calibrate` has it. */
  thresholdAt(place) {
    return this.turned(place > 0 ? this.cuts[Math.min(place, this.cuts.length) - 1] : this.lowest);
  }

  /** A short number that decides as this threshold does, in both splits. */
  rounded(threshold) {
    return this.turned(roundedLimit([this.steps, this.heldSteps], this.turned(threshold)));
  }

  /** Where a place's step stands along the axis; place 0 stands at the end. */
  standing(place, steps = this.steps) {
    return place ? this.turned(steps[place - 1]) : this.ends[this.larger ? 1 : 0];
  }
}

function rowsOf(array, count) {
  const width = array.length / count;
  return Array.from({ length: count }, (_, row) => array.subarray(row * width, (row + 1) * width));
}

/** Set a trait and save it. @param {any} model @param {string} name @param {any} value */
export function saveTrait(model, name, value) {
  model.set(name, value);
  model.save_changes();
}
