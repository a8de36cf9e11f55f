"""Signals: what may move demand, as numbers beside the history and the plan, 0 where there is nothing to answer to.

A new kind of signal is a function that returns Signals, called in :func:`read_signals`.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Literal

import numpy as np
import pandas as pd

from sopxl.periods import Periods
from sopxl.prices import positions_of
from sopxl.schema import Tables
from sopxl.settings import Settings
from sopxl.steps.demand.history import History, history_labels
from sopxl.steps.demand.influences.past_prices import price_signal
from sopxl.steps.demand.influences.promotion_cells import PromotionCells, rows_of

Nature = Literal["price", "cut", "promotion", "after", "depth", "event", "measured", "ratio", "working days", "others"]

PRICE = "Price"
WORKING_DAYS = "Working days"
OTHERS = "Promotion of other items"
SPARSE: tuple[Nature, ...] = ("promotion", "after", "event", "others")
"""Natures that are off in most periods: when on, an unusual sale has an explanation."""
ELASTICITIES: tuple[Nature, ...] = ("price", "cut", "depth", "ratio", "working days")
LASTING: tuple[Nature, ...] = ("price", "cut", "ratio", "measured")
WIDEST = {"price": 4.0, "cut": 4.0, "ratio": 2.0, "working days": 2.0, "depth": 4.0, "others": 1.0}
WIDEST_SWITCH = 1.5
MOVES = 0.05
"""Share of an event's variation that must lie within the same period of different years to tell it from the season."""
PERIODS_AFTER = {"week": 2, "month": 1, "quarter": 1}


@dataclass(frozen=True)
class Signal:
    """One driver: its strength S x (T + H), and how far its effect per unit may lie from 0 before anything is seen.

    ``nature`` says how it is read: an elasticity (price, cut, depth, ratio, working days), a switch (promotion, after,
    event), more of something (measured), or units of other items (others). A cut is the discount of a kind of
    promotion that has never been: it works as the price does. ``unknown``: the plan has no values for it.
    ``seasonal``: it comes in the same periods every year, so that nobody can tell it from the season.
    """

    name: str
    nature: Nature
    strength: np.ndarray
    unknown: bool = False
    seasonal: bool = False

    @property
    def widest(self) -> float:
        """Standard deviation of the effect of one unit before anything is seen, as a logarithm."""
        if self.nature in WIDEST:
            return WIDEST[self.nature]
        largest = float(np.abs(self.strength).max(initial=0.0))
        return WIDEST_SWITCH / largest if largest > 0 else WIDEST_SWITCH

    @property
    def is_elasticity(self) -> bool:
        """Whether its effect is told in percent of demand per percent of the driver."""
        return self.nature in ELASTICITIES

    @property
    def is_lasting(self) -> bool:
        """Whether it stays where it has gone, so that it may be taken for a trend."""
        return self.nature in LASTING

    def rows(self, rows: np.ndarray) -> Signal:
        """The signal of some of the series."""
        return replace(self, strength=self.strength[rows])


def read_signals(
    history: History, tables: Tables, settings: Settings, promotions: list[PromotionCells]
) -> list[Signal]:
    """Every signal of the tables, S x (T + H) each; none that is 0 everywhere."""
    shape = (len(history.series), history.quantity.shape[1] + settings.horizon)
    promoted = np.zeros(shape, dtype=bool)
    for line in promotions:
        promoted[line.rows, max(line.first, 0) : line.end] = True
    price = price_signal(history, tables, settings, promoted[:, : history.quantity.shape[1]])
    found = [
        Signal(PRICE, "price", price),
        *_promotions(promotions, promoted, history.quantity.shape[1], settings),
        *_drivers(history, tables, settings),
    ]
    return [signal for signal in found if signal.strength.any()]


def working_days(history: History, settings: Settings) -> Signal:
    """Working days of each period against the mean of their year, as a logarithm; alike for all series.

    The mean of one year is about that of any other, so the reference is that of the whole time.
    """
    count = history.quantity.shape[1]
    first = history_labels(settings, count)[0] if count else settings.first_period
    days = np.log(np.maximum(Periods(settings.bucket, first, count + settings.horizon).working_days, 1))
    values = np.broadcast_to(days - days.mean(), (len(history.series), len(days)))
    return Signal(WORKING_DAYS, "working days", np.array(values))


def promotion_name(kind: str) -> str:
    """The driver's name of a kind of promotion."""
    return kind[:1].upper() + kind[1:]


def after_name(kind: str) -> str:
    """The driver's name of the periods after promotions of a kind."""
    return f"After: {promotion_name(kind)}"


def depth_name(kind: str) -> str:
    """The driver's name of how deep the discounts of a kind are."""
    return f"Discount: {promotion_name(kind)}"


def _promotions(
    lines: list[PromotionCells], promoted: np.ndarray, count: int, settings: Settings
) -> list[Signal]:
    """For each kind: on, the periods after it, and the depth of its discounts where they differ.

    The price in a promotion is part of the promotion: how much it brings includes what its discount brings.
    """
    found = []
    for kind in sorted({line.kind for line in lines}):
        of_kind = [line for line in lines if line.kind == kind]
        name = promotion_name(kind)
        on, after, depth = (np.zeros(promoted.shape) for _ in range(3))
        for line in of_kind:
            cells = (line.rows, slice(max(line.first, 0), line.end))
            on[cells] = 1.0
            depth[cells] = np.maximum(depth[cells], -np.log1p(-line.discount))
            after[line.rows, line.end : line.end + PERIODS_AFTER[settings.bucket]] = 1.0
        if on[:, :count].any():
            found += [Signal(name, "promotion", on), Signal(after_name(kind), "after", np.where(promoted, 0.0, after))]
            found += _depth(depth_name(kind), on > 0, depth, count)
        else:
            found.append(Signal(name, "cut", -depth))
    return found


def _depth(name: str, on: np.ndarray, depth: np.ndarray, count: int) -> list[Signal]:
    """How much deeper than the mean of the past a discount is, kept within what the past has seen."""
    seen = depth[:, :count][on[:, :count]]
    if not len(seen) or np.ptp(seen) < 1e-9:
        return []
    within = np.clip(depth, seen.min(), seen.max())
    return [Signal(name, "depth", np.where(on, within - seen.mean(), 0.0))]


def _drivers(history: History, tables: Tables, settings: Settings) -> list[Signal]:
    """The drivers of the table: events as they are, measured values against their mean of the last year."""
    table = tables["drivers"]
    count = history.quantity.shape[1]
    column = positions_of(table["period"], settings) + count
    inside = (column >= 0) & (column < count + settings.horizon) & table["value"].notna().to_numpy()
    table = table[inside].assign(column=column[inside].astype(int))
    specific = (table["item"] != "").astype(int) + (table["market"] != "").astype(int)
    table = table.assign(specific=specific).sort_values("specific", kind="stable")
    found = []
    for name, lines in table.groupby("driver", sort=True):
        values = np.full((len(history.series), count + settings.horizon), np.nan)
        for rows, place, value in zip(rows_of(history.series, lines), lines["column"], lines["value"], strict=True):
            values[rows, place] = value
        found.append(_driver(str(name), values, lines["value"], count, settings))
    return found


def _driver(name: str, values: np.ndarray, entered: pd.Series, count: int, settings: Settings) -> Signal:
    """One driver: an event where all values lie between 0 and 1, else something measured."""
    if entered.between(0, 1).all():
        strength = np.nan_to_num(values)
        return Signal(name, "event", strength, seasonal=_repeats(strength[:, :count], settings.periods.season_length))
    unknown = bool(np.isnan(values[:, count:]).all())
    ratio = bool((entered > 0).all())
    scaled = np.log(values) if ratio else values
    reference = pd.DataFrame(scaled[:, max(count - settings.periods.season_length, 0) : count]).mean(axis=1)
    reference = reference.fillna(pd.DataFrame(scaled).mean(axis=1))
    away = np.nan_to_num(scaled - reference.to_numpy(float)[:, None])
    return Signal(name, "ratio" if ratio else "measured", away, unknown)


def _repeats(strength: np.ndarray, season: int) -> bool:
    """Whether S x T values are the same in the same period of every year."""
    years = -(-strength.shape[1] // season)
    padded = np.full((len(strength), years * season), np.nan)
    padded[:, : strength.shape[1]] = strength
    by_year = np.ma.masked_invalid(padded.reshape(len(strength), years, season))
    within = float(np.ma.filled(by_year.var(axis=1).sum(), 0.0)) * years
    total = float(((strength - strength.mean(axis=1, keepdims=True)) ** 2).sum()) if strength.size else 0.0
    return bool(within <= MOVES * total)
