"""The oracle as a backend: any profile, in the ieee arithmetic. DL4J 0.8.0's is the evaluation model."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import suppress

from dl4j_backends import addresses
from dl4j_backends.addresses import Scheme, UnknownAddressError
from dl4j_backends.block_interface import BlockBackend
from dl4j_backends.interface import (
    ALL_CAPABILITIES,
    SET_PARAMS,
    Backend,
    Dl4jException,
    Network,
    Platform,
)
from dl4j_backends.stdio.options import WireOptions
from dl4j_conformance.cases.case import Case
from dl4j_conformance.execution.block_session import OracleBlockBackend
from dl4j_conformance.execution.oracle_session import OracleSession, network_updater
from dl4j_oracle.arithmetic.ieee import IeeeArithmetic
from dl4j_oracle.arithmetic.java import CORRECTLY_ROUNDED, JavaMath
from dl4j_oracle.arithmetic.norm_order import NormOrder, nd4j_order
from dl4j_oracle.misreadings import by_id, catalogue
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
        """Return a session on ``network``."""
        arithmetic = IeeeArithmetic(network.dtype, self._norm_order, java_math=self._java_math)
        return OracleSession(network_updater(network, arithmetic, self._rules))


def model_of(backend: Backend) -> OracleBackend:
    """Return the evaluation model on the platform of ``backend``, if it names one."""
    platform: Platform | None = getattr(backend, "platform", None)
    if platform is None:
        return OracleBackend()
    java_math = JavaMath(platform.power, platform.exponential)
    return OracleBackend(norm_order=nd4j_order(platform.threads), java_math=java_math)


def _oracle(_: str, __: WireOptions) -> Backend:
    return OracleBackend()


def _oracle_blocks(_: str, __: WireOptions) -> BlockBackend:
    return OracleBlockBackend()


def _misreading(id_: str, _: WireOptions) -> Backend:
    try:
        return OracleBackend(by_id(id_).rules)
    except KeyError:
        ids = [misreading.id for misreading in catalogue()]
        hint = did_you_mean(id_, ids, "`dl4j-conformance list misreadings` shows them all")
        raise UnknownAddressError(f"unknown misreading {id_!r}: {hint}") from None


#: All kinds of backends that commands take, in the order of ``list backends``.
SCHEMES = (
    Scheme("oracle", "", "the evaluation model itself: DL4J 0.8.0's rules in IEEE arithmetic", _oracle, _oracle_blocks),
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


def resolve_blocks(address: str, options: WireOptions = WireOptions()) -> BlockBackend:  # noqa: B008 - frozen
    """Return the backend of later versions at ``address``; see :func:`dl4j_backends.addresses.resolve_blocks`."""
    return addresses.resolve_blocks(address, options, SCHEMES)


def check_network(network: Network) -> None:
    """Raise :class:`dl4j_oracle.errors.ConfigurationError` for a network that DL4J has no names for, or no sizes."""
    with suppress(Dl4jException):
        OracleBackend().open(network)


def state_blocks(case: Case) -> Sequence[Block]:
    """Return the parts of the case's state view, in DL4J's layout; none of a network that DL4J does not build."""
    try:
        return OracleBackend().open(case.network).updater.blocks()
    except Dl4jException:
        return ()
