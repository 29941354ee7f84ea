import assert from "node:assert/strict";
import { test } from "node:test";
import { LossOrders, lossLinks, lossPartners } from "../../../simnb/widgets/static/loss_orders.js";
import { generator } from "./points.js";

/** Orders whose answers the test gives, one by one. */
function orders() {
  const asked = [];
  const answered = [];
  const queue = new LossOrders(
    (content) => new Promise((resolve, reject) => asked.push({ content, resolve, reject })),
    (kind, error) => answered.push([kind, error?.message ?? null]),
  );
  const answer = async (error) => {
    const last = asked.at(-1);
    if (error) last.reject(new Error(error));
    else last.resolve({});
    await new Promise(setImmediate);
  };
  return { queue, asked, answered, answer, contents: () => asked.map(({ content }) => content) };
}

test("at most one thing is asked at a time, and of what waits the latest", async () => {
  const { queue, contents, answer, answered } = orders();
  for (let x = 0; x < 50; x++) queue.send("move", { x, begin: x === 0 });
  assert.deepEqual(contents(), [{ x: 0, begin: true }]);
  await answer();
  assert.deepEqual(contents(), [{ x: 0, begin: true }, { x: 49, begin: false }]);
  assert.ok(queue.isOpen("move") && queue.isOpen());
  await answer();
  assert.equal(contents().length, 2);
  assert.ok(!queue.isOpen("move") && !queue.isOpen());
  assert.deepEqual(answered, [["move", null], ["move", null]]);
});

test("a beginning is not lost with the order that is replaced", async () => {
  const { queue, contents, answer } = orders();
  queue.send("step", {});
  queue.send("move", { x: 1, begin: true });
  queue.send("move", { x: 2, begin: false });
  await answer();
  assert.deepEqual(contents()[1], { x: 2, begin: true });
});

test("things of different kinds keep their order", async () => {
  const { queue, contents, answer } = orders();
  for (const kind of ["a", "b", "c", "b"]) queue.send(kind, { kind });
  for (let k = 0; k < 3; k++) await answer();
  assert.deepEqual(contents().map(({ kind }) => kind), ["a", "b", "c"]);
});

test("a refusal is told, and what waits is asked all the same", async () => {
  const { queue, contents, answer, answered } = orders();
  queue.send("a", { n: 1 });
  queue.send("a", { n: 2 });
  await answer("no");
  assert.deepEqual(answered, [["a", "no"]]);
  assert.equal(contents().length, 2);
  await answer();
  assert.deepEqual(answered[1], ["a", null]);
  assert.ok(!queue.isOpen());
});

test("once closed it asks for nothing more", async () => {
  const { queue, contents, answer } = orders();
  queue.send("a", { n: 1 });
  queue.send("a", { n: 2 });
  queue.close();
  await answer();
  assert.equal(contents().length, 1);
});

const PAIRS = [
  [0, 0.5, -0.2, 0],
  [0.25, 0, 0, -1],
  [-0.2, 0, 0, 0],
  [0, 0, 0, 0],
];

test("each pair is one line of the weights of both its anchors, gentle ones first", () => {
  assert.deepEqual(lossLinks(PAIRS.flat(), 4), [
    { from: 0, to: 2, weight: -0.4, share: 0.4 },
    { from: 0, to: 1, weight: 0.75, share: 0.75 },
    { from: 1, to: 3, weight: -1, share: 1 },
  ]);
});

test("the lines of one anchor have its own weights alone", () => {
  assert.deepEqual(lossLinks(PAIRS.flat(), 4, 0), [
    { from: 0, to: 2, weight: -0.2, share: 0.4 },
    { from: 0, to: 1, weight: 0.5, share: 1 },
  ]);
  assert.deepEqual(lossLinks(PAIRS.flat(), 4, 3), []);
  assert.deepEqual(lossLinks([], 0), []);
});

test("a pair that is nothing beside the hardest is not drawn", () => {
  assert.deepEqual(lossLinks([0, 1, 1e-4, 0, 0, 0, 0, 0, 0], 3).map(({ to }) => to), [1]);
});

test("of partners that are equal the first comes first", () => {
  const { pulled, pushed } = lossPartners([0, 1, -1, 1, -1, ...Array(20).fill(0)], 5, 0);
  assert.deepEqual([pulled, pushed].map((links) => links.map(({ to }) => to)), [[1, 3], [2, 4]]);
});

test("partners are parted by what happens to them, the hardest first", () => {
  const random = generator(5);
  for (let round = 0; round < 50; round++) {
    const pairs = Array.from({ length: 36 }, () => (random() < 0.3 ? 0 : random() - 0.5));
    const { pulled, pushed } = lossPartners(pairs, 6, 2);
    const row = pairs.slice(12, 18).map((weight, to) => ({ weight, to })).filter(({ weight, to }) => to !== 2);
    const most = Math.max(...row.map(({ weight }) => Math.abs(weight)));
    const wanted = row.filter(({ weight }) => Math.abs(weight) > 1e-3 * most).sort((a, b) => Math.abs(b.weight) - Math.abs(a.weight));
    assert.deepEqual(pulled.map(({ to }) => to), wanted.filter(({ weight }) => weight > 0).map(({ to }) => to));
    assert.deepEqual(pushed.map(({ to }) => to), wanted.filter(({ weight }) => weight < 0).map(({ to }) => to));
  }
});
