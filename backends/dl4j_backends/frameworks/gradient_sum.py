"""The momentum of torch and Optax, a sum of gradients, beside the velocity of ND4J's ``Nesterovs``.

Both decay by the momentum. A sum ``b`` has the gradients as they are, and the step scales it by the learning rate. A
velocity ``v`` has gradients that were scaled by minus the rate of their own steps. As long as the rate does not change,
``v`` is ``-rate * b``. So is it shown; after a change of the rate it is not DL4J's velocity. Arrays are 1-D.
"""

from __future__ import annotations

import numpy as np

from dl4j_backends.interface import Floats, UnsupportedError


def velocity(sum_of_gradients: Floats, learning_rate: float) -> Floats:
    """Return a sum of gradients as a velocity under this rate (1-D, of the same dtype)."""
    # Not -rate * b, which would make -0.0 of what both begin with.
    return 0.0 - learning_rate * sum_of_gradients


def sum_of_gradients(velocity: Floats, learning_rate: float) -> Floats:
    """Return the sum of gradients that has this velocity (1-D, of the same dtype).

    Raises :class:`UnsupportedError` under a rate of 0, where none has, unless the velocity is 0.
    """
    if learning_rate != 0:
        return 0.0 - velocity / learning_rate
    if velocity.any():
        raise UnsupportedError("a velocity under a learning rate of 0: no sum of gradients corresponds to it")
    return np.zeros_like(velocity)
