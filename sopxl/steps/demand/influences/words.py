"""Effects in the planner's words: one sentence for what a driver does, one for whether the plan takes it up."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from sopxl.steps.demand.influences.signals import Signal

IN_INTERVAL = 1.2815515655
"""Standard deviations from the mean to the ends of an 80 % interval."""


@dataclass(frozen=True)
class Told:
    """What is known of one driver for one series: effect per unit as a logarithm, and what became of it."""

    mean: float
    deviation: float
    certainty: float
    used: bool
    saved: float


def ends(signal: Signal, mean: np.ndarray, deviation: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Effect, low and high end of its 80 % interval, as planners read them: a share, or an elasticity."""
    points = (mean, mean - IN_INTERVAL * deviation, mean + IN_INTERVAL * deviation)
    if signal.is_elasticity or signal.nature == "others":
        return points
    return tuple(np.expm1(np.clip(point, -10.0, 10.0)) for point in points)  # type: ignore[return-value]


def explain(signal: Signal, told: Told) -> str:
    """The effect of a driver in words, and whether the plan takes it up."""
    if signal.seasonal:
        return "It comes in the same periods every year: the season of the forecast holds it already."
    return f"{_effect(signal, told)} {_standing(signal, told)}".strip()


def _effect(signal: Signal, told: Told) -> str:
    """What the driver does."""
    effect, low, high = (float(point) for point in ends(signal, np.array(told.mean), np.array(told.deviation)))
    if signal.nature in ("price", "cut"):
        return f"A price 1% lower sells {_change(-effect, 1)} {_interval(-high, -low, 1)}."
    if signal.nature == "depth":
        return f"A discount deeper by 1% sells {_change(effect, 1)} {_interval(low, high, 1)}."
    if signal.is_elasticity:
        return f"{signal.name} 1% higher: {_change(effect, 1)} sold {_interval(low, high, 1)}."
    if signal.nature == "others":
        return (f"Of 100 units that promotions bring to other items of the family, {_taken(-100 * effect)} "
                f"this one and its like {_interval(-100 * high, -100 * low, 0)}.")
    when = {"promotion": "In the promotion", "after": "In the periods after it", "event": "When it is on"}
    start = when.get(signal.nature, "When it rises by one unit")
    return f"{start}, {_change(100 * effect, 0)} is sold {_interval(100 * low, 100 * high, 0)}."


def _change(percent: float, decimals: int) -> str:
    """A change of demand: '12% more', '3% less' or 'as much'."""
    if round(percent, decimals) == 0:
        return "as much"
    return f"{abs(percent):.{decimals}f}% {'more' if percent > 0 else 'less'}"


def _taken(units: float) -> str:
    """Units taken from a group by promotions of others; below 0 they help it: '4 are taken from'."""
    return f"{units:.0f} are taken from" if units > -0.5 else f"{-units:.0f} more come to"


def _interval(low: float, high: float, decimals: int) -> str:
    """The 80 % interval, without a minus before a nought."""
    ends = (f"{round(end, decimals) + 0.0:.{decimals}f}" for end in (low, high))
    return f"(80% interval {' to '.join(ends)})"


def _standing(signal: Signal, told: Told) -> str:
    """Whether the plan takes the effect up, and why not."""
    if told.used:
        return "The plan has no values for it: it counts as in the last year." if signal.unknown else ""
    if signal.nature in ("price", "cut") and told.mean > 0:
        return "That more is sold at a higher price is doubtful: it is not used."
    if signal.nature == "others" and told.mean > 0:
        return "That other items' promotions help it is doubtful: it is not used."
    if told.saved == 0 and told.certainty >= 0.9:
        return "It was on one occasion only and cannot be told from what else happened then: it is not used."
    if told.saved < 0 and told.certainty >= 0.9:
        return "It would have made the forecast of past periods worse: it is not used."
    return f"Not sure ({100 * told.certainty:.0f}% that the direction is right): it is not used."
