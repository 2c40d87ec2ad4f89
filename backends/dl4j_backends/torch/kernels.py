"""The updaters as Triton kernels: one launch per updater and type, whatever the number of parameters.

A *segment* is a parameter. What the host decides about it stands in a row of two tables, ``layout`` (``int64``:
addresses, length, flags) and ``scalars`` (of the arrays' type, each rounded once from a Java double), in the columns of
:mod:`dl4j_backends.torch.columns`. Operations and their order are those of ``dl4j_backends.numpy.formulae``. Every
product, sum, quotient and root is rounded by itself, to nearest, with subnormal numbers; that the compiler leaves it so
is checked by :mod:`dl4j_backends.torch.ptx`.
"""

from __future__ import annotations

import triton
import triton.language as tl

from dl4j_backends.torch import columns


@triton.jit
def quotient(x, y):
    """``x / y``, correctly rounded."""
    if x.dtype == tl.float32:
        return tl.div_rn(x, y)
    return x / y


@triton.jit
def root(x):
    """``sqrt(x)``, correctly rounded."""
    if x.dtype == tl.float32:
        return tl.sqrt_rn(x)
    return tl.sqrt(x)


@triton.jit
def operand(y, row, length):
    """An array as the right side of an operation: alone, it counts as a double, whose NaN is replaced."""
    return tl.where((length == 1) & (y != y), tl.load(row + columns.EPS_THRESHOLD), y)


@triton.jit
def square(g, row, length):
    """``g.mul(g)``."""
    return g * operand(g, row, length)


@triton.jit
def towards(average, decay, increment, row, length):
    """``average.muli(decay).addi(increment)``."""
    return average * decay + operand(increment, row, length)


@triton.jit
def sign(w):
    """``sign(w)``: 0 for NaN."""
    zero = tl.full((), 0, w.dtype)
    return tl.where(w > zero, zero + 1.0, tl.where(w < zero, zero - 1.0, zero))


@triton.jit
def array(layout, segment, column: tl.constexpr, scalars, ALIGNED: tl.constexpr = False):  # noqa: N803
    """The address of a segment's array, of which the compiler is told if it is ``ALIGNED``."""
    address = tl.load(layout + segment * columns.LAYOUT_COLUMNS + column)
    pointer = address.to(tl.pointer_type(scalars.dtype.element_ty))
    return tl.multiple_of(pointer, 16) if ALIGNED else pointer


@triton.jit
def update(
    layout,
    scalars,
    factors,
    tiles,
    UPDATER: tl.constexpr,  # noqa: N803
    TILE: tl.constexpr,  # noqa: N803
    ALIGNED: tl.constexpr,  # noqa: N803
):
    """One tile of one segment: ``tiles`` has its segment and where in that it begins.

    ``factors`` has, for every segment with the flag ``NORMALIZE``, a divisor and then a factor of its gradient.
    ``ALIGNED`` segments, whose arrays begin at 16-byte boundaries and whose lengths are multiples of four, are read and
    written 16 bytes at a time.
    """
    segment = tl.load(tiles + 2 * tl.program_id(0))
    begin = tl.multiple_of(tl.load(tiles + 2 * tl.program_id(0) + 1), TILE)
    length = tl.load(layout + segment * columns.LAYOUT_COLUMNS + columns.LENGTH)
    if ALIGNED:
        length = tl.multiple_of(length, 4)
    flags = tl.load(layout + segment * columns.LAYOUT_COLUMNS + columns.FLAGS)
    row = scalars + segment * columns.SCALAR_COLUMNS
    at = begin + tl.arange(0, TILE)
    inside = at < length
    gradient = array(layout, segment, columns.GRADIENT, scalars, ALIGNED) + at
    g = tl.load(gradient, mask=inside)

    if flags & columns.NORMALIZE:
        g = quotient(g, tl.load(factors + 2 * segment)) * tl.load(factors + 2 * segment + 1)
    if flags & columns.CLIP:
        upper = tl.load(row + columns.UPPER)
        lower = tl.load(row + columns.LOWER)
        g = tl.where(g > upper, upper, g)
        g = tl.where(g < lower, lower, g)

    if UPDATER == "SGD":
        g = g * tl.load(row + columns.LEARNING_RATE)
    if UPDATER == "ADAM":
        first = array(layout, segment, columns.STATE, scalars, ALIGNED) + at
        second = array(layout, segment, columns.SECOND_STATE, scalars, ALIGNED) + at
        m = tl.load(first, mask=inside)
        v = tl.load(second, mask=inside)
        m = towards(m, tl.load(row + columns.MEAN_DECAY), g * tl.load(row + columns.MEAN_REST), row, length)
        v = towards(v, tl.load(row + columns.DECAY), square(g, row, length) * tl.load(row + columns.REST), row, length)
        g = quotient(m * tl.load(row + columns.ALPHA), operand(root(v) + tl.load(row + columns.EPSILON), row, length))
        tl.store(first, m, mask=inside)
        tl.store(second, v, mask=inside)
    if UPDATER == "ADADELTA":
        first = array(layout, segment, columns.STATE, scalars, ALIGNED) + at
        second = array(layout, segment, columns.SECOND_STATE, scalars, ALIGNED) + at
        msg = tl.load(first, mask=inside)
        msdx = tl.load(second, mask=inside)
        decay = tl.load(row + columns.DECAY)
        rest = tl.load(row + columns.REST)
        epsilon = tl.load(row + columns.EPSILON)
        msg = towards(msg, decay, square(g, row, length) * rest, row, length)
        ratio = quotient(root(msdx + epsilon), operand(root(msg + epsilon), row, length))
        g = g * operand(ratio, row, length)
        msdx = towards(msdx, decay, square(g, row, length) * rest, row, length)
        tl.store(first, msg, mask=inside)
        tl.store(second, msdx, mask=inside)
    if UPDATER == "NESTEROVS":
        state = array(layout, segment, columns.STATE, scalars, ALIGNED) + at
        previous = tl.load(state, mask=inside) * tl.load(row + columns.MOMENTUM)
        velocity = previous - operand(g * tl.load(row + columns.LEARNING_RATE), row, length)
        g = previous + operand(velocity * tl.load(row + columns.MINUS_MOMENTUM_MINUS_ONE), row, length)
        tl.store(state, velocity, mask=inside)
        if flags & columns.KEEP_UPDATE:
            tl.store(array(layout, segment, columns.SECOND_STATE, scalars, ALIGNED) + at, g, mask=inside)
    if UPDATER == "ADAGRAD":
        state = array(layout, segment, columns.STATE, scalars, ALIGNED) + at
        h = tl.load(state, mask=inside)
        h = h + operand(square(g, row, length), row, length)
        rate = quotient(tl.load(row + columns.LEARNING_RATE), root(h) + tl.load(row + columns.EPSILON))
        g = g * operand(rate, row, length)
        tl.store(state, h, mask=inside)
    if UPDATER == "RMSPROP":
        state = array(layout, segment, columns.STATE, scalars, ALIGNED) + at
        c = tl.load(state, mask=inside)
        c = towards(c, tl.load(row + columns.DECAY), square(g, row, length) * tl.load(row + columns.REST), row, length)
        g = quotient(
            g * tl.load(row + columns.LEARNING_RATE), operand(root(c) + tl.load(row + columns.EPSILON), row, length)
        )
        tl.store(state, c, mask=inside)

    if flags & columns.ADD_L2:
        w = tl.load(array(layout, segment, columns.WEIGHTS, scalars, ALIGNED) + at, mask=inside)
        g = g + operand(w * tl.load(row + columns.L2), row, length)
    if flags & columns.ADD_L1:
        w = tl.load(array(layout, segment, columns.WEIGHTS, scalars, ALIGNED) + at, mask=inside)
        g = g + operand(sign(w) * tl.load(row + columns.L1), row, length)
    if flags & columns.DIVIDE:
        g = quotient(g, tl.load(row + columns.DIVISOR))
    if flags & columns.MOVE:
        weights = array(layout, segment, columns.WEIGHTS, scalars, ALIGNED) + at
        tl.store(weights, tl.load(weights, mask=inside) - g, mask=inside)
    else:
        tl.store(gradient, g, mask=inside)


@triton.jit
def squares(x, first, end, step, UNROLL: tl.constexpr):  # noqa: N803
    """The sum of the squares of ``x[first:end:step]``, front to back.

    ``UNROLL`` elements are on their way at a time. Past the end there are zeros, which change no sum of squares.
    """
    zero = tl.full((), 0, x.dtype.element_ty)
    total = zero
    for i in range(first, end, step * UNROLL):
        for j in tl.static_range(UNROLL):
            element = tl.load(x + i + j * step, mask=i + j * step < end, other=zero)
            total = total + element * element
    return total


@triton.jit
def fours(x, first, end):
    """A lane of float64: the squares of ``x[first:end:2]`` in sums of four, but for the last few."""
    zero = tl.full((), 0, x.dtype.element_ty)
    total = zero
    count = (end - first + 1) // 2
    blocked = (count - 1) // 4 * 4
    for i in range(first, first + 2 * blocked, 8):
        total = total + squares(x, i, i + 8, 2, 4)
    for i in range(first + 2 * blocked, end, 2):
        element = tl.load(x + i)
        total = total + element * element
    return total


@triton.jit
def in_lanes(x, length, offset):
    """libnd4j's order for a length just below 32: from a 16-byte boundary on in two or four lanes."""
    if x.dtype.element_ty == tl.float32:
        start = (-offset) & 3
        end = start + (length - start) // 4 * 4
        even = squares(x, start, end, 4, 1) + squares(x, start + 2, end, 4, 1)
        odd = squares(x, start + 1, end, 4, 1) + squares(x, start + 3, end, 4, 1)
        lanes = even + odd
    else:
        start = (-offset) & 1
        end = start + (length - start) // 2 * 2
        lanes = fours(x, start + 1, end) + fours(x, start, end)
    total = squares(x, 0, start, 1, 1) + lanes
    for i in range(end, length):
        element = tl.load(x + i)
        total = total + element * element
    return total


@triton.jit
def norms(layout, scalars, results, UNROLL: tl.constexpr):  # noqa: N803
    """``Norm2`` of a segment with the flag ``NORMALIZE``, in libnd4j's order, as a double: one program for each."""
    segment = tl.program_id(0)
    if tl.load(layout + segment * columns.LAYOUT_COLUMNS + columns.FLAGS) & columns.NORMALIZE:
        x = array(layout, segment, columns.GRADIENT, scalars)
        length = tl.load(layout + segment * columns.LAYOUT_COLUMNS + columns.LENGTH)
        shortest = 23 if x.dtype.element_ty == tl.float32 else 22
        if (length >= shortest) & (length < 32):
            total = in_lanes(x, length, tl.load(layout + segment * columns.LAYOUT_COLUMNS + columns.OFFSET))
        else:
            total = squares(x, 0, length, 1, UNROLL)
        tl.store(results + segment, root(total).to(tl.float64))


@triton.jit
def norm2_number(layout, scalars, results, segment):
    """``norm2Number()``: of one element, its absolute value."""
    norm = tl.load(results + segment)
    if tl.load(layout + segment * columns.LAYOUT_COLUMNS + columns.LENGTH) == 1:
        norm = tl.abs(tl.load(array(layout, segment, columns.GRADIENT, scalars)).to(tl.float64))
    return norm


@triton.jit
def norm_of_layer(layout, scalars, results, first, end, SINGLE: tl.constexpr):  # noqa: N803
    """The root of the squares of a layer's norms, in doubles; ``SINGLE``: with ``norm2Number()``."""
    total = tl.full((), 0, tl.float64)
    for segment in range(first, end):
        norm = norm2_number(layout, scalars, results, segment) if SINGLE else tl.load(results + segment)
        total = total + norm * norm
    return root(total)


@triton.jit
def normalizers(layout, scalars, groups, thresholds, results, factors):
    """``LayerUpdater.preApply``'s decision for one group of segments: their divisor and factor into ``factors``."""
    group = tl.program_id(0)
    first = tl.load(groups + group * columns.GROUP_COLUMNS + columns.FIRST)
    end = tl.load(groups + group * columns.GROUP_COLUMNS + columns.END)
    strategy = tl.load(groups + group * columns.GROUP_COLUMNS + columns.STRATEGY)
    threshold = tl.load(thresholds + group)
    divisor = tl.full((), 1, tl.float64)
    factor = tl.full((), 1, tl.float64)
    if strategy == columns.RENORMALIZE_LAYER:
        divisor = norm_of_layer(layout, scalars, results, first, end, True)
    if strategy == columns.RENORMALIZE_PARAMETER:
        divisor = tl.load(results + first)
    if strategy == columns.CLIP_LAYER:
        norm = norm_of_layer(layout, scalars, results, first, end, False)
        if norm > threshold:
            factor = threshold / norm
    if strategy == columns.CLIP_PARAMETER:
        norm = norm2_number(layout, scalars, results, first)
        if norm > threshold:
            divisor = norm / threshold
    eps_threshold = tl.load(scalars + first * columns.SCALAR_COLUMNS + columns.EPS_THRESHOLD)
    for segment in range(first, end):
        rounded = divisor.to(scalars.dtype.element_ty)
        tl.store(factors + 2 * segment, tl.where(rounded != rounded, eps_threshold, rounded))
        rounded = factor.to(scalars.dtype.element_ty)
        tl.store(factors + 2 * segment + 1, tl.where(rounded != rounded, eps_threshold, rounded))
