"""Misreadings of L2, L1 and the division by the batch size."""

from __future__ import annotations

from collections.abc import Iterator

from dl4j_oracle.arithmetic.interface import Array, Scalar
from dl4j_oracle.misreadings.misreading import Misreading
from dl4j_oracle.profile import Stage

_NORMALIZATION, _UPDATER, _L2, _L1, _DIVISION = Stage


def _doubled(g: Array, w: Array, l2: Scalar, rate: Scalar) -> Array:
    return g + w * (l2 + l2) if l2 > 0 else g


def _halved(g: Array, w: Array, l2: Scalar, rate: Scalar) -> Array:
    return g + w * (l2 * g.arithmetic.scalar(0.5)) if l2 > 0 else g


def _subtracted(g: Array, w: Array, l2: Scalar, rate: Scalar) -> Array:
    return g - w * l2 if l2 > 0 else g


def _whatever_the_sign(g: Array, w: Array, l2: Scalar, rate: Scalar) -> Array:
    return g + w * l2


def _scaled_by_rate(g: Array, w: Array, l2: Scalar, rate: Scalar) -> Array:
    return g + w * (l2 * rate) if l2 > 0 else g


def _l1_scaled_by_rate(g: Array, w: Array, l1: Scalar, rate: Scalar) -> Array:
    return g + w.sign() * (l1 * rate) if l1 > 0 else g


def _l1_as_l2(g: Array, w: Array, l1: Scalar, rate: Scalar) -> Array:
    return g + w * l1 if l1 > 0 else g


def _sign_of_zero_is_one(g: Array, w: Array, l1: Scalar, rate: Scalar) -> Array:
    if not l1 > 0:
        return g
    return g + (w.sign() + w.arithmetic.scalar(0.5)).sign() * l1


def _l1_subtracted(g: Array, w: Array, l1: Scalar, rate: Scalar) -> Array:
    return g - w.sign() * l1 if l1 > 0 else g


def misreadings() -> Iterator[Misreading]:
    """All of this stage."""
    for id_, sentence, clauses, stages, references in (
        (
            "l2-before-updater",
            "L2 is added to the gradient, before the updater.",
            ("POST-1", "POST-2"),
            (_NORMALIZATION, _L2, _UPDATER, _L1, _DIVISION),
            ("DL4J issue #7079, PR #7097", "torch.optim's weight_decay"),
        ),
        (
            "l1-before-updater",
            "L1 is added to the gradient, before the updater.",
            ("POST-1", "POST-3"),
            (_NORMALIZATION, _L1, _UPDATER, _L2, _DIVISION),
            ("DL4J PR #7097",),
        ),
        (
            "penalties-before-updater",
            "Both penalties are added to the gradient, before the updater.",
            ("POST-1",),
            (_NORMALIZATION, _L2, _L1, _UPDATER, _DIVISION),
            ("DL4J 1.0.0-beta4, PR #7097",),
        ),
        (
            "penalties-before-normalization",
            "Both penalties are added before the gradient is normalised.",
            ("POST-1", "LAYER-1"),
            (_L2, _L1, _NORMALIZATION, _UPDATER, _DIVISION),
            (),
        ),
        ("l1-before-l2", "L1 is added before L2.", ("POST-1",), (_NORMALIZATION, _UPDATER, _L1, _L2, _DIVISION), ()),
        (
            "division-first",
            "The gradient is averaged over the batch before anything else.",
            ("POST-4", "LAYER-1"),
            (_DIVISION, _NORMALIZATION, _UPDATER, _L2, _L1),
            ("DL4J 1.0.0-beta3, PR #6599",),
        ),
        (
            "division-before-updater",
            "The gradient is averaged between normalisation and updater.",
            ("POST-4", "LAYER-1"),
            (_NORMALIZATION, _DIVISION, _UPDATER, _L2, _L1),
            (),
        ),
        (
            "division-before-penalties",
            "The penalties are not divided by the batch size.",
            ("POST-1",),
            (_NORMALIZATION, _UPDATER, _DIVISION, _L2, _L1),
            (),
        ),
        ("no-division", "Nothing is divided by the batch size.", ("POST-4",), (_NORMALIZATION, _UPDATER, _L2, _L1), ()),
        (
            "normalization-after-updater",
            "The update is normalised, not the gradient.",
            ("LAYER-1",),
            (_UPDATER, _NORMALIZATION, _L2, _L1, _DIVISION),
            (),
        ),
        ("no-l2", "L2 is left out.", ("POST-2",), (_NORMALIZATION, _UPDATER, _L1, _DIVISION), ()),
        ("no-l1", "L1 is left out.", ("POST-3",), (_NORMALIZATION, _UPDATER, _L2, _DIVISION), ()),
    ):
        yield Misreading(id_, sentence, clauses, {"stages": stages}, references)
    for id_, sentence, clause, field, rule, *sources in (
        ("l2-doubled", "The penalty is the gradient of l2*w^2: 2*l2*w.", "POST-2", "l2", _doubled),
        ("l2-halved", "The penalty is l2*w/2.", "POST-2", "l2", _halved),
        (
            "l2-scaled-by-rate",
            "L2 is scaled by the learning rate: decoupled weight decay.",
            "POST-2",
            "l2",
            _scaled_by_rate,
            "DL4J issue #7079",
            "torch.optim.AdamW",
        ),
        ("l1-scaled-by-rate", "L1 is scaled by the learning rate.", "POST-3", "l1", _l1_scaled_by_rate),
        ("l2-subtracted", "L2 is subtracted.", "POST-2", "l2", _subtracted),
        ("l2-negative-counts", "A coefficient of zero or below counts too.", "POST-2", "l2", _whatever_the_sign),
        ("l1-as-l2", "L1 adds w and not its sign.", "POST-3", "l1", _l1_as_l2),
        ("sign-of-zero-is-one", "The sign of zero and NaN is 1.", "POST-3", "l1", _sign_of_zero_is_one),
        ("l1-subtracted", "L1 is subtracted.", "POST-3", "l1", _l1_subtracted),
    ):
        yield Misreading(id_, sentence, (clause,), {field: rule}, tuple(sources))
    yield Misreading(
        "division-multiplies",
        "The update is multiplied by 1/B.",
        ("POST-4",),
        {"divide_by_batch_size": lambda g, b: g * (g.arithmetic.scalar(1.0) / b)},
    )
    yield Misreading(
        "division-by-elements-too",
        "The update is divided by the batch size and by the number of its values: a mean of everything.",
        ("POST-4",),
        {"divide_by_batch_size": lambda g, b: g / (b * g.arithmetic.scalar(float(len(g))))},
    )
    yield Misreading(
        "division-at-least-one",
        "A batch size below 1 counts as 1.",
        ("POST-4",),
        {"divide_by_batch_size": lambda g, b: g / b if b > 1 else g},
    )
    yield Misreading(
        "always-regularized",
        "Coefficients count whatever useRegularization says.",
        ("POST-2", "POST-3"),
        {"is_regularized": lambda common: True},
        ("DL4J 1.0.0-alpha",),
    )
