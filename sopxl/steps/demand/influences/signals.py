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
PERIODS_AFTER = {"week": 2, "month": 1, "quarter": 1}


@dataclass(frozen=True)
class Signal:
    """One driver: its strength S x (T + H), and how far its effect per unit may lie from 0 before anything is seen.

    ``nature`` says how it is read: an elasticity (price, cut, depth, ratio, working days), a switch (promotion, after,
    event), more of something (measured), or units of other items (others). A cut is the discount of a kind of
    promotion that has never been: it works as the price does. ``unknown``: the plan has no values for it.
    ``seasonal``: it came in the same periods every year, so that nobody can tell it from the season.
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
    return [signal for signal in found if signal.strength.any() or signal.seasonal]


def working_days(history: History, settings: Settings) -> Signal:
    """Working days of each period against those of the same period in other years, as a logarithm; alike for all."""
    count = history.quantity.shape[1]
    first = history_labels(settings, count)[0] if count else settings.first_period
    days = np.log(np.maximum(Periods(settings.bucket, first, count + settings.horizon).working_days, 1))
    unusual = beyond_season(days[None, :], count, settings.periods.season_length)
    return Signal(WORKING_DAYS, "working days", np.repeat(unusual, len(history.series), axis=0))


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
    """One driver: an event where all values lie between 0 and 1, else something measured.

    Both count as they differ from the same period of other years; what is measured also from its mean of last year.
    """
    season = settings.periods.season_length
    if entered.between(0, 1).all():
        away = beyond_season(np.nan_to_num(values), count, season)
        return Signal(name, "event", away, seasonal=not away[:, :count].any())
    unknown = bool(np.isnan(values[:, count:]).all())
    ratio = bool((entered > 0).all())
    away = beyond_season(np.log(values) if ratio else values, count, season)
    recent = pd.DataFrame(away[:, max(count - season, 0) : count]).mean(axis=1).fillna(0.0).to_numpy(float)
    return Signal(name, "ratio" if ratio else "measured", np.nan_to_num(away - recent[:, None]), unknown)


def beyond_season(values: np.ndarray, count: int, season: int) -> np.ndarray:
    """S x (T + H) values less their mean in the same period of the past years (``count`` = T).

    The seasonal profile of demand holds what a signal usually does in that period; only what is unusual is told from
    it (Frisch and Waugh, Econometrica 1 (1933) 387-401). What is the same every year becomes 0.
    """
    years = -(-count // season)
    padded = np.full((len(values), years * season), np.nan)
    padded[:, :count] = values[:, :count]
    by_year = padded.reshape(len(values), years, season)
    known = (~np.isnan(by_year)).sum(axis=1)
    usual = np.nansum(by_year, axis=1) / np.maximum(known, 1)
    away = values - usual[:, np.arange(values.shape[1]) % season]
    return np.asarray(np.where(np.abs(away) < 1e-9, 0.0, away))
