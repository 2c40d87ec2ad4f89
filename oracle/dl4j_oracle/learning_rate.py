"""Learning-rate policies (``LayerUpdater.applyLrDecayPolicy``): one rule and one record each.

A rule maps the parameter's current learning rate and the iteration to the new learning rate, which is stored
and is the current one of the next call: every policy except Schedule compounds. The names of a rule's local variables
are public: ``explain`` prints them as intermediates, and the formulae of the specification are written with them.

:data:`POLICIES` has the record of every policy; no other place states anything about one.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from dl4j_oracle.arithmetic.interface import Arithmetic, Scalar
from dl4j_oracle.clauses import clause
from dl4j_oracle.configuration import GlobalConfiguration, LayerConfiguration, LearningRatePolicy, Updater
from dl4j_oracle.errors import Dl4jError


@dataclass(frozen=True)
class PolicySettings:
    """The global settings that the policies read; NaN where unset. ``schedule`` is the layer's.

    ``initial`` is the rate that the parameter started with: DL4J's policies do not know it, closed forms do.
    """

    decay_rate: Scalar
    power: Scalar
    steps: Scalar
    num_iterations: int
    schedule: Mapping[int, Scalar]
    arithmetic: Arithmetic
    initial: Scalar


#: From the current learning rate, the iteration and the settings to the new learning rate.
PolicyRule = Callable[[Scalar, int, PolicySettings], Scalar]


@dataclass(frozen=True, kw_only=True)
class Policy:
    """Everything that is known about a learning-rate policy."""

    #: The policy's name, as in a configuration.
    name: LearningRatePolicy
    #: The rule of the new rate.
    rule: PolicyRule
    #: The fields of :class:`GlobalConfiguration` that must be set under it.
    needs: tuple[str, ...] = ()
    #: The fields that may be set under it besides those.
    takes: tuple[str, ...] = ()

    @property
    def reads(self) -> tuple[str, ...]:
        """All fields that the policy reads."""
        return (*self.needs, *self.takes)


@clause("LAYER-6")
def is_applied(policy: LearningRatePolicy, updater: Updater | None) -> bool:
    """Return whether rate and momentum are pushed into the updater: only under a policy or in a layer of NESTEROVS."""
    return policy is not LearningRatePolicy.NONE or updater is Updater.NESTEROVS


@clause("LR-1")
def new_rate(before: Scalar, after: Scalar) -> Scalar:
    """Return the decayed rate, which is used at once."""
    return after


@clause("LR-1")
def of_one_parameter(rates: Mapping[str, Scalar], name: str, rate: Scalar) -> Mapping[str, Scalar]:
    """Return a layer's rates after one was set or decayed: each parameter has its own."""
    return {**rates, name: rate}


@clause("LR-1", "LR-2")
def none_besides(layer: LayerConfiguration, without_gradient: Sequence[str]) -> Sequence[str]:
    """Return the parameters without a gradient whose rates decay all the same: none, as decay counts calls."""
    return ()


@clause("LR-3")
def unchanged(lr: Scalar, iteration: int, settings: PolicySettings) -> Scalar:
    """Return ``lr``: the rule of ``None``, asked for NESTEROVS alone, and of ``Score``, which decays elsewhere."""
    return lr


@clause("LR-2", "LR-4")
def exponential(lr: Scalar, iteration: int, settings: PolicySettings) -> Scalar:
    """Return ``lr * pow(decayRate, iteration)``."""
    return lr * settings.decay_rate.pow(settings.arithmetic.scalar(iteration))


@clause("LR-2", "LR-5")
def inverse(lr: Scalar, iteration: int, settings: PolicySettings) -> Scalar:
    """Return ``lr / pow(1 + decayRate * iteration, power)``."""
    growth = settings.decay_rate * settings.arithmetic.scalar(iteration) + 1
    return lr / growth.pow(settings.power)


@clause("LR-2", "LR-6")
def step(lr: Scalar, iteration: int, settings: PolicySettings) -> Scalar:
    """Return ``lr * pow(decayRate, floor(iteration / steps))``, with steps a double."""
    return lr * settings.decay_rate.pow((settings.arithmetic.scalar(iteration) / settings.steps).floor())


@clause("LR-7")
def torch_step(lr: Scalar, iteration: int, settings: PolicySettings) -> Scalar:
    """Return ``lr * decayRate`` at iterations > 1 that divide ``steps``: ``steps % iteration``, not the reverse."""
    if iteration > 1 and settings.steps.remainder(settings.arithmetic.scalar(iteration)).is_zero():
        return lr * settings.decay_rate
    return lr


@clause("LR-2", "LR-8")
def poly(lr: Scalar, iteration: int, settings: PolicySettings) -> Scalar:
    """Return ``lr * pow(1 - iteration / numIterations, power)``, numIterations being those per minibatch."""
    a = settings.arithmetic
    rest = 1 - a.scalar(iteration) / a.scalar(settings.num_iterations)
    return lr * rest.pow(settings.power)


@clause("LR-2", "LR-9")
def sigmoid(lr: Scalar, iteration: int, settings: PolicySettings) -> Scalar:
    """Return ``lr / (1 + exp(-decayRate * (iteration - steps)))``."""
    distance = settings.arithmetic.scalar(iteration) - settings.steps
    return lr / ((-settings.decay_rate * distance).exp() + 1)


@clause("LR-10")
def schedule(lr: Scalar, iteration: int, settings: PolicySettings) -> Scalar:
    """Return the schedule's value for exactly this iteration, else ``lr``."""
    return settings.schedule.get(iteration, lr)


_RATE, _POWER, _STEPS, _SCHEDULE = (
    "lr_policy_decay_rate",
    "lr_policy_power",
    "lr_policy_steps",
    "learning_rate_schedule",
)

NO_POLICY = Policy(name=LearningRatePolicy.NONE, rule=unchanged)
EXPONENTIAL = Policy(name=LearningRatePolicy.EXPONENTIAL, rule=exponential, needs=(_RATE,))
INVERSE = Policy(name=LearningRatePolicy.INVERSE, rule=inverse, needs=(_RATE, _POWER))
POLY = Policy(name=LearningRatePolicy.POLY, rule=poly, needs=(_POWER,))
SIGMOID = Policy(name=LearningRatePolicy.SIGMOID, rule=sigmoid, needs=(_RATE, _STEPS))
STEP = Policy(name=LearningRatePolicy.STEP, rule=step, needs=(_RATE, _STEPS))
TORCH_STEP = Policy(name=LearningRatePolicy.TORCH_STEP, rule=torch_step, needs=(_RATE,), takes=(_STEPS,))
SCHEDULE = Policy(name=LearningRatePolicy.SCHEDULE, rule=schedule, needs=(_SCHEDULE,))
SCORE = Policy(name=LearningRatePolicy.SCORE, rule=unchanged, needs=(_RATE,))

#: Every policy, by name.
POLICIES: Mapping[LearningRatePolicy, Policy] = {
    policy.name: policy
    for policy in (NO_POLICY, EXPONENTIAL, INVERSE, POLY, SIGMOID, STEP, TORCH_STEP, SCHEDULE, SCORE)
}

#: DL4J's words for a setting that is missing.
_MISSING = {
    _POWER: "learning rate policy power (lrPolicyPower) must be set to use ",
    _STEPS: "learning rate policy steps (lrPolicySteps) must be set to use ",
    _SCHEDULE: "learning rate policy schedule (learningRateSchedule) must be set to use ",
}
#: DL4J's words for a setting that the policy does not read. Those of the steps leave out TorchStep, which reads them.
_UNUSED = {
    _POWER: "power has been set but will not be applied unless the learning rate policy is set to Inverse or Poly.",
    _STEPS: "steps have been set but will not be applied unless the learning rate policy is set to Step or Sigmoid.",
    _SCHEDULE: "learning rate schedule has been set but will not be applied unless the learning rate policy is set to "
    "Schedule.",
}


@clause("CONF-5", "CONF-6", "CONF-7")
def validate(conf: GlobalConfiguration, layer_name: str) -> None:
    """Raise the :class:`Dl4jError` of ``NeuralNetConfiguration.Builder.learningRateValidation``, if there is one."""
    for reason in _refusals(conf, POLICIES[conf.lr_policy]):
        raise Dl4jError("IllegalStateException", f'Layer "{layer_name}" {reason}')


def _refusals(conf: GlobalConfiguration, policy: Policy) -> Iterator[str]:
    """Yield DL4J's reasons to refuse the policy, in its order."""
    unset = {name for name in (_RATE, _POWER, _STEPS) if math.isnan(getattr(conf, name))}
    unset |= {_SCHEDULE} if conf.learning_rate_schedule is None else set()
    missing = unset & set(policy.needs)
    # Policies that need no decay rate are told to set one all the same, if they lack what they do need.
    if missing and _RATE in unset:
        yield "learning rate policy decay rate (lrPolicyDecayRate) must be set to use learningRatePolicy."
    yield from (words + policy.name for name, words in _MISSING.items() if name in missing)
    yield from (words for name, words in _UNUSED.items() if name not in unset and name not in policy.reads)
