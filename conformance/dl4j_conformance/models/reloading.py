"""The next update of a model that was saved and loaded, beside that of one which was never saved."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from dl4j_backends.interface import Dl4jException, Network
from dl4j_backends.model_files.configuration import Configuration
from dl4j_conformance.cases.networks import Networks
from dl4j_conformance.cases.operations import Operation, Restore, Update
from dl4j_conformance.cases.values import Floats
from dl4j_conformance.execution.oracle_backend import OracleBackend
from dl4j_conformance.execution.oracle_session import OracleSession
from dl4j_conformance.models.gradients import Gradients


@dataclass(frozen=True)
class Reloaded:
    """The largest magnitude in a parameter's next update: as if nothing was saved, and after two ways of loading.

    ``afresh`` is after a load without the updater, with a new state.
    """

    key: str
    updater: str
    going_on: float
    restored: float
    afresh: float


def reloaded(network: Network, gradients: Sequence[Gradients], batch_size: int) -> list[Reloaded]:
    """Return each parameter's last update of a training, before which the model is saved and loaded.

    Gradients are 1-D, of the network's dtype, one for each iteration.

    Raises :class:`Dl4jException` where DL4J throws, as it does for a network that it cannot read.
    """
    first = int(network.conf.get("iteration_count", 0))
    updates = [Update(of, first + number, batch_size) for number, of in enumerate(gradients)]
    ways: Sequence[list[Operation]] = ([], [Restore(with_updater=True)], [Restore(with_updater=False)])
    results = [_last_update(network, [*updates[:-1], *way, updates[-1]]) for way in ways]
    updaters = {
        network.key(index, name): str(parameter.updater)
        for index, layer in enumerate(OracleBackend().open(network).updater.layers)
        for name, parameter in layer.parameters.items()
    }
    return [Reloaded(key, updaters[key], *(_largest(result[key]) for result in results)) for key in results[0]]


def _last_update(network: Network, script: Sequence[Operation]) -> dict[str, Floats]:
    networks: Networks[OracleSession] = Networks(OracleBackend().open(network))
    for operation in script:
        if isinstance(operation, Update):
            seen = networks.current.train(operation.gradients, operation.iteration, operation.batch_size)
            if seen.failure:
                raise Dl4jException(seen.failure.kind, seen.failure.message)
        else:
            operation.perform(networks)
    return dict(seen.updates or {})


def _largest(update: Floats) -> float:
    """Return the largest magnitude in an update (1-D); NaN if there is one."""
    return float(np.abs(update).max()) if len(update) else 0.0


def reasons(configuration: Configuration, has_state: bool) -> Iterator[str]:
    """Yield why a model goes on otherwise after it was loaded, as far as its file tells."""
    layers = [layer for layer in configuration.layers if layer.get("type") != "activation"]
    updaters = {str(layer.get("updater", "SGD")) for layer in layers}
    if "NESTEROVS" in updaters:
        yield "NESTEROVS: the state view keeps the first update ever, not the velocity. A loaded model begins there."
    if updaters - {"SGD", "NONE", "NESTEROVS"}:
        yield "Without the updater (restore...(file, false)) the state begins anew, and the iteration count goes on."
    if not has_state:
        yield "The file has no updaterState.bin: however it is loaded, the state begins anew."
    if configuration.conf.get("built"):
        yield "The file is of a version before 0.8.0, or was changed: nothing that is unset is filled (model show)."
    if configuration.conf.get("lr_policy", "None") == "None" and updaters - {"NESTEROVS", "NONE", "ADADELTA"}:
        yield "Without a policy a rate that setLearningRateByParam has set is noticed after the model was loaded."
    yield "Frozen layers are not saved as such: after loading they are trained."
