"""Forecast value added: whether each stage of the plan, and each person, made the forecast better than before.

After Gilliland, The Business Forecasting Deal (Wiley, 2010). A record is judged by periods, not by forecasts: what is
sold in a period decides at once over all items and plans that foresaw it. To say more of a record, add a sentence
under ``@remark``.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import pandas as pd

from sopxl.schema import conform, counted
from sopxl.steps.demand.forecasting.panel import row_mean
from sopxl.steps.demand.history import History
from sopxl.steps.demand.snapshots import STAGES, PastPlans
from sopxl.steps.demand.tables import FORECAST_VALUE_ADDED

TYPED = "(typed in the plan)"
"""Author of what was typed into the sales plan, where nobody's name stands."""

HARM = "Does harm"
"""How the verdict of a record begins that is surely worse than what it replaced."""

SMALL_CHANGE = 0.1
SLIGHT_LEAN = 0.05
ENOUGH_PERIODS = 6
CERTAINTY = 0.9
SHRINKAGE = 6.0
LEAST_TRUST, MOST_TRUST = 0.2, 5.0


@dataclass(frozen=True)
class Changes:
    """M forecasts that one stage or person changed: before and after (units), what was sold, and the baseline.

    ``period``: M positions of the planned period; ``price``: M; ``size``: M mean demand of the series, by which
    errors of large and small series are made comparable.
    """

    stage: str
    before: np.ndarray
    after: np.ndarray
    sold: np.ndarray
    baseline: np.ndarray
    period: np.ndarray
    price: np.ndarray
    size: np.ndarray

    def part(self, mask: np.ndarray) -> Changes:
        """The changes of a mask."""
        arrays = {name: values[mask] for name, values in vars(self).items() if name != "stage"}
        return Changes(self.stage, **arrays)

    @property
    def saved(self) -> np.ndarray:
        """M units by which the absolute error became smaller."""
        return np.asarray(np.abs(self.before - self.sold) - np.abs(self.after - self.sold))

    @property
    def improved(self) -> float:
        """Share of the changes that came nearer to what was sold; NaN without changes."""
        return float((self.saved > 0).mean()) if len(self.sold) else float("nan")

    @property
    def small(self) -> Changes:
        """Those that changed the forecast by less than a tenth."""
        change = np.abs(self.after - self.before)
        return self.part((change > 0) & (change < SMALL_CHANGE * self.before))

    def by_period(self, values: np.ndarray) -> np.ndarray:
        """Sums over each period of values (M units), as shares of the series' mean demand."""
        return pd.Series(values / self.size).groupby(self.period).sum().to_numpy(float)


RemarkFunction = Callable[[Changes], str]
REMARKS: list[RemarkFunction] = []


def remark(function: RemarkFunction) -> RemarkFunction:
    """Register a sentence on a record with enough periods, an empty text where there is nothing to say."""
    REMARKS.append(function)
    return function


@remark
def helps_or_harms(changes: Changes) -> str:
    """Whether the error surely fell or rose, by the signed ranks of what was saved in each period."""
    saved = changes.by_period(changes.saved)
    before, after = (_share(np.abs(one - changes.sold), changes.sold) for one in (changes.before, changes.after))
    error = f"the error went from {before:.0%} to {after:.0%} of demand"
    better = f"better in {int((saved > 0).sum())} of {counted(len(saved), 'period')}"
    certainty = signed_rank_certainty(saved)
    if abs(certainty) < CERTAINTY or certainty * (before - after) <= 0:
        return f"No clear effect: {error}, {better}."
    if certainty > 0:
        return f"Helps: {error}, {better}."
    advice = "look at the methods and the history" if changes.stage == "baseline" else "leave what was there"
    return f"{HARM}: {error}, {better}; {advice}."


@remark
def leans(changes: Changes) -> str:
    """Whether what was left is surely too high or too low."""
    errors = changes.after - changes.sold
    certainty, lean = signed_rank_certainty(changes.by_period(errors)), _share(errors, changes.sold)
    if abs(certainty) < CERTAINTY or not certainty * lean > 0 or abs(lean) < SLIGHT_LEAN:
        return ""
    return f"Leans {'high' if lean > 0 else 'low'}, by {abs(lean):.0%} of demand."


@remark
def small_ones_never_helped(changes: Changes) -> str:
    """Small changes that cost more than they brought.

    Source: Fildes, Goodwin, Lawrence, Nikolopoulos, International Journal of Forecasting 25 (2009) 3-23: small
    adjustments often do harm.
    """
    small = changes.small
    if changes.stage == "baseline" or len(np.unique(small.period)) < ENOUGH_PERIODS:
        return ""
    if small.improved > 0.5 or (small.saved * small.price).sum() > 0:
        return ""
    return f"Changes of less than {SMALL_CHANGE:.0%} did not help ({small.improved:.0%} came nearer): leave them out."


def value_added(plans: PastPlans, history: History, price: np.ndarray) -> pd.DataFrame:
    """FORECAST_VALUE_ADDED: every stage that changed something, in the plan's order, and below it who did.

    ``plans``: see :func:`sopxl.steps.demand.snapshots.read_past_plans`; ``price``: S net prices. The baseline is
    compared with the seasonal naive forecast, every later stage with what stood before it. Authors are told where
    one is known; changes, money and errors of a stage are the sums of its authors'.
    """
    size = np.nan_to_num(row_mean(history.sold))
    rows = []
    for place, stage in enumerate(STAGES):
        before = plans.naive if stage == "baseline" else plans.after[STAGES[place - 1]]
        changed = plans.changed[stage] & ~np.isnan(before)
        everyone = _changes(plans, stage, before, price, np.where(size > 0, size, 1.0))
        rows += [_judged(everyone.part(changed), "")] if changed.any() else []
        rows += [_judged(everyone.part(mask), name) for name, mask in _authors(plans, stage, changed)]
    return conform(FORECAST_VALUE_ADDED, pd.DataFrame(rows, columns=FORECAST_VALUE_ADDED.column_names))


def trust(changes: Changes) -> float:
    """Weight that the record earns, the baseline's being 1: the ratio of mean squared errors, baseline's over own.

    Source: Bates and Granger, Operational Research Quarterly 20 (1969) 451-468, without the correlation, which few
    points cannot tell. The ratio is shrunk to 1 by the number of periods n, to the power n / (n + 6), and bounded.
    """
    own = (((changes.after - changes.sold) / changes.size) ** 2).mean()
    baseline = (((changes.baseline - changes.sold) / changes.size) ** 2).mean()
    if own <= 0 and baseline <= 0:
        return 1.0
    bounded = np.clip(baseline / own if own > 0 else np.inf, LEAST_TRUST**2, MOST_TRUST**2)
    periods = len(np.unique(changes.period))
    return float(np.clip(bounded ** (periods / (periods + SHRINKAGE)), LEAST_TRUST, MOST_TRUST))


def signed_rank_certainty(differences: np.ndarray) -> float:
    """How sure it is that paired differences are above 0 (to 1) or below (to -1): 1 less the two-sided exact p.

    Source: Wilcoxon, Biometrics Bulletin 1 (1945) 80-83; differences of 0 are left out, ties share their mean rank.
    """
    kept = differences[np.abs(differences) > 0]
    ranks = np.round(2 * pd.Series(np.abs(kept)).rank().to_numpy(float)).astype(int)  # doubled: mean ranks are halves
    above, below = ranks[kept > 0].sum(), ranks[kept < 0].sum()
    ways = np.zeros(above + below + 1)  # of giving signs to the ranks, by the sum of those above 0
    ways[0] = 1.0
    for rank in ranks:
        ways[rank:] += ways[: len(ways) - rank].copy()
    certainty = max(0.0, 1.0 - 2 * ways[: min(above, below) + 1].sum() / ways.sum())
    return float(certainty if above > below else -certainty)


def _changes(plans: PastPlans, stage: str, before: np.ndarray, price: np.ndarray, size: np.ndarray) -> Changes:
    """All points of a stage, changed or not."""
    return Changes(stage, before, plans.after[stage], plans.sold, plans.after["baseline"], plans.period,
                   price[plans.row], size[plans.row])


def _authors(plans: PastPlans, stage: str, changed: np.ndarray) -> list[tuple[str, np.ndarray]]:
    """Each author of a stage with the points that they changed; none where no name is known."""
    names = plans.author[stage]
    known = sorted(set(names[changed]))
    return [(name or TYPED, changed & (names == name)) for name in known] if any(known) else []


def _judged(changes: Changes, author: str) -> dict[str, object]:
    """The row of one record."""
    before, after = (_share(np.abs(one - changes.sold), changes.sold) for one in (changes.before, changes.after))
    return {
        "stage": changes.stage, "author": author, "changes": len(changes.sold), "improved": changes.improved,
        "error_before": before, "error_after": after, "value_added": before - after,
        "lean": _share(changes.after - changes.sold, changes.sold),
        "small_changes": len(changes.small.sold), "small_improved": changes.small.improved,
        "money": (changes.saved * changes.price).sum(), "trust": trust(changes), "verdict": verdict(changes),
    }


def verdict(changes: Changes) -> str:
    """What the record says, in sentences."""
    periods = len(np.unique(changes.period))
    if periods < ENOUGH_PERIODS:
        return f"Not enough periods to tell ({periods} of {ENOUGH_PERIODS})."
    return " ".join(said for said in (function(changes) for function in REMARKS) if said)


def _share(values: np.ndarray, demand: np.ndarray) -> float:
    """Sum of values as a share of demand; NaN where there was none."""
    return float(values.sum() / demand.sum()) if demand.sum() > 0 else float("nan")
