"""How the supply steps tell planners amounts and lists."""

from __future__ import annotations

from collections.abc import Sequence


def amount(value: float) -> str:
    """A quantity as planners read it."""
    return f"{value:,.0f}" if abs(value) >= 10 or float(value).is_integer() else f"{value:,.1f}"


def few_units(value: float) -> str:
    """A number of units that may be a fraction of one, by two digits."""
    number = f"{value:,.0f}" if abs(value) >= 10 else f"{value:.2g}"
    return f"{number} unit{'' if number == '1' else 's'}"


def listed(parts: Sequence[str], most: int) -> str:
    """The first parts, and how many more there are."""
    more = [f"{len(parts) - most} more"] if len(parts) > most else []
    return "; ".join([*parts[:most], *more])
