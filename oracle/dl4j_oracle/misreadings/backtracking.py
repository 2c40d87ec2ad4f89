"""Misreadings of how a line search finds the length of its step."""

from __future__ import annotations

from dataclasses import replace

from dl4j_oracle import line_search as right
from dl4j_oracle.arithmetic.interface import Arithmetic, Array, Operation, Scalar
from dl4j_oracle.configuration import StepFunction
from dl4j_oracle.line_search import Line, Tried
from dl4j_oracle.misreadings.misreading import misreading
from dl4j_oracle.optimizer import Gradients


@misreading("search-always-descends", clauses=("OPT-13",), replaces="descends")
def _search_always_descends(step_function: StepFunction | None) -> bool:
    """A search wants the score to fall under every step function."""
    return True


@misreading("search-descends-under-negative-gradient", clauses=("OPT-13",), replaces="descends")
def _search_descends_under_negative_gradient(step_function: StepFunction | None) -> bool:
    """A search wants the score to fall under NegativeGradientStepFunction too."""
    return right.descends(step_function) or step_function is StepFunction.NEGATIVE_GRADIENT


@misreading("search-slope-rises", clauses=("OPT-14",), replaces="slope")
def _search_slope_rises(direction: Array, gradient: Array) -> Scalar:
    """The slope is the product of direction and gradient, without the minus."""
    return direction.dot(gradient)


@misreading("search-slope-in-order", clauses=("ARITH-7",), replaces="slope", references=("a loop over the elements",))
def _search_slope_in_order(direction: Array, gradient: Array) -> Scalar:
    """The products of the slope are added one after another."""
    products, arithmetic = direction.with_array(Operation.MUL, gradient), direction.arithmetic
    total = arithmetic.slice(products, 0, 1)
    for i in range(1, len(products)):
        total = total.with_array(Operation.ADD, arithmetic.slice(products, i, i + 1))
    return -total.item()


@misreading("search-slope-in-double", clauses=("ARITH-7",), replaces="slope")
def _search_slope_in_double(direction: Array, gradient: Array) -> Scalar:
    """The products of the slope are added as doubles."""
    arithmetic = direction.arithmetic
    total = arithmetic.scalar(0.0)
    for i in range(len(direction)):
        x, y = (arithmetic.slice(array, i, i + 1).item() for array in (direction, gradient))
        total = total + x * y
    return -arithmetic.stored(total)


@misreading("search-goes-to-infinity", clauses=("OPT-14",), replaces="scaled_to_step_max")
def _search_goes_to_infinity(direction: Array, arithmetic: Arithmetic) -> Array:
    """A direction with an infinite norm is taken as it is."""
    return direction


@misreading("search-tolerance-by-parameters", clauses=("OPT-15",), replaces="smallest_step")
def _search_tolerance_by_parameters(gradient: Array, params: Array, arithmetic: Arithmetic) -> Scalar:
    """The smallest step divides the gradient by parameters larger than 1, as the search means to."""
    sizes = params.with_array(Operation.MUL, params.sign())
    ones = arithmetic.full(len(params), arithmetic.scalar(1.0))
    return right.smallest_step(gradient.with_array(Operation.DIV, sizes.maximum(ones)), params, arithmetic)


@misreading("search-without-smallest-step", clauses=("OPT-15",), replaces="smallest_step")
def _search_without_smallest_step(gradient: Array, params: Array, arithmetic: Arithmetic) -> Scalar:
    """No step is too small to be tried."""
    return arithmetic.scalar(0.0)


@misreading("search-moves-a-little", clauses=("OPT-15",), replaces="hardly_moves")
def _search_moves_a_little(before: Array, after: Array, arithmetic: Arithmetic) -> bool:
    """Parameters that move by no more than 0.00001 count as unmoved."""
    moved = before.with_array(Operation.SUB, after)
    distances = (arithmetic.slice(moved, i, i + 1).absolute() for i in range(len(moved)))
    return all(right.at_most(distance, arithmetic.scalar(1e-5)) for distance in distances)


@misreading("search-takes-any-improvement", clauses=("OPT-16",), replaces="suffices")
def _search_takes_any_improvement(line: Line, tried: Tried, arithmetic: Arithmetic) -> bool:
    """Every step suffices that makes the score no worse."""
    return right.suffices(replace(line, slope=arithmetic.scalar(0.0)), tried, arithmetic)


@misreading("search-goes-on-from-failure", clauses=("OPT-16",), replaces="search_start")
def _search_goes_on_from_failure(own: Gradients, network: Gradients) -> Gradients:
    """A search starts where an exception left the network."""
    return network


@misreading("search-halves", clauses=("OPT-17",), replaces="next_step")
def _search_halves(line: Line, tried: Tried, before: Tried, arithmetic: Arithmetic) -> Scalar:
    """Each step is half of the one before."""
    return arithmetic.scalar(0.5) * tried.step


@misreading("search-by-parabolas", clauses=("OPT-17",), replaces="next_step")
def _search_by_parabolas(line: Line, tried: Tried, before: Tried, arithmetic: Arithmetic) -> Scalar:
    """Every step is the minimum of a parabola, scaled by the step before."""
    unit = replace(line, slope=line.slope * tried.step)
    first = right.next_step(unit, replace(tried, step=arithmetic.scalar(1.0)), before, arithmetic)
    return first * tried.step


@misreading("search-interpolates-infinity", clauses=("OPT-17",), replaces="next_step")
def _search_interpolates_infinity(line: Line, tried: Tried, before: Tried, arithmetic: Arithmetic) -> Scalar:
    """After an infinite or NaN score the step is a tenth."""
    if (tried.score - tried.score).is_nan() or (before.score - before.score).is_nan():
        return arithmetic.scalar(0.1) * tried.step
    return right.next_step(line, tried, before, arithmetic)


@misreading("search-shrinks-by-a-double", clauses=("OPT-17",), replaces="next_step", types=("float64",))
def _search_shrinks_by_a_double(line: Line, tried: Tried, before: Tried, arithmetic: Arithmetic) -> Scalar:
    """A step is at least 0.1, and not the float 0.1, of the one before."""
    step = right.next_step(line, tried, before, arithmetic)
    least = arithmetic.scalar(0.10000000149011612) * tried.step
    return step if step.is_nan() or step > least else arithmetic.scalar(0.1) * tried.step


@misreading("search-takes-last-step", clauses=("OPT-18",), replaces="length_without_sufficing")
def _search_takes_last_step(best: Scalar, last: Scalar) -> Scalar:
    """A search in which no step sufficed takes the last one that it tried."""
    return last


@misreading("search-takes-no-step", clauses=("OPT-18",), replaces="length_without_sufficing")
def _search_takes_no_step(best: Scalar, last: Scalar) -> Scalar:
    """A search in which no step sufficed takes none."""
    return best - best
