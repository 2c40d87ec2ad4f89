"""The held-out set: single mistakes and pairs by which the diagnosis is measured.

It was written without the catalogue of misreadings, the pages generated from it and the kill matrix: from public bug
reports, from how torch, Keras, TensorFlow, Optax, JAX, tfjs and later versions of DL4J differ, and from slips that are
easily made at each updater and stage. It is kept apart from what the diagnosis is tuned on: nobody who changes the
diagnosis should read the entries or look at them one by one, and no rule may be fitted to a figure of this set.
``truth.toml`` alone refers to the catalogue; it was written afterwards.
"""

from __future__ import annotations

from mutants.held_out.accumulators import ACCUMULATORS
from mutants.held_out.adadelta import ADADELTA
from mutants.held_out.adam import ADAM
from mutants.held_out.adam_correction import ADAM_CORRECTION
from mutants.held_out.layers import LAYERS
from mutants.held_out.mistake import Mistakes
from mutants.held_out.momentum import MOMENTUM
from mutants.held_out.normalization import NORMALIZATION
from mutants.held_out.optimizer import OPTIMIZER
from mutants.held_out.pairs import pairs
from mutants.held_out.policies import POLICIES
from mutants.held_out.precision import PRECISION
from mutants.held_out.rounding import ROUNDING
from mutants.held_out.sessions import SESSIONS
from mutants.held_out.settings import SETTINGS
from mutants.held_out.stages import STAGES

SINGLES: Mistakes = {
    **ADAM,
    **ADAM_CORRECTION,
    **ACCUMULATORS,
    **ADADELTA,
    **MOMENTUM,
    **NORMALIZATION,
    **POLICIES,
    **STAGES,
    **SETTINGS,
    **SESSIONS,
    **LAYERS,
    **OPTIMIZER,
    **ROUNDING,
    **PRECISION,
}
PAIRS: Mistakes = pairs(SINGLES)

#: Every entry by name.
ENTRIES: Mistakes = {**SINGLES, **PAIRS}
