"""Pairs of mistakes, as one port has them: those of real libraries first, then such as people make together."""

from __future__ import annotations

from collections.abc import Mapping

from mutants.held_out.mistake import Mistakes, both

#: The two mistakes of each pair, and cases in which the pair is neither of them.
MISTAKES_OF: Mapping[str, tuple[str, str, tuple[str, ...]]] = {
    "rmsprop_keras": ("rmsprop_from_zero", "rmsprop_epsilon_inside", ("rmsprop-first-step-float32",)),
    "rmsprop_tensorflow_1": ("rmsprop_from_one", "rmsprop_epsilon_inside", ("rmsprop-large-epsilon-float32",)),
    "rmsprop_torch_defaults": ("rmsprop_from_zero", "default_rms_decay", ("rmsprop-first-step-float32",)),
    "rmsprop_lerp_from_zero": ("rmsprop_from_zero", "rmsprop_lerp", ("rmsprop-special-float32",)),
    "rmsprop_inside_unweighted": ("rmsprop_epsilon_inside", "rmsprop_without_weight", ("rmsprop-first-step-float32",)),
    "adagrad_optax": ("adagrad_from_tenth", "adagrad_epsilon_inside", ("adagrad-first-step-float32",)),
    "adagrad_torch": ("adagrad_from_zero", "adagrad_product_first", ("adagrad-late-start-float32",)),
    "adagrad_tenth_and_default": ("adagrad_from_tenth", "default_epsilon_adagrad", ("adagrad-first-step-float32",)),
    "adagrad_mean_loss": ("adagrad_from_zero", "division_first", ("adagrad-constant-gradient-float32",)),
    "adam_keras_defaults": ("default_epsilon_adam", "adam_single_step", ("defaults-adam-float32",)),
    "adam_torch_mean_loss": ("adam_corrected_divisor", "division_first", ("adam-constant-gradient-float32",)),
    "adam_w": ("adam_corrected_divisor", "l2_times_rate", ("visible-bias-skipped-adam-float32",)),
    "adam_torch_counter": ("adam_corrected_divisor", "adam_own_counter", ("adam-late-start-float32",)),
    "adam_inside_uncorrected": ("adam_epsilon_inside", "adam_uncorrected", ("adam-first-step-float32",)),
    "adam_uncorrected_early_division": (
        "adam_uncorrected",
        "division_before_updater",
        ("adam-constant-gradient-float32",),
    ),
    "adam_layout_and_epsilon": ("adam_variance_first", "adam_epsilon_inside", ("adam-first-step-float32",)),
    "adam_nesterov_belief": ("adam_looks_ahead", "adam_belief", ("adam-first-step-float32",)),
    "adadelta_keras": ("adadelta_rate", "default_rho", ("adadelta-rho-unset-float32",)),
    "adadelta_outside_and_rate": ("adadelta_epsilon_outside", "adadelta_rate", ("adadelta-first-step-float32",)),
    "adadelta_layout_and_root": ("adadelta_steps_first", "adadelta_one_root", ("adadelta-first-step-float32",)),
    "adadelta_old_both": ("adadelta_old_squares", "adadelta_from_epsilon", ("adadelta-first-step-float32",)),
    "nesterovs_torch_decay": (
        "nesterovs_rate_outside",
        "penalties_before_updater",
        ("nesterovs-state-before-penalties-float32",),
    ),
    "nesterovs_classical_dampened": ("nesterovs_classical", "nesterovs_dampened", ("nesterovs-first-step-float32",)),
    "nesterovs_attached_schedule": (
        "nesterovs_view_keeps_velocity",
        "momentum_of_reached_keys",
        ("momentum-schedule-all-behind-float32",),
    ),
    "torch_mean_loss_and_decay": ("division_first", "penalties_before_updater", ("embedding-table-float32",)),
    "torch_clipping": ("clip_layer_epsilon", "division_first", ("clip-per-layer-adam-float32",)),
    "keras_loss": ("penalties_in_loss", "l2_twice", ("l1-l2-sgd-float32",)),
    "keras_mean_loss": ("division_first", "penalties_in_loss", ("embedding-table-float32",)),
    "bias_spared_everywhere": ("norm_without_biases", "penalties_spare_biases", ("all-stages-sgd-float32",)),
    "norms_by_mean_multiplied": ("norm_mean_of_squares", "clip_multiplies", ("clip-per-param-type-length-3-float32",)),
    "policies_closed_from_one": ("rates_from_initial", "rates_from_iteration_one", ("limit-int32-step-float32",)),
    "torchstep_and_step": (
        "torchstep_at_multiples",
        "step_continuous",
        ("step-adam-float32", "torchstep-adam-float32"),
    ),
    "sigmoid_and_poly": ("sigmoid_rises", "poly_ends", ("poly-even-power-float32", "sigmoid-adam-float32")),
    "keys_of_python": ("key_from_the_end", "key_lenient", ("key-index-negative-float32", "key-spaced-index-float32")),
    "copies_afresh": (
        "clone_without_state",
        "restored_from_zero",
        ("restore-count-sgd-float32", "clone-then-set-state-float32"),
    ),
    "frozen_all_over": (
        "frozen_updated",
        "rates_of_all",
        ("rates-of-missing-gradients-float32", "frozen-layer-float32"),
    ),
    "scheduler_after_optimizer": ("rates_after_step", "momentum_after_step", ("limit-int32-schedules-float32",)),
    "reciprocals_and_doubles": ("division_by_reciprocal", "norm_in_double", ("mixed-05-float32",)),
    "averages_keep_all": (
        "average_keeps_rate",
        "average_keeps_epsilon",
        ("layer-clone-adagrad-epsilon-0-01-float32", "layer-average-of-equals-sgd-float64"),
    ),
    "torch_loop": (
        "gradients_cleared",
        "penalties_before_updater",
        ("l1-l2-sgd-float32", "iterate-without-gradient-sgd-float32"),
    ),
    "float32_all_over": ("single_settings", "single_rates", ("clip-per-layer-length-2-float32",)),
    "decay_signs": ("l1_subtracted", "l2_twice", ("l1-l2-sgd-float32",)),
}


def pairs(singles: Mistakes) -> Mistakes:
    """Return the pairs of these single mistakes, by name."""
    return {name: both(singles[one], singles[other], shown) for name, (one, other, shown) in MISTAKES_OF.items()}
