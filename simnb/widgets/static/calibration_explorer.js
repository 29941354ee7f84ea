import { decode } from "./binary.js";
import { CalibrationData, saveTrait } from "./calibration_data.js";
import { Card } from "./card.js";
import { classTable } from "./class_table.js";
import { confusionPanel } from "./confusion_panel.js";
import { costPanel } from "./cost_panel.js";
import { DistanceHistogram } from "./distance_histogram.js";
import { keepKeys, make } from "./dom.js";
import { THUMB, mistakeGallery } from "./mistake_gallery.js";
import { numberTable } from "./number_table.js";
import { noteOf } from "./pieces.js";
import { ratePlanes } from "./rate_plane.js";
import { Requests } from "./requests.js";
import { StatusLine } from "./status_line.js";
import { makeTabs } from "./tabs.js";
import { followTheme } from "./theme.js";
import { ThresholdChart } from "./threshold_chart.js";
import { thresholdSlider } from "./threshold_slider.js";
import { thresholdTools } from "./threshold_tools.js";
import { ThumbnailStore } from "./thumbnails.js";
import { shortNumber, thousands, visibleText } from "./words.js";

const AT_FIRST = ["precision", "recall", "f1", "coverage"]; // curves that are shown
const AT_REST = 120; // milliseconds between two looks at what need not follow every frame
const CONFIDENCE = 0.95;
const COLORS = "background ink quiet line accent right wrong unknown curve0 curve1 curve2 curve3 curve4 curve5".split(" ");

/**
 * One view of a calibration explorer.
 *
 * Its parts have an `element` and, as far as they need them, `draw` for another size, theme or
 * choice, `moveTo` for every frame of a moving threshold, and `rest` for a few times a second.
 * @param {{model: any, el: HTMLElement}} given
 */
function renderCalibration({ model, el }) {
  const root = make("div", { class: "simnb simnb-calibration" });
  el.append(root);
  const data = new CalibrationData(model);
  const { metrics, counted } = data;
  const [colors, status] = [{}, new StatusLine()];
  const requests = new Requests(model, (waiting) => status.wait(waiting));
  let [places, bands, banded, frame, resting] = [[], null, false, 0, 0];

  /** Ask Python and say what comes of it, or what is wrong. */
  const ask = async (type, content, act) => {
    try {
      status.show({ said: await act(await requests.ask(type, content)) });
    } catch (error) {
      status.show({ said: error.message });
    }
  };
  /** Move the threshold; the front end sends what is newest once Python is ready for it. */
  const set = (threshold) => Number.isFinite(threshold) && saveTrait(model, "threshold", threshold);
  /** Move it to about a place of the axis, in no more digits than tell it from others. */
  const drag = (value) => set(data.rounded(value));
  const band = async (on) => {
    if (on && !bands) {
      await ask("band", { confidence: CONFIDENCE }, (answer) => {
        const [grid, low, high] = [answer.grid, answer.low, answer.high].map(decode);
        bands = metrics.map((_, place) => [grid, ...[low, high].map((own) => own.subarray(place * grid.length, (place + 1) * grid.length))]);
      });
    }
    banded = on && bands !== null;
    redraw();
    return banded;
  };

  const on = new Set([model.get("metric"), ...AT_FIRST].filter((name) => metrics.includes(name)));
  const title = make("div", { class: "simnb-title" });
  const curves = new ThresholdChart(colors, { class: "simnb-curves", "aria-label": "Metrics against the threshold" }, data, metrics);
  const histogram = counted ? new DistanceHistogram(colors, data) : null;
  curves.xTexts = !counted;
  const slider = thresholdSlider(data, drag, set, () => model.get("threshold"));
  const numbers = numberTable(data, on, colors, () => redraw());
  const tools = thresholdTools(model, data, ask, set, band);
  const parts = { Curves: ratePlanes(colors, data) };
  let [card, gallery, cost] = [];
  if (counted) {
    card = new Card(requests);
    gallery = mistakeGallery(model, data, new ThumbnailStore(requests, THUMB, () => gallery.paint()), card);
    cost = costPanel(model, colors, data, set);
    cost.chart.onDrag(drag);
    Object.assign(parts, { Confusions: confusionPanel(colors, data, gallery.open), Classes: classTable(data, gallery.open), Cost: cost });
  }
  const tabs = makeTabs(parts, counted ? "Confusions" : "Curves", () => redraw());

  /** What Python may set, but the threshold. */
  const refresh = () => {
    title.textContent = visibleText(model.get("title"));
    title.hidden = !title.textContent;
    root.style.setProperty("--simnb-height", `${model.get("height")}px`);
    tools.refresh();
    cost?.refresh();
    redraw();
  };

  /** Draw all of it: at first, and where size, theme, curves or tab are others. */
  const redraw = () => {
    const style = getComputedStyle(root); // empty while it is not on the page
    for (const name of COLORS) colors[name] = style.getPropertyValue(`--simnb-${name}`).trim();
    if (!curves.element.clientWidth) return;
    const metric = model.get("metric");
    const all = metrics.map((name, place) => ({ name, place, values: data.curves[place], held: data.held?.[place], bold: name === metric, band: banded && bands[place] }));
    curves.show(all.filter(({ name }) => on.has(name)), tools.marks());
    histogram?.draw(curves.margins);
    slider.align(curves.box);
    numbers.repaint(metric);
    tabs.current().draw?.();
    update();
  };

  /** What follows the threshold in every frame. */
  const update = () => {
    frame = 0;
    const threshold = model.get("threshold");
    places = data.placesOf(threshold);
    if (counted) data.confusions.move(data.given[places[0]]);
    for (const part of [numbers, slider, curves, histogram, tabs.current()]) part?.moveTo?.(threshold, places);
    resting ||= setTimeout(rest, AT_REST);
  };

  /** What the eye needs a few times a second, and the ear only at the end. */
  const rest = () => {
    resting = 0;
    let summary = `${thousands(data.steps.length)} thresholds of a calibration`;
    if (counted) {
      const [all, , , answered] = data.totals;
      const [given, wrong, missed] = ["given", "fp", "fn"].map((own) => thousands(data[own][places[0]]));
      summary = `${given} of ${thousands(all)} queries answered, ${wrong} of them wrong; ${missed} right answers withheld`;
      if (answered < all) summary += `; ${thousands(all - answered)} have no neighbour`;
    }
    tabs.current().rest?.();
    tools.rest();
    slider.slider.ariaValueText = `${shortNumber(model.get("threshold"))}: ${summary}`;
    status.show({ summary });
  };

  const reselect = () => gallery?.follow(decode(model.get("selection")));
  const listeners = [
    ["change:threshold", () => (frame ||= requestAnimationFrame(update))],
    ["change:metric", () => on.add(model.get("metric"))],
    ["change:metric change:cost_ratio change:_cutpoints change:title change:height change:_applies", refresh],
    ["change:selection", reselect],
    ["change:clicked", () => gallery?.mark()],
  ];
  for (const [names, act] of listeners) model.on(names, act);
  for (const chart of [curves, histogram]) chart?.onDrag(drag);
  keepKeys(root);
  const key = histogram ? histogramKey(data) : "";
  const stack = make("div", { class: "simnb-stack" }, curves.element, histogram?.element ?? "", key, slider.element);
  root.append(title, tools.element, make("div", { class: "simnb-main" }, stack, numbers.element), tabs.element, gallery?.element ?? "", status.element);
  // JupyterLab hides everything while it changes the theme: nothing has a size then.
  const stopTheme = followTheme(model, root, () => requestAnimationFrame(redraw));
  const observer = new ResizeObserver(redraw);
  observer.observe(curves.element);
  refresh();
  reselect();
  return () => {
    for (const [names, act] of listeners) model.off(names, act);
    cancelAnimationFrame(frame);
    clearTimeout(resting);
    stopTheme();
    observer.disconnect();
    requests.close();
    card?.close();
    gallery?.stop();
  };
}

/** What the bars of the histogram are. */
function histogramKey({ tp, fp, acceptedUnknown, steps }) {
  const [right, wrong, unknown] = [tp, fp, acceptedUnknown].map((own) => own[steps.length]);
  const parts = [["right", right, "right, upwards"], ["wrong", wrong - unknown, "wrong, downwards"], ["unknown", unknown, "of unknown classes, downwards"]];
  return noteOf(...parts.slice(0, unknown ? 3 : 2).map(([name, count, text]) => make("span", { class: `simnb-key simnb-key-${name}`, text: `${thousands(count)} ${text}` })));
}

export default { render: renderCalibration };
