"""Hypothesis strategies: words of a network and its layers about each setting: nothing, NaN, 0 or a value."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from hypothesis import strategies as st
from hypothesis.strategies import SearchStrategy

from dl4j_conformance.cases.drawn.values import Draw
from dl4j_oracle.configuration import LearningRatePolicy
from dl4j_oracle.learning_rate import POLICIES

#: From a setting's name to its values.
Values = Mapping[str, SearchStrategy[Any]]

#: The words for a layer's or a network's setting. Without its settings a policy is refused, so most are values.
_WORDS = st.sampled_from(("unset", "NaN", "zero", "value"))
_WORDS_OF_POLICIES = st.sampled_from(("value", "zero", "value", "NaN", "value", "zero", "value", "unset"))
#: What 0 is for a setting that is no double. A schedule has no NaN.
_NOTHING: Mapping[str, Any] = {
    "gradient_normalization": "None",
    "momentum_schedule": {},
    "learning_rate_schedule": {},
    "use_regularization": False,
    "mini_batch": False,
    "num_iterations": 0,
    "iteration_count": 0,
    "updater": "NONE",
    "lr_policy": "None",
}
_SWITCHES: Values = {
    "use_regularization": st.just(value=True),
    "mini_batch": st.just(value=True),
    "num_iterations": st.sampled_from((1, 3)),
    "iteration_count": st.sampled_from((1, 7)),
}


def draw_words(
    draw: Draw,
    conf: Mapping[str, Any],
    layers: Sequence[Mapping[str, Any]],
    settings: Mapping[str, Values],
    policies: Values,
) -> tuple[dict[str, Any], list[dict[str, Any]]]:
    """Draw the words about every setting anew, for the network and for each of its layers.

    Layers keep their updaters, some of them by inheritance, and say nothing of what theirs does not read. The words of
    ``policies`` are about the network's policy. ``settings`` are those of layers, by their updater.
    """
    every = {name: values for own in settings.values() for name, values in own.items()}
    common = {name: value for name, value in conf.items() if name not in {*every, *policies, *_SWITCHES}}
    common |= _said(draw, every, _WORDS) | _said(draw, _SWITCHES, _WORDS)
    policy = LearningRatePolicy(common.get("lr_policy", "None"))
    common |= _said(draw, {name: policies[name] for name in POLICIES[policy].reads}, _WORDS_OF_POLICIES)
    if policy is LearningRatePolicy.NONE and draw(st.booleans()):
        common["lr_policy"] = str(policy)
    own = [str(layer["updater"]) for layer in layers]
    common |= _given("updater", draw(st.sampled_from((None, "NONE", *own))))
    found = []
    for layer, updater in zip(layers, own, strict=True):
        kept = {name: value for name, value in layer.items() if name not in {"updater", *every}}
        inherits = updater == common.get("updater", "SGD") and draw(st.booleans())
        found.append(kept | ({} if inherits else {"updater": updater}) | _said(draw, settings[updater], _WORDS))
        if policy is LearningRatePolicy.SCHEDULE:
            schedule = policies["learning_rate_schedule"]
            found[-1] |= _said(draw, {"learning_rate_schedule": schedule}, _WORDS)
    return common, found


def _said(draw: Draw, settings: Values, words: SearchStrategy[str]) -> dict[str, Any]:
    """Draw a word for each setting; one that stays unset is left out."""
    said: dict[str, Any] = {}
    for name, values in settings.items():
        match draw(words):
            case "NaN" if name not in _NOTHING:
                said[name] = "NaN"
            case "zero":
                said[name] = _NOTHING.get(name, 0.0)
            case "value":
                said[name] = draw(values)
    return said


def _given(name: str, value: Any) -> dict[str, Any]:
    return {} if value is None else {name: value}
