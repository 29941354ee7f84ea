const ARRAY_KINDS = {
  uint8: Uint8Array,
  uint16: Uint16Array,
  uint32: Uint32Array,
  int32: Int32Array,
  float32: Float32Array,
  float64: Float64Array,
};

/**
 * The array that a `{view, dtype, shape}` trait holds; copied only if it is misaligned.
 * @param {{view: DataView, dtype: string, shape: number[]}} packed
 * @returns {Uint8Array|Uint16Array|Uint32Array|Int32Array|Float32Array|Float64Array}
 */
export function decode({ view, dtype, shape }) {
  const Kind = ARRAY_KINDS[dtype];
  if (!Kind) throw new Error(`dtype must be one of ${Object.keys(ARRAY_KINDS)}. Received: ${dtype}`);
  const { buffer, byteOffset, byteLength } = view;
  const size = Kind.BYTES_PER_ELEMENT;
  const length = shape.reduce((product, side) => product * side, 1);
  if (length * size !== byteLength) {
    throw new Error(`${dtype} of shape [${shape}] does not fill ${byteLength} bytes`);
  }
  if (byteOffset % size === 0) return new Kind(buffer, byteOffset, length);
  return new Kind(buffer.slice(byteOffset, byteOffset + byteLength));
}

/**
 * The `{view, dtype, shape}` form of an array, which shares its memory.
 * @param {Uint8Array|Uint16Array|Uint32Array|Int32Array|Float32Array|Float64Array} array
 * @param {number[]} [shape]
 * @returns {{view: DataView, dtype: string, shape: number[]}}
 */
export function encode(array, shape = [array.length]) {
  const dtype = array[Symbol.toStringTag].replace("Array", "").toLowerCase();
  if (!ARRAY_KINDS[dtype]) throw new Error(`array must not be of ${dtype}`);
  return { view: new DataView(array.buffer, array.byteOffset, array.byteLength), dtype, shape };
}
