"""The updaters as Triton kernels: one launch per updater and type, whatever the number of parameters.

A *segment* is a parameter. What the host decides about it stands in a row of two tables, ``layout`` (``int64``:
addresses, length, flags) and ``scalars`` (of the arrays' type, each rounded once from a Java double), in the columns of
:mod:`dl4j_backends.torch.kernel_tables`. Operations and their order are those of ``dl4j_backends.engine.formulae``.
Every product, sum, quotient and root is rounded by itself, to nearest, with subnormal numbers; that the compiler leaves
it so is checked by :mod:`dl4j_backends.torch.ptx`.
"""

from __future__ import annotations

import triton
import triton.language as tl

from dl4j_backends.torch import kernel_tables as table


@triton.jit
def quotient(x, y):
    """Return ``x / y``, correctly rounded."""
    if x.dtype == tl.float32:
        return tl.div_rn(x, y)
    return x / y


@triton.jit
def root(x):
    """Return ``sqrt(x)``, correctly rounded."""
    if x.dtype == tl.float32:
        return tl.sqrt_rn(x)
    return tl.sqrt(x)


@triton.jit
def operand(y, row, length):
    """Return an array as the right side of an operation: alone, it counts as a double, whose NaN is replaced."""
    return tl.where((length == 1) & (y != y), tl.load(row + table.EPS_THRESHOLD), y)


@triton.jit
def square(g, row, length):
    """Return ``g.mul(g)``."""
    return g * operand(g, row, length)


@triton.jit
def towards(average, decay, increment, row, length):
    """Return ``average.muli(decay).addi(increment)``."""
    return average * decay + operand(increment, row, length)


@triton.jit
def sign(w):
    """Return ``sign(w)``: 0 for NaN."""
    zero = tl.full((), 0, w.dtype)
    return tl.where(w > zero, zero + 1.0, tl.where(w < zero, zero - 1.0, zero))


@triton.jit
def array(layout, segment, column: tl.constexpr, scalars, ALIGNED: tl.constexpr = False):  # noqa: N803
    """Return the address of a segment's array, of which the compiler is told if it is ``ALIGNED``."""
    address = tl.load(layout + segment * table.LAYOUT_COLUMNS + column)
    pointer = address.to(tl.pointer_type(scalars.dtype.element_ty))
    return tl.multiple_of(pointer, 16) if ALIGNED else pointer


@triton.jit
def sgd(g, row):
    """Return ``SgdUpdater``'s update."""
    return g * tl.load(row + table.LEARNING_RATE)


@triton.jit
def adam(g, m, v, row, length):
    """Return ``AdamUpdater``'s update, and what ``m`` and ``v`` become."""
    m = towards(m, tl.load(row + table.MEAN_DECAY), g * tl.load(row + table.MEAN_REST), row, length)
    v = towards(v, tl.load(row + table.DECAY), square(g, row, length) * tl.load(row + table.REST), row, length)
    g = quotient(m * tl.load(row + table.ALPHA), operand(root(v) + tl.load(row + table.EPSILON), row, length))
    return g, m, v


@triton.jit
def ada_delta(g, msg, msdx, row, length):
    """Return ``AdaDeltaUpdater``'s update, and what ``msg`` and ``msdx`` become."""
    decay = tl.load(row + table.DECAY)
    rest = tl.load(row + table.REST)
    epsilon = tl.load(row + table.EPSILON)
    msg = towards(msg, decay, square(g, row, length) * rest, row, length)
    ratio = quotient(root(msdx + epsilon), operand(root(msg + epsilon), row, length))
    g = g * operand(ratio, row, length)
    msdx = towards(msdx, decay, square(g, row, length) * rest, row, length)
    return g, msg, msdx


@triton.jit
def nesterovs(g, velocity, row, length):
    """Return ``NesterovsUpdater``'s update, and what ``velocity`` becomes."""
    previous = velocity * tl.load(row + table.MOMENTUM)
    velocity = previous - operand(g * tl.load(row + table.LEARNING_RATE), row, length)
    g = previous + operand(velocity * tl.load(row + table.MINUS_MOMENTUM_MINUS_ONE), row, length)
    return g, velocity


@triton.jit
def ada_grad(g, h, row, length):
    """Return ``AdaGradUpdater``'s update, and what ``h`` becomes."""
    h = h + operand(square(g, row, length), row, length)
    rate = quotient(tl.load(row + table.LEARNING_RATE), root(h) + tl.load(row + table.EPSILON))
    return g * operand(rate, row, length), h


@triton.jit
def rms_prop(g, c, row, length):
    """Return ``RmsPropUpdater``'s update, and what ``c`` becomes."""
    c = towards(c, tl.load(row + table.DECAY), square(g, row, length) * tl.load(row + table.REST), row, length)
    g = g * tl.load(row + table.LEARNING_RATE)
    return quotient(g, operand(root(c) + tl.load(row + table.EPSILON), row, length)), c


@triton.jit
def pre_apply(g, flags, factors, segment, row):
    """Normalise and clip: the divisor, factor and bounds are known."""
    if flags & table.NORMALIZE:
        g = quotient(g, tl.load(factors + 2 * segment)) * tl.load(factors + 2 * segment + 1)
    if flags & table.CLIP:
        upper = tl.load(row + table.UPPER)
        lower = tl.load(row + table.LOWER)
        g = tl.where(g > upper, upper, g)
        g = tl.where(g < lower, lower, g)
    return g


@triton.jit
def post_apply(g, flags, layout, segment, scalars, at, length, ALIGNED: tl.constexpr):  # noqa: N803
    """Add L2 and L1, and divide by the minibatch's size. The weights' address is looked up where it is used."""
    row = scalars + segment * table.SCALAR_COLUMNS
    if flags & table.ADD_L2:
        w = tl.load(array(layout, segment, table.WEIGHTS, scalars, ALIGNED) + at, mask=at < length)
        g = g + operand(w * tl.load(row + table.L2), row, length)
    if flags & table.ADD_L1:
        w = tl.load(array(layout, segment, table.WEIGHTS, scalars, ALIGNED) + at, mask=at < length)
        g = g + operand(sign(w) * tl.load(row + table.L1), row, length)
    if flags & table.DIVIDE:
        g = quotient(g, tl.load(row + table.DIVISOR))
    return g


@triton.jit
def update(
    layout,
    scalars,
    factors,
    tiles,
    UPDATER: tl.constexpr,  # noqa: N803
    ARRAYS: tl.constexpr,  # noqa: N803
    TILE: tl.constexpr,  # noqa: N803
    ALIGNED: tl.constexpr,  # noqa: N803
):
    """Update one tile of one segment: ``tiles`` has its segment and where in that it begins.

    ``UPDATER`` keeps ``ARRAYS`` arrays of state. ``factors`` has, for every segment with the flag ``NORMALIZE``, a
    divisor and then a factor of its gradient. ``ALIGNED`` segments, whose arrays begin at 16-byte boundaries and whose
    lengths are multiples of four, are read and written 16 bytes at a time.
    """
    segment = tl.load(tiles + 2 * tl.program_id(0))
    begin = tl.multiple_of(tl.load(tiles + 2 * tl.program_id(0) + 1), TILE)
    length = tl.load(layout + segment * table.LAYOUT_COLUMNS + table.LENGTH)
    if ALIGNED:
        length = tl.multiple_of(length, 4)
    flags = tl.load(layout + segment * table.LAYOUT_COLUMNS + table.FLAGS)
    row = scalars + segment * table.SCALAR_COLUMNS
    at = begin + tl.arange(0, TILE)
    inside = at < length
    gradient = array(layout, segment, table.GRADIENT, scalars, ALIGNED) + at
    first = array(layout, segment, table.STATE, scalars, ALIGNED) + at
    second = array(layout, segment, table.SECOND_STATE, scalars, ALIGNED) + at

    g = pre_apply(tl.load(gradient, mask=inside), flags, factors, segment, row)
    if ARRAYS > 0:
        x = tl.load(first, mask=inside)
    if ARRAYS > 1:
        y = tl.load(second, mask=inside)

    if UPDATER == "SGD":
        g = sgd(g, row)
    elif UPDATER == "ADAM":
        g, x, y = adam(g, x, y, row, length)
    elif UPDATER == "ADADELTA":
        g, x, y = ada_delta(g, x, y, row, length)
    elif UPDATER == "NESTEROVS":
        g, x = nesterovs(g, x, row, length)
        if flags & table.KEEP_UPDATE:
            tl.store(array(layout, segment, table.SECOND_STATE, scalars, ALIGNED) + at, g, mask=inside)
    elif UPDATER == "ADAGRAD":
        g, x = ada_grad(g, x, row, length)
    elif UPDATER == "RMSPROP":
        g, x = rms_prop(g, x, row, length)
    else:
        tl.static_assert(UPDATER == "NONE", "there is no kernel for this updater")

    if ARRAYS > 0:
        tl.store(first, x, mask=inside)
    if ARRAYS > 1:
        tl.store(second, y, mask=inside)
    g = post_apply(g, flags, layout, segment, scalars, at, length, ALIGNED)
    if flags & table.MOVE:
        weights = array(layout, segment, table.WEIGHTS, scalars, ALIGNED) + at
        tl.store(weights, tl.load(weights, mask=inside) - g, mask=inside)
    else:
        tl.store(gradient, g, mask=inside)


@triton.jit
def squares(x, first, end, step, UNROLL: tl.constexpr):  # noqa: N803
    """Return the sum of the squares of ``x[first:end:step]``, front to back.

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
    """Return a lane of float64: the squares of ``x[first:end:2]`` in sums of four, but for the last few."""
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
    """Return the sum of squares for a length just below 32: from a 16-byte boundary on in two or four lanes."""
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
    """Compute ``Norm2``, as a double and in libnd4j's order, of each segment with the flag ``NORMALIZE``."""
    segment = tl.program_id(0)
    if tl.load(layout + segment * table.LAYOUT_COLUMNS + table.FLAGS) & table.NORMALIZE:
        x = array(layout, segment, table.GRADIENT, scalars)
        length = tl.load(layout + segment * table.LAYOUT_COLUMNS + table.LENGTH)
        shortest = 23 if x.dtype.element_ty == tl.float32 else 22
        if (length >= shortest) & (length < 32):
            total = in_lanes(x, length, tl.load(layout + segment * table.LAYOUT_COLUMNS + table.OFFSET))
        else:
            total = squares(x, 0, length, 1, UNROLL)
        tl.store(results + segment, root(total).to(tl.float64))


@triton.jit
def norm2_number(layout, scalars, results, segment):
    """Return ``norm2Number()``: of one element, its absolute value."""
    norm = tl.load(results + segment)
    if tl.load(layout + segment * table.LAYOUT_COLUMNS + table.LENGTH) == 1:
        norm = tl.abs(tl.load(array(layout, segment, table.GRADIENT, scalars)).to(tl.float64))
    return norm


@triton.jit
def norm_of_layer(layout, scalars, results, first, end, SINGLE: tl.constexpr):  # noqa: N803
    """Return the root of the squares of a layer's norms, in doubles; ``SINGLE``: with ``norm2Number()``."""
    total = tl.full((), 0, tl.float64)
    for segment in range(first, end):
        norm = norm2_number(layout, scalars, results, segment) if SINGLE else tl.load(results + segment)
        total = total + norm * norm
    return root(total)


@triton.jit
def normalizers(layout, scalars, groups, thresholds, results, factors):
    """Write the divisor and factor of one group of segments into ``factors``, as ``LayerUpdater.preApply`` decides."""
    group = tl.program_id(0)
    first = tl.load(groups + group * table.GROUP_COLUMNS + table.FIRST)
    end = tl.load(groups + group * table.GROUP_COLUMNS + table.END)
    strategy = tl.load(groups + group * table.GROUP_COLUMNS + table.STRATEGY)
    threshold = tl.load(thresholds + group)
    divisor = tl.full((), 1, tl.float64)
    factor = tl.full((), 1, tl.float64)
    if strategy == table.RENORMALIZE_LAYER:
        divisor = norm_of_layer(layout, scalars, results, first, end, True)
    if strategy == table.RENORMALIZE_PARAMETER:
        divisor = tl.load(results + first)
    if strategy == table.CLIP_LAYER:
        norm = norm_of_layer(layout, scalars, results, first, end, False)
        if norm > threshold:
            factor = threshold / norm
    if strategy == table.CLIP_PARAMETER:
        norm = norm2_number(layout, scalars, results, first)
        if norm > threshold:
            divisor = norm / threshold
    eps_threshold = tl.load(scalars + first * table.SCALAR_COLUMNS + table.EPS_THRESHOLD)
    for segment in range(first, end):
        rounded = divisor.to(scalars.dtype.element_ty)
        tl.store(factors + 2 * segment, tl.where(rounded != rounded, eps_threshold, rounded))
        rounded = factor.to(scalars.dtype.element_ty)
        tl.store(factors + 2 * segment + 1, tl.where(rounded != rounded, eps_threshold, rounded))
