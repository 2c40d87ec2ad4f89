// Arrays and doubles as they travel: big-endian bit patterns in hex.

/** A Float32Array or Float64Array. */
export function fromHex(patterns, dtype) {
  const bytes = Buffer.from(patterns.join(''), 'hex');
  return dtype === 'float32'
    ? Float32Array.from(patterns, (_, i) => bytes.readFloatBE(4 * i))
    : Float64Array.from(patterns, (_, i) => bytes.readDoubleBE(8 * i));
}

export function toHex(array) {
  const size = array.BYTES_PER_ELEMENT;
  const bytes = Buffer.alloc(size * array.length);
  array.forEach((x, i) => (size === 4 ? bytes.writeFloatBE(x, 4 * i) : bytes.writeDoubleBE(x, 8 * i)));
  const text = bytes.toString('hex');
  return Array.from(array, (_, i) => text.slice(2 * size * i, 2 * size * (i + 1)));
}

export const doubleFromHex = (pattern) => fromHex([pattern], 'float64')[0];

export const doubleToHex = (x) => toHex(Float64Array.of(x))[0];
