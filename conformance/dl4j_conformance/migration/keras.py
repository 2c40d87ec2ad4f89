"""The counterparts in Keras 3."""

from __future__ import annotations

from collections.abc import Mapping

from dl4j_conformance.migration.counterpart import (
    ADADELTA_RATE,
    ADAGRAD_STARTS,
    ADAM_STANDS_STILL,
    EPSILON_INSIDE,
    RMSPROP_STARTS,
    Counterpart,
    Fit,
)
from dl4j_oracle.configuration import Updater

_SGD = "keras.optimizers.SGD($learning_rate)"
_NONE = "keras.optimizers.SGD(1.0)"
_NESTEROVS = "keras.optimizers.SGD($learning_rate, momentum=$momentum, nesterov=True)"
_ADAM = "keras.optimizers.Adam($learning_rate, beta_1=$adam_mean_decay, beta_2=$adam_var_decay, epsilon=$epsilon)"
_ADADELTA = "keras.optimizers.Adadelta(1.0, rho=$rho, epsilon=$epsilon)"

COUNTERPARTS: Mapping[Updater, Counterpart] = {
    Updater.SGD: Counterpart("keras.optimizers.SGD", _SGD, _SGD),
    Updater.NONE: Counterpart("keras.optimizers.SGD", _NONE, _NONE),
    Updater.NESTEROVS: Counterpart(
        "keras.optimizers.SGD",
        _NESTEROVS,
        _NESTEROVS,
        lost=(
            "The division by the batch size is part of the learning rate, and so of the velocity. DL4J divides after "
            "it. It is the same while all minibatches have one size.",
        ),
    ),
    Updater.ADAM: Counterpart(
        "keras.optimizers.Adam",
        _ADAM,
        _ADAM,
        lost=(
            ADAM_STANDS_STILL,
            "Keras computes the step size in the variable's type, DL4J in double. In float32, in the first steps, this "
            "is a relative error of about 1e-5.",
        ),
    ),
    Updater.ADADELTA: Counterpart("keras.optimizers.Adadelta", _ADADELTA, _ADADELTA, by_hand=(ADADELTA_RATE,)),
    Updater.ADAGRAD: Counterpart(
        "keras.optimizers.Adagrad",
        "keras.optimizers.Adagrad($learning_rate, epsilon=$epsilon)",
        "keras.optimizers.Adagrad($learning_rate, initial_accumulator_value=$epsilon, epsilon=$epsilon ** 2)",
        fit=Fit.DIFFERENT,
        settings="`initial_accumulator_value` = epsilon, `epsilon` = epsilon squared",
        by_hand=(ADAGRAD_STARTS,),
        lost=(EPSILON_INSIDE,),
    ),
    Updater.RMSPROP: Counterpart(
        "keras.optimizers.RMSprop",
        "keras.optimizers.RMSprop($learning_rate, rho=$rms_decay, epsilon=$epsilon)",
        "keras.optimizers.RMSprop($learning_rate, rho=$rms_decay, epsilon=$epsilon ** 2)",
        fit=Fit.DIFFERENT,
        state="""\
    for variable in optimizer.variables:
        if variable.name.endswith("velocity"):
            variable.assign(keras.ops.full_like(variable, $epsilon))
""",
        settings="`velocity` = epsilon before the first step, `epsilon` = epsilon squared",
        by_hand=(RMSPROP_STARTS,),
        lost=(EPSILON_INSIDE,),
    ),
}
