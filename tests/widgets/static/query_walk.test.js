import assert from "node:assert/strict";
import { test } from "node:test";
import { QueryWalk } from "../../../simnb/widgets/static/query_walk.js";

/** A walk over a model without Python; `told` is what it asked of its view, `saved` how often it saved. */
function walkOf(state = {}) {
  const model = {
    state: { query: 0, item: null, _brought: 0, ...state },
    saved: 0,
    get: (name) => model.state[name],
    set: (name, value) => (model.state[name] = value),
    save_changes: () => model.saved++,
  };
  const told = [];
  const walk = new QueryWalk(model, { ask: () => told.push(walk.here), leave: () => told.push(null), refuse: (why) => told.push(why) });
  return { walk, model, told };
}

const query = (row) => ({ kind: "query", row });
const soon = () => new Promise((done) => setTimeout(done));

test("at first it is where Python is", async () => {
  const { walk, told } = walkOf({ query: 4 });
  walk.follow(true);
  assert.deepEqual(told, []); // not before all of a message is there
  await soon();
  assert.deepEqual(told, [query(4)]);
});

test("a step is told to Python and asked for once, though the model tells of it too", async () => {
  const { walk, model, told } = walkOf();
  walk.go(query(7));
  walk.follow(false);
  await soon();
  assert.deepEqual([model.state.query, model.saved, told], [7, 1, [query(7)]]);
});

test("what changes in one message is asked for once", async () => {
  const { walk, model, told } = walkOf();
  model.state.query = 3;
  walk.follow(false);
  model.state.k = 20;
  walk.follow(true);
  await soon();
  assert.deepEqual(told, [query(3)]);
  walk.follow(true);
  await soon();
  assert.equal(told.length, 2);
});

test("an item becomes the query, and a query takes it away again", () => {
  const { walk, model, told } = walkOf();
  walk.go(query(1));
  walk.go({ kind: "item", row: 5 });
  assert.equal(model.state.item, 5);
  walk.back();
  assert.deepEqual([model.state.query, model.state.item], [1, null]);
  walk.forward();
  assert.equal(model.state.item, 5);
  assert.deepEqual(told.map(({ row }) => row), [1, 5, 1, 5]);
});

test("where Python shows nothing, nothing is shown, and then what is chosen", async () => {
  const { walk, model, told } = walkOf();
  walk.go(query(1));
  model.state.query = null;
  walk.follow(false);
  await soon();
  assert.equal(told.at(-1), null);
  walk.go(query(1));
  assert.deepEqual(told.at(-1), query(1));
});

test("what was brought is sent again on the way back to it", async () => {
  const { walk, model, told } = walkOf();
  let sent = 0;
  const send = async () => {
    sent++;
    Object.assign(model.state, { query: null, _brought: 10 + sent });
    walk.follow(false); // as the model tells
    await soon();
  };
  await walk.bring(send);
  assert.deepEqual(told.map(({ kind, row }) => [kind, row]), [["array", 11]]);
  walk.go(query(2));
  walk.back();
  await soon();
  await soon();
  assert.equal(sent, 2);
  assert.deepEqual([told.at(-1).kind, told.at(-1).row], ["array", 12]);
});

test("what cannot be brought back is told", async () => {
  const { walk, told } = walkOf();
  let fails = false;
  await walk.bring(async () => {
    if (fails) throw new Error("too late");
  });
  walk.go(query(2));
  fails = true;
  walk.back();
  await soon();
  assert.equal(told.at(-1), "too late");
});

test("when the index has changed, the way back is forgotten", async () => {
  const { walk, model, told } = walkOf();
  walk.go(query(1));
  walk.go(query(2));
  model.state.query = 1; // where 2 is now
  walk.renew();
  await soon();
  assert.deepEqual(told.at(-1), query(1));
  assert.deepEqual([told.length, walk.trail.canBack, walk.trail.canForward], [3, false, false]);
});
