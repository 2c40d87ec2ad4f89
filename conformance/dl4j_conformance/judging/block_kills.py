"""The kills of a case of a later version: the misreadings that a backend cannot have if it passes the case."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import fields
from functools import cached_property

from dl4j_backends.block_interface import BlockObservation
from dl4j_backends.crash import BackendCrashError
from dl4j_backends.interface import Dl4jException
from dl4j_conformance.cases.block_case import BlockCase
from dl4j_conformance.execution.block_outcome import BlockOutcome, observe_blocks
from dl4j_conformance.execution.block_session import OracleBlockBackend
from dl4j_conformance.execution.enclosed_blocks import EnclosedBlocks, EnclosedBlockSession
from dl4j_conformance.judging.block_comparison import block_differences
from dl4j_conformance.judging.block_enclosures import checked, checked_step
from dl4j_conformance.judging.kill_matrix import Kill
from dl4j_conformance.judging.level import Level
from dl4j_conformance.judging.watched_rules import Watched, watched
from dl4j_oracle.arithmetic.enclosure import EnclosureArithmetic
from dl4j_oracle.arithmetic.error_model import ErrorBound, ErrorModel, error_model
from dl4j_oracle.blocks.misreadings import BlockMisreading, block_catalogue
from dl4j_oracle.blocks.profile import BLOCK_VERSIONS, BlockRules
from dl4j_oracle.errors import ConfigurationError, UndecidedError


def block_row(case: BlockCase, expected: BlockOutcome) -> dict[str, Kill]:
    """Return the kills of ``case``, by misreading, each at the lowest level at which it shows."""
    sets, uses = _Sets(case), _Uses(case, expected)
    found = {}
    for misreading in block_catalogue(case.version):
        if uses.may_show(misreading):
            kill = _kill(expected, outcome_under(misreading.block_rules, case), sets)
            if kill is not None:
                found[misreading.id] = kill
    return found


class _Uses:
    """The rules that a case uses: most misreadings change another one, and need not be run."""

    def __init__(self, case: BlockCase, expected: BlockOutcome) -> None:
        self._case, self._expected = case, expected
        rules = BLOCK_VERSIONS[case.version]
        shown, asked = watched(_WatchedRules, rules)
        outcome_under(shown, case)
        self._asked = frozenset(asked)
        self._built = self._build(rules)

    def may_show(self, misreading: BlockMisreading) -> bool:
        """Return whether the case can show a misreading: it may if one of the rules that it changes is used."""
        return any(self._is_used(path, misreading.block_rules) for path in misreading.changes)

    def _is_used(self, path: str, rules: BlockRules) -> bool:
        name, _, rest = path.partition(".")
        divides = any(step.batch_size != 1 for step in self._case.steps)
        normalizes = not self._asked.isdisjoint(_STRATEGIES)
        match name:
            case "updaters":
                blocks = self._expected.blocks or ()
                return any(block.updater == rest.partition(".")[0] for block in blocks)
            case "build" | "joins":
                return self._build(rules) != self._built
            case "gradients":
                return self._case.network.gradient != "own"
            case "is_divided":
                return divides
            case "stages":
                return divides or normalizes
            case "norm_order":
                return normalizes
            case _:
                return name in self._asked

    def _build(self, rules: BlockRules) -> tuple[str, object]:
        """Return the network as it is built, in words, and its blocks; the exception, if there is one."""
        network = self._case.network
        try:
            session = OracleBlockBackend(rules).open(network)
        except (Dl4jException, ConfigurationError) as error:
            return str(error), None
        return repr(session.updater.network), session.blocks()


_STRATEGIES = {field.name for field in fields(BlockRules) if field.name.startswith(("renormalize", "clip"))}


class _WatchedRules(Watched, BlockRules):
    """Rules of a later version that are watched."""


def outcome_under(rules: BlockRules, case: BlockCase) -> BlockOutcome | None:
    """Return what other rules make of ``case``; None if they make no sense there."""
    try:
        return observe_blocks(OracleBlockBackend(rules), case)
    except BackendCrashError:
        return None


def _kill(expected: BlockOutcome, other: BlockOutcome | None, sets: _Sets) -> Kill | None:
    if other is None:
        return Kill(Level.STRUCTURE)
    found = block_differences(expected, other)
    if not found:
        return None
    if any(difference.is_structural for difference in found):
        return Kill(Level.STRUCTURE)
    return Kill(Level.BOUNDED if sets.exclude(other) else Level.BIT_EXACT)


class _Sets:
    """The enclosures of a case, computed once, when they are asked for."""

    def __init__(self, case: BlockCase) -> None:
        self._case = case

    @cached_property
    def _steps(self) -> list[EnclosedBlocks]:
        session = EnclosedBlockSession(self._case.network, EnclosureArithmetic(error_model(self._case.dtype)))
        steps = []
        try:
            for step in self._case.steps:
                steps.append(session.update(step))  # noqa: PERF401 - those before an exception stay
        except UndecidedError:
            pass
        return steps

    def exclude(self, other: BlockOutcome) -> bool:
        """Return whether a value of another outcome, which has the same structure, lies outside."""
        return any(
            not all(one.inside)
            for number, (sets, seen) in enumerate(zip(self._steps, other.steps, strict=False))
            for one in checked_step(number, sets, seen)
        )


def enclosed(
    case: BlockCase,
    seen: Sequence[BlockObservation],
    rules: BlockRules | None = None,
    model: ErrorModel[ErrorBound] | None = None,
) -> bool:
    """Return whether no value that was seen lies outside of its enclosure, as far as one is claimed."""
    try:
        return all(all(one.inside) for one in checked(case.network, case.steps, seen, rules, model))
    except UndecidedError:
        return True
