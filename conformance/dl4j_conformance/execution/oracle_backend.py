"""The oracle as a backend: any profile, in the ieee arithmetic. DL4J 0.8.0's is the evaluation model."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import replace

from dl4j_backends import addresses
from dl4j_backends.addresses import Scheme, UnknownAddressError
from dl4j_backends.interface import (
    ALL_CAPABILITIES,
    SET_PARAMS,
    Backend,
    Dl4jException,
    Floats,
    Network,
    Observation,
    Platform,
    Search,
)
from dl4j_backends.stdio.options import WireOptions
from dl4j_conformance.cases.case import Case
from dl4j_oracle.arithmetic.ieee import IeeeArithmetic, IeeeArray, IeeeScalar
from dl4j_oracle.arithmetic.interface import Array
from dl4j_oracle.arithmetic.java import CORRECTLY_ROUNDED, JavaMath
from dl4j_oracle.arithmetic.norm_order import NormOrder, nd4j_order
from dl4j_oracle.errors import Dl4jError
from dl4j_oracle.misreadings import by_id, catalogue
from dl4j_oracle.network.dispatch import updater_of
from dl4j_oracle.network.multi_layer_updater import MultiLayerUpdater
from dl4j_oracle.network.network_description import INITIALIZE, Description
from dl4j_oracle.network.optimize import optimize
from dl4j_oracle.optimizer import Backpropagated
from dl4j_oracle.profile import DEFAULT_RULES, Rules
from dl4j_oracle.state_layout import Block
from dl4j_oracle.suggestion import did_you_mean


class OracleBackend:
    """The ieee arithmetic under ``rules``, norms summed in ``norm_order``, on a JVM with ``java_math``."""

    capabilities = ALL_CAPABILITIES | {SET_PARAMS}

    def __init__(
        self,
        rules: Rules = DEFAULT_RULES,
        norm_order: NormOrder | None = None,
        java_math: JavaMath = CORRECTLY_ROUNDED,
    ) -> None:
        self.name = f"oracle ({rules.id})"
        self._rules = rules
        self._norm_order = norm_order or nd4j_order()
        self._java_math = java_math

    def open(self, network: Network) -> OracleSession:
        """A session on ``network``."""
        arithmetic = IeeeArithmetic(network.dtype, self._norm_order, java_math=self._java_math)
        try:
            updater = updater_of(description(network), arithmetic, self._rules, given_state(network))
        except Dl4jError as error:
            raise Dl4jException(error.kind, error.message) from error
        return OracleSession(updater)


def model_of(backend: Backend) -> OracleBackend:
    """The evaluation model on the platform of ``backend``, if it names one."""
    platform: Platform | None = getattr(backend, "platform", None)
    if platform is None:
        return OracleBackend()
    java_math = JavaMath(platform.power, platform.exponential)
    return OracleBackend(norm_order=nd4j_order(platform.threads), java_math=java_math)


def description(network: Network) -> Description:
    """The network as the oracle takes it."""
    params = {key: array.tolist() for key, array in network.params.items()}
    return Description(
        network.conf,
        network.layers,
        params,
        network.gradient_view,
        network.vertices,
        network.is_bare,
        network.chain,
    )


def given_state(network: Network) -> Sequence[float] | object | None:
    """The state that the network's updater is constructed with, or ``INITIALIZE``."""
    if not network.has_state:
        return INITIALIZE
    return None if network.state is None else list(network.state.tolist())


def _oracle(_: str, __: WireOptions) -> Backend:
    return OracleBackend()


def _misreading(id_: str, _: WireOptions) -> Backend:
    try:
        return OracleBackend(by_id(id_).rules)
    except KeyError:
        ids = [misreading.id for misreading in catalogue()]
        hint = did_you_mean(id_, ids, "`dl4j-conformance list misreadings` shows them all")
        raise UnknownAddressError(f"unknown misreading {id_!r}: {hint}") from None


#: All kinds of backends that commands take, in the order of ``list backends``.
SCHEMES = (
    Scheme("oracle", "", "the evaluation model itself: DL4J 0.8.0's rules in IEEE arithmetic", _oracle),
    Scheme(
        "misreading:ID",
        r"(?s:.*)",
        "the same with one rule misread; `dl4j-conformance list misreadings` shows the ids",
        _misreading,
    ),
    *addresses.SCHEMES,
)


def resolve(address: str, options: WireOptions = WireOptions()) -> Backend:  # noqa: B008 - frozen
    """Return the backend at ``address``, the oracle among them; see :func:`dl4j_backends.addresses.resolve`."""
    return addresses.resolve(address, options, SCHEMES)


def check_network(network: Network) -> None:
    """Raise :class:`dl4j_oracle.errors.ConfigurationError` for a network that DL4J has no names for, or no sizes."""
    with suppress(Dl4jException):
        OracleBackend().open(network)


def state_blocks(case: Case) -> Sequence[Block]:
    """The parts of the case's state view, in DL4J's layout."""
    return OracleBackend().open(case.network).updater.blocks()


class OracleSession:
    """An open network of the oracle."""

    def __init__(self, updater: MultiLayerUpdater) -> None:
        self.updater = updater

    def state(self) -> Floats | None:
        """The state view."""
        state = self.updater.state
        return _floats(state) if state is not None else None

    def update(self, gradients: Mapping[str, Floats], iteration: int, batch_size: int) -> Observation:
        """``MultiLayerUpdater.update``."""
        arrays = self.updater.arrays({key: array.tolist() for key, array in gradients.items()})
        with _as_backends_raise():
            updates = self.updater.update(arrays, iteration, batch_size)
        return self._observation(updates)

    def iterate(
        self, gradients: Mapping[str, Floats], score: float, batch_size: int, search: Search | None = None
    ) -> Observation:
        """One iteration of ``StochasticGradientDescent.optimize`` or ``LineGradientDescent.optimize``."""
        given = Backpropagated(gradients, score)
        if search:
            given = replace(given, step=search.step, after=Backpropagated(search.gradients, search.score))
        arrays = given.with_gradients(lambda found: self.updater.views({key: g.tolist() for key, g in found.items()}))
        with _as_backends_raise():
            iterated = optimize(self.updater, arrays, batch_size)
        return replace(
            self._observation(iterated.updates),
            params={key: _floats(array) for key, array in iterated.params.items()},
            heard={key: _floats(array) for key, array in iterated.heard.items()},
            iteration_done=iterated.iteration_done,
            iteration_count=iterated.iteration_count,
        )

    def _observation(self, updates: Mapping[str, Array]) -> Observation:
        return Observation(
            {key: _floats(array) for key, array in updates.items()},
            self.state(),
            {key: _double(rate) for key, rate in self.updater.learning_rates.items()},
            {key: _double(momentum) for key, momentum in self.updater.momentum.items()},
        )

    def set_state(self, state: Floats) -> None:
        """``setStateViewArray``."""
        with _as_backends_raise():
            self.updater.set_state(state.tolist())

    def set_learning_rate(self, key: str, learning_rate: float) -> None:
        """``conf.setLearningRateByParam``."""
        self.updater.set_learning_rate(key, learning_rate)

    def clone(self) -> OracleSession:
        """``MultiLayerNetwork.clone``."""
        with _as_backends_raise():
            return OracleSession(self.updater.clone())

    def restore(self, with_updater: bool) -> OracleSession:
        """``ModelSerializer``."""
        with _as_backends_raise():
            return OracleSession(self.updater.restored(with_updater))

    def freeze(self, layer: int) -> None:
        """``new FrozenLayer``."""
        with _as_backends_raise():
            self.updater.freeze(layer)

    def clone_updater(self) -> None:
        """``Updater.clone``."""
        with _as_backends_raise():
            self.updater.clone_updater()

    def average(self, others: Sequence[OracleSession], combined: bool) -> None:
        """The average by aggregators."""
        with _as_backends_raise():
            self.updater.average([other.updater for other in others], combined)

    def compare(self, other: OracleSession) -> tuple[bool, bool]:
        """``equals`` and ``hashCode`` of the updaters."""
        compared = self.updater.compare(other.updater)
        return compared.equal, compared.same_hash

    def set_params(self, params: Mapping[str, Floats]) -> None:
        """Other weights for the penalties, as training changes them."""
        self.updater.set_params({key: array.tolist() for key, array in params.items()})

    def close(self) -> None:
        """Nothing to release."""


@contextmanager
def _as_backends_raise() -> Iterator[None]:
    try:
        yield
    except Dl4jError as error:
        raise Dl4jException(error.kind, error.message) from error


def _floats(array: object) -> Floats:
    return IeeeArray.own(array).values


def _double(scalar: object) -> float:
    return IeeeScalar.own(scalar).value
