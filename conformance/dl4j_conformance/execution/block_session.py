"""The oracle on a network whose updaters work in blocks, in any arithmetic; in the ieee arithmetic it is a backend."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any, Generic, TypeVar, cast

from dl4j_backends.block_interface import BlockNetwork, BlockPlace, BlockSeen, BlockStep
from dl4j_backends.interface import Dl4jException, Failure, Floats, Platform
from dl4j_oracle.arithmetic.ieee import IeeeArithmetic, IeeeArray, IeeeScalar
from dl4j_oracle.arithmetic.interface import Arithmetic, Array, Scalar
from dl4j_oracle.arithmetic.java import CORRECTLY_ROUNDED, JavaMath
from dl4j_oracle.blocks.gradients import GradientForm
from dl4j_oracle.blocks.network_updater import BlockDescription, BlockNetworkUpdater
from dl4j_oracle.blocks.profile import BLOCK_VERSIONS, BlockRules
from dl4j_oracle.errors import Dl4jError

A = TypeVar("A")
D = TypeVar("D")


def block_updater(network: BlockNetwork, arithmetic: Arithmetic, rules: BlockRules) -> BlockNetworkUpdater:
    """Return the oracle's updater. Raises Dl4jException where DL4J's build throws."""
    try:
        return BlockNetworkUpdater(block_description(network), arithmetic, rules)
    except Dl4jError as error:
        raise Dl4jException(error.kind, error.message) from error


def block_description(network: BlockNetwork) -> BlockDescription:
    """Return a network as the oracle takes it."""
    return BlockDescription(network.conf, network.layers, _sequences(network.params))


class OracleBlockSession(Generic[A, D]):
    """A session whose arrays and numbers are shown by two functions."""

    def __init__(
        self,
        updater: BlockNetworkUpdater,
        form: GradientForm,
        show_array: Callable[[Array], A],
        show_scalar: Callable[[Scalar], D],
    ) -> None:
        self.updater, self._form = updater, form
        self._show_array, self._show_scalar = show_array, show_scalar

    def blocks(self) -> Sequence[BlockPlace]:
        """Return the blocks, in order."""
        return [
            BlockPlace(
                tuple(parameter.key for parameter in block.parameters),
                str(block.updater.type),
                block.start,
                block.start + block.length,
                block.state_start,
                block.state_start + block.state_length,
            )
            for block in self.updater.blocks
        ]

    def state(self) -> A | None:
        """Return the state view (1-D, of the network's dtype); None if there is none."""
        return None if self.updater.state is None else self._show_array(self.updater.state)

    def update(self, step: BlockStep) -> BlockSeen[A, D]:
        """Update once."""
        return self._run(step, descends=False)

    def train(self, step: BlockStep) -> BlockSeen[A, D]:
        """Update once, and let the parameters take the step."""
        return self._run(step, descends=True)

    def _run(self, step: BlockStep, descends: bool) -> BlockSeen[A, D]:
        own = None if step.own_gradients is None else _sequences(step.own_gradients)
        gradients = self.updater.gradients(self._form, _sequences(step.gradients), own)
        failure = None
        try:
            self.updater.update(gradients, step.iteration, step.epoch, step.batch_size)
            if descends:
                self.updater.descend(gradients)
        except Dl4jError as error:
            failure = Failure(error.kind, error.message)
        rates = self.updater.rates
        of_updaters = rates.updater_learning_rates()
        return BlockSeen(
            self._arrays(gradients.flat),
            self.state(),
            self._scalars(_if_there_is(lambda: rates.learning_rates(step.iteration, step.epoch))),
            self._scalars(_if_there_is(lambda: rates.momenta(step.iteration, step.epoch))),
            None if of_updaters is None else self._scalars(of_updaters),
            None if self._form is GradientForm.OWN else self._arrays(gradients.own),
            failure,
        )

    def _arrays(self, arrays: Mapping[str, Array]) -> dict[str, A]:
        return {key: self._show_array(array) for key, array in arrays.items()}

    def _scalars(self, values: Any) -> Any:
        """Return scalars, by key or in order, as they are shown; None stays."""
        if isinstance(values, Mapping):
            return {key: None if value is None else self._show_scalar(value) for key, value in values.items()}
        return [None if value is None else self._show_scalar(value) for value in values]


class OracleBlockBackend:
    """The ieee arithmetic under ``rules``, by default those of a network's version, on a JVM with ``java_math``."""

    name = "oracle"

    def __init__(self, rules: BlockRules | None = None, java_math: JavaMath = CORRECTLY_ROUNDED) -> None:
        self._rules, self._java_math = rules, java_math

    def open(self, network: BlockNetwork) -> OracleBlockSession[Floats, float]:
        """Return a session on ``network``, which shows 1-D arrays of its dtype.

        Raises Dl4jException where DL4J's build throws.
        """
        rules = self._rules or BLOCK_VERSIONS[network.version]
        arithmetic = IeeeArithmetic(network.dtype, rules.norm_order, java_math=self._java_math)
        updater = block_updater(network, arithmetic, rules)
        return OracleBlockSession(updater, GradientForm(network.gradient), _values, _value)


def _if_there_is(rates: Callable[[], Any]) -> Any:
    """Return rates, or none where a schedule has no value: then the update has failed for the same reason."""
    try:
        return rates()
    except Dl4jError:
        return ()


def _sequences(arrays: Mapping[str, Floats]) -> Mapping[str, Sequence[float]]:
    """Return arrays (1-D, of the network's dtype) as the oracle takes them."""
    return cast(Mapping[str, Sequence[float]], arrays)


def _values(array: Array) -> Floats:
    return IeeeArray.own(array).values


def _value(scalar: Scalar) -> float:
    return IeeeScalar.own(scalar).value


def block_model_of(backend: object) -> OracleBlockBackend:
    """Return the evaluation model on the platform of ``backend``, if it names one."""
    platform: Platform | None = getattr(backend, "platform", None)
    if platform is None:
        return OracleBlockBackend()
    return OracleBlockBackend(java_math=JavaMath(platform.power, platform.exponential))
