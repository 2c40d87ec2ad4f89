// ARITH-6: Math.pow and Math.exp, correctly rounded.
//
// The engine's own are not, and differ between engines. Here a logarithm and an exponential are computed in fixed
// point with 320 binary places, as a BigInt; no result of pow or exp that is not exact is known to need more than
// about 120. All series have positive terms only, so truncation is the only error.

const PLACES = 320n;
const ONE = 1n << PLACES;
const LN2 = logarithm(2n * ONE);

export function pow(x, y) {
  if (x === 0 || y === 0 || !Number.isFinite(x) || !Number.isFinite(y)) return Math.pow(x, y);
  if (x < 0) {
    if (!Number.isInteger(y)) return NaN;
    return y % 2 === 0 ? pow(-x, y) : -pow(-x, y);
  }
  const estimate = y * Math.log2(x);
  if (Math.abs(estimate) > 1100) return estimate > 0 ? Infinity : 0;
  const base = parts(x);
  const exponent = parts(y);
  const unit = BigInt(base.exponent) + 52n; // x = 2^unit times something in [1, 2)
  const log = unit * LN2 + logarithm(base.mantissa << (PLACES - 52n));
  return exponential(shifted(exponent.mantissa * log, exponent.exponent));
}

export function exp(x) {
  if (x === 0 || !(Math.abs(x) < 750)) return Math.exp(x); // exact
  const { mantissa, exponent } = parts(x);
  return exponential(shifted(mantissa << PLACES, exponent));
}

/** ln m for m in [1, 2]: 2 artanh((m - 1) / (m + 1)). */
function logarithm(m) {
  const z = ((m - ONE) << PLACES) / (m + ONE);
  const square = (z * z) >> PLACES;
  let sum = 0n;
  for (let term = z, n = 1n; term > 0n; term = (term * square) >> PLACES, n += 2n) sum += term / n;
  return 2n * sum;
}

/** e^x as a double. */
function exponential(x) {
  let twos = x / LN2;
  if (twos * LN2 > x) twos -= 1n; // BigInt division rounds towards zero
  const rest = x - twos * LN2;
  let sum = 0n;
  for (let term = ONE, n = 1n; term > 0n; term = ((term * rest) >> PLACES) / n, n += 1n) sum += term;
  return nearestDouble(sum, Number(twos));
}

/** `value` (in [1, 2]) times 2^twos, to nearest, ties to even; subnormal where it must be. */
function nearestDouble(value, twos) {
  // A result exactly between two doubles has few digits: rounding to 128 places first restores them.
  const digits = (value + (1n << (PLACES - 129n))) >> (PLACES - 128n);
  const last = Math.max(twos - 52, -1074);
  const dropped = BigInt(last - (twos - 128));
  const kept = digits >> dropped;
  const rest = digits - (kept << dropped);
  const half = 1n << (dropped - 1n);
  const up = rest > half || (rest === half && (kept & 1n) === 1n);
  return Number(up ? kept + 1n : kept) * 2 ** last;
}

/** A finite double, not zero, as an integer times a power of two. Normal ones have a mantissa of 53 bits. */
function parts(x) {
  const view = new DataView(new ArrayBuffer(8));
  view.setFloat64(0, x);
  const bits = view.getBigUint64(0);
  const biased = Number((bits >> 52n) & 0x7ffn);
  if (biased === 0) {
    const { mantissa, exponent } = parts(x * 2 ** 64);
    return { mantissa, exponent: exponent - 64 };
  }
  const magnitude = (bits & 0xfffffffffffffn) | 0x10000000000000n;
  return { mantissa: x < 0 ? -magnitude : magnitude, exponent: biased - 1075 };
}

const shifted = (x, places) => (places < 0 ? x >> BigInt(-places) : x << BigInt(places));
