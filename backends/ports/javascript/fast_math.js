// ADAM-4: FastMath.pow(double, int) of commons-math3 3.4.1, which Adam's step size goes through.
//
// Square and multiply on unevaluated sums of two doubles. It is not always correctly rounded, so no other power
// has its bits.

/** `base` to the power of an int. */
export function power(base, exponent) {
  if (exponent === 0) return 1;
  let left = Math.abs(exponent);
  let square = exactly(exponent < 0 ? 1 / base : base);
  let result = { value: 1, tail: 0 };
  for (;;) {
    if (left & 1) result = times(result.value, result.tail, square);
    left >>>= 1;
    if (left === 0) return result.value + result.tail;
    const { value, tail } = times(square.high, square.low, square);
    const high = upperHalf(value);
    const low = tail + (value - high);
    square = { value: high + low, high, low };
  }
}

/** A double as a sum of two halves, each of which can be squared without rounding (Veltkamp). */
function exactly(value) {
  const high = upperHalf(value);
  return { value, high, low: value - high };
}

function upperHalf(x) {
  const scaled = 134217729 * x; // 2^27 + 1
  return scaled - (scaled - x);
}

/** x (of which `tail` is left over) times a factor, and what rounding the product leaves (Dekker). */
function times(x, tail, factor) {
  const { high, low } = exactly(x);
  const value = x * factor.value;
  const error = low * factor.low - (value - high * factor.high - low * factor.high - high * factor.low);
  return { value, tail: tail * factor.value + error };
}
