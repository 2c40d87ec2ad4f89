// ND4J's element-wise operations and norms on Float32Array and Float64Array.
//
// Every operation is rounded by itself (ARITH-1): JavaScript computes in double, and storing into a Float32Array
// rounds again, which for + - * / and the root gives what float arithmetic gives.

const EPS_THRESHOLD = 1e-5;

/** A Java double that meets an array: NaN is replaced (ARITH-2), and the rest rounded once (ARITH-4). */
export function scalar(x, like) {
  const number = Number.isNaN(x) ? EPS_THRESHOLD : x;
  return like instanceof Float32Array ? Math.fround(number) : number;
}

/** (x, y) -> a new array; y is a number or an array. An array of one element counts as a number (ARITH-3). */
function elementWise(operation) {
  return (x, y) => {
    if (typeof y === 'number' || y.length === 1) {
      const number = scalar(typeof y === 'number' ? y : y[0], x);
      return x.map((element) => operation(element, number));
    }
    return x.map((element, i) => operation(element, y[i]));
  };
}

export const add = elementWise((x, y) => x + y);
export const sub = elementWise((x, y) => x - y);
export const mul = elementWise((x, y) => x * y);
export const div = elementWise((x, y) => x / y);
/** rdiv(x, y) is y / x. */
export const rdiv = elementWise((x, y) => y / x);

export const sqrt = (x) => x.map(Math.sqrt);

/** 0 for both zeros and for NaN (POST-3). */
export const sign = (x) => x.map((element) => (element > 0 ? 1 : element < 0 ? -1 : 0));

/** NORM-10: the operation Norm2, which squares even a single element. */
export function norm2(x) {
  const squares = x.map((element) => element * element);
  return rounding(x)(Math.sqrt(sum(squares)));
}

/** NORM-9: norm2Number(), which does not square a single element. */
export function norm2Number(x) {
  return x.length === 1 ? Math.abs(x[0]) : norm2(x);
}

const rounding = (like) => (like instanceof Float32Array ? Math.fround : (x) => x);

/** ARITH-5, of one thread: front to back, but in lanes for the lengths just below 32. */
function sum(x) {
  const single = x instanceof Float32Array;
  if (x.length < 32 && x.length >= (single ? 23 : 22)) return single ? sumInFourLanes(x) : sumInTwoLanes(x);
  const round = rounding(x);
  return x.reduce((total, element) => round(total + element), 0);
}

function sumInFourLanes(x) {
  const whole = x.length & ~3;
  const lanes = x.slice(0, 4);
  for (let i = 4; i < whole; i++) lanes[i & 3] += x[i];
  const round = Math.fround;
  const total = round(round(lanes[0] + lanes[2]) + round(lanes[1] + lanes[3]));
  return x.subarray(whole).reduce((partial, element) => round(partial + element), total);
}

/** The lanes are the even and the odd places; all but the last few of a lane are added by fours. */
function sumInTwoLanes(x) {
  const places = x.length >> 1;
  const blocked = Math.floor((places - 1) / 4) * 4;
  const lane = (first) => {
    const at = (place) => x[2 * place + first];
    let total = 0;
    for (let i = 0; i < blocked; i += 4) total += at(i) + at(i + 1) + at(i + 2) + at(i + 3);
    for (let i = blocked; i < places; i++) total += at(i);
    return total;
  };
  const total = lane(1) + lane(0);
  return x.length & 1 ? total + x[x.length - 1] : total;
}
