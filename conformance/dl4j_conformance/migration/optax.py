"""The counterparts in Optax."""

from __future__ import annotations

from collections.abc import Mapping

from dl4j_conformance.migration.counterpart import (
    ADADELTA_RATE,
    ADAGRAD_STARTS,
    ADAM_STANDS_STILL,
    EPSILON_INSIDE,
    RATE_OUTSIDE,
    RMSPROP_STARTS,
    Counterpart,
    Fit,
)
from dl4j_oracle.configuration import Updater

_SGD = "optax.sgd(learning_rate)"
_NONE = "optax.sgd(1.0)"
_NESTEROVS = "optax.sgd(learning_rate, momentum=$momentum, nesterov=True)"
_ADADELTA = "optax.adadelta(1.0, rho=$rho, eps=$epsilon)"

COUNTERPARTS: Mapping[Updater, Counterpart] = {
    Updater.SGD: Counterpart("optax.sgd", _SGD, _SGD),
    Updater.NONE: Counterpart("optax.sgd", _NONE, _NONE),
    Updater.NESTEROVS: Counterpart("optax.sgd", _NESTEROVS, _NESTEROVS, lost=(RATE_OUTSIDE,)),
    Updater.ADAM: Counterpart(
        "optax.adam",
        "optax.adam(learning_rate, b1=$adam_mean_decay, b2=$adam_var_decay, eps=$epsilon)",
        'optax.inject_hyperparams(optax.adam, static_args=("learning_rate", "b1", "b2", "eps_root"))(\n'
        "            learning_rate, b1=$adam_mean_decay, b2=$adam_var_decay, eps=epsilon_of_step\n"
        "        )",
        functions="""\
def epsilon_of_step(count):
    \"\"\"Return epsilon of a step. Optax divides the root by this factor, DL4J does not: it moves into epsilon.\"\"\"
    return $epsilon / jnp.sqrt(1 - $adam_var_decay ** (count + 1))


""",
        settings="`eps` = epsilon / sqrt(1 - beta2^t) in step t",
        by_hand=(
            "Epsilon changes from step to step. Optax adds it to the bias-corrected root, DL4J to the root itself: no "
            "constant epsilon does the same.",
        ),
        lost=(
            ADAM_STANDS_STILL,
            "Optax computes scalars, such as the bias corrections, in float32 unless jax_enable_x64 is set. DL4J "
            "computes them in double. In the first steps this is a relative error of about 1e-5.",
        ),
    ),
    Updater.ADADELTA: Counterpart("optax.adadelta", _ADADELTA, _ADADELTA, by_hand=(ADADELTA_RATE,)),
    Updater.ADAGRAD: Counterpart(
        "optax.adagrad",
        "optax.adagrad(learning_rate, eps=$epsilon)",
        "optax.adagrad(learning_rate, initial_accumulator_value=$epsilon, eps=$epsilon ** 2)",
        fit=Fit.DIFFERENT,
        settings="`initial_accumulator_value` = epsilon, `eps` = epsilon squared",
        by_hand=(ADAGRAD_STARTS,),
        lost=(EPSILON_INSIDE,),
    ),
    Updater.RMSPROP: Counterpart(
        "optax.rmsprop",
        "optax.rmsprop(learning_rate, decay=$rms_decay, eps=$epsilon)",
        "optax.rmsprop(\n"
        "            learning_rate, decay=$rms_decay, eps=$epsilon, initial_scale=$epsilon, eps_in_sqrt=False\n"
        "        )",
        settings="`initial_scale` = epsilon, `eps_in_sqrt` = False",
        by_hand=(RMSPROP_STARTS, "Epsilon is added outside of the root: eps_in_sqrt=False."),
    ),
}
