"""Demand with drivers: what prices, promotions, events and working days did to the history and will do to the plan.

:func:`fit_drivers` learns it from the history. What it finds is taken out of the history, the statistical forecast
goes on without it, and :meth:`Influences.plan` puts back what the plan's drivers will do. How effects are found is in
``influences``; a new kind of driver goes to ``influences.signals``.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

from sopxl.schema import Tables, conform
from sopxl.settings import Settings
from sopxl.steps.demand.history import History
from sopxl.steps.demand.influences.model import Model, estimate, groups, units_of
from sopxl.steps.demand.influences.promotion_cells import PromotionCells, promotion_cells
from sopxl.steps.demand.influences.signals import SPARSE, WORKING_DAYS, Signal, read_signals, working_days
from sopxl.steps.demand.influences.words import Told, ends, explain
from sopxl.steps.demand.promotions import Planned, promotion_effects
from sopxl.steps.demand.tables import DRIVER_EFFECTS, PROMOTION_EFFECTS

DECIMALS = 2
MOSTLY_OFF = 0.5
ONE_PERCENT = 0.01
"""Step of a driver whose effect is an elasticity: the table tells what one percent more of it does."""


@dataclass(frozen=True)
class PlannedInfluences:
    """What drivers do to the plan: ``effect`` S x H units to add to the forecast, and the two tables that tell it."""

    effect: np.ndarray
    driver_effects: pd.DataFrame
    promotion_effects: pd.DataFrame


@dataclass(frozen=True)
class Influences:
    """What drivers did to the history.

    ``past``: S x T units that are in the history because of drivers (below 0: missing because of them). ``model``: of
    the series in ``rows``; None where no series has a driver. ``promotions``: the lines of the table, by rows and
    columns.
    """

    history: History
    tables: Tables
    past: np.ndarray
    rows: np.ndarray
    model: Model | None
    promotions: list[PromotionCells]

    def plan(self, base: np.ndarray, price: np.ndarray) -> PlannedInfluences:
        """What the plan's drivers do to ``base`` (S x H, the forecast without them) at net ``price`` (S x H)."""
        effect = np.zeros(base.shape)
        if self.model is None:
            return PlannedInfluences(effect, DRIVER_EFFECTS.empty_frame(), PROMOTION_EFFECTS.empty_frame())
        count, group = self.past.shape[1], groups(self.history, self.rows)
        known = np.nan_to_num((self.history.quantity - self.past)[self.rows])
        through = np.concatenate([known, base[self.rows]], axis=1)
        moved = units_of(self.model, through, group)
        series = self.history.series.iloc[self.rows].reset_index(drop=True)
        effect[self.rows] = moved[:, :, count:].sum(axis=0)
        told = driver_effects(series, self.model, moved[:, :, count:], price[self.rows])
        prices = self._price_through(self.model.signals, price)
        planned = Planned(series, self.model, moved, through, prices, count, group)
        return PlannedInfluences(effect, told, promotion_effects(planned, self._promotions_of_rows(), self.tables))

    def _price_through(self, signals: list[Signal], price: np.ndarray) -> np.ndarray:
        """Net price of the modelled series in history and plan; in the past today's, moved as the prices moved."""
        moved = [signal.strength[:, : self.past.shape[1]] for signal in signals if signal.nature == "price"]
        past = np.exp(moved[0]) if moved else np.ones((len(self.rows), self.past.shape[1]))
        return np.concatenate([past * price[self.rows, :1], price[self.rows]], axis=1)

    def _promotions_of_rows(self) -> list[PromotionCells]:
        """The promotions by rows of the model instead of rows of the history."""
        place = np.full(len(self.history.series), -1)
        place[self.rows] = np.arange(len(self.rows))
        return [line.on_rows(place[line.rows]) for line in self.promotions]


def fit_drivers(history: History, tables: Tables, settings: Settings) -> Influences:
    """Learn from the history what drivers do to demand; series without any are left alone.

    Raises PlanError where a listed price is in a currency without a rate.
    """
    count = history.quantity.shape[1]
    promotions = promotion_cells(history.series, tables, settings, count)
    signals = read_signals(history, tables, settings, promotions)
    past = np.zeros(history.quantity.shape)
    rows = concerned(history, signals)
    if not len(rows):
        return Influences(history, tables, past, rows, None, promotions)
    days = working_days(history, settings)
    known_days = any(signal.name == WORKING_DAYS for signal in signals) or not days.strength.any()
    signals = [signal.rows(rows) for signal in (signals if known_days else [*signals, days])]
    model = estimate(history, rows, signals)
    answer = model.parts()[:, :, :count].sum(axis=0)
    past[rows] = np.nan_to_num(history.quantity[rows]) * -np.expm1(-answer)
    return Influences(history, tables, past, rows, model, promotions)


def explained_periods(history: History, tables: Tables, settings: Settings) -> np.ndarray:
    """S x T: whether a promotion, the time after it or an event explains an unusual sale, being mostly off."""
    shape = history.quantity.shape
    explained = np.zeros(shape, dtype=bool)
    promotions = promotion_cells(history.series, tables, settings, shape[1])
    for signal in read_signals(history, tables, settings, promotions):
        on = signal.strength[:, : shape[1]] > 0
        if signal.nature in SPARSE and shape[1]:
            explained |= on & (on.mean(axis=1) <= MOSTLY_OFF)[:, None]
    return explained


def concerned(history: History, signals: list[Signal]) -> np.ndarray:
    """Rows of the series that have a driver, or whose family is promoted in their market."""
    has = np.zeros(len(history.series), dtype=bool)
    for signal in signals:
        on = (signal.strength != 0).any(axis=1)
        has |= on
        if signal.nature in ("promotion", "cut"):
            codes = groups(history, np.arange(len(on)))
            has |= (np.bincount(codes, on) > 0)[codes]
    return np.flatnonzero(has)


def driver_effects(series: pd.DataFrame, model: Model, units: np.ndarray, price: np.ndarray) -> pd.DataFrame:
    """The table of the drivers' effects: one row per series and driver that it has, the dearest first.

    ``units``: K x R x H by which each driver moves the plan; ``price``: R x H. Working days, which every series has,
    are told where they are used.
    """
    frames = [_told(series, model, place, units[place], price) for place in range(len(model.signals))]
    frame = pd.concat(frames, ignore_index=True)
    order = np.lexsort((frame["item"], -frame["money"].abs()))
    return conform(DRIVER_EFFECTS, frame.iloc[order])


def _told(series: pd.DataFrame, model: Model, place: int, units: np.ndarray, price: np.ndarray) -> pd.DataFrame:
    """The rows of one driver."""
    signal = model.signals[place]
    used, certainty = model.used[:, place], model.certainty[:, place]
    mean, deviation = model.effects.mean[:, place], model.effects.deviation[:, place]
    has = used if signal.name == WORKING_DAYS else (signal.strength != 0).any(axis=1) | signal.seasonal
    effect, low, high = ends(signal, mean, np.where(signal.seasonal, np.nan, deviation))
    step = ONE_PERCENT if signal.is_elasticity else 1.0
    words = [explain(signal, Told(*one, float(model.saved[place])))
             for one in zip(mean[has], deviation[has], certainty[has], used[has], strict=True)]
    frame = series[["item", "name", "market"]].assign(
        driver=signal.name, effect=(effect + 0.0 * low) * step, low=low * step, high=high * step,
        certainty=certainty + 0.0 * low,
        units=np.round(units.sum(axis=1), DECIMALS), money=np.round((units * price).sum(axis=1), DECIMALS))
    return frame[has].assign(explanation=words)
