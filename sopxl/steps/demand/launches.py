"""New and ending products: launch curves, takeovers from item to item, and run-outs, added to the statistical forecast.

A launch is forecast from the day it is entered. Its own sales first scale its curve, then replace it: see
:func:`_handed_over`. To add a curve, write a function under ``@curve`` and its name into the choices of the table.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import pandas as pd

from sopxl.prices import positions_of
from sopxl.schema import Tables
from sopxl.settings import Settings
from sopxl.steps.demand.forecasting.bass import adoption, fit_bass
from sopxl.steps.demand.forecasting.panel import first_known
from sopxl.steps.demand.history import History

OWN_PERIODS = 1.0
"""Periods of own sales that weigh as much as the curve: n / (n + 1).

Measured on 113 launches of a bicycle maker (next three periods, forecast by own mean and that of older items of the
family): error 24.3 % at 0.5, 26.0 % at 1, 29.9 % at 2, 36 % at 4, 43 % at 8. Curves that a planner has chosen
deserve more trust than that family mean: 1, not less. The form is Buehlmann's credibility (ASTIN Bulletin 4, 1967).
"""
LEAST_LAUNCH = 3
"""Periods without sales before, and with sales after, from which a like item's first sale counts as its launch."""
PRESENT = 3
"""Last periods whose mean is what an item sells now."""
LARGEST_SCALE = 10.0
SMALLEST = 1e-9
YEARLY_INNOVATION, YEARLY_IMITATION = 0.03, 0.38
"""Average of 213 applications: Sultan, Farley, Lehmann, Journal of Marketing Research 27 (1990) 70-77."""


@dataclass(frozen=True)
class Launch:
    """One series that starts, takes over or ends; rows are those of the history's series, -1: none.

    ``start``: column of its first period, column T being the plan's first. ``ramp``: periods until it has arrived.
    """

    row: int
    kind: str
    start: float
    curve: str
    like: int
    share: float
    potential: float
    innovation: float
    imitation: float
    ramp: float
    replaced: int
    taken: float


@dataclass(frozen=True)
class Timeline:
    """Past and future of S series in one: S x (T + H), column T is the plan's first period.

    ``level``: demand without season: history, then statistical forecast; 0 before the first sale. ``sold``: S x T
    history. ``profile``: share of an average period. ``first``: S columns of the first sale. ``expected``: S mean
    demand of the family.
    """

    level: np.ndarray
    sold: np.ndarray
    profile: np.ndarray
    first: np.ndarray
    expected: np.ndarray
    season: int

    @property
    def now(self) -> int:
        """T: column of the plan's first period."""
        return int(self.sold.shape[1])

    @property
    def columns(self) -> np.ndarray:
        """All columns."""
        return np.arange(self.level.shape[1])


CurveFunction = Callable[[Launch, Timeline], np.ndarray]
CURVES: dict[str, CurveFunction] = {}


def curve(name: str) -> Callable[[CurveFunction], CurveFunction]:
    """Register a launch curve, ``(launch, timeline) -> level at T + H columns``, under the name that planners see."""

    def register(function: CurveFunction) -> CurveFunction:
        CURVES[name] = function
        return function

    return register


def launch_effects(statistical: np.ndarray, history: History, tables: Tables, settings: Settings) -> np.ndarray:
    """What starting, replaced and ending items change in the statistical forecast, S x H units.

    Forecast plus change is never below 0 where the forecast is not; series without launches change by 0.
    """
    launches = planned_launches(history, tables["launches"], settings)
    if not launches:
        return np.zeros_like(statistical)
    timeline = _timeline(statistical, history)
    expected = statistical.copy()
    for launch in launches:
        if launch.kind == "end":
            expected[launch.row] *= _run_out(launch, timeline)
            continue
        expected[launch.row] = _handed_over(launch, timeline, statistical[launch.row])
        if launch.replaced >= 0:
            taken = _newly_taken(launch, timeline, expected[launch.row])
            expected[launch.replaced] = np.maximum(expected[launch.replaced] - taken, 0.0)
    return np.asarray(expected - statistical)


def planned_launches(history: History, table: pd.DataFrame, settings: Settings) -> list[Launch]:
    """The launches of the table for each series they concern; ends come last, for they cut what has started.

    A launch for one market wins over one for all. Rows without a period that can be read are left out.
    """
    series = history.series[["item", "market", "like"]].assign(row=np.arange(len(history.series)))
    table = table.assign(start=positions_of(table["start_period"], settings) + history.quantity.shape[1])
    named = table.merge(series, on=["item", "market"])
    everywhere = table[table["market"] == ""].drop(columns="market").merge(series, on="item")
    found = pd.concat([named, everywhere], ignore_index=True).drop_duplicates(["row", "kind"])
    found = found[found["start"].notna()].sort_values(["row"], kind="stable")
    row_of = {key: row for row, key in enumerate(zip(series["item"], series["market"], strict=True))}
    found = pd.concat([found[found["kind"] != "end"], found[found["kind"] == "end"]])
    return [_launch(record, row_of) for record in found.to_dict("records")]


def launched_series(history: History, table: pd.DataFrame, settings: Settings) -> np.ndarray:
    """S: whether a launch or replacement of the series is entered."""
    launched = np.zeros(len(history.series), dtype=bool)
    launched[[launch.row for launch in planned_launches(history, table, settings) if launch.kind != "end"]] = True
    return launched


def _launch(record: Mapping[Any, Any], row_of: Mapping[tuple[str, str], int]) -> Launch:
    """One record of the table; a replacement without a like item sells like what it replaces."""
    row, market = record["row"], record["market"]
    replaced = row_of.get((record["replaces"], market), -1)
    like = row_of.get((record["like_item"], market), -1)
    if not record["like_item"]:
        like = replaced if record["kind"] == "replacement" else record["like"]
    return Launch(row, record["kind"], record["start"], record["curve"], like if like != row else -1,
                  record["share"], record["potential"], record["innovation"], record["imitation"],
                  record["ramp_periods"], replaced if replaced != row else -1, record["taken_share"])


def _timeline(statistical: np.ndarray, history: History) -> Timeline:
    """Histories and forecasts without their pooled season, side by side."""
    panel = history.panel()
    profile = np.concatenate([panel.past_profile(), panel.future_profile(statistical.shape[1])], axis=1)
    units = np.concatenate([np.nan_to_num(history.quantity), statistical], axis=1)
    return Timeline(units / profile, history.quantity, profile, first_known(history.quantity),
                    np.nan_to_num(panel.expected), history.season)


@curve("like item")
def like_item_curve(launch: Launch, timeline: Timeline) -> np.ndarray:
    """The like item's own first periods where its history shows its launch, else its present demand, ramped up."""
    if not _shows_launch(launch.like, timeline):
        return ramp_curve(launch, timeline)
    path = timeline.level[launch.like, timeline.first[launch.like]:]
    age = np.minimum(timeline.columns - launch.start, len(path) - 1).astype(int)
    return np.where(age >= 0, launch.share * path[np.maximum(age, 0)], 0.0)


@curve("ramp")
def ramp_curve(launch: Launch, timeline: Timeline) -> np.ndarray:
    """A straight line up to the potential per period; without one, to the like item's demand times the share.

    Where there is no like item either, to the mean demand of the family's items in the market.
    """
    full = np.full(len(timeline.columns), launch.share * timeline.expected[launch.row])
    if launch.like >= 0:
        full = launch.share * (timeline.level[launch.like] + _taken_before(launch, timeline))
    if launch.curve == "ramp" and not np.isnan(launch.potential):
        full = np.full(len(timeline.columns), launch.potential)
    return np.asarray(full * _ramp(launch, timeline))


@curve("bass")
def bass_curve(launch: Launch, timeline: Timeline) -> np.ndarray:
    """Bass's adoption curve; what is not given is fitted to the launch of the like item.

    Without a like item whose launch is seen, innovation and imitation are the average of published applications;
    without a potential either, there is nothing to adopt and the launch ramps up like its like item.
    """
    potential, innovation, imitation = np.nan, YEARLY_INNOVATION / timeline.season, YEARLY_IMITATION / timeline.season
    if _shows_launch(launch.like, timeline):
        sold = timeline.level[launch.like, timeline.first[launch.like]:timeline.now]
        potential, innovation, imitation = fit_bass(sold)
    given = (launch.potential, launch.innovation, launch.imitation)
    fitted = (launch.share * potential, innovation, imitation)
    potential, innovation, imitation = (b if np.isnan(a) else a for a, b in zip(given, fitted, strict=True))
    if np.isnan(potential):
        return ramp_curve(launch, timeline)
    age = timeline.columns - launch.start
    return potential * adoption(innovation, imitation, age)


def _shows_launch(row: int, timeline: Timeline) -> bool:
    """Whether the history shows the first periods of that item."""
    return row >= 0 and LEAST_LAUNCH <= timeline.first[row] <= timeline.now - LEAST_LAUNCH


def _ramp(launch: Launch, timeline: Timeline) -> np.ndarray:
    """Share of the way that has been gone at the end of each period, 0 to 1."""
    return np.clip((timeline.columns - launch.start + 1) / max(launch.ramp, 1.0), 0.0, 1.0)


def _run_out(launch: Launch, timeline: Timeline) -> np.ndarray:
    """H factors of an ending item, down to 0; of a run-out that is under way, what remains against now."""
    remaining = 1.0 - _ramp(launch, timeline)
    today = remaining[timeline.now - 1] if timeline.now else 1.0
    return np.asarray(remaining[timeline.now:] / today if today > 0 else np.zeros(len(remaining) - timeline.now))


def _handed_over(launch: Launch, timeline: Timeline, statistical: np.ndarray) -> np.ndarray:
    """H units of a launched series: its curve, scaled by its own first sales, then its statistical forecast.

    n periods of own sales weigh n / (n + OWN_PERIODS) in the scale; n periods since it has arrived weigh the same
    in the hand-over. A launch that is late starts with its first sale, or now.
    """
    now = timeline.now
    sold_before = timeline.first[launch.row] < min(launch.start, now)
    if launch.start < now and not sold_before:
        launch = _late(launch, float(timeline.first[launch.row]))
    demand = CURVES[launch.curve](launch, timeline) * timeline.profile[launch.row]
    own = timeline.sold[launch.row]
    known = ~np.isnan(own) & (timeline.columns[:now] >= launch.start)
    usual = demand[:now][known].sum()
    scale = np.clip(own[known].sum() / usual, 1 / LARGEST_SCALE, LARGEST_SCALE) if usual > SMALLEST else 1.0
    forecast = demand[now:] * (1 + _weight(known.sum()) * (scale - 1))
    arrived = min(max(now - launch.start - _settling(launch, timeline), 0.0), float(known.sum()))
    forecast = forecast + _weight(arrived) * (statistical - forecast)
    return np.where(timeline.columns[now:] >= launch.start, forecast, statistical if sold_before else 0.0)


def _late(launch: Launch, start: float) -> Launch:
    """The launch with a later start, where it has one."""
    return replace(launch, start=max(launch.start, start))


def _weight(periods: float) -> float:
    """Weight of that many periods of own history."""
    return float(periods / (periods + OWN_PERIODS))


def _settling(launch: Launch, timeline: Timeline) -> float:
    """Periods until a launch's own history tells more than its curve: its ramp; a year of Bass's curve."""
    return float(timeline.season) if launch.curve == "bass" else launch.ramp


def _own_level(launch: Launch, timeline: Timeline) -> float:
    """What the launched item sells now per period, without season; 0 where it has not started."""
    started = timeline.columns[:timeline.now] >= launch.start
    recent = timeline.level[launch.row, :timeline.now][started][-PRESENT:]
    return float(recent.mean()) if len(recent) else 0.0


def _taken_before(launch: Launch, timeline: Timeline) -> np.ndarray:
    """What a launch has taken already from the item that it is like: that item's demand is by so much lower."""
    if launch.replaced < 0 or launch.replaced != launch.like:
        return np.zeros(len(timeline.columns))
    own = np.where(timeline.columns < timeline.now, timeline.level[launch.row], _own_level(launch, timeline))
    return np.asarray(launch.taken * np.where(timeline.columns >= launch.start, own, 0.0))


def _newly_taken(launch: Launch, timeline: Timeline, forecast: np.ndarray) -> np.ndarray:
    """H units that come off the replaced item: its share of what the new one will sell more than it sells now."""
    now = _own_level(launch, timeline) * timeline.profile[launch.row, timeline.now:]
    return np.asarray(launch.taken * np.maximum(forecast - now, 0.0))
