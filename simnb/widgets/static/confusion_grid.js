import { LayeredChart } from "./layered_chart.js";
import { isCommand } from "./pieces.js";
import { visibleText } from "./words.js";

const MOST_SIDE = 520;
const LARGEST_CELL = 64;
const MOST_LETTERS = /^(.{17})..+/u; // of a class's name
const NAMED_FROM = 11; // pixels of a cell beside which there is room for a name
const COUNTED_FROM = 20; // pixels of a cell in which there is room for a number
const LEAST_MARK = 2; // pixels of a mistake, however small its cell
const NEAR = 5; // pixels within which a tiny cell is found
const ZOOM_STEP = 1.5;
const [GOOD, NONE, BAD] = [1, 2, 3]; // what covers what, where cells are smaller than pixels

/**
 * Classes against answers, as many as there are; the last column, apart, is of answers withheld.
 *
 * Cells are [row, column], places among the classes that are shown.
 * @param {Record<string, string>} colors
 * @param {import("./confusions.js").Confusions} confusions @param {string[]} classes
 * @param {(cell: any) => void} open @param {(cell: any) => void} tell of the cell pointed at, or of none
 */
export function confusionGrid(colors, confusions, classes, open, tell) {
  const chart = new LayeredChart(colors, { class: "simnb-grid", role: "application", tabindex: 0 });
  const { element, base } = chart;
  const { queries, truths, answers, counts } = confusions;
  const names = classes.map((own) => visibleText(own).replace(MOST_LETTERS, "$1…"));
  const hasFocus = () => element.matches(":focus");
  const clamp = (own, most) => Math.max(0, Math.min(most, own));
  let [only, order, size, places, focused, hovered] = [false, [], 0, [], null, null];
  let [zoom, left, top] = [1, 0, 0]; // how much larger than all at once, and what is scrolled away
  let [lead, head, side, cell, strip, stripWide] = [0, 0, 0, 0, 0, 0];
  let [named, upright, layer] = [false, false, null];

  /** Queries in a cell. */
  const countIn = ([row, column]) => {
    const truth = order[row];
    if (only && column === size) return confusions.missed[truth];
    return only && column === row ? 0 : confusions.count(truth, order[column] ?? confusions.classes);
  };

  /** What a cell holds: the classes by number, how many queries, and of which kind. */
  const contents = ([row, column]) => {
    const [truth, answer] = [order[row], order[column] ?? null];
    const kind = answer === null ? (only ? "missed" : "withheld") : row === column ? "right" : "wrong";
    return { truth, answer, kind, count: countIn([row, column]) };
  };

  /** Cells that hold queries, the last column's apart. @param {boolean} right those too that are right */
  const filled = (right) => {
    const cells = [];
    counts.forEach((count, pair) => {
      const [row, column] = [places[truths[pair]], places[answers[pair]]];
      if (count && row >= 0 && column >= 0 && (row !== column || (right && !only))) cells.push([row, column]);
    });
    return cells;
  };

  /** Where a cell lies: left, top, width, height. */
  const boxOf = ([row, column]) => {
    const y = head + row * cell - top;
    return column === size ? [strip, y, stripWide, cell] : [lead + column * cell - left, y, cell, cell];
  };

  const scroll = (dx, dy) => {
    [left, top] = [left + dx, top + dy].map((own) => clamp(own, cell * size - side));
  };

  /** How large a cell is and where the first one stands. */
  const arrange = () => {
    const wide = element.clientWidth;
    const pen = chart.pen(base);
    const longest = Math.max(...order.slice(0, 999).map((own) => pen.measureText(names[own]).width));
    named = (Math.min(MOST_SIDE, wide - 120) / size) * zoom >= NAMED_FROM;
    lead = named ? Math.min(wide / 5, 130, longest) + 8 : 2;
    side = Math.max(40, Math.min(MOST_SIDE, wide - lead - 80, LARGEST_CELL * size));
    cell = (side / size) * zoom;
    upright = named && longest > cell - 4;
    head = upright ? Math.max(30, longest + 8) : 22;
    [strip, stripWide] = [lead + side + 8, Math.max(14, Math.min(cell, 44))];
    scroll(0, 0);
  };

  /** Classes whose middle is in sight, from an offset on, and their places. */
  const inSight = (offset) => {
    const [from, to] = [offset, offset + side].map((own) => Math.ceil(own / cell - 0.5));
    return order.slice(from, to).map((own, place) => [own, place + from]);
  };

  const drawNames = (pen) => {
    chart.write(pen, "no answer", strip, head - 11);
    if (!named) return;
    for (const [own, row] of inSight(top)) chart.write(pen, names[own], lead - 6, head + (row + 0.5) * cell - top, "right", colors.ink, lead - 8);
    for (const [own, column] of inSight(left)) {
      pen.save();
      pen.translate(lead + (column + 0.5) * cell - left, head - (upright ? 6 : 11));
      if (upright) pen.rotate(-Math.PI / 2);
      chart.write(pen, names[own], 0, 0, upright ? "left" : "center", colors.ink);
      pen.restore();
    }
  };

  /** Paint the cells as the threshold has them. */
  const paint = () => {
    const { ratio } = chart;
    if (!ratio || !element.clientWidth) return;
    const scaled = (own) => Math.round(own * ratio);
    const [wide, tall] = [scaled(strip + stripWide - lead), scaled(side)];
    if (layer?.width !== wide || layer.height !== tall) layer = codeLayer(wide, tall);
    const gap = cell * ratio >= 6 ? 1 : 0;
    const least = LEAST_MARK * Math.ceil(ratio);
    const span = (place, offset, extent) => {
      const from = scaled(place * cell - offset);
      return [from, Math.max(from + extent, scaled((place + 1) * cell - offset) - gap)].map((own) => clamp(own, tall));
    };
    for (let pair = 0; pair < counts.length; pair++) {
      const truth = truths[pair];
      const [row, column] = [places[truth], places[answers[pair]]];
      const right = row === column;
      if (!counts[pair] || row < 0 || column < 0 || (right && only)) continue;
      const extent = right ? 1 : least;
      layer.fill(span(column, left, extent), span(row, top, extent), right ? GOOD : BAD, counts[pair] / queries[truth], gap);
    }
    order.forEach((truth, row) => {
      const count = countIn([row, size]);
      if (count) layer.fill([scaled(strip - lead), wide], span(row, top, 1), NONE, count / queries[truth], gap);
    });
    const pen = base.getContext("2d");
    pen.putImageData(layer.take(["line", "right", "quiet", "wrong"].map((own) => colors[own])), scaled(lead), scaled(head));
    pen.strokeStyle = colors.line;
    pen.strokeRect(lead - 0.5, head - 0.5, side + 1, side + 1);
    pen.strokeRect(strip - 0.5, head - 0.5, stripWide + 1, side + 1);
    if (cell >= COUNTED_FROM) drawCounts(pen);
  };

  const drawCounts = (pen) => {
    const columns = [...inSight(left).map(([, column]) => column), size];
    for (const [, row] of inSight(top)) {
      for (const column of columns) {
        const [x, y, wide] = boxOf([row, column]);
        const text = String(countIn([row, column]) || "");
        if (text && pen.measureText(text).width < wide - 2) chart.write(pen, text, x + wide / 2, y + cell / 2, "center", colors.ink);
      }
    }
  };

  const drawOver = () => {
    if (!chart.ratio || !size) return;
    const pen = chart.pen(chart.over);
    pen.save();
    pen.beginPath();
    pen.rect(lead - 4, head - 4, chart.width, side + 8);
    pen.clip();
    for (const [own, color] of [[hovered, colors.ink], [hasFocus() && focused, colors.accent]]) {
      if (!own) continue;
      const [x, y, wide, tall] = boxOf(own);
      const grown = Math.max(1, 5 - wide / 2);
      Object.assign(pen, { strokeStyle: color, lineWidth: 2 });
      pen.strokeRect(x - grown, y - grown, wide + 2 * grown - 1, tall + 2 * grown - 1);
    }
    pen.restore();
  };

  const draw = () => {
    if (!element.clientWidth || !size) return;
    arrange();
    element.style.height = `${head + side + 4}px`;
    chart.measure();
    drawNames(chart.pen(base));
    paint();
    drawOver();
  };

  /** Show all classes, or those that are ever mistaken, without what is right. */
  const choose = (chosen) => {
    only = chosen;
    order = only ? confusions.mistakable() : [...names.keys()];
    size = order.length;
    places = new Int32Array(names.length).fill(-1);
    order.forEach((own, place) => (places[own] = place));
    [focused, hovered, zoom, left, top] = [null, null, 1, 0, 0];
    element.ariaLabel = `Confusion matrix of ${size} classes. Arrows: other cells; n: next mistake; Enter: its queries; + and −: zoom`;
    draw();
  };

  /** The cell at a place of the element, or null; of tiny cells the nearest that is not empty. */
  const at = ({ clientX, clientY }) => {
    const box = element.getBoundingClientRect();
    const [x, y] = [clientX - box.left, clientY - box.top];
    const [row, column] = [Math.floor((y - head + top) / cell), Math.floor((x - lead + left) / cell)];
    if (y < head || y >= head + side || x < lead || row >= size) return null;
    if (x >= strip) return x < strip + stripWide ? [row, size] : null;
    if (x >= lead + side || column >= size) return null;
    if (cell >= NEAR || countIn([row, column])) return [row, column];
    let [found, least] = [[row, column], NEAR / cell];
    for (const own of filled(true)) {
      const far = Math.hypot(own[0] - row, own[1] - column);
      if (far < least) [found, least] = [own, far];
    }
    return found;
  };

  const focusOn = (own) => {
    focused = own;
    const [x, y, wide, tall] = boxOf(own);
    const beyond = (from, extent, start) => Math.max(0, from + extent - start - side) + Math.min(0, from - start);
    const [dx, dy] = [own[1] < size ? beyond(x, wide, lead) : 0, beyond(y, tall, head)];
    scroll(dx, dy);
    if (dx || dy) draw();
    else drawOver();
    tell(contents(own));
  };

  const hover = (own) => {
    if (String(own) === String(hovered)) return;
    hovered = own;
    drawOver();
    const told = own ?? (hasFocus() ? focused : null);
    tell(told && contents(told));
  };

  const openFocused = () => countIn(focused) && open(contents(focused));

  /** Larger or smaller cells around the one in focus; a factor of 0 shows all. */
  const zoomBy = (factor) => {
    const centre = focused?.map((own) => own + 0.5) ?? [top, left].map((own) => (own + side / 2) / cell);
    zoom = Math.max(1, Math.min((40 * size) / side, zoom * factor));
    arrange();
    [top, left] = centre.map((own) => own * cell - side / 2);
    draw();
  };

  /** Go to the next mistake, row by row. @param {1 | -1} way */
  const next = (way) => {
    const rank = ([row, column]) => way * (row * size + column);
    const cells = filled(false).sort((a, b) => rank(a) - rank(b));
    const found = cells.find((own) => rank(own) > rank(focused)) ?? cells[0];
    if (found) focusOn(found);
  };

  const press = (event) => {
    if (isCommand(event) || !focused) return;
    const go = (down, right) => () => focusOn([clamp(focused[0] + down, size - 1), clamp(focused[1] + right, size)]);
    const act = {
      ArrowUp: go(-1, 0), ArrowDown: go(1, 0), ArrowLeft: go(0, -1), ArrowRight: go(0, 1),
      Home: go(0, -size), End: go(0, size),
      Enter: openFocused, " ": openFocused, n: () => next(1), N: () => next(-1),
      "+": () => zoomBy(ZOOM_STEP), "-": () => zoomBy(1 / ZOOM_STEP), 0: () => zoomBy(0),
    }[event.key];
    if (!act) return;
    event.preventDefault();
    act();
  };

  let dragged = 0; // pixels since the button went down
  const listeners = {
    pointerdown: () => (dragged = 0),
    pointermove: (event) => {
      if (!(event.buttons & 1) || zoom === 1) return hover(at(event));
      dragged += Math.abs(event.movementX) + Math.abs(event.movementY);
      element.setPointerCapture(event.pointerId);
      scroll(-event.movementX, -event.movementY);
      draw();
    },
    pointerup: (event) => {
      const own = event.button || dragged > 4 ? null : at(event);
      if (!own) return;
      focusOn(own);
      openFocused();
    },
    pointerleave: () => hover(null),
    focus: () => size && focusOn(focused ?? [0, 0]),
    blur: drawOver,
    keydown: press,
  };
  for (const [type, act] of Object.entries(listeners)) element.addEventListener(type, act);
  choose(false);
  return { element, draw, moveTo: paint, choose, zoomBy };
}

/** Pixels that hold what is seen in them, the more important over the less. */
function codeLayer(width, height) {
  const codes = new Uint16Array(width * height);
  const data = new ImageData(width, height);
  const pixels = new Uint32Array(data.data.buffer);
  /** Fill a rectangle; the root lets small shares be seen, and what is tiny must be plain. */
  const fill = ([x0, x1], [y0, y1], kind, part, large) => {
    const least = large ? 55 : 140;
    const code = kind * 256 + least + Math.round((175 - least) * Math.sqrt(part));
    for (let y = y0; y < y1; y++) {
      for (let at = y * width + x0; at < y * width + x1; at++) if (codes[at] < code) codes[at] = code;
    }
  };
  /** The pixels, as much of each kind's colour as the share is large; then all is empty again. */
  const take = (colors) => {
    const packed = colors.map((own) => parseInt(own.slice(5) + own.slice(3, 5) + own.slice(1, 3), 16));
    for (let at = 0; at < codes.length; at++) pixels[at] = codes[at] && packed[codes[at] >> 8] | (codes[at] << 24);
    codes.fill(0);
    return data;
  };
  return { width, height, fill, take };
}
