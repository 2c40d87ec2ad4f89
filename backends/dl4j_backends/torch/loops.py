"""The updaters as loops over arrays in memory, compiled by Numba: a parameter is gone through once.

Operations and their order are those of ``dl4j_backends.engine.formulae``. Without ``fastmath`` LLVM rounds each by
itself, to nearest, with subnormal numbers; that it does is checked in the machine's code by the tests.

An updater is compiled for a type when it is first used, and kept on disk: Numba does so next to this file, or in the
user's cache, until this file changes. So what is compiled uses nothing of other modules but the fields of ``Scalars``.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from typing import Any

import numpy as np
from numba import carray, njit, types
from numba.extending import intrinsic

from dl4j_backends.torch.scalars import Scalars

#: What stands in a row: the number of elements, and the addresses of the gradient, the weights and the state's arrays.
COLUMNS = ("length", "gradient", "weights", "first", "second")


def compiled(function: Callable[..., Any], keep: bool = False) -> Any:
    """Return ``function`` as Numba compiles it for the types that it is called with; on disk, if it is to be kept."""
    return njit(function, fastmath=False, error_model="numpy", nogil=True, cache=keep)


@compiled
def sgd(g, s):
    """Return ``SgdUpdater``'s update."""
    return g * s.learning_rate


@compiled
def adam(g, m, v, s):
    """Return ``AdamUpdater``'s update, and what ``m`` and ``v`` become."""
    m = m * s.mean_decay + g * s.mean_rest
    v = v * s.decay + g * g * s.rest
    return m * s.alpha / (np.sqrt(v) + s.epsilon), m, v


@compiled
def ada_delta(g, msg, msdx, s):
    """Return ``AdaDeltaUpdater``'s update, and what ``msg`` and ``msdx`` become."""
    msg = msg * s.decay + g * g * s.rest
    update = g * (np.sqrt(msdx + s.epsilon) / np.sqrt(msg + s.epsilon))
    return update, msg, msdx * s.decay + update * update * s.rest


@compiled
def nesterovs(g, velocity, s):
    """Return ``NesterovsUpdater``'s update, and what ``velocity`` becomes."""
    previous = velocity * s.momentum
    velocity = previous - g * s.learning_rate
    return previous + velocity * s.minus_momentum_minus_one, velocity


@compiled
def ada_grad(g, h, s):
    """Return ``AdaGradUpdater``'s update, and what ``h`` becomes."""
    h = h + g * g
    return g * (s.learning_rate / (np.sqrt(h) + s.epsilon)), h


@compiled
def rms_prop(g, c, s):
    """Return ``RmsPropUpdater``'s update, and what ``c`` becomes."""
    c = c * s.decay + g * g * s.rest
    return g * s.learning_rate / (np.sqrt(c) + s.epsilon), c


@intrinsic
def pointer(typing, address, like):
    """Return an address as a pointer to elements of the type of the array ``like``."""
    signature = types.CPointer(like.dtype)(types.int64, like)

    def code(context, builder, signature, arguments):
        return builder.inttoptr(arguments[0], context.get_value_type(signature.return_type))

    return signature, code


@cache
def loop(updater: str, regularizes: bool, moves: bool, shows: bool = False) -> Any:
    """Return an updater's loop, which is compiled when it is called, unless it has been kept.

    It adds regularization or not, moves the weights or changes the gradient, and ``shows`` the update in the view that
    NESTEROVS leaves, or does not. These are constants in it: they decide which arrays it touches, and LLVM might not
    vectorise it otherwise. One for an unknown updater raises ``NotImplementedError``.
    """

    def update(rows, scalars, adds_l2, adds_l1, multiplies):
        """Do ``getGradient`` and ``postApply`` in place: on the gradient and the state, or on the weights for it.

        ``rows`` is 2-D, of int64: a row has the columns of :data:`COLUMNS`, and its arrays lie one after the other in
        memory, of the type of ``scalars`` (1-D, in the order of ``Scalars``). If it ``multiplies``, then by the
        reciprocal of the divisor, which is exact.
        """
        s = Scalars(
            scalars[0],
            scalars[1],
            scalars[2],
            scalars[3],
            scalars[4],
            scalars[5],
            scalars[6],
            scalars[7],
            scalars[8],
            scalars[9],
            scalars[10],
            scalars[11],
        )
        zero, one = scalars.dtype.type(0), scalars.dtype.type(1)
        reciprocal = one / s.divisor
        for row in range(len(rows)):
            length = rows[row, 0]
            g = carray(pointer(rows[row, 1], scalars), length)
            weights = carray(pointer(rows[row, 2], scalars), length)
            first = carray(pointer(rows[row, 3], scalars), length)
            second = carray(pointer(rows[row, 4], scalars), length)
            for i in range(length):
                if updater == "SGD":
                    x = sgd(g[i], s)
                elif updater == "ADAM":
                    x, first[i], second[i] = adam(g[i], first[i], second[i], s)
                elif updater == "ADADELTA":
                    x, first[i], second[i] = ada_delta(g[i], first[i], second[i], s)
                elif updater == "NESTEROVS":
                    x, first[i] = nesterovs(g[i], first[i], s)
                    if shows:
                        second[i] = x
                elif updater == "ADAGRAD":
                    x, first[i] = ada_grad(g[i], first[i], s)
                elif updater == "RMSPROP":
                    x, first[i] = rms_prop(g[i], first[i], s)
                elif updater == "NONE":
                    x = g[i]
                else:
                    raise NotImplementedError("there is no loop for this updater")
                if regularizes:
                    w = weights[i]
                    x = x + w * s.l2 if adds_l2 else x
                    x = x + (one if w > zero else (-one if w < zero else zero)) * s.l1 if adds_l1 else x
                x = x * reciprocal if multiplies else x / s.divisor
                if moves:
                    weights[i] -= x
                else:
                    g[i] = x

    try:
        return compiled(update, keep=True)
    except RuntimeError:  # Neither the folder of this file nor the user's can be written to.
        return compiled(update)
