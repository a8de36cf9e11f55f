"""How far earlier plans were off: error measures by level, stage and lag, and in words what needs a look.

The error of a level is that of its sum: what is too high in one market and too low in another evens out there. To add
a level, give it a place in LEVELS; to add a sentence, write a function under ``@advice``, the gravest first.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import pandas as pd

from sopxl.schema import conform
from sopxl.steps.demand.forecasting.measures import (
    Benchmark,
    benchmark,
    bias,
    mase,
    rmsse,
    tracking_signal,
    weighted_mape,
)
from sopxl.steps.demand.history import History
from sopxl.steps.demand.snapshots import PastPlans
from sopxl.steps.demand.tables import FORECAST_ACCURACY, ROLES

LEVELS: dict[str, tuple[str, ...]] = {
    "total": (), "family": ("family",), "market": ("market",), "item": ("item", "family"),
    "item and market": ("item", "family", "market"),
}
"""Level -> columns of the series that tell its groups."""

MANY = ("item", "item and market")
"""Levels of which only the dearest groups are told, baseline and consensus at the first lag."""

MOST_GROUPS = 200
ENOUGH_POINTS = 4
TRACKING_LIMIT = 4.0
SLIGHT_LEAN = 0.05
LARGE_ERROR = 0.5
NOTICEABLE = 0.02


@dataclass(frozen=True)
class Compared:
    """One group at one lag, as its attention is reckoned: stage -> its measures (columns of the table)."""

    naive: pd.Series
    baseline: pd.Series
    consensus: pd.Series


AdviceFunction = Callable[[Compared], str]
ADVICE: list[AdviceFunction] = []


def advice(function: AdviceFunction) -> AdviceFunction:
    """Register what may be said of a group, an empty text where it does not apply; the first that applies is told."""
    ADVICE.append(function)
    return function


@advice
def worse_than_baseline(compared: Compared) -> str:
    """People made it noticeably worse (Gilliland, The Business Forecasting Deal, 2010)."""
    error, before = compared.consensus["weighted_mape"], compared.baseline["weighted_mape"]
    if not error > before + NOTICEABLE:
        return ""
    return f"Off by {error:.0%} of demand, the baseline by {before:.0%}: see who changed it (Forecast value added)."


@advice
def leans(compared: Compared) -> str:
    """The errors go to one side, and not just slightly (Trigg, Operational Research Quarterly 15 (1964) 271-274)."""
    row = compared.consensus
    if not (abs(row["tracking_signal"]) > TRACKING_LIMIT and abs(row["bias"]) > SLIGHT_LEAN):
        return ""
    high = row["tracking_signal"] > 0
    times = row["too_high"] if high else row["too_low"]
    return (f"Too {'high' if high else 'low'} in {times:.0f} of {row['points']:.0f} plans: tracking signal "
            f"{row['tracking_signal']:.1f}; {'lower' if high else 'raise'} the forecast or ask sales.")


@advice
def worse_than_naive(compared: Compared) -> str:
    """Last year's sales would have been nearer."""
    error, naive = compared.consensus["weighted_mape"], compared.naive["weighted_mape"]
    if not error > naive + NOTICEABLE:
        return ""
    return f"Off by {error:.0%} of demand, last year's sales by {naive:.0%}: look at the history and the method."


@advice
def far_off(compared: Compared) -> str:
    """The error is large, and nobody could be blamed."""
    error = compared.consensus["weighted_mape"]
    if not error > LARGE_ERROR:
        return ""
    return f"Off by {error:.0%} of demand: ask sales for known orders and keep safety stock."


def measure_accuracy(plans: PastPlans, history: History, price: np.ndarray) -> pd.DataFrame:
    """FORECAST_ACCURACY: what needs attention first, then the rest, each the dearest first.

    ``plans``: see :func:`sopxl.steps.demand.snapshots.read_past_plans`; ``price``: S net prices. A point is the
    forecast of one cycle at one lag.
    """
    if not len(plans.sold):
        return FORECAST_ACCURACY.empty_frame()
    frame = pd.concat([_of_level(level, plans, history, price) for level in LEVELS], ignore_index=True)
    frame["urgent"] = frame["attention"] != ""
    return conform(FORECAST_ACCURACY, frame.sort_values(["urgent", "money_error"], ascending=False, kind="stable"))


def mape(sold: np.ndarray, forecast: np.ndarray) -> np.ndarray:
    """R: mean absolute error as a share of demand, over the points (R x P) with demand; NaN where none has.

    Source: APICS Dictionary, 'mean absolute percentage error'.
    """
    usable = (sold > 0) & ~np.isnan(forecast)
    share = np.where(usable, np.abs(forecast - sold) / np.where(usable, sold, 1.0), 0.0)
    count = usable.sum(axis=1)
    return np.asarray(np.where(count > 0, share.sum(axis=1) / np.maximum(count, 1), np.nan))


@dataclass(frozen=True)
class _Level:
    """One level of past plans: R rows of a group at a lag; ``row``: N rows of the points, -1 for those left out."""

    plans: PastPlans
    price: np.ndarray
    row: np.ndarray
    scale: Benchmark

    def measures(self, forecast: np.ndarray) -> pd.DataFrame:
        """The measures of one stage (N units), row by row."""
        plans = self.plans
        money = self.price[plans.row] * (forecast - plans.sold)
        expected, sold, money = self._sums(forecast, plans.sold, money)
        return pd.DataFrame({
            "points": (~np.isnan(sold)).sum(axis=1),
            "demand": np.nansum(sold, axis=1),
            "weighted_mape": weighted_mape(sold, expected, self.scale),
            "mape": mape(sold, expected),
            "mase": mase(sold, expected, self.scale),
            "rmsse": rmsse(sold, expected, self.scale),
            "bias": bias(sold, expected, self.scale),
            "tracking_signal": tracking_signal(sold, expected, self.scale),
            "money_error": np.nansum(np.abs(money), axis=1),
            "too_high": (expected > sold).sum(axis=1),
            "too_low": (expected < sold).sum(axis=1),
        })

    def _sums(self, forecast: np.ndarray, *values: np.ndarray) -> list[np.ndarray]:
        """Each R x cycles: sums over the series of a group; NaN where the stage's forecast of none is known."""
        known = (self.row >= 0) & ~np.isnan(forecast)
        cycles, rows = int(-self.plans.cycle.min()), len(self.scale.absolute)
        cell = self.row[known] * cycles - self.plans.cycle[known] - 1
        count = np.bincount(cell, minlength=rows * cycles)
        sums = (np.bincount(cell, one[known], minlength=rows * cycles) for one in (forecast, *values))
        return [np.where(count > 0, one, np.nan).reshape(rows, cycles) for one in sums]


def _of_level(name: str, plans: PastPlans, history: History, price: np.ndarray) -> pd.DataFrame:
    """The rows of one level: each group at each lag, stage by stage."""
    keys = history.series[list(LEVELS[name])].assign(level=name)
    group = keys.groupby(list(keys.columns), sort=False).ngroup().to_numpy(int)
    chosen = _chosen(name, plans, group, price)
    lags = int(plans.lag.max()) + 1
    row = np.full(len(chosen), -1)
    wanted, row[chosen] = np.unique(group[plans.row[chosen]] * lags + plans.lag[chosen], return_inverse=True)
    scale, at = _scale(history, group), wanted // lags
    level = _Level(plans, price, row, Benchmark(scale.absolute[at], scale.squared[at]))
    measured = {stage: level.measures(forecast) for stage, forecast in _stages(plans).items()}
    measured["consensus"]["attention"] = _attention(measured)
    told = [stage for stage in measured if name not in MANY or stage in ("baseline", "consensus")]
    names = keys.drop_duplicates().iloc[at].reset_index(drop=True).assign(lag=wanted % lags)
    frames = [pd.concat([names.assign(stage=stage), measured[stage]], axis=1) for stage in told]
    return pd.concat(frames, ignore_index=True).fillna({"attention": ""})


def _stages(plans: PastPlans) -> dict[str, np.ndarray]:
    """Stage -> N units; a role is left out where it never changed anything."""
    roles = {role: plans.after[role] for role in ROLES if plans.changed[role].any()}
    return {"naive": plans.naive, "baseline": plans.after["baseline"], **roles, "consensus": plans.consensus}


def _chosen(level: str, plans: PastPlans, group: np.ndarray, price: np.ndarray) -> np.ndarray:
    """N: whether the point is told of at this level."""
    if level not in MANY:
        return np.ones(len(plans.sold), dtype=bool)
    first = plans.lag == 1
    of_point = group[plans.row]
    money = pd.Series(price[plans.row] * np.abs(plans.consensus - plans.sold))[first]
    dearest = money.groupby(of_point[first]).sum().nlargest(MOST_GROUPS).index.to_numpy()
    return np.asarray(first & np.isin(of_point, dearest))


def _scale(history: History, group: np.ndarray) -> Benchmark:
    """Errors of the seasonal naive forecast of each group's sales; a group is known from its first series' start."""
    sums, known = np.zeros((2, group.max() + 1, history.sold.shape[1]))
    np.add.at(sums, group, np.nan_to_num(history.sold))
    np.add.at(known, group, ~np.isnan(history.sold))
    return benchmark(np.where(known > 0, sums, np.nan), history.season)


def _attention(measured: dict[str, pd.DataFrame]) -> list[str]:
    """For each row of the consensus, the first advice that applies; none before there are enough points."""
    naive, baseline, consensus = (measured[stage] for stage in ("naive", "baseline", "consensus"))
    return [_advise(Compared(naive.iloc[row], baseline.iloc[row], consensus.iloc[row])) for row in range(len(naive))]


def _advise(compared: Compared) -> str:
    """The first advice that applies."""
    if compared.consensus["points"] < ENOUGH_POINTS:
        return ""
    return next((said for said in (function(compared) for function in ADVICE) if said), "")
