// The front end of ipywidgets and anywidget, without Jupyter: one model, any number of views.
// What it does with events, echoes, throttling and buffers is what theirs do.
"use strict";

const bare = (() => {
  const LONGEST = 10 * 2 ** 20; // Jupyter's server drops what is longer, and says nothing.

  const fromBase64 = (text) => {
    if (Uint8Array.fromBase64) return Uint8Array.fromBase64(text);
    return Uint8Array.from(atob(text), (letter) => letter.charCodeAt(0));
  };
  const toBase64 = (bytes) => {
    if (bytes.toBase64) return bytes.toBase64();
    let letters = "";
    for (let i = 0; i < bytes.length; i += 32768)
      letters += String.fromCharCode(...bytes.subarray(i, i + 32768));
    return btoa(letters);
  };
  const isBinary = (own) => own instanceof ArrayBuffer || ArrayBuffer.isView(own);
  const bytesOf = (own) => new Uint8Array(ArrayBuffer.isView(own) ? own.buffer : own);

  // As lodash, which compares what is under a view, and where the view begins.
  function isEqual(a, b) {
    if (Object.is(a, b)) return true;
    if (typeof a !== "object" || typeof b !== "object" || !a || !b) return false;
    if (a.constructor !== b.constructor) return false;
    if (isBinary(a)) {
      const [own, other] = [bytesOf(a), bytesOf(b)];
      return (
        a.byteOffset === b.byteOffset &&
        own.length === other.length &&
        own.every((byte, i) => byte === other[i])
      );
    }
    const names = Object.keys(a);
    return (
      names.length === Object.keys(b).length &&
      names.every((name) => name in b && isEqual(a[name], b[name]))
    );
  }

  // Jupyter sends the whole buffer under a view, whichever part of it the view shows.
  function whole(own) {
    if (ArrayBuffer.isView(own) && own.byteLength !== own.buffer.byteLength)
      console.error(`bare page: a view of ${own.byteLength} of ${own.buffer.byteLength} bytes`);
    return bytesOf(own);
  }

  function withoutBuffers(value, path, paths, buffers) {
    if (isBinary(value)) {
      paths.push(path);
      buffers.push(whole(value));
      return null;
    }
    if (Array.isArray(value))
      return value.map((own, i) => withoutBuffers(own, [...path, i], paths, buffers));
    if (value?.constructor !== Object) return value;
    const entries = Object.entries(value).map(([name, own]) => [
      name,
      withoutBuffers(own, [...path, name], paths, buffers),
    ]);
    return Object.fromEntries(entries);
  }

  function putBuffers(state, paths, buffers) {
    paths.forEach((path, i) => {
      let place = state;
      for (const name of path.slice(0, -1)) place = place[name];
      place[path.at(-1)] = buffers[i];
    });
    return state;
  }

  class Model {
    constructor(state, post) {
      this.attributes = state;
      this.post = post;
      this.handlers = [];
      this.live = true;
      this.pending = 0; // messages that Python has not finished
      this.unsent = {}; // what was set since the last `save_changes`
      this.waiting = null; // what was saved while a message was pending
      this.echoes = new Map(); // name → the message whose echo is the first to be believed
      this.locked = null;
      this.changed = {};
      this.changing = false;
    }

    on(names, callback, context) {
      for (const name of names.split(" ")) this.handlers.push({ name, callback, context });
    }

    off(names, callback, context) {
      this.handlers = this.handlers.filter(
        (own) =>
          (names && !names.split(" ").includes(own.name)) ||
          (callback && callback !== own.callback) ||
          (context && context !== own.context),
      );
    }

    trigger(name, ...values) {
      for (const own of this.handlers.filter((own) => own.name === name))
        own.callback.apply(own.context ?? this, values);
    }

    get(name) {
      return this.attributes[name];
    }

    set(name, value) {
      const given = typeof name === "object" ? name : { [name]: value };
      const outermost = !this.changing;
      if (outermost) {
        this.previous = { ...this.attributes };
        this.changed = {};
      }
      this.changing = true;
      try {
        const names = Object.keys(given).filter((own) => {
          const differs = !isEqual(this.attributes[own], given[own]);
          if (isEqual(this.previous[own], given[own])) delete this.changed[own];
          else this.changed[own] = given[own];
          this.attributes[own] = given[own];
          return differs;
        });
        if (names.length) this.unannounced = true;
        for (const own of names) this.trigger(`change:${own}`, this, this.attributes[own], {});
        while (outermost && this.unannounced) {
          this.unannounced = false;
          this.trigger("change", this, {});
        }
      } finally {
        // A `set` within a listener ends this one too, and its "change" is never heard.
        this.changing = this.unannounced = false;
      }
      for (const [own, now] of Object.entries(this.changed))
        if (!(this.locked && own in this.locked && this.locked[own] === now))
          this.unsent[own] = now;
    }

    save_changes() {
      if (!this.live) return;
      const state = structuredClone(this.unsent);
      this.unsent = {};
      if (!Object.keys(state).length) return;
      if (this.pending) this.waiting = { ...this.waiting, ...state };
      else this.update(state);
    }

    update(state) {
      const [paths, buffers] = [[], []];
      const plain = withoutBuffers(state, [], paths, buffers);
      const id = this.post({ method: "update", state: plain, buffer_paths: paths }, buffers);
      for (const name of Object.keys(state)) this.echoes.set(name, id);
      this.pending += 1;
    }

    send(content, callbacks, buffers = []) {
      if (!this.live) throw new Error("Cannot send");
      this.post({ method: "custom", content }, buffers.map(whole));
    }

    finished() {
      this.pending -= 1;
      if (!this.waiting || this.pending) return;
      const state = this.waiting;
      this.waiting = null;
      this.update(state);
    }

    receive({ data, buffers, parent }) {
      if (data.method === "custom") return this.trigger("msg:custom", data.content, buffers);
      const state = putBuffers(data.state, data.buffer_paths ?? [], buffers);
      if (data.method === "echo_update")
        for (const name of Object.keys(state).filter((own) => this.echoes.has(own))) {
          const mine = this.echoes.get(name) === parent;
          if (mine) this.echoes.delete(name);
          if (!mine || (this.waiting && name in this.waiting)) delete state[name];
        }
      this.locked = state;
      try {
        this.set(state);
      } finally {
        this.locked = null;
      }
    }

    // What anywidget 0.9 hands to `render`; `context` is whose listeners they are.
    proxy(context) {
      return {
        get: (name) => this.get(name),
        set: (name, value) => this.set(name, value),
        save_changes: () => this.save_changes(),
        send: (...values) => this.send(...values),
        on: (names, callback) => this.on(names, callback, context),
        off: (names, callback) => this.off(names, callback, context),
      };
    }
  }

  const views = [];
  const outbox = [];
  let [model, definition, wake, offset, count] = [null, null, () => {}, 0, 0];

  function post(data, buffers) {
    const id = `message ${(count += 1)}`;
    const size = JSON.stringify(data).length + buffers.reduce((sum, own) => sum + own.length, 0);
    if (size > LONGEST) console.error(`bare page: Jupyter would drop a message of ${size} bytes`);
    outbox.push({ id, data, buffers: buffers.map(toBase64) });
    wake();
    return id;
  }

  function decoded(text) {
    const bytes = fromBase64(text);
    if (!offset) return new DataView(bytes.buffer);
    const shifted = new Uint8Array(bytes.length + offset);
    shifted.set(bytes, offset);
    return new DataView(shifted.buffer, offset);
  }

  function deliver(item) {
    try {
      if (item.idle) model.finished();
      else if (item.closed) close();
      else model.receive({ ...item, buffers: item.buffers.map(decoded) });
    } catch (error) {
      console.error(error);
    }
  }

  let turn = Promise.resolve();
  // Give Python what waits here and take what waits there; say whether there was anything.
  function exchange() {
    turn = turn.then(async () => {
      const sent = outbox.splice(0);
      const items = await simnbExchange(sent);
      items.forEach(deliver);
      return sent.length + items.length + outbox.length > 0;
    });
    return turn;
  }

  async function converse(pause) {
    for (;;) {
      if (await exchange()) continue;
      await new Promise((done) => {
        wake = done;
        setTimeout(done, pause);
      });
    }
  }

  // Until nothing is under way in either direction, and what came of it is drawn.
  async function settle() {
    while ((await exchange()) || model.pending);
    for (let i = 0; i < 2; i += 1) await new Promise(requestAnimationFrame);
  }

  async function open({ data, buffers, pause, misalign }) {
    offset = misalign;
    const state = putBuffers(data.state, data.buffer_paths, buffers.map(decoded));
    performance.mark("arrived");
    model = new Model(state, post);
    const style = document.head.appendChild(document.createElement("style"));
    style.textContent = state._css ?? "";
    const url = URL.createObjectURL(new Blob([state._esm], { type: "text/javascript" }));
    const loaded = (await import(url)).default;
    URL.revokeObjectURL(url);
    definition = typeof loaded === "function" ? await loaded() : loaded;
    await definition.initialize?.({ model: model.proxy(model) });
    converse(pause);
  }

  async function addView() {
    const el = document.createElement("div");
    el.className = "jupyter-widgets bare-view";
    document.querySelector("main").append(el);
    const view = { el };
    views.push(view);
    view.clean = await definition.render({ model: model.proxy(view), el });
  }

  async function removeView(view) {
    model.off(null, null, view);
    await view.clean?.();
    view.el.remove();
    views.splice(views.indexOf(view), 1);
  }

  async function close() {
    model.live = false;
    model.trigger("destroy", model);
    for (const view of [...views]) await removeView(view);
  }

  function disconnect() {
    model.live = false;
    model.trigger("comm_live_update");
  }

  return {
    open,
    addView,
    settle,
    disconnect,
    removeView: (place) => removeView(views[place]),
    get: (name) => model.get(name),
    set(state) {
      model.set(state);
      model.save_changes();
    },
    listeners: () => model.handlers.length,
  };
})();
