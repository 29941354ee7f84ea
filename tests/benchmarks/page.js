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

  // How long timers have been at work.
  let timed = 0;
  const { setTimeout: plainTimeout } = window;
  window.setTimeout = (act, delay, ...given) =>
    plainTimeout(() => {
      const begun = performance.now();
      try {
        act(...given);
      } finally {
        timed += performance.now() - begun;
      }
    }, delay);

  // Give an input after each frame is painted. Milliseconds from frame to frame; and how long the
  // main thread is at work for each input: in its handlers, in timers, and in the frame that
  // follows, from the first callback until it is painted.
  function worked(inputs, longest, act) {
    const [frames, work] = [[], []];
    const until = performance.now() + longest;
    const later = new MessageChannel();
    let [place, acted, handled, begun, running] = [0, null, null, null, true];
    const handle = (now) => {
      if (handled === null) [handled, timed] = [now - acted, 0];
    };
    const frame = () => {
      if (!running) return;
      requestAnimationFrame(frame); // asked for before all others, it is the first of the next frame
      const now = performance.now();
      if (begun !== null) frames.push(now - begun);
      begun = now;
      if (acted !== null) handle(now);
      later.port2.postMessage("painted"); // heard after it
    };
    return new Promise((done) => {
      later.port1.onmessage = ({ data }) => {
        const now = performance.now();
        if (data === "handled") return handle(now);
        if (handled !== null) work.push(handled + timed + now - begun);
        running = place < inputs.length && (place <= 6 || now < until);
        if (!running) return done({ frames, work });
        [acted, handled] = [now, null];
        act(inputs[place++]);
        later.port2.postMessage("handled"); // heard after what a handler has put off until it is through
      };
      requestAnimationFrame(frame);
    });
  }

  // After what is due now is painted.
  const painted = () =>
    new Promise((done) =>
      requestAnimationFrame(() => {
        const { port1, port2 } = new MessageChannel();
        port1.onmessage = () => done(performance.now());
        port2.postMessage(null);
      }),
    );

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

  const area = (own) => own.width * own.height;

  let ground = "body"; // where the picture is
  function largestCanvases() {
    const all = canvases(document.querySelector(ground) ?? new DocumentFragment());
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

  // When each of some elements was first whole: a canvas of it has colour, so many images are decoded.
  let parts = null;
  const isDrawn = (root, count) => {
    const images = [...root.querySelectorAll("img")].filter((own) => own.naturalWidth);
    return images.length >= count && (count > 0 || look(canvases(root).filter(area)).coloured > 0.002);
  };
  async function watchParts(wanted) {
    const seen = (parts = {});
    for (let left = Object.entries(wanted); left.length && seen === parts; ) {
      const now = await painted();
      left = left.filter(([selector, count]) => {
        const root = document.querySelector(selector);
        if (!root || !isDrawn(root, count)) return true;
        seen[selector] = now;
        return false;
      });
    }
  }

  // How long from a click, or from the choice of a file, until there are new cards, their images
  // are decoded and all is painted; and how many images they are.
  let cards = null;
  async function watchCards(root, card) {
    const before = root.querySelector(card);
    const begun = await new Promise((done) => {
      const begin = ({ timeStamp }) => done(timeStamp);
      for (const type of ["click", "change"]) addEventListener(type, begin, { capture: true, once: true });
    });
    await new Promise((done) => {
      const changed = new MutationObserver(() => {
        const shown = root.querySelector(card);
        if (!shown || shown === before) return;
        changed.disconnect();
        done();
      });
      changed.observe(root, { childList: true, subtree: true });
    });
    const images = [...root.querySelectorAll("img")];
    await Promise.all(images.map((own) => own.decode()));
    return { taken: (await painted()) - begun, images: images.length };
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

  const drag = ([clientX, clientY]) => {
    const mouse = { pointerId: 1, pointerType: "mouse", isPrimary: true, buttons: 1 };
    const given = { ...mouse, clientX, clientY, bubbles: true, cancelable: true, composed: true };
    const target = elementAt(clientX, clientY);
    target.dispatchEvent(new PointerEvent("pointermove", given));
    target.dispatchEvent(new MouseEvent("mousemove", given));
  };

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
    watchParts: (wanted) => void watchParts(wanted),
    parts: () => parts,
    watchCards: (root, card) => void (cards = watchCards(document.querySelector(root), card)),
    cards: () => cards,
    painted,
    within: (selector) => void (ground = selector),
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
    drag: (places, longest) => everyFrame("pointermove", places, longest, drag),
    dragWork: (places, longest) => worked(places, longest, drag),
    // The same of a slider, by shares of its range.
    slide(selector, shares, longest) {
      const slider = document.querySelector(selector);
      const [low, high] = [Number(slider.min), Number(slider.max)];
      return worked(shares, longest, (share) => {
        slider.value = String(low + share * (high - low));
        lastMove = performance.now();
        slider.dispatchEvent(new InputEvent("input", { bubbles: true }));
      });
    },
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
      const draw = (place) => {
        new Uint32Array(image.data.buffer).fill(0xff000000 | (place * 4));
        if (put) pen.putImageData(image, 0, 0);
      };
      const found = await worked([...Array(frames).keys()], Infinity, (place) =>
        requestAnimationFrame(() => draw(place)),
      );
      canvas.remove();
      return found;
    },
  };
})();
