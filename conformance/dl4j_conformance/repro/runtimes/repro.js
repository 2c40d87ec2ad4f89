// {{about}}
"use strict";

const NAN = NaN, INFINITY = Infinity;
const single = "{{dtype}}" === "float32";
const view = new DataView(new ArrayBuffer(8));
let differ = 0;

// A double rounded once to the arrays' type.
const real = (x) => (single ? Math.fround(x) : x);
const quotient = (x, y) => x / y;
const root = Math.sqrt;
const floor = Math.floor;

function array(bits) {
  return bits.split(" ").filter(Boolean).map((pattern) => {
    view.setUint32(0, parseInt(pattern.slice(0, 8), 16));
    if (!single) view.setUint32(4, parseInt(pattern.slice(8), 16));
    return single ? view.getFloat32(0) : view.getFloat64(0);
  });
}

const full = (length, x) => new Array(length).fill(real(x));
const join = (x, y) => x.concat(y);
const part = (x, start, stop) => x.slice(start, stop);
const item = (x) => x[0];
const add = (x, y) => x.map((a, i) => real(a + y[i]));
const subtract = (x, y) => x.map((a, i) => real(a - y[i]));
const multiply = (x, y) => x.map((a, i) => real(a * y[i]));
const divide = (x, y) => x.map((a, i) => real(a / y[i]));
const add_scalar = (x, s) => add(x, full(x.length, s));
const subtract_scalar = (x, s) => subtract(x, full(x.length, s));
const multiply_scalar = (x, s) => multiply(x, full(x.length, s));
const divide_scalar = (x, s) => divide(x, full(x.length, s));
const scalar_divided_by = (x, s) => divide(full(x.length, s), x);
const roots = (x) => x.map((a) => real(Math.sqrt(a)));
const signs = (x) => x.map((a) => (a > 0 ? 1 : 0) - (a < 0 ? 1 : 0));
const clip_above = (x, s) => x.map((a) => (a > real(s) ? real(s) : a));
const clip_below = (x, s) => x.map((a) => (a < real(s) ? real(s) : a));
const magnitudes = (x) => x.map(Math.abs);
const larger = (x, y) => x.map((a, i) => (a > y[i] ? a : y[i]));
const add_in_double = (x, s) => x.map((a) => real(a + s));
const absolute = (x) => Math.abs(x[0]);

// The squares, summed as ND4J's native code does in one thread; offset is where x begins in a longer array.
const norm2_of_view = (x, offset) => real(Math.sqrt(total(x.map((a) => real(a * a)), offset)));
const norm2 = (x) => norm2_of_view(x, 0);

function total(squares, offset) {
  const n = squares.length, lanes = single ? 4 : 2;
  if (n < (single ? 23 : 22) || n >= 32) return inOrder(squares[0], squares.slice(1));
  const vectors = [], start = (lanes - (offset % lanes)) % lanes, end = n - ((n - start) % lanes);
  for (let i = start; i < end; i += lanes) vectors.push(squares.slice(i, i + lanes));
  let sums = new Array(lanes).fill(0), next = 0;
  if (!single) {
    for (; next < 4 * Math.floor((vectors.length - 1) / 4); next += 4) {
      sums = add(sums, add(add(add(vectors[next], vectors[next + 1]), vectors[next + 2]), vectors[next + 3]));
    }
  }
  for (; next < vectors.length; next++) sums = add(sums, vectors[next]);
  const sumOfLanes = single ? real(real(sums[0] + sums[2]) + real(sums[1] + sums[3])) : sums[1] + sums[0];
  return inOrder(0, [...squares.slice(0, start), sumOfLanes, ...squares.slice(end)]);
}

/** The squares, summed from the first to the last. */
function norm2_in_order(x) {
  const squares = multiply(x, x);
  return real(Math.sqrt(inOrder(squares[0], squares.slice(1))));
}

function inOrder(start, squares) {
  return squares.reduce((sum, square) => real(sum + square), start);
}

function pattern(x) {
  const value = Number.isNaN(x) ? NaN : x;
  view.setFloat64(0, value);
  if (Number.isNaN(x)) view.setUint32(0, 0x7ff80000);
  if (!single) return view.getBigUint64(0).toString(16).padStart(16, "0");
  view.setFloat32(0, value);
  return Number.isNaN(x) ? "7fc00000" : view.getUint32(0).toString(16).padStart(8, "0");
}

const dl4j_throws = (what) => console.log(what);

function show(what, x, expected) {
  const bits = x.map(pattern).join(" ");
  differ += bits !== expected;
  console.log(`${what} ${bits}`.trimEnd());
}

{{statements}}

console.log(differ ? `${differ} arrays differ from what DL4J computes` : "as expected");
process.exitCode = differ ? 1 : 0;
