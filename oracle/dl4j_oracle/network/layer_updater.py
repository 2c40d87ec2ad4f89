"""The updater of one layer: ``org.deeplearning4j.nn.updater.LayerUpdater``.

It owns the values that change from call to call: the learning rate of each parameter, the layer's momentum, and the
memory of each parameter's gradient updater. What a call did before it raised stays done, as in DL4J. Arrays are 1-D, of
the network's dtype, and scalars Java doubles, both of the updater's arithmetic.

Arrays are 1-D, of the network's dtype.
"""

from __future__ import annotations

import copy
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from typing import assert_never

from dl4j_oracle.arithmetic.interface import Arithmetic, Array, Scalar
from dl4j_oracle.clauses import clause
from dl4j_oracle.cloning import LayerSnapshot, ParameterUpdater
from dl4j_oracle.configuration import (
    GlobalConfiguration,
    LayerConfiguration,
    LayerType,
    LearningRatePolicy,
    Updater,
)
from dl4j_oracle.errors import Dl4jError
from dl4j_oracle.learning_rate import PolicySettings
from dl4j_oracle.parameters import Parameter, layer_updater
from dl4j_oracle.profile import Rules, Stage
from dl4j_oracle.updaters import Call, Memory, StepsBefore, UpdaterSettings


class LayerUpdater:
    """The updater of one layer; ``weights`` maps parameters' names to their values at the next update."""

    def __init__(
        self,
        layer: LayerConfiguration,
        conf: GlobalConfiguration,
        weights: Mapping[str, Array],
        rules: Rules,
        arithmetic: Arithmetic,
    ) -> None:
        scalar = arithmetic.scalar
        self._layer, self._conf, self._rules, self._arithmetic = layer, conf, rules, arithmetic
        self.weights: Mapping[str, Array] = weights
        self.variables = rules.variables(layer)
        self._transposed = rules.transposed(layer)
        self.parameters: Mapping[str, Parameter] = {p.name: p for p in rules.parameters(layer)}
        self.learning_rates = {name: scalar(p.learning_rate) for name, p in self.parameters.items()}
        self.momentum = scalar(layer.momentum)
        self._momentum_schedule = _scalars(layer.momentum_schedule, arithmetic)
        self._threshold = scalar(layer.gradient_normalization_threshold)
        self._policy_settings = PolicySettings(
            decay_rate=scalar(conf.lr_policy_decay_rate),
            power=scalar(conf.lr_policy_power),
            steps=scalar(conf.lr_policy_steps),
            num_iterations=conf.num_iterations,
            schedule=_scalars(layer.learning_rate_schedule, arithmetic),
            arithmetic=arithmetic,
            initial=scalar(layer.learning_rate),
        )
        self._updater_settings = UpdaterSettings(
            adam_mean_decay=scalar(layer.adam_mean_decay),
            adam_var_decay=scalar(layer.adam_var_decay),
            rho=scalar(layer.rho),
            rms_decay=scalar(layer.rms_decay),
            epsilon=scalar(layer.epsilon),
        )
        self.updaters = {name: self._create_updater(p) for name, p in self.parameters.items()}
        #: The number of steps that the network's other layers have made, for misreadings that count them.
        self.steps_elsewhere = 0
        self._new = self.snapshot()

    @clause("STATE-5")
    def _create_updater(self, parameter: Parameter) -> ParameterUpdater:
        """Return a new updater, as ``LayerUpdater.init`` and ``setStateViewArray(..., initialize=true)`` make it."""
        rule = self._rules.updater(parameter.updater)
        initial = rule.initial(self._updater_settings, self._arithmetic)
        view = {name: self._arithmetic.full(parameter.length, initial) for name in rule.state}
        rate = self.learning_rates[parameter.name]
        return ParameterUpdater(rule, self._updater_settings, Memory(view), rate, self.momentum)

    @clause("LAYER-1", "LAYER-2", "NORM-12", "POST-1")
    def update(
        self,
        gradients: Mapping[str, Array],
        iteration: int,
        batch_size: int,
        others: Callable[[], Mapping[str, Array]] = dict,
    ) -> dict[str, Array]:
        """Return the array of every parameter in ``gradients`` after ``LayerUpdater.update``. Raises Dl4jError.

        A frozen layer returns none. ``others`` gives what the other layers normalise (:meth:`to_normalize`).
        """
        gradients = self._rules.completed(gradients, self.weights)
        is_skipped = self._rules.is_skipped(self._layer)
        self._decay_besides([name for name in self.parameters if is_skipped or name not in gradients], iteration)
        if is_skipped:
            return {}
        stages = self._rules.stages
        normalization = stages.index(Stage.NORMALIZATION)
        results = dict(gradients)
        for stage in stages[:normalization]:
            results |= {name: self._stage(stage, name, g, iteration, batch_size) for name, g in results.items()}
        results = dict(self._pre_apply(results, others))
        for name, gradient in results.items():
            if not self._layer.pretrain and self._rules.is_visible_bias(name):
                continue
            for stage in stages[normalization + 1 :]:
                gradient = self._stage(stage, name, gradient, iteration, batch_size)
            results[name] = gradient
        return results

    def to_normalize(self, gradients: Mapping[str, Array], iteration: int, batch_size: int) -> Mapping[str, Array]:
        """Return the gradients that this layer would normalise, after the penalties and the division if they precede.

        DL4J's layers do not know each other; ports that clip by the norm of the network need it.
        """
        if self._rules.is_skipped(self._layer):
            return {}
        found = {name: g for name, g in gradients.items() if self._rules.is_normalized(name, self._layer)}
        for stage in self._rules.stages[: self._rules.stages.index(Stage.NORMALIZATION)]:
            if stage is not Stage.UPDATER:
                found = {name: self._stage(stage, name, g, iteration, batch_size) for name, g in found.items()}
        return found

    @clause("OPT-5")
    def decay_by_score(self) -> None:
        """Run ``applyLearningRateScoreDecay`` on the configuration's rates; a policy pushes them at the next update."""
        decay_rate = self._policy_settings.decay_rate
        self.learning_rates = {
            name: self._rules.decayed_by_score(rate, decay_rate) for name, rate in self.learning_rates.items()
        }

    @clause("OPT-24")
    def laid_out(self, name: str, gradient: Array) -> Array:
        """Return the gradient of a parameter as ``DefaultGradient.gradient`` lays it out."""
        rows, columns = self._transposed.get(name, (1, 1))
        return self._in_order(gradient, [row * columns + column for column in range(columns) for row in range(rows)])

    @clause("OPT-24")
    def taken_up(self, name: str, values: Array) -> Array:
        """Return the values of a parameter after ``BaseLayer.setParams`` took up a vector of them all."""
        rows, columns = self._transposed.get(name, (1, 1))
        return self._in_order(values, [column * rows + row for row in range(rows) for column in range(columns)])

    def _in_order(self, array: Array, places: Sequence[int]) -> Array:
        """Return the elements at ``places``; the array itself where there is but one place."""
        parts = [self._arithmetic.slice(array, place, place + 1) for place in places]
        return self._arithmetic.join(parts) if len(places) > 1 else array

    def snapshot(self) -> LayerSnapshot:
        """Return all that an update can change."""
        updaters = {name: replace(updater) for name, updater in self.updaters.items()}
        return LayerSnapshot(dict(self.learning_rates), self.momentum, updaters)

    def restore(self, snapshot: LayerSnapshot) -> None:
        """Go back to ``snapshot``."""
        self.learning_rates = dict(snapshot.learning_rates)
        self.momentum = snapshot.momentum
        self.updaters = {name: replace(updater) for name, updater in snapshot.updaters.items()}

    def clone(self, with_state: bool) -> LayerUpdater:
        """Return the layer of a cloned network, which shares nothing mutable, with its state or a new one."""
        twin = copy.copy(self)
        twin.restore(self._rules.clone(self._seen(with_state), self._new))
        return twin

    def restored(self, with_state: bool) -> LayerUpdater:
        """Return the layer of a network that was written and read back; its state is new unless ``with_state``."""
        twin = copy.copy(self)
        twin._layer = self._rules.restored_layer(self._layer)
        twin.restore(self._rules.restored(self._seen(with_state), self._new))
        return twin

    def cleared(self) -> LayerUpdater:
        """Return the layer with the new updater that its network makes after ``clear``."""
        twin = copy.copy(self)
        twin.restore(self._rules.cleared(self._seen(with_state=False), self.snapshot()))
        return twin

    def _seen(self, with_state: bool) -> LayerSnapshot:
        """Return a snapshot, with the state of a new updater unless ``with_state``."""
        seen = self.snapshot()
        if with_state:
            return seen
        updaters = {name: replace(seen.updaters[name], memory=new.memory) for name, new in self._new.updaters.items()}
        return replace(seen, updaters=updaters)

    @property
    def steps(self) -> int:
        """The number of steps that the layer's updaters have made."""
        return sum(updater.calls for updater in self.updaters.values())

    @property
    def type(self) -> LayerType:
        """The type of the layer."""
        return self._layer.type

    @property
    def is_frozen(self) -> bool:
        """True if the layer is inside a ``FrozenLayer``."""
        return self._layer.frozen

    def freeze(self, frozen: bool) -> None:
        """Put the layer inside a ``FrozenLayer``, or take it out."""
        self._layer = replace(self._layer, frozen=frozen)

    def end_pretraining(self) -> None:
        """Run ``conf().setPretrain(false)``."""
        self._layer = self._rules.pretraining_ended(self._layer)

    def clone_by_aggregators(self) -> LayerUpdater:
        """Return ``LayerUpdater.clone``: each updater goes through the aggregator of its class. Raises Dl4jError."""
        return self.averaged([], combined=False)

    def averaged(self, others: Sequence[LayerUpdater], combined: bool) -> LayerUpdater:
        """Return the layer with the averages of its updaters and those of ``others``. Raises Dl4jError.

        An aggregator of their class averages each parameter's updaters. If ``combined``, it takes up the first one, a
        second aggregator the others, and the two are combined (``GradientUpdaterAggregator``).
        """
        twin = copy.copy(self)
        before = self.snapshot()
        updaters = {}
        for name, updater in before.updaters.items():
            if not all(name in other.updaters for other in others):
                raise Dl4jError("UnsupportedOperationException", f"an updater of {name!r} is missing")
            found = [other.updaters[name] for other in others]
            groups = [[updater], found] if combined else [[updater, *found]]
            updaters[name] = self._rules.aggregated(groups, self._arithmetic)
        twin.restore(replace(before, updaters=updaters))
        return twin

    def _pre_apply(
        self, gradients: Mapping[str, Array], others: Callable[[], Mapping[str, Array]]
    ) -> Mapping[str, Array]:
        strategy = self._layer.gradient_normalization
        if strategy is None:
            return gradients
        seen = {name: g for name, g in gradients.items() if self._rules.is_normalized(name, self._layer)}
        together = self._rules.normalized_together(seen, others)
        normalized = self._rules.normalization(strategy)(together, self._threshold, self._arithmetic)
        return {**gradients, **{name: normalized[name] for name in seen}}

    def _stage(self, stage: Stage, name: str, gradient: Array, iteration: int, batch_size: int) -> Array:
        rules = self._rules
        match stage:
            case Stage.NORMALIZATION:
                raise ValueError("normalisation is a stage of the whole layer")
            case Stage.UPDATER:
                return self._apply_updater(name, gradient, iteration)
            case Stage.L2:
                if not rules.is_regularized(self._conf):
                    return gradient
                coefficient = self._arithmetic.scalar(self._parameter(name).l2)
                return rules.l2(gradient, self.weights[name], coefficient, self.learning_rates[name])
            case Stage.L1:
                if not rules.is_regularized(self._conf):
                    return gradient
                coefficient = self._arithmetic.scalar(self._parameter(name).l1)
                return rules.l1(gradient, self.weights[name], coefficient, self.learning_rates[name])
            case Stage.DIVISION:
                if not rules.is_averaged(self._conf):
                    return gradient
                return rules.divide_by_batch_size(gradient, self._arithmetic.scalar(batch_size))
            case _:
                assert_never(stage)

    @clause("LAYER-4", "LAYER-6")
    def _apply_updater(self, name: str, gradient: Array, iteration: int) -> Array:
        """Return the updater's ``getGradient``, after a policy or NESTEROVS has pushed rate and momentum."""
        self._push(name, iteration)
        updater = self._existing_or_new(name)
        if updater.rule.state and not updater.has_view:
            raise Dl4jError("IllegalStateException", "Updater has not been initialized with view state")
        before = StepsBefore(updater.calls, self.steps, self.steps + self.steps_elsewhere)
        call = Call(
            iteration, updater.learning_rate, updater.momentum, updater.settings, self._arithmetic, name, before
        )
        update, updater.memory = updater.rule.step(gradient, updater.memory, call)
        updater.calls += 1
        return self._rules.left_in_gradient(gradient, update)

    def _decay_besides(self, names: Sequence[str], iteration: int) -> None:
        """Decay the rates of those parameters that are not updated whose rates decay all the same."""
        for name in self._rules.decaying_besides(self._layer, names):
            self._push(name, iteration)

    def _push(self, name: str, iteration: int) -> None:
        """Decay the rate of a parameter and push rate and momentum into its updater, if DL4J does."""
        policy = self._conf.lr_policy
        if self._rules.applies_policy(policy, self._layer.updater):
            self._apply_lr_decay_policy(name, policy, iteration)

    @clause("LR-1", "MOM-2")
    def _apply_lr_decay_policy(self, name: str, policy: LearningRatePolicy, iteration: int) -> None:
        """Run ``applyLrDecayPolicy``: the new rate is stored, pushed into the updater, and used at once."""
        initial = self._arithmetic.scalar(self._parameter(name).learning_rate)
        rule = self._rules.policy(policy).rule
        settings = replace(self._policy_settings, initial=initial)
        before = self.learning_rates[name]
        self.learning_rates = dict(
            self._rules.rates_after(self.learning_rates, name, rule(before, iteration, settings))
        )
        self.updaters[name].learning_rate = self._rules.rate_in_use(before, self.learning_rates[name])
        if self._layer.updater is Updater.NESTEROVS:
            earlier = self.momentum
            self.momentum = self._rules.momentum_policy(earlier, iteration, self._momentum_schedule, self._new.momentum)
            self.updaters[name].momentum = self._rules.momentum_in_use(earlier, self.momentum)

    @clause("KEY-6")
    def _existing_or_new(self, name: str) -> ParameterUpdater:
        """Return the updater of a parameter, a new one if the layer lacks it. Raises Dl4jError if that needs a rate."""
        if name not in self.updaters:
            rule = self._rules.updater(layer_updater(self._layer))
            if rule.reads_learning_rate:
                self._parameter(name)
            unset = self._arithmetic.scalar(float("nan"))
            self.updaters[name] = ParameterUpdater(
                rule, self._updater_settings, Memory({}), unset, unset, has_view=False
            )
        return self.updaters[name]

    def _parameter(self, name: str) -> Parameter:
        """Return the parameter. Raises ``NullPointerException``, as unboxing a missing map entry does."""
        if name not in self.parameters:
            raise Dl4jError("NullPointerException", f'the layer has no parameter "{name}"')
        return self.parameters[name]


def _scalars(schedule: Mapping[int, float] | None, arithmetic: Arithmetic) -> dict[int, Scalar]:
    return {iteration: arithmetic.scalar(value) for iteration, value in (schedule or {}).items()}
