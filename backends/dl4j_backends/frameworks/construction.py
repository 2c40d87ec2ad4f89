"""The optimizer of a library that stands for an updater of DL4J, as it is made: its name and its settings.

It is plain data. No library has to be installed to read it, or to print it as code.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from enum import StrEnum
from typing import Literal

from dl4j_backends.engine.updaters import UpdaterSettings
from dl4j_backends.interface import UnsupportedError

#: The libraries, by their addresses.
LibraryName = Literal["torch.optim", "optax", "keras"]

#: The value of an argument; Adam of torch has its two decays in one.
Argument = float | bool | tuple[float, float]


class Mode(StrEnum):
    """The ways in which a library stands for DL4J, as addresses name them."""

    #: The library's updater inside DL4J's pipeline, with the settings that DL4J has and the library's defaults.
    ALONE = "alone"
    #: The same with the settings of the library that bring it nearest to DL4J.
    MATCHED = "matched"
    #: The library as people use it: mean loss, its own clipping, decay and schedules.
    AS_USED = "as-used"


@dataclass(frozen=True)
class Named:
    """An object of a library, with its name there, such as ``torch.optim.Adagrad``."""

    name: str

    @property
    def attribute(self) -> str:
        """The name within its module."""
        return self.name.rpartition(".")[2]


@dataclass(frozen=True)
class Construction(Named):
    """An optimizer as it is made: ``name(learning_rate, **arguments)``.

    ``state`` names the arrays of its state in the order of DL4J's view. ``start`` has the values that they are filled
    with by hand before the first step, because there is no argument for it.
    """

    learning_rate: float
    arguments: Mapping[str, Argument] = field(default_factory=dict)
    state: tuple[str, ...] = ()
    start: Mapping[str, float] = field(default_factory=dict)
    #: The coefficient of the library's own decay of weights, in mode *as used*.
    weight_decay: float = 0.0
    #: If set, the argument ``eps`` has to be set before every step: to that of :meth:`epsilon_of_step`.
    epsilon_decay: float | None = None

    def epsilon_of_step(self, step: int) -> float:
        """Return the ``eps`` of a step, counted from 1.

        It is epsilon by ``sqrt(1 - epsilon_decay ** step)``. With it an Adam that corrects the root before it adds
        epsilon does as one that corrects the learning rate, as DL4J's. Raises ``ValueError`` if it is not set.
        """
        epsilon, decay = self.arguments["eps"], self.epsilon_decay
        if decay is None or isinstance(epsilon, tuple):
            raise ValueError(f"{self.name} has one epsilon for all steps")
        remainder = 1 - decay**step
        return epsilon / math.sqrt(remainder) if remainder > 0 else math.inf

    @property
    def sums_gradients(self) -> bool:
        """True if its one array is a sum of gradients, in place of DL4J's velocity."""
        return self.state in (("momentum_buffer",), ("trace",))


def construction(
    library: LibraryName, updater: str, settings: UpdaterSettings, learning_rate: float, mode: Mode = Mode.ALONE
) -> Construction:
    """Return the optimizer that stands for an updater under these settings.

    AdaDelta of DL4J takes no learning rate: the library's gets 1, and in mode *as used* the layer's, as it is there.
    Raises :class:`UnsupportedError` for an updater that has no counterpart.
    """
    if (library, updater) not in _COUNTERPARTS:
        raise UnsupportedError(f"updater {updater}: {library} has nothing that corresponds to it")
    counterpart = _COUNTERPARTS[library, updater]
    takes_no_rate = updater == "ADADELTA" and mode is not Mode.AS_USED
    plain = Construction(
        f"{_MODULES[library]}.{counterpart.name}",
        1.0 if takes_no_rate else learning_rate,
        counterpart.arguments(settings),
        counterpart.state,
    )
    match = _MATCHES.get((library, updater))
    return match(plain, settings) if match and mode is Mode.MATCHED else plain


_MODULES: Mapping[LibraryName, str] = {"torch.optim": "torch.optim", "optax": "optax", "keras": "keras.optimizers"}

Arguments = Mapping[str, Argument]


@dataclass(frozen=True)
class _Counterpart:
    """An optimizer of a library, its arguments for DL4J's settings, and its state in the order of DL4J's view."""

    name: str
    arguments: Callable[[UpdaterSettings], Arguments] = lambda s: {}
    state: tuple[str, ...] = ()


_COUNTERPARTS: Mapping[tuple[LibraryName, str], _Counterpart] = {
    ("torch.optim", "SGD"): _Counterpart("SGD"),
    ("torch.optim", "NESTEROVS"): _Counterpart(
        "SGD", lambda s: {"momentum": s.momentum, "nesterov": True}, ("momentum_buffer",)
    ),
    ("torch.optim", "ADAGRAD"): _Counterpart("Adagrad", lambda s: {"eps": s.epsilon}, ("sum",)),
    ("torch.optim", "RMSPROP"): _Counterpart(
        "RMSprop", lambda s: {"alpha": s.rms_decay, "eps": s.epsilon}, ("square_avg",)
    ),
    ("torch.optim", "ADAM"): _Counterpart(
        "Adam",
        lambda s: {"betas": (s.adam_mean_decay, s.adam_var_decay), "eps": s.epsilon},
        ("exp_avg", "exp_avg_sq"),
    ),
    ("torch.optim", "ADADELTA"): _Counterpart(
        "Adadelta", lambda s: {"rho": s.rho, "eps": s.epsilon}, ("square_avg", "acc_delta")
    ),
    ("optax", "SGD"): _Counterpart("sgd"),
    ("optax", "NESTEROVS"): _Counterpart("sgd", lambda s: {"momentum": s.momentum, "nesterov": True}, ("trace",)),
    ("optax", "ADAGRAD"): _Counterpart("adagrad", lambda s: {"eps": s.epsilon}, ("sum_of_squares",)),
    ("optax", "RMSPROP"): _Counterpart("rmsprop", lambda s: {"decay": s.rms_decay, "eps": s.epsilon}, ("nu",)),
    ("optax", "ADAM"): _Counterpart(
        "adam", lambda s: {"b1": s.adam_mean_decay, "b2": s.adam_var_decay, "eps": s.epsilon}, ("mu", "nu")
    ),
    ("optax", "ADADELTA"): _Counterpart("adadelta", lambda s: {"rho": s.rho, "eps": s.epsilon}, ("e_g", "e_x")),
    ("keras", "SGD"): _Counterpart("SGD"),
    ("keras", "NESTEROVS"): _Counterpart("SGD", lambda s: {"momentum": s.momentum, "nesterov": True}, ("momentum",)),
    ("keras", "ADAGRAD"): _Counterpart("Adagrad", lambda s: {"epsilon": s.epsilon}, ("accumulator",)),
    ("keras", "RMSPROP"): _Counterpart("RMSprop", lambda s: {"rho": s.rms_decay, "epsilon": s.epsilon}, ("velocity",)),
    ("keras", "ADAM"): _Counterpart(
        "Adam",
        lambda s: {"beta_1": s.adam_mean_decay, "beta_2": s.adam_var_decay, "epsilon": s.epsilon},
        ("momentum", "velocity"),
    ),
    ("keras", "ADADELTA"): _Counterpart(
        "Adadelta", lambda s: {"rho": s.rho, "epsilon": s.epsilon}, ("accumulated_grad", "accumulated_delta_var")
    ),
}


def _with_arguments(**of: Callable[[UpdaterSettings], Argument]) -> Callable[..., Construction]:
    """Return what adds arguments to a construction."""

    def match(plain: Construction, settings: UpdaterSettings) -> Construction:
        return replace(plain, arguments={**plain.arguments, **{name: value(settings) for name, value in of.items()}})

    return match


def _with_start_at_epsilon(array: str) -> Callable[..., Construction]:
    """Return what lets an array of the state begin with epsilon."""
    return lambda plain, settings: replace(plain, start={array: settings.epsilon})


def _with_epsilon_of_steps(plain: Construction, settings: UpdaterSettings) -> Construction:
    """Return a construction whose epsilon is set before every step."""
    return replace(plain, epsilon_decay=settings.adam_var_decay)


#: DL4J's AdaGrad and RmsProp begin with epsilon, and add it outside the root. Its Adam adds epsilon to a root that no
#: bias correction has changed.
_MATCHES: Mapping[tuple[LibraryName, str], Callable[[Construction, UpdaterSettings], Construction]] = {
    ("torch.optim", "ADAGRAD"): _with_arguments(initial_accumulator_value=lambda s: s.epsilon),
    ("torch.optim", "RMSPROP"): _with_start_at_epsilon("square_avg"),
    ("torch.optim", "ADAM"): _with_epsilon_of_steps,
    ("optax", "ADAM"): _with_epsilon_of_steps,
    ("optax", "ADAGRAD"): _with_arguments(initial_accumulator_value=lambda s: s.epsilon),
    ("optax", "RMSPROP"): _with_arguments(initial_scale=lambda s: s.epsilon, eps_in_sqrt=lambda s: False),
    ("keras", "ADAGRAD"): _with_arguments(initial_accumulator_value=lambda s: s.epsilon),
    ("keras", "RMSPROP"): _with_start_at_epsilon("velocity"),
}
