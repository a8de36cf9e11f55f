"""The distribution of demand around the forecast: by period, over a lead time, in total over items, all coherent.

Every series has FUTURES equally likely futures; quantiles of periods, of lead times and of totals are all read from
them. Series that sell in most periods stray from their forecast by a Student distribution of their own spread
(see ``spread``); those that sell now and then have counts (see ``counts``); ``futures`` says what goes together.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from sopxl.steps.demand.forecasting.counts import count_atoms, thinned, trusted_shape
from sopxl.steps.demand.forecasting.futures import FUTURES, LEVELS, normal_draws, orders, orders_among_series
from sopxl.steps.demand.forecasting.panel import row_mean
from sopxl.steps.demand.forecasting.spread import Likeness, Tested, likeness, steady_spread, student_quantile

QUANTILE_LEVELS = (0.025, 0.10, 0.50, 0.80, 0.90, 0.95, 0.975, 0.98, 0.99)
"""Levels reported: the 80 % and 95 % intervals, the median, and the usual service levels."""
SERIES_AT_ONCE = 500
HIGHEST = float(np.finfo(float).max)
COUNTED_UP_TO = 1e12
RAREST = 1e-6


@dataclass(frozen=True)
class Distribution:
    """Demand of S series over the next H periods. The fields are in multiples of ``unit`` (S).

    ``forecast`` S x H, of counts only its shape over the periods is used; ``spread`` S x H, the scale of the errors
    of steady demand; ``counted`` S, whether a series' demand is a count; ``atoms`` S x N, what one period of a
    counted series may sell, at the N ``LEVELS``.
    ``likeness``: how alike the errors of a future are over the periods, of steady demand and of counts.
    """

    forecast: np.ndarray
    spread: np.ndarray
    counted: np.ndarray
    atoms: np.ndarray
    unit: np.ndarray
    likeness: tuple[Likeness, Likeness]

    def possible(self, rows: slice = slice(None)) -> np.ndarray:
        """S x H x N: the equally likely quantities of each period, rising; never below 0."""
        counted = self.counted[rows]
        forecast = self.forecast[rows]
        steady = ~counted
        result = np.zeros((*forecast.shape, FUTURES))
        away = self.spread[rows][steady, :, None] * student_quantile(LEVELS)
        result[steady] = np.maximum(forecast[steady, :, None] + away, 0.0)
        level = row_mean(forecast[counted])[:, None]
        shape = np.where(level > 0, forecast[counted] / np.where(level > 0, level, 1.0), 1.0)
        result[counted] = thinned(self.atoms[rows][counted], LEVELS, shape)
        return _in_units(result, self.unit[rows][:, None, None])

    def mean(self) -> np.ndarray:
        """S x H: mean demand; for counts, a better forecast of their rate than any single method gives."""
        means = [self.possible(rows).mean(axis=2) for rows in self._blocks()]
        return np.concatenate([np.zeros((0, self.forecast.shape[1])), *means])

    def quantiles(self, levels: Sequence[float] = QUANTILE_LEVELS) -> np.ndarray:
        """S x H x Q: demand of each period that is not exceeded with the probability of each level."""
        found = [at_levels(self.possible(rows), np.array(levels)) for rows in self._blocks()]
        return np.concatenate([np.zeros((0, self.forecast.shape[1], len(levels))), *found])

    def lead_time_demand(self, periods: np.ndarray | float) -> np.ndarray:
        """S x N: the equally likely sums of demand over the next ``periods`` (S or one for all), rising.

        A part of a period counts as that part of its demand. Raises ValueError for more periods than were forecast.
        """
        horizon = self.forecast.shape[1]
        each = np.broadcast_to(np.asarray(periods, float), self.counted.shape)
        if (each > horizon).any() or (each < 0).any():
            raise ValueError(f"a lead time must be from 0 to the {horizon} periods that are forecast")
        share = np.clip(each[:, None] - np.arange(horizon), 0.0, 1.0)
        together = np.stack([orders(normal_draws(one, horizon)) for one in self.likeness])
        period = np.arange(horizon)[:, None]
        sums = [np.zeros((0, FUTURES))]
        for rows in self._blocks():
            possible = self.possible(rows) * share[rows][:, :, None]
            total = np.where(self.counted[rows][:, None], _sum(possible[:, period, together[1]]),
                             _sum(possible[:, period, together[0]]))
            sums.append(np.sort(total, axis=1))
        return np.concatenate(sums)

    def lead_time_quantiles(self, periods: np.ndarray | float, level: np.ndarray | float) -> np.ndarray:
        """S: demand over the next ``periods`` that is not exceeded with the probability ``level`` (S or one for all).

        Over one period it is that period's quantile.
        """
        levels = np.broadcast_to(np.asarray(level, float), self.counted.shape)
        return at_levels(self.lead_time_demand(periods), levels[:, None])[:, 0]

    def safety_stock(self, periods: np.ndarray | float, service_level: np.ndarray | float) -> np.ndarray:
        """S units to hold above the mean demand over the lead time, so that this share of cycles has no shortage.

        Source: Silver, Pyke, Thomas, Inventory and Production Management in Supply Chains (2017), section 6.7, P1.
        """
        sums = self.lead_time_demand(periods)
        levels = np.broadcast_to(np.asarray(service_level, float), self.counted.shape)
        return np.asarray(np.maximum(at_levels(sums, levels[:, None])[:, 0] - sums.mean(axis=1), 0.0))

    def safety_stock_for_fill_rate(
        self, periods: np.ndarray | float, fill_rate: np.ndarray | float, cycle_demand: np.ndarray | float
    ) -> np.ndarray:
        """S units to hold above the mean demand over the lead time, so that this share of demand is met from stock.

        The expected shortage per cycle is (1 - fill rate) x ``cycle_demand``, the mean demand from one replenishment
        to the next. Source: Silver, Pyke, Thomas (2017), section 6.7, P2.
        """
        sums = self.lead_time_demand(periods)
        allowed = (1 - np.asarray(fill_rate, float)) * np.asarray(cycle_demand, float)
        point = stock_for_shortage(sums, np.broadcast_to(allowed, self.counted.shape))
        return np.asarray(np.maximum(point - sums.mean(axis=1), 0.0))

    def totals(self, group: np.ndarray) -> np.ndarray:
        """G x H x N: the total demand of each group of series (``group``: S numbers from 0) in each of N futures.

        Sums over periods along axis 1 and :func:`at_levels` of the result are the quantiles of any total.
        """
        groups = int(group.max(initial=-1)) + 1
        total = np.zeros((groups, self.forecast.shape[1], FUTURES))
        for block, rows in enumerate(self._blocks()):
            possible = self.possible(rows)
            for counted, alike in enumerate(self.likeness):
                chosen = self.counted[rows] == bool(counted)
                ranks = orders_among_series(alike, int(chosen.sum()), self.forecast.shape[1], 2 * block + counted)
                np.add.at(total, group[rows][chosen], np.take_along_axis(possible[chosen], ranks, axis=2))
        return np.minimum(total, HIGHEST)

    def _blocks(self) -> Iterator[slice]:
        """Rows of SERIES_AT_ONCE series: the futures of all at once would fill the memory."""
        return (slice(first, first + SERIES_AT_ONCE) for first in range(0, len(self.counted), SERIES_AT_ONCE))


def demand_distribution(
    forecast: np.ndarray, values: np.ndarray, season: int, tested: Tested, counted: np.ndarray
) -> Distribution:
    """The distribution around a ``forecast`` S x H of series with the history ``values`` S x T (NaN: not known).

    ``tested``: the backtest of the methods that made the forecast; ``counted`` S: whether a series sells now and then
    (intermittent or lumpy), so that its demand is a count.
    """
    steady = ~counted
    unit = _units(forecast, values, counted)
    with np.errstate(over="ignore", under="ignore"):
        scaled = forecast / unit[:, None]
        past = values / unit[:, None]
        test = Tested(tested.actual / unit[:, None], tested.forecast / unit[:, None], tested.ahead, tested.origin)
        spread, atoms = np.zeros(forecast.shape), np.zeros((len(forecast), FUTURES))
        spread[steady] = steady_spread(scaled[steady], past[steady], season, test.rows(steady))
        atoms[counted] = count_atoms(past[counted], LEVELS)
        scaled[counted] = trusted_shape(scaled[counted], past[counted], season)
        alike = (likeness(test.rows(steady)), likeness(test.rows(counted)))
    return Distribution(scaled, spread, counted, atoms, unit, alike)


def at_levels(possible: np.ndarray, levels: np.ndarray) -> np.ndarray:
    """Quantiles of equally likely quantities (... x N, rising): ... x Q for Q levels, or for each row's own levels.

    Between two quantities it is interpolated (Hazen's rule: the i-th of N stands at (i - 0.5) / N); above the highest,
    the chance of more falls on as it did from the last but one to it (an exponential tail).
    """
    count = possible.shape[-1]
    levels = np.asarray(levels, float)
    position = np.clip(levels * count - 0.5, 0, count - 1)
    below = np.floor(position).astype(int)
    share = position - below
    above = np.minimum(below + 1, count - 1)
    if position.ndim == 1:
        low, high = possible[..., below], possible[..., above]
    else:
        low, high = (np.take_along_axis(possible, place, axis=-1) for place in (below, above))
    beyond = np.maximum(np.log(0.5 / count / np.maximum(1 - levels, RAREST)), 0.0) / np.log(3)
    return np.asarray(low + share * (high - low) + beyond * (possible[..., -1:] - possible[..., -2:-1]))


def stock_for_shortage(demand: np.ndarray, allowed: np.ndarray) -> np.ndarray:
    """S: least stock with which the mean shortage of N equally likely demands (S x N, rising) is ``allowed`` (S)."""
    count = demand.shape[1]
    falling = demand[:, ::-1]
    number = np.arange(1, count + 1)
    top = np.cumsum(falling / count, axis=1)
    next_lower = np.concatenate([falling[:, 1:], np.zeros((len(demand), 1))], axis=1)
    shortage_there = top - number / count * next_lower
    enough = np.minimum((shortage_there < allowed[:, None]).sum(axis=1), count - 1)
    rows = np.arange(len(demand))
    stock = (top[rows, enough] - allowed) * count / number[enough]
    return np.asarray(np.clip(stock, 0.0, demand[:, -1]))


def _units(forecast: np.ndarray, values: np.ndarray, counted: np.ndarray) -> np.ndarray:
    """S: what each series is measured in: its largest quantity, or 1 for counts that can be told apart."""
    largest = np.maximum(np.abs(np.nan_to_num(values)).max(axis=1, initial=0.0), forecast.max(axis=1, initial=0.0))
    plain = counted & (largest > 1 / COUNTED_UP_TO) & (largest < COUNTED_UP_TO)
    return np.asarray(np.where((largest > 0) & ~plain, largest, 1.0))


def _in_units(values: np.ndarray, unit: np.ndarray) -> np.ndarray:
    """Values times the unit, at most the highest number there is (over all futures and periods of a sum)."""
    with np.errstate(over="ignore", under="ignore"):
        return np.asarray(np.minimum(values * unit, HIGHEST / FUTURES / 1e3))


def _sum(possible: np.ndarray) -> np.ndarray:
    """S x N: sum over the periods."""
    return np.asarray(possible.sum(axis=1))
