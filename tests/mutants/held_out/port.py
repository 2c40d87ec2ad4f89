"""A port that is put together from parts, each of them right or with mistakes in it."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from dl4j_backends.engine.execution import Execution
from dl4j_backends.engine.settings import LayerSettings
from dl4j_backends.engine.updaters import Updater
from dl4j_backends.interface import ALL_CAPABILITIES, Network
from mutants.held_out.formulae import FORMULAE
from mutants.held_out.parts import (
    Normalization,
    Operations,
    Parameter,
    Penalties,
    Pipeline,
    Rates,
    Session,
    Settings,
)


class Port:
    """A backend whose parts are the right ones, changed by ``mistakes``: subclasses of parts or of formulae.

    Several of one part are combined by inheritance, the first before the others. Without mistakes it is right.
    """

    name = "held-out"
    capabilities = ALL_CAPABILITIES

    def __init__(self, *mistakes: type[Any]) -> None:
        self._mistakes = mistakes
        self._formulae = {formula.name: self._made(formula)() for formula in FORMULAE}
        self._updaters = {name: self._updater(formula) for name, formula in self._formulae.items()}
        self._operations: type[Operations] = self._made(Operations)
        self.settings: Settings = self._made(Settings)()
        self.rates: Rates = self._made(Rates)()
        self.normalization: Normalization = self._made(Normalization)()
        self.penalties: type[Penalties] = self._made(Penalties)
        self.parameter: type[Parameter] = self._made(Parameter)
        self.layer: type[Pipeline] = self._made(Pipeline)
        self._session: type[Session] = self._made(Session)

    def _made(self, part: type[Any]) -> type[Any]:
        changed = tuple(mistake for mistake in self._mistakes if issubclass(mistake, part))
        return type(part.__name__, changed or (part,), {"port": self})

    def _updater(self, formula: Any) -> Updater:
        right: Updater = formula.right
        return replace(right, formula=formula, alpha=formula.alpha if right.alpha else None)

    def layer_settings(self, right: LayerSettings) -> LayerSettings:
        """Return a layer's settings with the port's formulae."""
        parameters = tuple(replace(p, updater=self._mine(p.updater)) for p in right.parameters)
        return self.settings.layer(replace(right, updater=self._mine(right.updater), parameters=parameters))

    def _mine(self, updater: Updater) -> Updater:
        return self._updaters.get(updater.name, updater)

    def open(self, network: Network) -> Any:
        return self._session(network, lambda dtype: Execution(self._operations(dtype)))
