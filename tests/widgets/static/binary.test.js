import assert from "node:assert/strict";
import { test } from "node:test";
import { decode, encode } from "../../../simnb/widgets/static/binary.js";

const arrays = [
  Uint8Array.of(0, 255, 7),
  Uint16Array.of(0, 65535, 7),
  Uint32Array.of(0, 4294967295, 7),
  Int32Array.of(-2147483648, 2147483647, 7),
  Float32Array.of(-1.5, NaN, Infinity),
];

for (const array of arrays) {
  const kind = array.constructor.name;

  test(`${kind} comes back equal`, () => {
    const packed = encode(array);
    assert.equal(packed.dtype, kind.replace("Array", "").toLowerCase());
    assert.deepEqual(packed.shape, [3]);
    assert.ok(packed.view instanceof DataView);
    assert.deepEqual(decode(packed), array);
  });

  test(`${kind} is read wherever it starts in a message`, () => {
    for (let offset = 0; offset < 9; offset++) {
      const message = new Uint8Array(array.byteLength + offset + 3);
      message.set(new Uint8Array(array.buffer), offset);
      const view = new DataView(message.buffer, offset, array.byteLength);
      const read = decode({ view, dtype: encode(array).dtype, shape: [3] });
      assert.deepEqual(read, array);
      const isShared = read.buffer === message.buffer;
      assert.equal(isShared, offset % array.BYTES_PER_ELEMENT === 0);
    }
  });
}

test("a part of an array is encoded as that part only", () => {
  const part = Uint32Array.of(1, 2, 3, 4).subarray(1, 3);
  assert.equal(encode(part).view.byteLength, 8);
  assert.deepEqual(Array.from(decode(encode(part))), [2, 3]);
});

test("a shape of several sides is kept, and counts all elements", () => {
  const packed = encode(new Float32Array(6), [3, 2]);
  assert.deepEqual(packed.shape, [3, 2]);
  assert.equal(decode(packed).length, 6);
});

test("an empty array comes back empty", () => {
  assert.equal(decode(encode(new Uint32Array(0))).length, 0);
  assert.equal(decode({ view: new DataView(new ArrayBuffer(0)), dtype: "float32", shape: [0, 2] }).length, 0);
});

test("what does not fit is refused", () => {
  const view = new DataView(new ArrayBuffer(8));
  assert.throws(() => decode({ view, dtype: "int64", shape: [1] }), /dtype.*int64/);
  assert.throws(() => decode({ view, dtype: "uint16", shape: [3] }), /\[3\] does not fill 8 bytes/);
  assert.throws(() => decode({ view, dtype: "uint32", shape: [1] }), /does not fill/);
  assert.throws(() => encode(new BigInt64Array(1)), /int64/);
});

test("a buffer that was given away is refused, not read as zeros", () => {
  const view = new DataView(new ArrayBuffer(8));
  structuredClone(view.buffer, { transfer: [view.buffer] });
  assert.throws(() => decode({ view, dtype: "uint8", shape: [8] }), TypeError);
});
