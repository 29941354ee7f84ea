import assert from "node:assert/strict";
import { test } from "node:test";

import { Confusions } from "../../../simnb/widgets/static/confusions.js";
import { generator } from "./points.js";

/** Queries of `classes` classes, of which the last is not in the index. */
function someQueries(count, classes, seed) {
  const random = generator(seed);
  const any = (below) => Math.floor(random() * below);
  const truth = Array.from({ length: count }, () => any(classes));
  const answer = truth.map((own) => (own < classes - 1 && random() < 0.7 ? own : any(Math.max(1, classes - 1))));
  const answered = Math.floor(count * 0.9);
  const kinds = truth.map((own, query) => (query < answered && own === answer[query] ? 1 : 0) | (own === classes - 1 && classes > 1 ? 2 : 0));
  return { truth, answer, kinds, classes, answered };
}

const made = (own) => new Confusions(own.truth, own.answer, own.kinds, own.classes, own.answered);

test("counts are those of plain loops, whichever way the threshold went", () => {
  for (const classes of [1, 2, 9, 300]) {
    const own = someQueries(400, classes, classes);
    const found = made(own);
    const random = generator(8);
    for (let move = 0; move < 20; move++) {
      const given = move < 2 ? move * own.answered : Math.floor(random() * (own.answered + 1));
      found.move(given);
      const matrix = new Map();
      own.truth.forEach((truth, query) => {
        const key = `${truth} ${query < given ? own.answer[query] : classes}`;
        matrix.set(key, (matrix.get(key) ?? 0) + 1);
      });
      for (const truth of new Set(own.truth)) {
        for (let answer = 0; answer <= classes; answer++) assert.equal(found.count(truth, answer), matrix.get(`${truth} ${answer}`) ?? 0);
        const missed = own.truth.filter((other, query) => other === truth && query >= given && own.kinds[query] & 1).length;
        assert.equal(found.missed[truth], missed);
        const queries = own.truth.filter((other) => other === truth).length;
        const wrong = own.truth.filter((other, query) => other === truth && query < given && !(own.kinds[query] & 1)).length;
        const right = own.truth.filter((other, query) => other === truth && query < given && own.kinds[query] & 1).length;
        assert.deepEqual(found.ratesOf(truth), {
          queries, wrong, missed,
          precision: right + wrong ? right / (right + wrong) : 1,
          recall: right + missed ? right / (right + missed) : 0,
          f1: right + wrong + missed ? (2 * right) / (2 * right + wrong + missed) : 0,
          coverage: (right + wrong) / queries,
          accuracy: right / queries,
        });
      }
    }
  }
});

test("a class is unknown when its queries are", () => {
  assert.deepEqual([...made(someQueries(200, 4, 1)).isUnknown], [0, 0, 0, 1]);
});

test("the largest confusions come first, and none that is right", () => {
  const own = someQueries(2000, 6, 3);
  const found = made(own);
  found.move(1500);
  const counts = new Map();
  for (let query = 0; query < 1500; query++) {
    const key = `${own.truth[query]} ${own.answer[query]}`;
    if (own.truth[query] !== own.answer[query]) counts.set(key, (counts.get(key) ?? 0) + 1);
  }
  const largest = found.largest(5);
  assert.deepEqual(largest.map(({ count }) => count), [...counts.values()].sort((a, b) => b - a).slice(0, 5));
  for (const { truth, answer, count } of largest) assert.equal(counts.get(`${truth} ${answer}`), count);
  found.move(0);
  assert.deepEqual(found.largest(5), []);
});

test("classes without a mistake at any threshold are not mistakable", () => {
  const found = new Confusions([0, 1, 2, 3], [0, 2, 2, 0], [1, 0, 1, 0], 5, 3);
  assert.deepEqual(found.mistakable(), [1, 2]);
});

test("queries of a kind are those that plain loops find", () => {
  const own = someQueries(300, 5, 7);
  const found = made(own);
  found.move(140);
  const isRight = (query) => (own.kinds[query] & 1) === 1;
  const kinds = {
    wrong: (query) => query < 140 && !isRight(query),
    missed: (query) => query >= 140 && isRight(query),
    right: (query) => query < 140 && isRight(query),
    withheld: (query) => query >= 140,
  };
  for (const [kind, wanted] of Object.entries(kinds)) {
    for (const truth of [null, 0, 4]) {
      for (const answer of [null, 0, 3]) {
        const expected = [...own.truth.keys()].filter((query) => wanted(query) &&
          (truth === null || own.truth[query] === truth) && (answer === null || (query < own.answered && own.answer[query] === answer)));
        assert.deepEqual(found.queriesOf(kind, truth, answer), expected);
      }
    }
  }
});
