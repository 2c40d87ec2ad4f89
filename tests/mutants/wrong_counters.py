"""Wrong ports that lose bits of numbers, or track of layers, keys and events. They are made from tables.

``python:mutants.wrong_counters:NAME`` is the address of one of them.
"""

from __future__ import annotations

from collections.abc import Mapping
from itertools import chain

from mutants.changed_oracle import WrongPort
from mutants.wrong_events import events
from mutants.wrong_layers import layers
from mutants.wrong_lengths import lengths
from mutants.wrong_numbers import narrowings, repeats
from mutants.wrong_precision import roundings

WRONG_COUNTERS: Mapping[str, WrongPort] = dict(
    chain(narrowings(), roundings(), events(), repeats(), layers(), lengths())
)

globals().update({name: wrong.backend for name, wrong in WRONG_COUNTERS.items()})
