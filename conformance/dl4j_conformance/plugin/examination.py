"""The backend under test in this process, judged case by case as ``run`` judges it."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

import pytest

import dl4j_fixtures
from dl4j_backends.addresses import UnknownAddressError
from dl4j_backends.interface import BackendUnavailableError, accuracy_of
from dl4j_conformance.deviations.check import Check
from dl4j_conformance.deviations.expectations import Expectations, read_expectations
from dl4j_conformance.deviations.file import DeviationsError
from dl4j_conformance.execution.ending import Fault, end
from dl4j_conformance.execution.oracle_backend import resolve
from dl4j_conformance.judging.fixture import Declaration, Fixture
from dl4j_conformance.judging.verdict import Result
from dl4j_conformance.plugin.options import Options
from dl4j_conformance.running.run import Attempt, Judgement
from dl4j_conformance.vectors.fixtures import Selection, fixtures, inventory, stored_rows


class Examination:
    """A backend, started, and its judgement.

    Raise :class:`pytest.UsageError` if there is no such backend, it cannot run here, the fixtures are damaged, or the
    file of deviations cannot be used.
    """

    def __init__(self, options: Options) -> None:
        try:
            rows = stored_rows()
            #: What is declared of the cases.
            self.expected = Expectations()
            if options.deviations:
                self.expected = read_expectations(options.deviations, fixtures(Selection()), inventory().topics)
            self._backend = resolve(options.address, options.wire)
            self.accuracy = accuracy_of(self._backend)
            declaration = Declaration.of(self._backend)
        except UnknownAddressError as error:
            raise pytest.UsageError(f"--dl4j-backend: {error}") from error
        except BackendUnavailableError as error:
            raise pytest.UsageError(f"--dl4j-backend: {options.address} is not available: {error}") from error
        except (dl4j_fixtures.FixtureError, DeviationsError) as error:
            raise pytest.UsageError(str(error)) from error
        self._judgement = Judgement(declaration, rows, options.level)
        self._level = options.level
        self._gone: set[str] = set()

    def check(self) -> Check:
        """Return a check of results against what is declared, which has seen none yet."""
        return Check(self.expected, self._level, datetime.now().astimezone().date())

    def result(self, fixture: Fixture) -> Result:
        """Return the result of a case."""
        return self._judgement.result(Attempt.of(self._backend, fixture))

    def has_gone_before(self, result: Result) -> bool:
        """Return whether the backend was unavailable before, for the same reason: one failure says it."""
        if not result.unavailable:
            return False
        is_known = result.reason in self._gone
        self._gone.add(result.reason)
        return is_known

    def close(self) -> Sequence[Fault]:
        """End the processes of the backend, if it has any. Return their faults at the end, or those recovered from."""
        return end(self._backend)
