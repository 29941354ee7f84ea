import assert from "node:assert/strict";
import { test } from "node:test";
import { shortNumber, thousands, visibleText } from "../../../simnb/widgets/static/words.js";

test("plain text of any script stays as it is", () => {
  for (const text of ["", "cat 7", "żółć", "猫", "قطة", "🐈", "<b>&amp;</b>", "e\u0301", "␀"]) {
    assert.equal(visibleText(text), text);
  }
});

test("every character that controls, reorders or hides text becomes visible", () => {
  const hidden = [0x7f, 0xad, 0x61c, 0x200b, 0x200c, 0x200d, 0x200e, 0x200f, 0x2060, 0xfeff, 0xe0041];
  for (let code = 0; code < 0x20; code++) if (![9, 10, 13].includes(code)) hidden.push(code);
  for (let code = 0x80; code < 0xa0; code++) hidden.push(code);
  for (let code = 0x202a; code <= 0x202e; code++) hidden.push(code);
  for (let code = 0x2066; code <= 0x2069; code++) hidden.push(code);
  for (const code of hidden) {
    const shown = visibleText(`a${String.fromCodePoint(code)}b`);
    assert.match(shown, /^a[⟨⟩+\p{L}\p{N}\p{So}]+b$/u, code.toString(16));
    assert.doesNotMatch(shown, /[\p{Cc}\p{Cf}]/u);
    assert.equal(visibleText(shown), shown);
  }
});

test("stand-ins say which character it was", () => {
  assert.equal(visibleText("\0\x1b\x7f"), "␀␛␡");
  assert.equal(visibleText("a\u202eb\x85\u{e0041}"), "a⟨U+202E⟩b⟨U+0085⟩⟨U+E0041⟩");
  assert.equal(visibleText("\ud800"), "⟨U+D800⟩");
});

test("line breaks and tabs become one space each", () => {
  assert.equal(visibleText("a\r\nb\nc\td\re\u2028f"), "a b c d e f");
});

test("what is not text is written as text", () => {
  assert.deepEqual([7, null, undefined, true].map(visibleText), ["7", "null", "undefined", "true"]);
});

test("thousands are parted by commas, wherever the reader is", () => {
  assert.deepEqual([0, 999, 1000, 1234567, -12345].map(thousands), ["0", "999", "1,000", "1,234,567", "-12,345"]);
});

test("short numbers have at most four significant digits and are otherwise exact", () => {
  const expected = {
    0: "0", 7: "7", "-7.5": "-7.5", 0.12345: "0.1235", 12345.6: "12350", 0.1: "0.1", 0.0001: "0.0001",
    0.00001234567: "1.235e-5", 1234567: "1.235e+6", "-999960": "-1e+6", 999940: "999900",
  };
  for (const [number, text] of Object.entries(expected)) assert.equal(shortNumber(Number(number)), text);
  assert.deepEqual([-0, NaN, Infinity, -Infinity, 5e-324].map(shortNumber), ["0", "NaN", "∞", "-∞", "5e-324"]);
  assert.equal(shortNumber(Math.fround(0.1)), "0.1");
});
