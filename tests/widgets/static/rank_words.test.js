import assert from "node:assert/strict";
import { test } from "node:test";
import { answerWords, cardWords, changeWords, isWithin, itemName, markWords, rankChanges, whoWords } from "../../../simnb/widgets/static/rank_words.js";

const ranked = (...rows) => rows.map((row, place) => ({ row, rank: place + 1 }));

test("a change is by how much nearer an item stands than in the other list", () => {
  assert.deepEqual(rankChanges(ranked(7, 8, 9), ranked(9, 7, 5)), [1, null, -2]);
  assert.deepEqual(rankChanges([], ranked(1)), []);
  assert.deepEqual(rankChanges(ranked(4, 2), ranked(4, 2)), [0, 0]);
});

test("changes have a sign that is seen and words that are heard", () => {
  assert.deepEqual(changeWords(2, "new"), ["▲2", "up 2"]);
  assert.deepEqual(changeWords(-1, "new"), ["▼1", "down 1"]);
  assert.deepEqual(changeWords(0, "new"), ["=", "same rank"]);
  assert.deepEqual(changeWords(null, "gone"), ["gone", "gone"]);
});

test("what is at the threshold is within it, whichever way is nearer", () => {
  assert.deepEqual([0.4, 0.5, 0.6].map((own) => isWithin(own, 0.5, false)), [true, true, false]);
  assert.deepEqual([0.4, 0.5, 0.6].map((own) => isWithin(own, 0.5, true)), [false, true, true]);
  assert.ok(isWithin(9, null, false));
  assert.ok(!isWithin(null, 0.5, false));
});

test("right and wrong are words too, and what is neither says nothing", () => {
  assert.deepEqual([true, false, null].map(markWords), ["✓ same", "✗ other", ""]);
});

test("a card in words has all that the eye sees", () => {
  const item = { rank: 3, row: 5, id: 50, label: "cat", right: false, distance: 0.123456 };
  const more = { distance: "distance", within: true, change: "" };
  assert.equal(cardWords(item, more), "3. cat, other label, distance 0.1235");
  assert.equal(cardWords(item, { ...more, within: false, change: "up 2" }), "3. cat, other label, distance 0.1235, beyond the threshold, up 2");
  assert.equal(cardWords({ ...item, label: null, right: null, distance: null }, more), "3. item 50, distance unknown");
});

test("an item without a label is called by its id or row", () => {
  assert.equal(itemName({ row: 4, id: 7, label: null }), "item 7");
  assert.equal(itemName({ row: 4, label: null }), "item 4");
  assert.equal(itemName({ row: 4, label: "a\u202eb" }), "a⟨U+202E⟩b");
});

test("who is looked at is a query, an item or the reader's own", () => {
  assert.deepEqual(["query", "item", "array"].map((kind) => whoWords({ kind, row: 1234 })), ["Query 1,234", "Item 1,234", "Your own query"]);
});

test("the line tells how many are right, beyond, and how good that is", () => {
  const who = { kind: "query", row: 7, label: "cat" };
  const ranks = [{ rank: 1, right: true }, { rank: 2, right: false }];
  const answer = { who, ranks, friends: ranks.slice(1), summary: { average_precision: 0.5 }, mode: "nearest" };
  assert.equal(answerWords(answer, 1), "Query 7, label cat · 1 of 2 neighbours of the same label · average precision 0.5 · 1 beyond the threshold");
  assert.equal(answerWords({ ...answer, mode: "false friends" }, 0), "Query 7, label cat · 1 false friend, the nearest at rank 2");
  assert.equal(answerWords({ ...answer, friends: [], mode: "false friends" }, 0), "Query 7, label cat · 0 false friends");
  const plain = { who: { kind: "array", row: null, label: null }, ranks: [{ rank: 1, right: null }], friends: [], summary: null, mode: "nearest" };
  assert.equal(answerWords(plain, 0), "Your own query · 1 neighbour");
});
