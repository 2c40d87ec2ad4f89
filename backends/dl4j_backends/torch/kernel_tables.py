"""The tables that the kernels read: their columns, and the meaning of the bits and numbers in them."""

from __future__ import annotations

#: Columns of ``layout``.
GRADIENT = 0
WEIGHTS = 1
STATE = 2
SECOND_STATE = 3
LENGTH = 4
OFFSET = 5
FLAGS = 6
LAYOUT_COLUMNS = 8

#: The columns of state arrays, in the order of the view.
STATES = (STATE, SECOND_STATE)

#: Bits of ``FLAGS``: what is done besides the updater.
NORMALIZE = 1
CLIP = 2
ADD_L2 = 4
ADD_L1 = 8
DIVIDE = 16
KEEP_UPDATE = 32
MOVE = 64

#: Columns of ``scalars``: the fields of :class:`~dl4j_backends.torch.scalars.Scalars`, and what else they need.
LEARNING_RATE = 0
MOMENTUM = 1
MINUS_MOMENTUM_MINUS_ONE = 2
MEAN_DECAY = 3
MEAN_REST = 4
DECAY = 5
REST = 6
EPSILON = 7
ALPHA = 8
L1 = 9
L2 = 10
DIVISOR = 11
UPPER = 12
LOWER = 13
EPS_THRESHOLD = 14
SCALAR_COLUMNS = 16

#: How a group of segments is normalised by its norms.
RENORMALIZE_LAYER = 0
RENORMALIZE_PARAMETER = 1
CLIP_LAYER = 2
CLIP_PARAMETER = 3

#: Columns of ``groups``: the first segment, the one after the last, and how.
FIRST = 0
END = 1
STRATEGY = 2
GROUP_COLUMNS = 4
