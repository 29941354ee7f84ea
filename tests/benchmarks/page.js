// What a page can tell of its own speed: frames, pictures, messages. It is there before all else.
"use strict";

window.speed = (() => {
  // Milliseconds from each frame that took in such an event to the next that did.
  let stopFrames = null;
  function recordFrames(kind) {
    const found = [];
    let [due, before, running] = [kind === null, 0, true];
    const mark = () => {
      due = true;
    };
    const frame = () => {
      if (due) {
        const now = performance.now();
        if (before) found.push(now - before);
        [before, due] = [now, kind === null];
      }
      if (running) requestAnimationFrame(frame);
    };
    if (kind) addEventListener(kind, mark, true);
    requestAnimationFrame(frame);
    stopFrames = () => {
      running = false;
      removeEventListener(kind, mark, true);
      return found;
    };
  }

  async function everyFrame(kind, inputs, longest, act) {
    const until = performance.now() + longest;
    recordFrames(kind);
    for (const [place, input] of inputs.entries()) {
      await new Promise(requestAnimationFrame);
      act(input);
      if (place > 6 && performance.now() > until) break;
    }
    return stopFrames();
  }

  function elementAt(x, y, root = document) {
    const found = root.elementFromPoint(x, y);
    return found?.shadowRoot && root !== found.shadowRoot
      ? (elementAt(x, y, found.shadowRoot) ?? found)
      : found;
  }

  const canvases = (root) => [
    ...root.querySelectorAll("canvas"),
    ...[...root.querySelectorAll("*")].flatMap((own) => (own.shadowRoot ? canvases(own.shadowRoot) : [])),
  ];

  function largestCanvases() {
    const all = canvases(document);
    const area = (own) => own.width * own.height;
    const most = Math.max(40_000, ...all.map(area));
    return all.filter((own) => area(own) > 0.6 * most);
  }

  // What is drawn on canvases, small; reading it back waits until it is painted. Coloured pixels
  // tell points from frames, axes and text.
  const [width, height] = [320, 200];
  const pen = new OffscreenCanvas(width, height).getContext("2d", { willReadFrequently: true });
  function look(shown) {
    pen.clearRect(0, 0, width, height);
    for (const own of shown) pen.drawImage(own, 0, 0, width, height);
    const pixels = new Uint32Array(pen.getImageData(0, 0, width, height).data.buffer);
    let [coloured, hash] = [0, 0];
    for (const pixel of pixels) {
      const parts = [pixel & 255, (pixel >> 8) & 255, (pixel >> 16) & 255];
      if (Math.max(...parts) - Math.min(...parts) > 40 && pixel >>> 24 > 100) coloured += 1;
      hash = (Math.imul(hash, 31) + pixel) | 0;
    }
    return { coloured: coloured / pixels.length, hash };
  }

  // When points were first seen, and when the picture last changed.
  let picture = null;
  function watch() {
    const seen = { first: null, last: null, running: true };
    let [shown, before] = [[], null];
    const frame = () => {
      if (!seen.running) return;
      if (seen.first === null) shown = largestCanvases();
      const { coloured, hash } = look(shown);
      const now = performance.now();
      if (coloured > 0.005) seen.first ??= now;
      if (hash !== before && seen.first !== null) seen.last = now;
      before = hash;
      requestAnimationFrame(frame);
    };
    requestAnimationFrame(frame);
    if (picture) picture.running = false;
    picture = seen;
  }

  // How long the handlers of a moving pointer take, from the event on, and when the last was.
  const moves = [];
  let lastMove = 0;
  addEventListener("pointermove", ({ timeStamp }) => moves.push(performance.now() - timeStamp));
  addEventListener("pointermove", ({ timeStamp }) => (lastMove = timeStamp), true);

  // The first word of a message of Jupyter's protocol, and its size.
  function sizeOf(data) {
    if (typeof data === "string") return [data.length, "text"];
    const view = new DataView(data.buffer ?? data, data.byteOffset ?? 0, data.byteLength);
    const places = [1, 2, 3].map((place) => Number(view.getBigUint64(8 * place, true)));
    const text = (from, to) =>
      new TextDecoder().decode(new Uint8Array(view.buffer, view.byteOffset + from, to - from));
    return [data.byteLength, JSON.parse(text(places[1], places[2])).msg_type];
  }

  const messages = [];
  const note = (way, data) => {
    const [size, kind] = sizeOf(data);
    messages.push({ way, kind, size, at: performance.now() });
  };
  const Plain = window.WebSocket;
  window.WebSocket = class extends Plain {
    constructor(...given) {
      super(...given);
      this.addEventListener("message", (event) => note("in", event.data));
    }
    send(data) {
      note("out", data);
      super.send(data);
    }
  };

  // When the pointer was last let go, by the clock that Python's `time.time` reads too.
  let released = null;
  addEventListener("pointerup", () => (released = Date.now() / 1000), true);

  // When the wheel was last turned before an image was first drawn, and when that was.
  let [wheel, image] = [0, null];
  addEventListener("wheel", () => (wheel = performance.now()), true);
  const { drawImage } = CanvasRenderingContext2D.prototype;
  CanvasRenderingContext2D.prototype.drawImage = function (source, ...given) {
    if (source instanceof ImageBitmap) image ??= performance.now() - wheel;
    drawImage.call(this, source, ...given);
  };

  return {
    recordFrames,
    frames: () => stopFrames(),
    watch,
    picture: () => picture,
    unwatch() {
      picture.running = false;
      return picture;
    },
    look: () => look(largestCanvases()).hash,
    place: () => largestCanvases()[0].getBoundingClientRect().toJSON(),
    moves: () => moves.splice(0),
    lastMove: () => lastMove,
    messages: () => messages.splice(0),
    released: () => released,
    image: () => image,
    forgetImage: () => (image = null),
    now: () => performance.now(),
    // A move of the mouse, whose button is down, or a turn of the wheel in every frame, as a hand
    // does it: a driver from outside waits for each, and so misses frames.
    drag: (places, longest) =>
      everyFrame("pointermove", places, longest, ([clientX, clientY]) => {
        const mouse = { pointerId: 1, pointerType: "mouse", isPrimary: true, buttons: 1 };
        const given = { ...mouse, clientX, clientY, bubbles: true, cancelable: true, composed: true };
        const target = elementAt(clientX, clientY);
        target.dispatchEvent(new PointerEvent("pointermove", given));
        target.dispatchEvent(new MouseEvent("mousemove", given));
      }),
    turn: (x, y, turns, longest) =>
      everyFrame("wheel", turns, longest, (deltaY) => {
        const given = { deltaY, clientX: x, clientY: y, bubbles: true, cancelable: true };
        elementAt(x, y).dispatchEvent(new WheelEvent("wheel", given));
      }),
    // Frames in which nothing but the control happens.
    async bare(width, height, frames, put) {
      const canvas = document.createElement("canvas");
      [canvas.width, canvas.height] = [width, height];
      document.body.append(canvas);
      const pen = canvas.getContext("2d");
      const image = new ImageData(width, height);
      recordFrames(null);
      for (let place = 0; place < frames; place += 1) {
        await new Promise(requestAnimationFrame);
        new Uint32Array(image.data.buffer).fill(0xff000000 | (place * 4));
        if (put) pen.putImageData(image, 0, 0);
      }
      canvas.remove();
      return stopFrames();
    },
  };
})();
