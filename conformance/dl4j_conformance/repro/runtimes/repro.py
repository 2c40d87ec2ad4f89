"""A case of DL4J's updater pipeline as a program of its own."""

# {{about}}

import math
import struct
import sys

NAN, INFINITY = math.nan, math.inf
FORMAT, DIGITS = {"float32": (">f", 8), "float64": (">d", 16)}["{{dtype}}"]
differ = 0


def real(x):
    """A double rounded once to the arrays' type."""
    if FORMAT == ">d" or x != x:
        return x
    try:
        return struct.unpack(">f", struct.pack(">f", x))[0]
    except OverflowError:
        return math.copysign(INFINITY, x)


def quotient(x, y):
    if y != 0:
        return x / y
    return NAN if x == 0 or x != x else math.copysign(INFINITY, x) * math.copysign(1, y)


def root(x):
    return math.sqrt(x) if x >= 0 else NAN


def floor(x):
    return float(math.floor(x)) if math.isfinite(x) and x != 0 else x


def array(bits):
    return [struct.unpack(FORMAT, bytes.fromhex(pattern))[0] for pattern in bits.split()]


def full(length, x):
    return [real(x)] * length


def join(x, y):
    return x + y


def part(x, start, stop):
    return x[start:stop]


def item(x):
    return x[0]


def add(x, y):
    return [real(a + b) for a, b in zip(x, y)]


def subtract(x, y):
    return [real(a - b) for a, b in zip(x, y)]


def multiply(x, y):
    return [real(a * b) for a, b in zip(x, y)]


def divide(x, y):
    return [real(quotient(a, b)) for a, b in zip(x, y)]


def add_scalar(x, s):
    return add(x, full(len(x), s))


def subtract_scalar(x, s):
    return subtract(x, full(len(x), s))


def multiply_scalar(x, s):
    return multiply(x, full(len(x), s))


def divide_scalar(x, s):
    return divide(x, full(len(x), s))


def scalar_divided_by(x, s):
    return divide(full(len(x), s), x)


def roots(x):
    return [real(root(a)) for a in x]


def signs(x):
    return [float((a > 0) - (a < 0)) for a in x]


def clip_above(x, s):
    return [real(s) if a > real(s) else a for a in x]


def clip_below(x, s):
    return [real(s) if a < real(s) else a for a in x]


def magnitudes(x):
    return [abs(a) for a in x]


def larger(x, y):
    return [a if a > b else b for a, b in zip(x, y)]


def add_in_double(x, s):
    return [real(a + s) for a in x]


def absolute(x):
    return abs(x[0])


def norm2_of_view(x, offset):
    """The squares, summed as ND4J's native code does in one thread; offset is where x begins in a longer array."""
    return real(root(total([real(a * a) for a in x], offset)))


def norm2(x):
    return norm2_of_view(x, 0)


def norm2_in_order(x):
    """The squares, summed from the first to the last."""
    squares = [real(a * a) for a in x]
    return real(root(in_order(squares[0], squares[1:])))


def total(squares, offset):
    n, lanes = len(squares), 4 if DIGITS == 8 else 2
    if not (23 if lanes == 4 else 22) <= n < 32:
        return in_order(squares[0], squares[1:])
    start = -offset % lanes
    end = n - (n - start) % lanes
    vectors = [squares[i : i + lanes] for i in range(start, end, lanes)]
    grouped = 4 * ((len(vectors) - 1) // 4) if lanes == 2 else 0
    sums = [0.0] * lanes if grouped else vectors[0]
    for i in range(0, grouped, 4):
        a, b, c, d = vectors[i : i + 4]
        sums = add(sums, add(add(add(a, b), c), d))
    for vector in vectors[grouped:] if grouped else vectors[1:]:
        sums = add(sums, vector)
    if lanes == 4:
        sums = [real(real(sums[0] + sums[2]) + real(sums[1] + sums[3]))]
    sum_of_lanes = real(sums[-1] + sums[0]) if lanes == 2 else sums[0]
    return in_order(0.0, [*squares[:start], sum_of_lanes, *squares[end:]])


def in_order(start, squares):
    for square in squares:
        start = real(start + square)
    return start


def dl4j_throws(what):
    print(what)


def show(what, x, expected):
    global differ
    bits = " ".join(struct.pack(FORMAT, NAN if a != a else a).hex() for a in x)
    differ += bits != expected
    print(what, bits)


{{statements}}

print("as expected" if not differ else f"{differ} arrays differ from what DL4J computes")
sys.exit(differ > 0)
