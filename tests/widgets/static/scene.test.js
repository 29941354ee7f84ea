import assert from "node:assert/strict";
import test from "node:test";

import { CHOSEN, FAINT, HIDDEN, PLAIN, SHAPES, packColor } from "../../../simnb/widgets/static/raster.js";
import { Scene } from "../../../simnb/widgets/static/scene.js";

function sceneOf(codes = [0, 1, 2, 0, 1, 2]) {
  const scene = new Scene(codes.length);
  scene.setColumn(Uint8Array.from(codes), ["a", "b", "c"], ["#ff0000", "#00ff00", "#0000ff"], null);
  return scene;
}

function statesAfter(change) {
  const scene = sceneOf();
  change(scene);
  scene.update();
  return [...scene.states];
}

test("at first all points are plain", () => {
  assert.deepEqual(statesAfter(() => {}), Array(6).fill(PLAIN));
});

test("a selection stands out and the rest is faint", () => {
  const states = statesAfter((scene) => (scene.selection = Uint32Array.of(1, 5)));
  assert.deepEqual(states, [FAINT, CHOSEN, FAINT, FAINT, FAINT, CHOSEN]);
});

test("what a search finds stays, beside a selection too; a search that finds nothing leaves nothing", () => {
  assert.deepEqual(statesAfter((scene) => (scene.hits = Uint32Array.of(0))), [PLAIN, FAINT, FAINT, FAINT, FAINT, FAINT]);
  const both = statesAfter((scene) => Object.assign(scene, { hits: Uint32Array.of(0, 1), selection: Uint32Array.of(1) }));
  assert.deepEqual(both, [PLAIN, CHOSEN, FAINT, FAINT, FAINT, FAINT]);
  assert.deepEqual(statesAfter((scene) => (scene.hits = new Uint32Array(0))), Array(6).fill(FAINT));
});

test("what is withheld at a threshold is faint, also where a search finds it; not what is selected", () => {
  const answers = { answers: Float64Array.of(0.1, 0.2, 0.3, 0.3, Infinity, 0.4), limit: 0.3 };
  const scene = sceneOf();
  Object.assign(scene, answers).update();
  assert.deepEqual([...scene.states], [PLAIN, PLAIN, PLAIN, PLAIN, FAINT, FAINT]);
  assert.equal(scene.withheld, 2);
  scene.hits = Uint32Array.of(0, 4);
  scene.selection = Uint32Array.of(5);
  scene.update();
  assert.deepEqual([...scene.states], [PLAIN, FAINT, FAINT, FAINT, FAINT, CHOSEN]);
  assert.equal(scene.summary(), "6 points · 2 beyond the threshold · 2 found · 1 selected: c 1");
});

test("what the legend hides is not there, selected or found", () => {
  const states = statesAfter((scene) => {
    scene.hidden.add(1);
    scene.selection = Uint32Array.of(1, 2);
    scene.hits = Uint32Array.of(4);
  });
  assert.deepEqual(states, [FAINT, HIDDEN, CHOSEN, FAINT, HIDDEN, FAINT]);
});

test("another column shows all again", () => {
  const scene = sceneOf();
  scene.hidden.add(0);
  scene.setColumn(Uint8Array.from([0, 0, 1, 1, 1, 1]), ["x", "y"], ["#000000", "#ffffff"], null);
  scene.update();
  assert.deepEqual([...scene.states], Array(6).fill(PLAIN));
  assert.deepEqual([...scene.sizes], [2, 4]);
});

test("the first seven categories have no colour and shape in common with each other", () => {
  const scene = sceneOf();
  assert.deepEqual([0, 5, 6, 11, 12].map((code) => scene.shapeOf(code)), [0, 0, 1, 1, 2]);
  assert.equal(scene.shapeOf(6 * SHAPES.length), 0);
  scene.setColumn(Uint8Array.from([0, 0, 0, 0, 0, 200]), [], Array(256).fill("#123456"), null);
  assert.equal(scene.categorical, false);
  assert.equal(scene.shapeOf(200), 0);
});

test("faint colours lie between the colour and the background", () => {
  const { plain, faint } = sceneOf().palette("#ffffff");
  assert.equal(plain[0], packColor("#ff0000"));
  const [red, green, blue] = new Uint8Array(faint.buffer);
  assert.ok(red === 255 && green > 128 && green < 255 && blue === green);
});

test("a selection is counted by category, the largest first", () => {
  const scene = sceneOf();
  scene.selection = Uint32Array.of(0, 1, 4, 5);
  assert.deepEqual(scene.selectedByName(), [["b", 2], ["a", 1], ["c", 1]]);
});
