"""Misreadings of updaters: the formulae of one version in another, those of papers and of other libraries."""

from __future__ import annotations

from dataclasses import replace

from dl4j_oracle import updaters as old
from dl4j_oracle.arithmetic.interface import Arithmetic, Array, Scalar, nan_scalar
from dl4j_oracle.arithmetic.java import wrapped_int
from dl4j_oracle.blocks import native_updaters, pipeline
from dl4j_oracle.blocks import updaters as blocks
from dl4j_oracle.blocks.misreadings.misreading import NEW, OLD, block_misreading
from dl4j_oracle.updaters import Call, Memory, UpdaterSettings

_FLOAT32 = ("float32",)
_LIBRARIES = ("torch.optim", "Keras", "Optax")
_Step = tuple[Array, Memory]


@block_misreading(
    "settings-in-double", NEW, clauses=("NATIVE-1",), replaces="setting", references=("DL4J 0.9.1",), types=_FLOAT32
)
def _settings_in_double(setting: Scalar, arithmetic: Arithmetic) -> Scalar:
    """Settings of updaters stay Java doubles: this is the arithmetic of 0.9.1."""
    return setting


@block_misreading(
    "settings-in-array-type",
    OLD,
    clauses=("BLOCK-8",),
    replaces="setting",
    references=("DL4J 1.0.0-M2.1",),
    types=_FLOAT32,
)
def _settings_in_array_type(setting: Scalar, arithmetic: Arithmetic) -> Scalar:
    """Settings of updaters are rounded to the array's type first: this is the arithmetic of 1.0.0-M2.1."""
    return native_updaters.in_array_type(setting, arithmetic)


@block_misreading(
    "nan-replaced", NEW, clauses=("NATIVE-1",), replaces="nan_in_updater", references=("DL4J 0.9.1", "DL4J 0.8.0")
)
def _nan_replaced(scalar: Scalar, arithmetic: Arithmetic) -> Scalar:
    """A NaN number in an updater is replaced by 1e-5: this is the rule of 0.9.1."""
    return nan_scalar(scalar, arithmetic)


@block_misreading(
    "nan-kept", OLD, clauses=("ARITH-2",), replaces="nan_in_updater", references=("DL4J 1.0.0-M2.1", "IEEE 754")
)
def _nan_kept(scalar: Scalar, arithmetic: Arithmetic) -> Scalar:
    """A NaN number in an updater stays NaN: this is the rule of 1.0.0-M2.1."""
    return pipeline.kept_nan(scalar, arithmetic)


@block_misreading(
    "adagrad-quotient-first", NEW, clauses=("NATIVE-7",), replaces="updaters.AdaGrad.step", references=("DL4J 0.9.1",)
)
def _ada_grad_quotient_first(g: Array, memory: Memory, call: Call) -> _Step:
    """ADAGRAD: The quotient lr / (sqrt(h) + epsilon) comes first: this is the rounding of 0.9.1."""
    return old.adagrad(g, memory, call)


@block_misreading(
    "adagrad-product-first",
    OLD,
    clauses=("ADAGRAD-1",),
    replaces="updaters.AdaGrad.step",
    references=("DL4J 1.0.0-M2.1",),
)
def _ada_grad_product_first(g: Array, memory: Memory, call: Call) -> _Step:
    """ADAGRAD: The product lr * g comes first: this is the rounding of 1.0.0-M2.1."""
    return native_updaters.ada_grad(g, memory, call)


@block_misreading(
    "adagrad-history-of-epsilon", clauses=("BLOCK-9",), replaces="updaters.AdaGrad.initial", references=("DL4J 0.8.0",)
)
def _ada_grad_history_of_epsilon(settings: UpdaterSettings, arithmetic: Arithmetic) -> Scalar:
    """ADAGRAD: The history begins at the configured epsilon: this is the state of 0.8.0."""
    return settings.epsilon


@block_misreading(
    "adagrad-history-of-zero", clauses=("BLOCK-9",), replaces="updaters.AdaGrad.initial", references=_LIBRARIES
)
def _ada_grad_history_of_zero(settings: UpdaterSettings, arithmetic: Arithmetic) -> Scalar:
    """ADAGRAD: The history begins at 0."""
    return arithmetic.scalar(0.0)


@block_misreading(
    "rmsprop-cache-of-zero",
    clauses=("RMSPROP-1", "BLOCK-9"),
    replaces="updaters.RmsProp.initial",
    references=_LIBRARIES,
)
def _rms_prop_cache_of_zero(settings: UpdaterSettings, arithmetic: Arithmetic) -> Scalar:
    """RMSPROP: The cache begins at 0."""
    return arithmetic.scalar(0.0)


@block_misreading(
    "nadam-two-quotients", NEW, clauses=("NATIVE-6",), replaces="updaters.Nadam.step", references=("DL4J 0.9.1",)
)
def _nadam_two_quotients(g: Array, memory: Memory, call: Call) -> _Step:
    """NADAM: Each term is divided by 1 - beta1^t: this is the formula of 0.9.1."""
    return blocks.nadam(g, memory, call)


@block_misreading(
    "nadam-one-quotient", OLD, clauses=("BLOCK-11",), replaces="updaters.Nadam.step", references=("DL4J 1.0.0-M2.1",)
)
def _nadam_one_quotient(g: Array, memory: Memory, call: Call) -> _Step:
    """NADAM: The sum of both terms is divided by 1 - beta1^t: this is the formula of 1.0.0-M2.1."""
    return native_updaters.nadam(g, memory, call)


@block_misreading(
    "nadam-corrected-v",
    clauses=("BLOCK-11", "NATIVE-6"),
    replaces="updaters.Nadam.step",
    references=("Dozat 2016", *_LIBRARIES),
)
def _nadam_corrected_v(g: Array, memory: Memory, call: Call) -> _Step:
    """NADAM: The second moment is corrected by 1 - beta2^t."""
    s, t = call.settings, wrapped_int(call.iteration + 1)
    beta1, beta2 = s.adam_mean_decay, s.adam_var_decay
    m = memory.view["m"] * beta1 + g * (1 - beta1)
    v = memory.view["v"] * beta2 + g * g * (1 - beta2)
    rest = 1 - beta1.fast_pow(t)
    ahead = m * beta1 / rest + g * (1 - beta1) / rest
    corrected = v / (1 - beta2.fast_pow(t))
    update = ahead * call.learning_rate / (corrected.sqrt() + s.epsilon)
    return update, replace(memory, view={"m": m, "v": v})


@block_misreading(
    "nadam-without-look-ahead", clauses=("BLOCK-11", "NATIVE-6"), replaces="updaters.Nadam.step", references=("Adam",)
)
def _nadam_without_look_ahead(g: Array, memory: Memory, call: Call) -> _Step:
    """NADAM: The update is made of the first moment alone, as Adam's."""
    return old.adam(g, memory, call)


@block_misreading(
    "adam-step-in-double",
    NEW,
    clauses=("NATIVE-3",),
    replaces="updaters.Adam.step",
    references=("DL4J 0.9.1",),
    types=_FLOAT32,
)
def _adam_step_in_double(g: Array, memory: Memory, call: Call) -> _Step:
    """ADAM: The step size is computed in double: this is the formula of 0.9.1."""
    return old.adam(g, memory, call)


@block_misreading(
    "adam-step-in-array-type",
    OLD,
    clauses=("ADAM-2",),
    replaces="updaters.Adam.step",
    references=("DL4J 1.0.0-M2.1",),
    types=_FLOAT32,
)
def _adam_step_in_array_type(g: Array, memory: Memory, call: Call) -> _Step:
    """ADAM: The root of the step size is of the array's type: this is the formula of 1.0.0-M2.1."""
    return native_updaters.adam(g, memory, call)


@block_misreading(
    "adam-corrected-epsilon", clauses=("ADAM-1", "NATIVE-3"), replaces="updaters.Adam.step", references=_LIBRARIES
)
def _adam_corrected_epsilon(g: Array, memory: Memory, call: Call) -> _Step:
    """ADAM: Both moments are corrected before epsilon is added."""
    s, t = call.settings, wrapped_int(call.iteration + 1)
    beta1, beta2 = s.adam_mean_decay, s.adam_var_decay
    m = memory.view["m"] * beta1 + g * (1 - beta1)
    v = memory.view["v"] * beta2 + g * g * (1 - beta2)
    mean, variance = m / (1 - beta1.fast_pow(t)), v / (1 - beta2.fast_pow(t))
    return mean * call.learning_rate / (variance.sqrt() + s.epsilon), replace(memory, view={"m": m, "v": v})


@block_misreading(
    "adam-without-correction",
    clauses=("ADAM-1", "NATIVE-3"),
    replaces="updaters.Adam.step",
    references=("a short form",),
)
def _adam_without_correction(g: Array, memory: Memory, call: Call) -> _Step:
    """ADAM: The step size is the learning rate."""
    s = call.settings
    m = memory.view["m"] * s.adam_mean_decay + g * (1 - s.adam_mean_decay)
    v = memory.view["v"] * s.adam_var_decay + g * g * (1 - s.adam_var_decay)
    return m * call.learning_rate / (v.sqrt() + s.epsilon), replace(memory, view={"m": m, "v": v})


@block_misreading(
    "adamax-in-array-type",
    OLD,
    clauses=("BLOCK-10",),
    replaces="updaters.AdaMax.step",
    references=("DL4J 1.0.0-M2.1",),
    types=_FLOAT32,
)
def _ada_max_in_array_type(g: Array, memory: Memory, call: Call) -> _Step:
    """ADAMAX: The powers are of the array's type: this is the formula of 1.0.0-M2.1."""
    return native_updaters.ada_max(g, memory, call)


@block_misreading(
    "adamax-in-double",
    NEW,
    clauses=("NATIVE-5", "NATIVE-2"),
    replaces="updaters.AdaMax.step",
    references=("DL4J 0.9.1",),
    types=_FLOAT32,
)
def _ada_max_in_double(g: Array, memory: Memory, call: Call) -> _Step:
    """ADAMAX: The powers are Java doubles: this is the formula of 0.9.1."""
    return blocks.ada_max(g, memory, call)


@block_misreading(
    "adamax-epsilon",
    clauses=("BLOCK-10", "NATIVE-5"),
    replaces="updaters.AdaMax.step",
    references=("torch.optim.Adamax",),
)
def _ada_max_epsilon(g: Array, memory: Memory, call: Call) -> _Step:
    """ADAMAX: Epsilon is added to the gradient's magnitude, in place of 1e-32."""
    s, t = call.settings, wrapped_int(call.iteration + 1)
    m = memory.view["m"] * s.adam_mean_decay + g * (1 - s.adam_mean_decay)
    u = (memory.view["u"] * s.adam_var_decay).larger(g.magnitude() + s.epsilon)
    alphat = call.learning_rate / (1 - s.adam_mean_decay.fast_pow(t))
    return m * alphat / u, replace(memory, view={"m": m, "u": u})


@block_misreading(
    "adamax-as-a-sum", clauses=("BLOCK-10", "NATIVE-5"), replaces="updaters.AdaMax.step", references=("Adam",)
)
def _ada_max_as_a_sum(g: Array, memory: Memory, call: Call) -> _Step:
    """ADAMAX: The norm averages magnitudes, and takes no maximum."""
    s, t = call.settings, wrapped_int(call.iteration + 1)
    m = memory.view["m"] * s.adam_mean_decay + g * (1 - s.adam_mean_decay)
    u = memory.view["u"] * s.adam_var_decay + g.magnitude() * (1 - s.adam_var_decay)
    alphat = call.learning_rate / (1 - s.adam_mean_decay.fast_pow(t))
    return m * alphat / (u + call.arithmetic.scalar(1e-32)), replace(memory, view={"m": m, "u": u})


@block_misreading(
    "amsgrad-without-maximum", NEW, clauses=("NATIVE-4",), replaces="updaters.AMSGrad.step", references=("Adam",)
)
def _ams_grad_without_maximum(g: Array, memory: Memory, call: Call) -> _Step:
    """AMSGRAD: The denominator has v itself, as Adam's; vHat is v."""
    update, after = native_updaters.adam(g, memory, call)
    return update, replace(after, view={**after.view, "vHat": after.view["v"]})


@block_misreading(
    "amsgrad-without-correction",
    NEW,
    clauses=("NATIVE-4",),
    replaces="updaters.AMSGrad.step",
    references=("Reddi 2018",),
)
def _ams_grad_without_correction(g: Array, memory: Memory, call: Call) -> _Step:
    """AMSGRAD: The step size is the learning rate, as in the paper."""
    s = call.settings
    m = memory.view["m"] * s.adam_mean_decay + g * (1 - s.adam_mean_decay)
    v = memory.view["v"] * s.adam_var_decay + g * g * (1 - s.adam_var_decay)
    greatest = memory.view["vHat"].larger(v)
    update = m * call.learning_rate / (greatest.sqrt() + s.epsilon)
    return update, replace(memory, view={"m": m, "v": v, "vHat": greatest})


@block_misreading(
    "nesterovs-of-0-8-0", clauses=("BLOCK-8",), replaces="updaters.Nesterovs.step", references=("DL4J 0.8.0",)
)
def _nesterovs_of_0_8_0(g: Array, memory: Memory, call: Call) -> _Step:
    """NESTEROVS: The velocity leaves the view at the first step: this is the state of 0.8.0."""
    return old.nesterovs(g, memory, call)


@block_misreading(
    "nesterovs-classical", clauses=("BLOCK-8",), replaces="updaters.Nesterovs.step", references=("torch.optim.SGD",)
)
def _nesterovs_classical(g: Array, memory: Memory, call: Call) -> _Step:
    """NESTEROVS: The update is the velocity: classical momentum."""
    velocity = memory.view["v"] * call.momentum - g * call.learning_rate
    return velocity * (-call.arithmetic.scalar(1.0)), replace(memory, view={"v": velocity})


@block_misreading(
    "rmsprop-epsilon-inside",
    clauses=("RMSPROP-1",),
    replaces="updaters.RmsProp.step",
    references=("TensorFlow 1", "Optax"),
)
def _rms_prop_epsilon_inside(g: Array, memory: Memory, call: Call) -> _Step:
    """RMSPROP: Epsilon is added under the root."""
    decay = call.settings.rms_decay
    c = memory.view["c"] * decay + g * g * (1 - decay)
    return g * call.learning_rate / (c + call.settings.epsilon).sqrt(), replace(memory, view={"c": c})


@block_misreading(
    "rmsprop-quotient-first",
    clauses=("RMSPROP-1",),
    replaces="updaters.RmsProp.step",
    references=("AdaGrad of DL4J 0.9.1",),
)
def _rms_prop_quotient_first(g: Array, memory: Memory, call: Call) -> _Step:
    """RMSPROP: The quotient lr / (sqrt(c) + epsilon) comes first, which rounds otherwise."""
    decay = call.settings.rms_decay
    c = memory.view["c"] * decay + g * g * (1 - decay)
    return g * (call.learning_rate / (c.sqrt() + call.settings.epsilon)), replace(memory, view={"c": c})


@block_misreading(
    "adadelta-msdx-of-gradient",
    clauses=("ADADELTA-1",),
    replaces="updaters.AdaDelta.step",
    references=("a slip of names",),
)
def _ada_delta_msdx_of_gradient(g: Array, memory: Memory, call: Call) -> _Step:
    """ADADELTA: The second average is of the gradient's squares too."""
    rho, eps = call.settings.rho, call.settings.epsilon
    msg = memory.view["msg"] * rho + g * g * (1 - rho)
    update = g * ((memory.view["msdx"] + eps).sqrt() / (msg + eps).sqrt())
    msdx = memory.view["msdx"] * rho + g * g * (1 - rho)
    return update, replace(memory, view={"msg": msg, "msdx": msdx})


@block_misreading(
    "adadelta-epsilon-outside", clauses=("ADADELTA-1",), replaces="updaters.AdaDelta.step", references=("Adam's form",)
)
def _ada_delta_epsilon_outside(g: Array, memory: Memory, call: Call) -> _Step:
    """ADADELTA: Epsilon is added outside of both roots."""
    rho, eps = call.settings.rho, call.settings.epsilon
    msg = memory.view["msg"] * rho + g * g * (1 - rho)
    update = g * ((memory.view["msdx"].sqrt() + eps) / (msg.sqrt() + eps))
    msdx = memory.view["msdx"] * rho + update * update * (1 - rho)
    return update, replace(memory, view={"msg": msg, "msdx": msdx})
