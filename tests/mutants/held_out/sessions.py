"""Mistakes of sessions: the state that is given, set and shown, clones and restored networks."""

from __future__ import annotations

from typing import Any

import numpy as np

from dl4j_backends.engine.session import EngineSession
from dl4j_backends.interface import Floats
from mutants.held_out.mistake import GRADIENT, STATE_ARRAYS, Mistakes, mistake
from mutants.held_out.parts import Pipeline, Session


class GivenStateIgnored(Session):
    def _construct_with(self, state: Floats | None) -> None:
        kept = self._state.copy()
        super()._construct_with(state)
        self._state[:] = kept


class SetStateIgnored(Session):
    """The state is set in a copy, and training goes on with the old arrays."""

    def set_state(self, state: Floats) -> None:
        kept = self._state.copy()
        super().set_state(state)
        self._state[:] = kept


class SetStateReachesVelocity(Session):
    def set_state(self, state: Floats) -> None:
        super().set_state(state)
        for layer in self._layers:
            layer.look_into_view()


class ArrayAfterArray(Session):
    """The state has the first array of every parameter, then the second ones."""

    def _places(self) -> Any:
        numbers: list[tuple[int, int]] = []
        for layer in self._layers:
            for name in layer.names:
                for i, array in enumerate(layer.updater(name).state):
                    numbers += [(i, len(numbers))] * len(array)
        return np.argsort([number for number, _ in numbers], kind="stable")

    def state(self) -> Floats | None:
        state = super().state()
        return None if state is None else state[self._places()]

    def _construct_with(self, state: Floats | None) -> None:
        super()._construct_with(self._sorted_back(state))

    def set_state(self, state: Floats) -> None:
        super().set_state(self._sorted_back(state))

    def _sorted_back(self, state: Any) -> Any:
        if state is None or state.size != len(self._state):
            return state
        back = np.empty_like(state)
        back[self._places()] = state
        return back


class CloneWithoutState(Session):
    def clone(self) -> EngineSession:
        twin = super().clone()
        for layer in twin._layers:
            for name in layer.names:
                layer.updater(name).initialize_state()
        return twin


class FirstRatesInTwins(Pipeline):
    """Copies of a network are built from its first configuration."""

    def adopt_configuration(self, other: Any) -> None:
        """Keep the rates of the configuration."""
        self.is_pretrained = other.is_pretrained


class RestoredFrozen(Session):
    def restore(self, with_updater: bool) -> EngineSession:
        twin = super().restore(with_updater)
        for new, old in zip(twin._layers, self._layers, strict=True):
            new.is_frozen = old.is_frozen
        return twin


class RestoredFromZero(Session):
    def restore(self, with_updater: bool) -> EngineSession:
        twin = super().restore(with_updater)
        twin._optimizer.iteration_count = 0
        return twin


class AlwaysWithUpdater(Session):
    def restore(self, with_updater: bool) -> EngineSession:
        return super().restore(True)


SESSIONS: Mistakes = {
    "given_state_ignored": mistake(
        "A network that is given a state starts afresh.",
        GivenStateIgnored,
        outputs="updates, state",
        first=STATE_ARRAYS,
        shown_by="given-state-adam-float32",
    ),
    "set_state_ignored": mistake(
        "A state that is set does not reach the updaters.",
        SetStateIgnored,
        outputs="updates, state, equal",
        first=STATE_ARRAYS | {"update"},
        shown_by="set-state-first-adam-float32",
    ),
    "set_state_reaches_velocity": mistake(
        "A state that is set replaces the velocity of Nesterovs.",
        SetStateReachesVelocity,
        outputs="updates, state",
        first="update, v",
        shown_by="set-state-nesterovs-float32",
    ),
    "state_array_after_array": mistake(
        "The state has all first arrays, then all second ones.",
        ArrayAfterArray,
        outputs="updates, state",
        first=STATE_ARRAYS,
        shown_by="renormalize-per-layer-length-2-float32",
    ),
    "clone_without_state": mistake(
        "A clone starts with fresh state.",
        CloneWithoutState,
        outputs="updates, state, equal",
        first=STATE_ARRAYS | {"update", "equal"},
        shown_by="clone-then-set-state-float32",
    ),
    "twins_with_first_rates": mistake(
        "Clones and restored networks have the rates of the first configuration.",
        FirstRatesInTwins,
        outputs="updates, state, learning_rates, momentum, equal",
        first="learning rate, momentum, equal",
        shown_by="restore-graph-sgd-float32",
    ),
    "restored_frozen": mistake(
        "Restored layers are still frozen.",
        RestoredFrozen,
        outputs="updates, state, learning_rates",
        first=GRADIENT | {"learning rate", "momentum"},
        shown_by="restore-frozen-sgd-float32",
    ),
    "restored_from_zero": mistake(
        "A restored network counts its iterations from zero.",
        RestoredFromZero,
        outputs="updates, state, learning_rates, iteration_count, iteration_done, params, momentum",
        first="learning rate, update, iteration_done, iteration_count, momentum",
        shown_by="restore-count-sgd-float32",
    ),
    "restored_with_updater": mistake(
        "A network that is saved without its updater keeps the state.",
        AlwaysWithUpdater,
        outputs="updates, state",
        first=STATE_ARRAYS | {"update"},
        shown_by="restore-adam-without-updater-float32",
    ),
}
