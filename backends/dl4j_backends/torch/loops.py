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
from numba import njit


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


@cache
def loop(updater: str, regularizes: bool, moves: bool) -> Any:
    """Return an updater's loop, which is compiled when it is called, unless it has been kept.

    It adds regularization or not, and moves the weights or changes the gradient. These are constants in it: they decide
    which arrays it touches, and LLVM might not vectorise it otherwise. One for an unknown updater raises
    ``NotImplementedError``.
    """

    def update(g, state, weights, s, adds_l2, adds_l1, multiplies):
        """Do ``getGradient`` and ``postApply`` in place on ``g`` and ``state``, or on ``weights`` for ``g``.

        Arrays are 1-D, contiguous, as long as ``g`` and of its type, and so are the numbers of ``s``, a ``Scalars``.
        If it ``multiplies``, then by the reciprocal of the divisor, which is exact.
        """
        zero, one = g.dtype.type(0), g.dtype.type(1)
        reciprocal = one / s.divisor
        for i in range(len(g)):
            if updater == "SGD":
                x = sgd(g[i], s)
            elif updater == "ADAM":
                x, state[0][i], state[1][i] = adam(g[i], state[0][i], state[1][i], s)
            elif updater == "ADADELTA":
                x, state[0][i], state[1][i] = ada_delta(g[i], state[0][i], state[1][i], s)
            elif updater == "NESTEROVS":
                x, state[0][i] = nesterovs(g[i], state[0][i], s)
                if len(state) == 2:
                    state[1][i] = x
            elif updater == "ADAGRAD":
                x, state[0][i] = ada_grad(g[i], state[0][i], s)
            elif updater == "RMSPROP":
                x, state[0][i] = rms_prop(g[i], state[0][i], s)
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
