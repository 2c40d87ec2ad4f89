"""The counterparts in ``torch.optim``."""

from __future__ import annotations

from collections.abc import Mapping

from dl4j_conformance.migration.counterpart import (
    ADADELTA_RATE,
    ADAGRAD_STARTS,
    ADAM_STANDS_STILL,
    RATE_OUTSIDE,
    RMSPROP_STARTS,
    Counterpart,
)
from dl4j_oracle.configuration import Updater

_ADAM = "torch.optim.Adam(parameters, lr=$learning_rate, betas=($adam_mean_decay, $adam_var_decay), eps=$epsilon)"
_ADADELTA = "torch.optim.Adadelta(parameters, lr=1.0, rho=$rho, eps=$epsilon)"
_NESTEROVS = "torch.optim.SGD(parameters, lr=$learning_rate, momentum=$momentum, nesterov=True)"
_SGD = "torch.optim.SGD(parameters, lr=$learning_rate)"
_NONE = "torch.optim.SGD(parameters, lr=1.0)"

COUNTERPARTS: Mapping[Updater, Counterpart] = {
    Updater.SGD: Counterpart("torch.optim.SGD", _SGD, _SGD),
    Updater.NONE: Counterpart("torch.optim.SGD", _NONE, _NONE),
    Updater.NESTEROVS: Counterpart("torch.optim.SGD", _NESTEROVS, _NESTEROVS, lost=(RATE_OUTSIDE,)),
    Updater.ADAM: Counterpart(
        "torch.optim.Adam",
        _ADAM,
        _ADAM,
        before="""\
        # torch divides the root by this factor, DL4J does not: the factor moves into epsilon.
        group["eps"] = $epsilon / math.sqrt(1 - $adam_var_decay ** (iteration + 1))
""",
        settings="`eps` = epsilon / sqrt(1 - beta2^t) in step t",
        by_hand=(
            "Epsilon changes from step to step. torch adds it to the bias-corrected root, DL4J to the root itself: no "
            "constant epsilon does the same.",
        ),
        lost=(
            ADAM_STANDS_STILL,
            "torch counts the steps of each parameter, DL4J the iterations of the network. It is the same if every "
            "parameter has a gradient in every iteration.",
        ),
    ),
    Updater.ADADELTA: Counterpart("torch.optim.Adadelta", _ADADELTA, _ADADELTA, by_hand=(ADADELTA_RATE,)),
    Updater.ADAGRAD: Counterpart(
        "torch.optim.Adagrad",
        "torch.optim.Adagrad(parameters, lr=$learning_rate, eps=$epsilon)",
        "torch.optim.Adagrad(parameters, lr=$learning_rate, initial_accumulator_value=$epsilon, eps=$epsilon)",
        settings="`initial_accumulator_value` = epsilon",
        by_hand=(ADAGRAD_STARTS,),
    ),
    Updater.RMSPROP: Counterpart(
        "torch.optim.RMSprop",
        rmsprop := "torch.optim.RMSprop(parameters, lr=$learning_rate, alpha=$rms_decay, eps=$epsilon)",
        rmsprop,
        state="""\
    for parameter in parameters:
        square_avg = torch.full_like(parameter, $epsilon, requires_grad=False)
        optimizer.state[parameter] = {"step": torch.zeros(()), "square_avg": square_avg}
""",
        settings="`square_avg` = epsilon before the first step",
        by_hand=(RMSPROP_STARTS,),
    ),
}
