"""Worksheet functions about periods: labels moved in time, sums and means over several periods."""

from __future__ import annotations

from datetime import date
from typing import Any

import numpy as np

from sopxl.functions.register import Answer, BadInputError, Example, Numbers, Texts, check, worksheet_function


@worksheet_function(
    Example(("2026-12", 3.0), "2027-03"),
    label="Label of a week, month or quarter: 2026-W49, 2026-12 or 2026-Q4.",
    periods="How many periods later; below 0: earlier.",
)
def period_shift(label: Texts, periods: int) -> Answer:
    """The label of the period that lies so many periods later or earlier."""
    return [[_shifted(text, periods) for text in row] for row in label]


@worksheet_function(
    Example(([[1.0, 2.0, 3.0, 4.0]], 3.0), [["", "", 6.0, 9.0]]),
    values="Numbers, from left to right; empty cells count as 0.",
    window="How many periods are added up.",
)
def rolling_sum(values: Numbers, window: int) -> Answer:
    """The sum of each period and those before it; empty until there are enough periods."""
    return [[""] * (window - 1) + list(row) for row in _window_sums(values, window)]


@worksheet_function(
    Example(([[1.0, 2.0, 3.0, 4.0]], 2.0), [["", 1.5, 2.5, 3.5]]),
    values="Numbers, from left to right; empty cells count as 0.",
    window="Over how many periods the mean is taken.",
)
def rolling_mean(values: Numbers, window: int) -> Answer:
    """The mean of each period and those before it; empty until there are enough periods."""
    return [[""] * (window - 1) + list(row / window) for row in _window_sums(values, window)]


@worksheet_function(
    Example(([[1.0, 2.0, 3.0, 4.0]], 1.0, 2.0), [[5.0, 7.0, 4.0, 0.0]]),
    values="Numbers, from left to right; empty cells, and periods before or after the row, count as 0.",
    shift="How many periods later the sum begins: 0 with the period itself, 1 with the next; below 0: earlier.",
    window="How many periods are added up. If omitted: 1.",
)
def shifted_sum(values: Numbers, shift: int, window: int = 1) -> Answer:
    """For each period the sum of so many periods that begin so much later: demand of the lead time that follows."""
    check(window >= 1, "window must be at least 1.")
    begins = [max(period + shift, 0) for period in range(values.shape[1])]
    ends = [max(period + shift + window, 0) for period in range(values.shape[1])]
    known = np.nan_to_num(values)
    return [[float(row[begin:end].sum()) for begin, end in zip(begins, ends, strict=True)] for row in known]


def _window_sums(values: Numbers, window: int) -> np.ndarray:
    check(1 <= window <= values.shape[1], f"window must be between 1 and {values.shape[1]}, the width of values.")
    windows = np.lib.stride_tricks.sliding_window_view(np.nan_to_num(values), window, axis=1)
    return np.asarray(windows.sum(axis=2))


def _shifted(value: Any, count: int) -> str:
    from sopxl.periods import LABEL_PATTERNS, label, parse

    text = value.strftime("%Y-%m") if isinstance(value, date) else "" if value is None else str(value).strip()
    if not text:
        return ""
    for bucket, pattern in LABEL_PATTERNS.items():
        if pattern.match(text):
            try:
                return label(parse(text, bucket) + count, bucket)
            except (ValueError, OverflowError) as error:
                raise BadInputError(f"there is no period {count} periods from {text}.") from error
    raise BadInputError(f"'{text}' is no label of a period such as 2026-W49, 2026-12 or 2026-Q4.")
