"""Misreadings of the gradient updaters; those of Adam's step are in ``adam``."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace

from dl4j_oracle import updaters as right
from dl4j_oracle.arithmetic.interface import Arithmetic, Array, Scalar
from dl4j_oracle.misreadings import adam
from dl4j_oracle.misreadings.misreading import Misreading
from dl4j_oracle.updaters import Call, GradientUpdater, Memory, Step, UpdaterSettings

_Update = tuple[Array, Memory]


# --- AdaDelta


def _ada_delta(increment: Callable[[Array, Array], Array], ratio: Callable[[Array, Array, Scalar], Array]) -> Step:
    def step(g: Array, memory: Memory, call: Call) -> _Update:
        rho, eps = call.settings.rho, call.settings.epsilon
        msg = memory.view["msg"] * rho + g * g * (1 - rho)
        update = g * ratio(memory.view["msdx"], msg, eps)
        msdx = memory.view["msdx"] * rho + increment(g, update) * (1 - rho)
        return update, replace(memory, view={"msg": msg, "msdx": msdx})

    return step


def _of_update(g: Array, update: Array) -> Array:
    return update * update


def _of_gradient(g: Array, update: Array) -> Array:
    return g * g


def _right_ratio(msdx: Array, msg: Array, eps: Scalar) -> Array:
    return (msdx + eps).sqrt() / (msg + eps).sqrt()


def _ada_delta_parenthesis(g: Array, memory: Memory, call: Call) -> _Update:
    rho, eps = call.settings.rho, call.settings.epsilon
    msg = (memory.view["msg"] * rho + (1 - rho)) * (g * g)
    update = g * _right_ratio(memory.view["msdx"], msg, eps)
    msdx = (memory.view["msdx"] * rho + (1 - rho)) * (update * update)
    return update, replace(memory, view={"msg": msg, "msdx": msdx})


def _ada_delta_product_first(g: Array, memory: Memory, call: Call) -> _Update:
    rho, eps = call.settings.rho, call.settings.epsilon
    msg = memory.view["msg"] * rho + g * g * (1 - rho)
    update = g * (memory.view["msdx"] + eps).sqrt() / (msg + eps).sqrt()
    msdx = memory.view["msdx"] * rho + update * update * (1 - rho)
    return update, replace(memory, view={"msg": msg, "msdx": msdx})


def _ada_delta_old_average(g: Array, memory: Memory, call: Call) -> _Update:
    rho, eps = call.settings.rho, call.settings.epsilon
    update = g * _right_ratio(memory.view["msdx"], memory.view["msg"], eps)
    msg = memory.view["msg"] * rho + g * g * (1 - rho)
    msdx = memory.view["msdx"] * rho + update * update * (1 - rho)
    return update, replace(memory, view={"msg": msg, "msdx": msdx})


def _ada_delta_swapped(g: Array, memory: Memory, call: Call) -> _Update:
    return right.adadelta(g, memory, replace(call, settings=replace(call.settings, rho=1 - call.settings.rho)))


# --- Nesterovs


def _velocity(memory: Memory) -> Array:
    return memory.view["v"] if memory.velocity is None else memory.velocity


def _nesterovs(advance: Callable[[Array, Array, Call], tuple[Array, Array]]) -> Step:
    """``advance(v, g, call)`` gives update and new velocity; the view is detached as in DL4J."""

    def step(g: Array, memory: Memory, call: Call) -> _Update:
        update, velocity = advance(_velocity(memory), g, call)
        view = {"v": update} if memory.velocity is None else memory.view
        return update, Memory(view, velocity)

    return step


def _attached(g: Array, memory: Memory, call: Call) -> _Update:
    update, after = right.nesterovs(g, Memory(memory.view), call)
    assert after.velocity is not None  # noqa: S101 - the rule sets it
    return update, Memory({"v": after.velocity})


def _attached_upwards(g: Array, memory: Memory, call: Call) -> _Update:
    """The velocity points the other way and stands in the view."""
    mu = call.momentum
    velocity = memory.view["v"] * mu + g * call.learning_rate
    return velocity * (mu + 1) - memory.view["v"] * mu, Memory({"v": velocity})


def _next(v: Array, g: Array, call: Call) -> Array:
    return v * call.momentum - g * call.learning_rate


def _classical(v: Array, g: Array, call: Call) -> tuple[Array, Array]:
    after = _next(v, g, call)
    return after * (-call.arithmetic.scalar(1.0)), after


def _dampened(v: Array, g: Array, call: Call) -> tuple[Array, Array]:
    after = v * call.momentum - g * ((1 - call.momentum) * call.learning_rate)
    return v * call.momentum + after * (-call.momentum - 1), after


def _without_previous(v: Array, g: Array, call: Call) -> tuple[Array, Array]:
    after = _next(v, g, call)
    return after * (-call.momentum - 1), after


def _torch(v: Array, g: Array, call: Call) -> tuple[Array, Array]:
    after = v * call.momentum + g
    return (g + after * call.momentum) * call.learning_rate, after


def _plain_first(v: Array, g: Array, call: Call) -> tuple[Array, Array]:
    after = _next(v, g, call)
    return v * call.momentum + after * (-call.momentum), after


# --- AdaGrad and RmsProp


def _accumulating(name: str, divide: Callable[[Array, Array, Call], Array], rule: Step) -> Step:
    """The right accumulator, and another update: ``divide(g, accumulator, call)``."""

    def step(g: Array, memory: Memory, call: Call) -> _Update:
        _, after = rule(g, memory, call)
        return divide(g, after.view[name], call), after

    return step


def _inside(g: Array, h: Array, call: Call) -> Array:
    return g * call.learning_rate / (h + call.settings.epsilon).sqrt()


def _without_epsilon(g: Array, h: Array, call: Call) -> Array:
    return g * call.learning_rate / h.sqrt()


def _without_root(g: Array, h: Array, call: Call) -> Array:
    return g * call.learning_rate / (h + call.settings.epsilon)


def _product_first(g: Array, h: Array, call: Call) -> Array:
    return g * call.learning_rate / (h.sqrt() + call.settings.epsilon)


def _quotient_first(g: Array, h: Array, call: Call) -> Array:
    return g * (call.learning_rate / (h.sqrt() + call.settings.epsilon))


def _old_accumulator(name: str, rule: Step) -> Step:
    def step(g: Array, memory: Memory, call: Call) -> _Update:
        _, after = rule(g, memory, call)
        return _product_first(g, memory.view[name], call), after

    return step


def _epsilon_every_step(g: Array, memory: Memory, call: Call) -> _Update:
    h = memory.view["h"] + g * g + call.settings.epsilon
    return _quotient_first(g, h, call), replace(memory, view={"h": h})


def _epsilon_is(rule: Step, value: float) -> Step:
    def step(g: Array, memory: Memory, call: Call) -> _Update:
        return rule(g, memory, replace(call, settings=replace(call.settings, epsilon=call.arithmetic.scalar(value))))

    return step


def _centered(g: Array, memory: Memory, call: Call) -> _Update:
    """The square of the mean gradient, kept outside of the view, is taken from the mean square."""
    decay = call.settings.rms_decay
    _, after = right.rmsprop(g, memory, call)
    mean = g * (1 - decay)
    if "mean" in memory.unseen:
        mean = memory.unseen["mean"] * decay + mean
    return _product_first(g, after.view["c"] - mean * mean, call), replace(after, unseen={"mean": mean})


def _rms_prop_swapped(g: Array, memory: Memory, call: Call) -> _Update:
    swapped = replace(call.settings, rms_decay=1 - call.settings.rms_decay)
    return right.rmsprop(g, memory, replace(call, settings=swapped))


def _rms_prop_undamped(g: Array, memory: Memory, call: Call) -> _Update:
    c = memory.view["c"] * call.settings.rms_decay + g * g
    return _product_first(g, c, call), replace(memory, view={"c": c})


# --- of any updater


def _negated(rule: Step) -> Step:
    def step(g: Array, memory: Memory, call: Call) -> _Update:
        update, after = rule(g, memory, call)
        return update * (-call.arithmetic.scalar(1.0)), after

    return step


def _rate_twice(rule: Step) -> Step:
    def step(g: Array, memory: Memory, call: Call) -> _Update:
        update, after = rule(g, memory, call)
        return update * call.learning_rate, after

    return step


def _forgetful(rule: Step) -> Step:
    """The state is not kept."""

    def step(g: Array, memory: Memory, call: Call) -> _Update:
        update, _ = rule(g, memory, call)
        return update, memory

    return step


def _one_step_late(rule: Step) -> Step:
    """The update is that of the gradient before; the first is that of no gradient."""

    def step(g: Array, memory: Memory, call: Call) -> _Update:
        update, after = rule(g, memory, call)
        nothing = call.arithmetic.full(len(g), call.arithmetic.scalar(0.0))
        return memory.unseen.get("update", nothing), replace(after, unseen={"update": update})

    return step


def _seen_before(rule: Step, names: tuple[str, ...]) -> Step:
    """What the view holds after a step is the state before it; the state itself goes on elsewhere."""

    def step(g: Array, memory: Memory, call: Call) -> _Update:
        state = memory.unseen or memory.view
        before = replace(memory, view=state, unseen={})
        update, after = rule(g, before, call)
        return update, replace(after, view=state, unseen={name: after.view[name] for name in names})

    return step


def _one(settings: UpdaterSettings, arithmetic: Arithmetic) -> Scalar:
    return arithmetic.scalar(1.0)


def _constant(value: float) -> Callable[[UpdaterSettings, Arithmetic], Scalar]:
    return lambda settings, arithmetic: arithmetic.scalar(value)


_RULES = {
    "sgd": (right.SGD, "SGD-1"),
    "adam": (right.ADAM, "ADAM-2"),
    "adadelta": (right.ADADELTA, "ADADELTA-1"),
    "nesterovs": (right.NESTEROVS, "NESTEROVS-1"),
    "adagrad": (right.ADAGRAD, "ADAGRAD-1"),
    "rmsprop": (right.RMSPROP, "RMSPROP-1"),
    "none": (right.NONE, "NONE-1"),
}


def misreadings() -> Iterator[Misreading]:
    """All of this stage."""
    for name, (rule, clause) in _RULES.items():
        yield _misread(name, "negated", "The update has the other sign.", clause, _negated(rule.step))
        if name != "none":
            yield _misread(name, "rate-twice", "The rate is applied once more.", clause, _rate_twice(rule.step))
        if rule.state:
            yield _misread(name, "forgetful", "The state is not kept.", clause, _forgetful(rule.step))
            late = _seen_before(rule.step, rule.state)
            yield _misread(name, "state-one-step-late", "The state that is seen is that before the step.", clause, late)
        if name not in ("adam", "none"):
            late = _one_step_late(rule.step)
            yield _misread(name, "one-step-late", "The update is that of the gradient before.", clause, late)
    yield _misread("none", "scaled", "NONE is scaled by the learning rate.", "NONE-1", right.sgd)
    for id_, sentence, clause, step, *references in adam.steps():
        yield _misread("adam", id_, sentence, clause, step, *references)
    for id_, sentence, clause, step, *references in _other_steps():
        updater, _, rest = id_.partition("-")
        yield _misread(updater, rest, sentence, clause, step, *references)
    for updater, start, sentence, initial, *references in (
        ("adagrad", "from-zero", "AdaGrad's state starts at 0.", right.zero, "ND4J PR #888"),
        ("adagrad", "from-one", "AdaGrad's state starts at 1.", _one, "DL4J issue #953"),
        (
            "adagrad",
            "from-a-constant",
            "AdaGrad's state starts at 1e-6 whatever epsilon is.",
            _constant(1e-6),
            "ND4J 0.9.1",
        ),
        ("rmsprop", "from-zero", "RmsProp's state starts at 0.", right.zero, "torch.optim.RMSprop"),
        ("rmsprop", "from-one", "RmsProp's state starts at 1.", _one, "TensorFlow"),
        ("adam", "from-epsilon", "Adam's state starts at epsilon.", right.epsilon),
        ("adadelta", "from-epsilon", "AdaDelta's state starts at epsilon.", right.epsilon),
    ):
        changed: GradientUpdater = replace(_RULES[updater][0], initial=initial)
        yield Misreading(f"{updater}-{start}", sentence, ("STATE-4",), {updater: changed}, tuple(references))


def _misread(updater: str, id_: str, sentence: str, clause: str, step: Step, *references: str) -> Misreading:
    changed = replace(_RULES[updater][0], step=step)
    full = sentence if sentence.lower().startswith(updater) else f"{updater.upper()}: {sentence}"
    return Misreading(f"{updater}-{id_}", full, (clause,), {updater: changed}, references)


def _other_steps() -> Iterator[tuple[str, str, str, Step, *tuple[str, ...]]]:
    yield (
        "adadelta-epsilon-outside-roots",
        "The epsilons stand outside the roots.",
        "ADADELTA-1",
        _ada_delta(_of_update, lambda msdx, msg, eps: (msdx.sqrt() + eps) / (msg.sqrt() + eps)),
    )
    yield (
        "adadelta-no-epsilon-above",
        "There is no epsilon above the line.",
        "ADADELTA-1",
        _ada_delta(_of_update, lambda msdx, msg, eps: msdx.sqrt() / (msg + eps).sqrt()),
    )
    yield (
        "adadelta-of-gradient",
        "The second average is fed with the gradient.",
        "ADADELTA-1",
        _ada_delta(_of_gradient, _right_ratio),
        "ND4J issue #1239",
    )
    yield (
        "adadelta-parenthesis",
        "The average is (rho * msg + (1 - rho)) * g^2.",
        "ADADELTA-1",
        _ada_delta_parenthesis,
        "ND4J issue #1239",
    )
    yield (
        "adadelta-one-root",
        "The quotient is taken before the root.",
        "ADADELTA-1",
        _ada_delta(_of_update, lambda msdx, msg, eps: ((msdx + eps) / (msg + eps)).sqrt()),
    )
    yield ("adadelta-product-first", "The product comes before the quotient.", "ADADELTA-1", _ada_delta_product_first)
    yield (
        "adadelta-old-average",
        "The divisor is the average before this gradient.",
        "ADADELTA-1",
        _ada_delta_old_average,
    )
    yield ("adadelta-weights-swapped", "rho and 1 - rho are swapped.", "ADADELTA-1", _ada_delta_swapped)
    yield (
        "nesterovs-attached-view",
        "The state view follows the velocity.",
        "NESTEROVS-2",
        _attached,
        "quirk 40",
        "quirk 41",
        "ND4J PR #1728",
    )
    yield (
        "nesterovs-classical",
        "The update is the velocity: classical momentum.",
        "NESTEROVS-1",
        _nesterovs(_classical),
    )
    yield ("nesterovs-dampened", "The gradient is dampened by 1 - mu.", "NESTEROVS-1", _nesterovs(_dampened))
    yield (
        "nesterovs-without-previous",
        "The previous velocity is left out of the update.",
        "NESTEROVS-1",
        _nesterovs(_without_previous),
    )
    yield (
        "nesterovs-rate-outside",
        "The rate scales the update and is not in the velocity.",
        "NESTEROVS-1",
        _nesterovs(_torch),
        "torch.optim.SGD(nesterov=True)",
    )
    yield (
        "nesterovs-attached-upwards",
        "The state view follows a velocity of the other sign.",
        "NESTEROVS-2",
        _attached_upwards,
    )
    yield ("nesterovs-minus-mu", "The factor is -mu and not -mu - 1.", "NESTEROVS-1", _nesterovs(_plain_first))
    for updater, name, rule, clause in (
        ("adagrad", "h", right.adagrad, "ADAGRAD-1"),
        ("rmsprop", "c", right.rmsprop, "RMSPROP-1"),
    ):
        yield (
            f"{updater}-epsilon-inside-root",
            "Epsilon stands inside the root.",
            clause,
            _accumulating(name, _inside, rule),
            "TensorFlow",
        )
        yield (
            f"{updater}-no-epsilon",
            "There is no epsilon in the divisor.",
            clause,
            _accumulating(name, _without_epsilon, rule),
        )
        yield (f"{updater}-no-root", "There is no root.", clause, _accumulating(name, _without_root, rule))
    yield (
        "adagrad-product-first",
        "The product comes before the quotient.",
        "ADAGRAD-1",
        _accumulating("h", _product_first, right.adagrad),
        "ND4J 1.0.0-beta7",
    )
    for updater, name, rule, clause in (
        ("adagrad", "h", right.adagrad, "ADAGRAD-1"),
        ("rmsprop", "c", right.rmsprop, "RMSPROP-1"),
    ):
        yield (
            f"{updater}-old-accumulator",
            "The divisor is made of the state before this gradient.",
            clause,
            _old_accumulator(name, rule),
        )
    yield (
        "adagrad-epsilon-every-step",
        "Epsilon is added to the state at every step.",
        "ADAGRAD-1",
        _epsilon_every_step,
        "ND4J PR #888",
    )
    yield (
        "rmsprop-epsilon-constant",
        "Epsilon in the divisor is 1e-8 whatever is configured.",
        "RMSPROP-1",
        _epsilon_is(right.rmsprop, 1e-8),
        "ND4J 0.7.2",
    )
    yield (
        "rmsprop-centered",
        "The square of the mean gradient is subtracted, as if centered.",
        "RMSPROP-1",
        _centered,
        "torch.optim.RMSprop(centered=True)",
    )
    yield (
        "rmsprop-quotient-first",
        "The quotient comes before the product.",
        "RMSPROP-1",
        _accumulating("c", _quotient_first, right.rmsprop),
    )
    yield ("rmsprop-weights-swapped", "The decay and its complement are swapped.", "RMSPROP-1", _rms_prop_swapped)
    yield ("rmsprop-undamped", "The square is added whole.", "RMSPROP-1", _rms_prop_undamped)
