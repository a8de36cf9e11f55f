"""Which periods of the history look wrong, for all series at once: outliers, stock-outs, working days.

Every detector takes what is usual (:class:`Usual`) and gives S x T what demand would have been, NaN where nothing is
wrong. Add one as a function under ``@detector("reason")``; where several speak of one period, the first one counts.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from sopxl.steps.demand.forecasting.panel import row_mean
from sopxl.steps.demand.forecasting.seasons import by_cycle, pooled_profile

ROUGH = 4.0
TOO_FAR = 4.5
TOO_FAR_AT_THE_END = 8.0
LEAST_CHANGE = 0.3
LEAST_NOISE = 0.05
PRIOR_PERIODS = 8
SEVERAL = 3
LEAST_KNOWN = 8
FORECASTABLE = 0.76
"""Share of periods with sales from which a series sells steadily (a mean interval of 1.32 periods)."""
STEADY = 0.9
NOTHING_IS_FAR = 2.5
SHORT_SUPPLY = 0.35
SHORT_SUPPLY_FAR = 3.5
RARE_SIZE = 6.0
RARE_SIZE_NOISE = 0.3
RARE_SALES = 6
CERTAIN_SLOPE = 4.0
LEAST_CALENDAR_CHANGE = 0.03
NORMAL = 1.4826
"""Standard deviation of a normal distribution over its median absolute deviation."""


@dataclass(frozen=True)
class Usual:
    """What S series over T periods usually sell, and how far they usually stray from it.

    ``sold``: S x T units, NaN where unknown. ``before``, ``after``: S x T what the ``reach`` periods before and after
    let expect, with the season; ``noise``: S x T usual deviation; ``steady``: S whether the series sells in most
    periods; ``out``: S x T runs of periods without sales in a series that otherwise sells in almost all.
    ``fixed``: S x T periods that something known explains. ``channel``: S numbers of the channels; ``days``: T
    working days.
    """

    sold: np.ndarray
    season: int
    reach: int
    before: np.ndarray
    after: np.ndarray
    noise: np.ndarray
    steady: np.ndarray
    out: np.ndarray
    fixed: np.ndarray
    channel: np.ndarray
    days: np.ndarray

    @cached_property
    def expected(self) -> np.ndarray:
        """S x T: mean of what the periods before and after let expect."""
        return _mean_of_known(self.before, self.after)

    @cached_property
    def relative(self) -> np.ndarray:
        """S x T: deviation from what was expected, as a share of it; NaN where unknown."""
        return _share(self.sold - self.expected, self.expected)

    @cached_property
    def deviation(self) -> np.ndarray:
        """S x T: how many usual deviations a period is away from both sides; 0 where it agrees with one of them."""
        base = np.where(self.noise > 0, self.noise, np.nan)
        from_before, from_after = (self.sold - self.before) / base, (self.sold - self.after) / base
        only_one = np.isnan(from_before) | np.isnan(from_after)
        nearer = np.where(np.abs(from_before) < np.abs(from_after), from_before, from_after)
        both = np.where(from_before * from_after > 0, nearer, 0.0)
        one = np.where(np.isnan(from_before), from_after, from_before) * TOO_FAR / TOO_FAR_AT_THE_END
        return np.nan_to_num(np.where(only_one, one, both))

    @cached_property
    def comes_every_year(self) -> np.ndarray:
        """S x T: about a year before or after, the series strayed in the same direction at least half as far."""
        return _repeated(np.nan_to_num(self.relative), self.season)


Detector = Callable[[Usual], np.ndarray]
DETECTORS: dict[str, Detector] = {}


def detector(reason: str) -> Callable[[Detector], Detector]:
    """Enter a detector under the reason that planners read."""

    def enter(function: Detector) -> Detector:
        DETECTORS[reason] = function
        return function

    return enter


def usual_demand(
    values: np.ndarray, season: int, groups: list[np.ndarray], days: np.ndarray, fixed: np.ndarray
) -> Usual:
    """What is usual for S x T ``values``: level by running medians, season pooled over the groups.

    ``groups``: as of :meth:`History.groups`; ``days``: T working days; ``fixed``: S x T periods to leave out.
    Medians of the periods before and after each period, not of the period itself, keep outliers out of the level
    (Hampel's filter: Davies and Gather, Journal of the American Statistical Association 88 (1993) 782-792).
    """
    out = _runs_without_sales(values, season)
    usable = np.where(out | fixed, np.nan, values)
    rough = _without_rough_outliers(usable, season)
    profile = np.tile(pooled_profile(rough, season, groups), -(-values.shape[1] // season))[:, : values.shape[1]]
    reach = max(4, min(season // 3, 8))
    level = usable / profile
    before = _median_before(level, reach)
    after = _median_before(level[:, ::-1], reach)[:, ::-1]
    share = row_mean(np.where(np.isnan(usable), np.nan, usable > 0))
    known = (~np.isnan(usable)).sum(axis=1)
    steady = (share >= FORECASTABLE) & (known >= LEAST_KNOWN)
    return Usual(values, season, reach, before * profile, after * profile,
                 _noise(usable, _mean_of_known(before, after) * profile, steady), steady, out, fixed, groups[1], days)


@detector("outlier")
def outliers(usual: Usual) -> np.ndarray:
    """Single periods far above or below what the periods on both sides let expect; level shifts are none."""
    far = (np.abs(usual.deviation) > TOO_FAR) & (np.abs(np.nan_to_num(usual.relative)) > LEAST_CHANGE)
    wrong = far & usual.steady[:, None] & ~usual.comes_every_year & ~usual.out & ~usual.fixed
    wrong &= ~_short(usual)
    return np.where(wrong, usual.expected, _rare_sizes(usual))


@detector("stock-out")
def stock_outs(usual: Usual) -> np.ndarray:
    """Periods without sales, or with very few, of what otherwise sells all the time; not where it ends."""
    nothing = usual.out & (np.nan_to_num(usual.expected) > NOTHING_IS_FAR * usual.noise)
    few = _short(usual) & (usual.sold > 0) & (usual.deviation < -SHORT_SUPPLY_FAR)
    wrong = (nothing | few) & usual.steady[:, None] & ~usual.comes_every_year & ~usual.fixed
    return np.where(wrong, usual.expected, np.nan)


@detector("calendar")
def working_days(usual: Usual) -> np.ndarray:
    """Periods with more or fewer working days than usual at that time of the year, where sales move with them.

    The slope is the channel's; it counts only if it is sure (CERTAIN_SLOPE standard errors), and never for more
    than the change of the days.
    """
    days = _days_against_usual(usual.days, usual.season)
    change = np.zeros_like(usual.sold)
    for channel in np.unique(usual.channel):
        rows = (usual.channel == channel) & usual.steady
        change[rows] = _sure_slope(usual, rows, days) * days
    wrong = (np.abs(change) >= LEAST_CALENDAR_CHANGE) & (np.nan_to_num(usual.sold) > 0) & ~usual.fixed
    return np.where(wrong, usual.sold / (1 + np.where(wrong, change, 0.0)), np.nan)


def _short(usual: Usual) -> np.ndarray:
    """S x T: so little was sold that it looks like a lack of stock rather than of demand."""
    return np.asarray(np.nan_to_num(usual.relative) < SHORT_SUPPLY - 1)


def _rare_sizes(usual: Usual) -> np.ndarray:
    """S x T: usual size where a seldom seller sold a size that is out of all proportion; NaN elsewhere."""
    sizes = np.where((np.nan_to_num(usual.sold) > 0) & ~usual.fixed, usual.sold, np.nan)
    logs = np.log(sizes)
    middle = _median(logs)[:, None]
    spread = np.maximum(NORMAL * _median(np.abs(logs - middle)), RARE_SIZE_NOISE)[:, None]
    enough = ~usual.steady & ((~np.isnan(sizes)).sum(axis=1) >= RARE_SALES)
    wrong = enough[:, None] & (np.nan_to_num((logs - middle) / spread) > RARE_SIZE)
    wrong &= ~_repeated(np.nan_to_num(np.where(wrong, 1.0, 0.0)), usual.season)
    return np.where(wrong, np.exp(middle), np.nan)


def _runs_without_sales(values: np.ndarray, season: int) -> np.ndarray:
    """S x T: runs of zeros in series that otherwise sell steadily.

    A run of more than half a year, or one of more than a period that lasts to the end of history, is an end.
    """
    zero = values == 0
    known = ~np.isnan(values)
    run = _run_lengths(zero)
    lasting = np.flip(np.logical_and.accumulate(np.flip(zero, axis=1), axis=1), axis=1)
    interrupted = zero & (run <= max(season // 2, 2)) & ~(lasting & (run > 1))
    runs = (zero & ~np.pad(zero, ((0, 0), (1, 0)))[:, :-1]).sum(axis=1)
    length = known.sum(axis=1)
    sold = ((values > 0) & known).sum(axis=1)
    seldom = runs <= np.maximum(1, length // (2 * season) + 1)
    steady = (length >= LEAST_KNOWN) & (sold >= STEADY * (length - zero.sum(axis=1) + runs)) & (sold > length // 2)
    return np.asarray(interrupted & (seldom & steady)[:, None])


def _run_lengths(mask: np.ndarray) -> np.ndarray:
    """S x T: length of the run of True in which each True stands; 0 elsewhere."""
    column = np.arange(mask.shape[1])
    last_false = np.maximum.accumulate(np.where(mask, -1, column), axis=1)
    next_false = np.flip(np.minimum.accumulate(np.flip(np.where(mask, mask.shape[1], column), axis=1), axis=1), axis=1)
    return np.asarray(np.where(mask, next_false - last_false - 1, 0))


def _without_rough_outliers(values: np.ndarray, season: int) -> np.ndarray:
    """S x T values for the season, with the usual where one strays wildly from its year and from other years."""
    half = season // 2
    level = _window_median(np.pad(values, ((0, 0), (half, half)), constant_values=np.nan), 2 * half + 1)
    ratio = _share(values, level)
    elsewhere = _same_time_elsewhere(ratio, season)
    wild = np.ones(values.shape, dtype=bool)
    for away in (np.abs(ratio - 1), np.abs(ratio - elsewhere)):
        spread = np.maximum(NORMAL * _median(away), LEAST_NOISE)[:, None]
        wild &= np.nan_to_num(away) > ROUGH * spread
    return np.where(wild, level * elsewhere, values)


def _same_time_elsewhere(ratio: np.ndarray, season: int) -> np.ndarray:
    """S x T: median ratio at the same time of other years, else of all series in the period if they are several."""
    cycles = by_cycle(ratio, season)
    others = np.full(cycles.shape, np.nan)
    for cycle in range(cycles.shape[1]):
        others[:, cycle] = _median(np.moveaxis(np.delete(cycles, cycle, axis=1), 1, -1))
    others = others.reshape(len(ratio), -1)[:, : ratio.shape[1]]
    several = (~np.isnan(ratio)).sum(axis=0) >= SEVERAL
    everywhere = np.where(several, _median(ratio.T), 1.0)
    return np.where(np.isnan(others), everywhere, others)


def _noise(values: np.ndarray, expected: np.ndarray, steady: np.ndarray) -> np.ndarray:
    """S x T: usual deviation in units; a short series borrows from the typical one, counts vary at least as Poisson."""
    away = np.abs(_share(values - expected, expected))
    own = NORMAL * _median(away)
    count = (~np.isnan(away)).sum(axis=1)
    usable = steady & ~np.isnan(own)
    typical = float(np.median(own[usable])) if usable.any() else LEAST_CHANGE
    mixed = np.sqrt((count * np.nan_to_num(own) ** 2 + PRIOR_PERIODS * typical**2) / (count + PRIOR_PERIODS))
    whole = (np.nan_to_num(values) % 1 == 0).all(axis=1)[:, None]
    size = np.nan_to_num(expected)
    return np.asarray(np.maximum(np.maximum(mixed, LEAST_NOISE)[:, None] * size, np.where(whole, np.sqrt(size), 0.0)))


def _repeated(relative: np.ndarray, season: int) -> np.ndarray:
    """S x T: whether a year earlier or later, give or take a period, there is at least half of the same."""
    total = relative.shape[1]
    result = np.zeros(relative.shape, dtype=bool)
    for lag in {years * season + shift for years in (1, 2) for shift in (-1, 0, 1)}:
        if lag >= total:
            continue
        early, late = relative[:, : total - lag], relative[:, lag:]
        for here, there, part in ((early, late, slice(0, total - lag)), (late, early, slice(lag, total))):
            result[:, part] |= (here * there > 0) & (np.abs(there) >= np.abs(here) / 2)
    return result


def _days_against_usual(days: np.ndarray, season: int) -> np.ndarray:
    """T: working days against the mean of that time of the year, as a share."""
    cycles = by_cycle(days[None, :].astype(float), season)[0]
    mean = row_mean(cycles.T)
    return np.asarray(days / np.tile(mean, len(cycles))[: len(days)] - 1)


def _sure_slope(usual: Usual, rows: np.ndarray, days: np.ndarray) -> float:
    """How much the sales of these rows change with the working days: 1 as much as they, 0 not, or not surely."""
    known = ~np.isnan(usual.relative[rows]) & ~usual.out[rows] & ~usual.fixed[rows]
    sold = np.where(known, usual.sold[rows], 0.0).sum(axis=0)
    expected = np.where(known, usual.expected[rows], 0.0).sum(axis=0)
    some = expected > 0
    if some.sum() < 2 * usual.season or not np.abs(days[some]).max(initial=0.0) > 0:
        return 0.0
    away = sold[some] / expected[some] - 1
    lever, away = days[some] - days[some].mean(), away - np.median(away)
    limit = ROUGH * NORMAL * np.median(np.abs(away))
    away = np.clip(away, -limit, limit)
    slope = float((lever * away).sum() / (lever**2).sum())
    error = np.sqrt(((away - slope * lever) ** 2).sum() / (len(away) - 2) / (lever**2).sum())
    return min(slope, 1.0) if slope > CERTAIN_SLOPE * float(error) else 0.0


def _median_before(values: np.ndarray, reach: int) -> np.ndarray:
    """S x T: median of the known among the ``reach`` values before; where none is known, the last such median."""
    padded = np.pad(values[:, :-1], ((0, 0), (reach, 0)), constant_values=np.nan)
    median = _window_median(padded, reach)
    last = np.maximum.accumulate(np.where(np.isnan(median), -1, np.arange(values.shape[1])), axis=1)
    return np.where(last >= 0, np.take_along_axis(median, np.maximum(last, 0), axis=1), np.nan)


def _window_median(padded: np.ndarray, width: int) -> np.ndarray:
    """Median of the known values in every window of that width along the rows."""
    return _median(np.lib.stride_tricks.sliding_window_view(padded, width, axis=1))


def _median(values: np.ndarray) -> np.ndarray:
    """Median of the known values along the last axis; NaN where none is known."""
    ordered = np.sort(values, axis=-1)
    count = (~np.isnan(ordered)).sum(axis=-1)
    if not values.shape[-1]:
        return np.full(values.shape[:-1], np.nan)
    low, high = np.maximum(count - 1, 0) // 2, np.minimum(count // 2, values.shape[-1] - 1)
    pick = np.take_along_axis(ordered, np.stack([low, high], axis=-1), axis=-1)
    return np.where(count > 0, pick.mean(axis=-1), np.nan)


def _mean_of_known(one: np.ndarray, other: np.ndarray) -> np.ndarray:
    """Mean of two, or the one that is known."""
    return np.where(np.isnan(one), other, np.where(np.isnan(other), one, (one + other) / 2))


def _share(part: np.ndarray, whole: np.ndarray) -> np.ndarray:
    """Part over whole; NaN where the whole is not above 0."""
    return np.where(whole > 0, part / np.where(whole > 0, whole, 1.0), np.nan)
