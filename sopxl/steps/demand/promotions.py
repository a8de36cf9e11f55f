"""What promotions brought and what planned ones are worth: uplift, dip after it, what they take from others, money.

Past promotions are told by the same effects that planned ones are planned with, not by the single month that they had.
"""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
import pandas as pd

from sopxl.schema import Tables, conform
from sopxl.standard_cost import standard_cost
from sopxl.steps.demand.influences.model import Model
from sopxl.steps.demand.influences.pooling import normal_share
from sopxl.steps.demand.influences.promotion_cells import PromotionCells
from sopxl.steps.demand.influences.signals import after_name, depth_name, promotion_name
from sopxl.steps.demand.influences.words import IN_INTERVAL
from sopxl.steps.demand.tables import PROMOTION_EFFECTS

DECIMALS = 2


@dataclass(frozen=True)
class Planned:
    """History and plan of R series side by side: R x (T + H).

    ``moved``: K x R x (T + H) units by which each signal moves demand. ``base``: demand without the signals.
    ``price``: net price without promotion. ``count``: T. ``group``: R, family and market.
    """

    series: pd.DataFrame
    model: Model
    moved: np.ndarray
    base: np.ndarray
    price: np.ndarray
    count: int
    group: np.ndarray

    def places(self, *names: str) -> list[int]:
        """Places of the signals of these names."""
        return [place for place, signal in enumerate(self.model.signals) if signal.name in names]

    def units(self, *names: str) -> np.ndarray:
        """R x (T + H) units that the signals of these names add to the base."""
        return np.asarray(self.moved[self.places(*names)].sum(axis=0))


@dataclass
class _Account:
    """What one promotion comes to, line by line: units, revenue and the standard cost of what it sells."""

    lines: list[PromotionCells] = field(default_factory=list)
    base: float = 0.0
    uplift: float = 0.0
    dip: float = 0.0
    cannibalised: float = 0.0
    revenue: float = 0.0
    goods: float = 0.0

    @property
    def net(self) -> float:
        """Uplift less dip and what others lose."""
        return self.uplift - self.dip - self.cannibalised


def promotion_effects(planned: Planned, promotions: list[PromotionCells], tables: Tables) -> pd.DataFrame:
    """The table of the promotions: planned ones first, then past ones, the latest first.

    ``promotions``: their lines by rows of ``planned``. Uplift and dip are the used effects on each series' demand;
    what other items lose is shared among the promotions of their family by uplift. A promotion whose effect is not
    known well enough to plan with has no units and no worth.
    """
    cost = standard_cost(tables, planned.series["item"])
    accounts: dict[str, _Account] = {}
    lifts = _lifts(planned, promotions)
    lost = _lost(planned, cost)
    brought = _brought(planned, promotions, lifts)
    dips = _dips(planned, promotions)
    for line, lift, dip in zip(promotions, lifts, dips, strict=True):
        account = accounts.setdefault(line.promotion, _Account())
        _enter(account, planned, line, lift, dip, cost)
        _enter_lost(account, planned, line, lift, lost, brought)
    rows = [_row(planned, name, account, bool(cost.any())) for name, account in accounts.items()]
    if not rows:
        return PROMOTION_EFFECTS.empty_frame()
    frame = conform(PROMOTION_EFFECTS, pd.DataFrame(rows))
    return frame.sort_values(["status", "from_period"], ascending=False, kind="stable", ignore_index=True)


def _columns(line: PromotionCells) -> slice:
    """The columns in which it runs."""
    return slice(max(line.first, 0), max(line.end, 0))


def _columns_after(planned: Planned, line: PromotionCells) -> slice:
    """The columns in which its dip may lie."""
    place = planned.places(after_name(line.kind))
    on = planned.model.signals[place[0]].strength[line.rows] != 0 if place else np.zeros((1, planned.base.shape[1]))
    end, last = max(line.end, 0), max(line.end, 0)
    while last < planned.base.shape[1] and on[:, last].any():
        last += 1
    return slice(end, last)


def _lifts(planned: Planned, promotions: list[PromotionCells]) -> list[np.ndarray]:
    """For each line, units more in its cells; promotions of a kind at once in a cell share it."""
    found = []
    shape = planned.base.shape
    for kind in _kinds(promotions):
        covering = np.zeros(shape)
        for line in promotions:
            if line.kind == kind:
                covering[line.rows, _columns(line)] += 1.0
        units = planned.units(promotion_name(kind), depth_name(kind))
        found.append(units / np.maximum(covering, 1.0))
    by_kind = dict(zip(_kinds(promotions), found, strict=True))
    return [by_kind[line.kind][line.rows, _columns(line)] for line in promotions]


def _dips(planned: Planned, promotions: list[PromotionCells]) -> list[np.ndarray]:
    """For each line, units less in the periods after it; shared where two end together."""
    by_kind = {}
    for kind in _kinds(promotions):
        covering = np.zeros(planned.base.shape)
        for line in promotions:
            if line.kind == kind:
                covering[line.rows, _columns_after(planned, line)] += 1.0
        by_kind[kind] = -planned.units(after_name(kind)) / np.maximum(covering, 1.0)
    return [by_kind[line.kind][line.rows, _columns_after(planned, line)] for line in promotions]


def _kinds(promotions: list[PromotionCells]) -> list[str]:
    """The kinds of promotion that there are."""
    return sorted({line.kind for line in promotions})


def _brought(planned: Planned, promotions: list[PromotionCells], lifts: list[np.ndarray]) -> np.ndarray:
    """G x (T + H): units more of all promotions of a family in a market."""
    total = np.zeros((int(planned.group.max(initial=-1)) + 1, planned.base.shape[1]))
    for line, lift in zip(promotions, lifts, strict=True):
        columns = np.arange(*_columns(line).indices(planned.base.shape[1]))
        np.add.at(total, (planned.group[line.rows][:, None], columns[None, :]), np.maximum(lift, 0.0))
    return total


def _lost(planned: Planned, cost: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """G x (T + H) units, revenue and standard cost that promotions take from other items of the family."""
    names = [signal.name for signal in planned.model.signals if signal.nature == "others"]
    units = -planned.units(*names) if names else np.zeros(planned.base.shape)
    found = []
    for worth in (np.ones_like(units), planned.price, np.broadcast_to(cost[:, None], units.shape)):
        total = np.zeros((int(planned.group.max(initial=-1)) + 1, units.shape[1]))
        np.add.at(total, planned.group, units * worth)
        found.append(total)
    return found[0], found[1], found[2]


def _enter(
    account: _Account, planned: Planned, line: PromotionCells, lift: np.ndarray, dip: np.ndarray, cost: np.ndarray
) -> None:
    """Add a line's own units and money; its discount is given on all that is sold in it."""
    columns, after = _columns(line), _columns_after(planned, line)
    base, price = planned.base[line.rows, columns], planned.price[line.rows, columns]
    account.lines.append(line)
    account.base += float(base.sum())
    account.uplift += float(lift.sum())
    account.dip += float(dip.sum())
    account.revenue += float((lift * price * (1 - line.discount) - base * price * line.discount).sum())
    account.revenue -= float((dip * planned.price[line.rows, after]).sum())
    account.goods += float((lift.sum(axis=1) * cost[line.rows]).sum() - (dip.sum(axis=1) * cost[line.rows]).sum())


def _enter_lost(
    account: _Account, planned: Planned, line: PromotionCells, lift: np.ndarray,
    lost: tuple[np.ndarray, np.ndarray, np.ndarray], brought: np.ndarray,
) -> None:
    """Add the line's share of what other items lose."""
    columns = _columns(line)
    for group in np.unique(planned.group[line.rows]):
        own = np.maximum(lift[planned.group[line.rows] == group], 0.0).sum(axis=0)
        total = brought[group, columns]
        share = np.where(total > 0, own / np.where(total > 0, total, 1.0), 0.0)
        account.cannibalised += float((share * lost[0][group, columns]).sum())
        account.revenue -= float((share * lost[1][group, columns]).sum())
        account.goods -= float((share * lost[2][group, columns]).sum())


def _row(planned: Planned, name: str, account: _Account, has_cost: bool) -> dict[str, object]:
    """One promotion as a record of the table."""
    first = min(account.lines, key=lambda line: line.first)
    fixed = sum(line.cost for line in account.lines)
    margin = account.revenue - account.goods
    certainty, used, words = _certainty(planned, account)
    told = {
        "uplift_units": account.uplift, "dip_units": account.dip, "cannibalised_units": account.cannibalised,
        "net_units": account.net, "revenue": account.revenue, "margin": margin, "worth": margin - fixed,
    }
    balance = _balance(account, margin - fixed) + ("" if has_cost else " No standard costs are entered.")
    return {
        "promotion": name, "kind": first.kind, "from_period": first.from_period,
        "status": "planned" if max(line.end for line in account.lines) > planned.count else "past",
        "base_units": round(account.base, DECIMALS), "cost": fixed, "certainty": certainty,
        **{column: round(value, DECIMALS) if used else float("nan") for column, value in told.items()},
        "explanation": f"{words}{balance}" if used else words,
    }


def _certainty(planned: Planned, account: _Account) -> tuple[float, bool, str]:
    """How sure it is that the promotion adds demand, over its series by their demand; whether the plan counts on it;
    and what such promotions do.
    """
    mean, deviation, weight, used, unseen = [], [], [], [], False
    for line in account.lines:
        for place in planned.places(promotion_name(line.kind)):
            cut = planned.model.signals[place].nature == "cut"
            unseen |= cut
            size = -np.log1p(-line.discount) * -1.0 if cut else 1.0
            mean.append(planned.model.effects.mean[line.rows, place] * size)
            deviation.append(planned.model.effects.deviation[line.rows, place] * abs(size))
            weight.append(planned.base[line.rows, _columns(line)].sum(axis=1) + 1e-9)
            used.append(planned.model.used[line.rows, place])
    if not mean:
        return float("nan"), False, "No promotion of this kind has been yet, and it has no discount: nothing is known."
    share = np.concatenate(weight) / np.concatenate(weight).sum()
    centre, spread = (float((share * np.concatenate(one)).sum()) for one in (mean, deviation))
    adds = float(normal_share(np.array(centre / max(spread, 1e-9))))
    counted = bool(np.concatenate(used).any())
    return adds, counted, _words(centre, spread, counted, unseen, adds)


def _words(mean: float, deviation: float, used: bool, unseen: bool, adds: float) -> str:
    """What promotions of the kind do, and how sure it is."""
    low, centre, high = (100 * np.expm1(mean + side * IN_INTERVAL * deviation) for side in (-1, 0, 1))
    change = f"{abs(centre):.0f}% {'more' if centre >= 0 else 'less'} (80% interval {low:.0f} to {high:.0f})"
    if unseen:
        start = f"No promotion of this kind has been yet; as a price cut, its discount would sell {change}"
    else:
        start = f"Promotions of this kind sell {change}"
    if used:
        return f"{start}."
    return f"{start}; that has not been seen often enough, or not surely enough ({100 * adds:.0f}%), to plan with."


def _balance(account: _Account, worth: float) -> str:
    """What it comes to, in a sentence."""
    if not account.uplift:
        return ""
    return (f" Of {account.uplift:,.0f} units more, {account.dip:,.0f} are bought earlier and "
            f"{account.cannibalised:,.0f} taken from other items: {account.net:,.0f} remain, worth {worth:,.0f}.")
