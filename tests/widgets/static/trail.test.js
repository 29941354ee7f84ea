import assert from "node:assert/strict";
import { test } from "node:test";
import { Trail, isSameVisit } from "../../../simnb/widgets/static/trail.js";

const query = (row) => ({ kind: "query", row });

test("a new trail leads nowhere", () => {
  const trail = new Trail();
  assert.deepEqual([trail.here, trail.canBack, trail.canForward, trail.back(), trail.forward()], [null, false, false, null, null]);
});

test("back and forward go over what was visited, and no farther", () => {
  const trail = new Trail();
  for (const row of [3, 1, 4]) trail.go(query(row));
  assert.deepEqual([trail.back(), trail.back(), trail.back()], [query(1), query(3), null]);
  assert.deepEqual(trail.here, query(3));
  assert.deepEqual([trail.forward(), trail.forward(), trail.forward()], [query(1), query(4), null]);
  assert.deepEqual([trail.canBack, trail.canForward], [true, false]);
});

test("a visit forgets what lay ahead", () => {
  const trail = new Trail();
  for (const row of [3, 1, 4]) trail.go(query(row));
  trail.back();
  trail.go(query(5));
  assert.equal(trail.canForward, false);
  assert.deepEqual(trail.back(), query(1));
});

test("the same again is no step, but a row of the index is not that of the queries", () => {
  const trail = new Trail();
  trail.go(query(3));
  trail.go(query(3));
  assert.equal(trail.canBack, false);
  trail.go({ kind: "item", row: 3 });
  assert.equal(trail.canBack, true);
});

test("visits are the same if both kind and row are", () => {
  assert.ok(isSameVisit(query(1), { ...query(1), more: true }));
  assert.ok(!isSameVisit(query(1), query(2)));
  assert.ok(!isSameVisit(query(1), { kind: "array", row: 1 }));
  assert.ok(!isSameVisit(query(1), null));
  assert.ok(!isSameVisit(undefined, query(1)));
});

test("whoever follows another's steps goes back and forward with it", () => {
  const trail = new Trail();
  for (const row of [3, 1, 4]) trail.follow(query(row));
  trail.follow(query(1));
  assert.deepEqual([trail.here, trail.canBack, trail.canForward], [query(1), true, true]);
  trail.follow(query(4));
  assert.deepEqual([trail.here, trail.canForward], [query(4), false]);
  trail.follow(query(9));
  assert.deepEqual(trail.back(), query(4));
});

test("the oldest visits are forgotten", () => {
  const trail = new Trail();
  for (let row = 0; row < 500; row++) trail.go(query(row));
  let steps = 0;
  while (trail.back()) steps++;
  assert.equal(steps, 199);
  assert.deepEqual(trail.here, query(300));
});
