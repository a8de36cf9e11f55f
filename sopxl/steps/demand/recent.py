"""Recent sales, day by day: what has been sold in the running period, and by the same day of earlier ones."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

from sopxl.periods import FREQUENCIES
from sopxl.schema import Tables
from sopxl.settings import Settings
from sopxl.steps.demand.history import History, planning_market_of

WEEK = 7
OWN_PERIODS = 2.0
"""Earlier periods that a series needs before its own pace counts as much as its channel's."""
LEAST_SHARE = 0.02
"""Share of a period that must usually be over before its sales tell anything."""


@dataclass(frozen=True)
class RecentSales:
    """Sales of S series up to the same day of the running period and of P earlier ones.

    ``to_date``: (P + 1) x S units; the last row is the running period, the one before it the last of the history.
    ``share``: (P + 1) x S share of a period that was usually sold by that day, as the periods before it show.
    ``elapsed``: share of the running period's working days that are over. ``covered``: S, whether the table has
    sales of that item and of that market at all.
    """

    to_date: np.ndarray
    share: np.ndarray
    elapsed: float
    covered: np.ndarray

    @property
    def sold(self) -> np.ndarray:
        """S units sold in the running period."""
        return np.asarray(np.maximum(self.to_date[-1], 0.0))

    def raised_at(self, position: int) -> np.ndarray:
        """S units that the period (0 is the running one) would come to at the usual pace; NaN where nobody knows."""
        row = len(self.to_date) - 1 + position
        if row < 0:
            return np.full(len(self.covered), np.nan)
        usable = self.covered & (self.share[row] >= LEAST_SHARE)
        return np.where(usable, self.to_date[row] / np.where(usable, self.share[row], 1.0), np.nan)


def read_recent_sales(tables: Tables, settings: Settings, history: History) -> RecentSales | None:
    """The recent sales of the plan's series; None where none falls into the plan's first period.

    Weekly records count evenly on the seven days from their date. Earlier periods are those of the history that
    the table covers from their first day.
    """
    days = _days(tables, settings, history)
    if not len(days) or days["position"].max() < 0:
        return None
    days = days[days["position"] <= 0]
    elapsed = float(days.loc[days["position"] == 0, "gone"].max())
    first = int(days["position"].min()) + 1
    periods = min(-first, history.quantity.shape[1]) if first < 0 else 0
    days = days[(days["position"] >= -periods) & days["row"].notna()]
    to_date = np.zeros((periods + 1, len(history.series)))
    np.add.at(to_date, (days["position"].to_numpy(int) + periods, days["row"].to_numpy(int)),
              days["quantity"].to_numpy(float) * _share_of_day(days, elapsed))
    to_date[:-1] *= _cleaned_share(history, periods)
    share = _usual_share(to_date, history, elapsed)
    return RecentSales(to_date, share, elapsed, _covered(tables, settings, history))


def _days(tables: Tables, settings: Settings, history: History) -> pd.DataFrame:
    """One row per day: row of the series, position of its period, quantity, and how far the period had gone.

    ``gone`` is the share of the period's working days that are over at the end of the day, ``before`` at its start.
    """
    sales = tables["recent_sales"].dropna(subset=["date", "quantity"])
    if sales.empty:
        return pd.DataFrame(columns=["row", "position", "gone", "before", "quantity"])
    dates = sales["date"].dt.normalize()
    keys = history.series[["item", "market"]].assign(row=np.arange(len(history.series), dtype=float))
    days = pd.DataFrame({"item": sales["item"], "date": dates, "quantity": sales["quantity"],
                         "market": sales["market"].map(planning_market_of(tables, settings))})
    days = days.merge(keys, on=["item", "market"], how="left")
    if _is_weekly(dates):
        days = days.loc[days.index.repeat(WEEK)].reset_index(drop=True)
        days["date"] += pd.to_timedelta(np.tile(np.arange(WEEK), len(sales)), unit="D")
        days["quantity"] /= WEEK
    calendar = _calendar(days["date"], settings)
    return days.join(calendar, on="date")[["row", "position", "gone", "before", "quantity"]]


def _is_weekly(dates: pd.Series) -> bool:
    """Whether all records are of the same weekday, in more than one week."""
    return len(set(dates.dt.day_of_week)) == 1 and len(set(dates)) > 1


def _calendar(dates: pd.Series, settings: Settings) -> pd.DataFrame:
    """By date: position of its period in the plan, and share of that period's working days gone at its two ends."""
    unique = pd.DatetimeIndex(dates.unique())
    periods = unique.to_period(FREQUENCIES[settings.bucket])
    one_day = np.timedelta64(1, "D")
    start = periods.start_time.to_numpy().astype("datetime64[D]")
    end = periods.end_time.to_numpy().astype("datetime64[D]") + one_day
    day, working = unique.to_numpy().astype("datetime64[D]"), np.busday_count(start, end)
    before, gone = np.busday_count(start, day) / working, np.busday_count(start, day + one_day) / working
    position = periods.astype("int64") - settings.periods.index[0].ordinal
    return pd.DataFrame({"position": position, "gone": gone, "before": before}, index=unique)


def _share_of_day(days: pd.DataFrame, elapsed: float) -> np.ndarray:
    """Share of each day that counts as before the same point of its period: 1, 0, or part of the day it falls on."""
    before, gone = days["before"].to_numpy(float), days["gone"].to_numpy(float)
    works = gone > before
    part = (elapsed - before) / np.where(works, gone - before, 1.0)
    return np.where(works, np.clip(part, 0.0, 1.0), gone <= elapsed)


def _cleaned_share(history: History, periods: int) -> np.ndarray:
    """P x S: what the forecast's history has of each sale (corrections, promotions taken out); 1 where unknown."""
    first = history.quantity.shape[1] - periods
    sold, used = history.sold[:, first:], history.quantity[:, first:]
    usable = (np.nan_to_num(sold) > 0) & ~np.isnan(used)
    return np.asarray(np.where(usable, used / np.where(usable, sold, 1.0), 1.0).T)


def _usual_share(to_date: np.ndarray, history: History, elapsed: float) -> np.ndarray:
    """(P + 1) x S: share of a period sold by that day, as seen in the periods before each.

    Of the channel, the share of working days counting as one period of experience more; of the series itself, its
    channel's counting as OWN_PERIODS.
    """
    periods = len(to_date) - 1
    whole = np.nan_to_num(history.quantity[:, history.quantity.shape[1] - periods:]).T
    codes = history.groups()[1]
    members = (codes[:, None] == np.arange(codes.max() + 1)).astype(float)
    by_channel = _drawn_to(to_date[:-1] @ members, whole @ members, np.full(1, elapsed), 1.0)
    return _drawn_to(to_date[:-1], whole, by_channel[:, codes], OWN_PERIODS)


def _drawn_to(to_date: np.ndarray, whole: np.ndarray, usual: np.ndarray, worth: float) -> np.ndarray:
    """(P + 1) x N shares sold to date of all periods before each (P x N), drawn to what is usual.

    ``usual`` counts as ``worth`` periods.
    """
    none = np.zeros((1, to_date.shape[1]))
    seen = np.concatenate([none, (whole > 0).cumsum(axis=0)])
    sold = np.concatenate([none, whole.cumsum(axis=0)])
    share = np.concatenate([none, to_date.cumsum(axis=0)]) / np.where(sold > 0, sold, 1.0)
    return np.asarray((seen * np.clip(share, 0.0, 1.0) + worth * usual) / (seen + worth))


def _covered(tables: Tables, settings: Settings, history: History) -> np.ndarray:
    """S: whether the table has sales of the item and of the market."""
    sales = tables["recent_sales"]
    markets = set(sales["market"].map(planning_market_of(tables, settings)).dropna())
    series = history.series
    return np.asarray(series["item"].isin(set(sales["item"])) & series["market"].isin(markets))
