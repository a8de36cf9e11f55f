"""Who gets how much where there is not enough: by priority, equal days of supply, or quotas.

Pure arithmetic of arrays: ``fair_shares`` allots what there is in each group (a node, or a node in a period) over
those who draw on it. Add a rule by writing its function under ``@rule``; its name is a choice of the setting
Fair share.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np


@dataclass(frozen=True)
class Receivers:
    """Those who draw on what there is: one entry of each array a receiver.

    group: what it draws on (0 .. groups - 1); wanted: units, 0 or more; priority: smaller is served first; quota: its
    share of what there is, NaN where none is agreed; stock: units that it has itself; use: units that it uses in a day
    (any unit of time does).
    """

    group: np.ndarray
    wanted: np.ndarray
    priority: np.ndarray
    quota: np.ndarray
    stock: np.ndarray
    use: np.ndarray


Rule = Callable[[np.ndarray, Receivers], np.ndarray]
RULES: dict[str, Rule] = {}


def rule(name: str) -> Callable[[Rule], Rule]:
    """Enter a function as the rule of this name."""

    def enter(function: Rule) -> Rule:
        RULES[name] = function
        return function

    return enter


def fair_shares(name: str, supply: np.ndarray, receivers: Receivers) -> np.ndarray:
    """What each receiver gets of ``supply`` (units per group) by the rule: never more than it wants, nor below 0.

    All is given out as long as anyone wants it. Raises KeyError where there is no such rule.
    """
    there = np.maximum(supply, 0.0)
    wanted = np.maximum(receivers.wanted, 0.0)
    total = np.bincount(receivers.group, wanted, len(there))
    is_short = (total > there)[receivers.group]
    if not is_short.any():
        return np.asarray(wanted)
    given = wanted.copy()
    given[is_short] = RULES[name](there, _of(receivers, is_short))
    return np.asarray(np.clip(given, 0.0, wanted))


@rule("priority")
def by_priority(supply: np.ndarray, receivers: Receivers) -> np.ndarray:
    """First priority in full, then the next; among equals whoever stands first."""
    order = np.lexsort((receivers.priority, receivers.group))
    group, wanted = receivers.group[order], receivers.wanted[order]
    total = np.cumsum(wanted)
    first = np.searchsorted(group, group, side="left")
    before = total - wanted - (total[first] - wanted[first])
    given = np.zeros(len(order))
    given[order] = np.clip(supply[group] - before, 0.0, wanted)
    return given


@rule("equal days")
def by_equal_days(supply: np.ndarray, receivers: Receivers) -> np.ndarray:
    """Everyone to the same number of days of supply, own stock counted; who has more days already gets nothing.

    Those who use nothing come after the others. Source: Martin, *Distribution Resource Planning* (1983), fair share.
    """
    given = fill_up(supply, receivers.group, receivers.wanted, receivers.use, receivers.stock)
    return np.asarray(given + _rest(supply, receivers, given))


@rule("quotas")
def by_quotas(supply: np.ndarray, receivers: Receivers) -> np.ndarray:
    """Shares as agreed; those without a quota share by demand what the quotas leave.

    What one does not need goes to the others in proportion to their quotas; quotas above 1 in all count in proportion.
    """
    group, agreed = receivers.group, np.nan_to_num(np.maximum(receivers.quota, 0.0))
    open_share = np.maximum(1.0 - np.bincount(group, agreed, len(supply)), 0.0)
    by_demand = np.where(np.isnan(receivers.quota), receivers.wanted, 0.0)
    demanded = np.bincount(group, by_demand, len(supply))[group]
    part = np.divide(by_demand, demanded, out=np.zeros_like(by_demand), where=demanded > 0)
    weight = np.where(np.isnan(receivers.quota), open_share[group] * part, agreed)
    given = fill_up(supply, group, receivers.wanted, weight, np.zeros_like(weight))
    return np.asarray(given + _rest(supply, receivers, given))


def fill_up(
    supply: np.ndarray, group: np.ndarray, wanted: np.ndarray, weight: np.ndarray, stock: np.ndarray
) -> np.ndarray:
    """What each gets where all of a group rise to one level: min(wanted, level * weight - stock), not below 0.

    The level of each group is the one at which ``supply`` is used up, or everyone has what it wants. Exact: what is
    given is piecewise linear in the level, and its corners are sorted (water-filling).
    """
    rows = np.flatnonzero((weight > 1e-12 * weight.max(initial=0.0)) & (wanted > 0))
    given = np.zeros(len(wanted))
    if not len(rows):
        return given
    slope, own = weight[rows], np.maximum(stock[rows], 0.0)
    corner = np.concatenate([own / slope, (own + wanted[rows]) / slope])
    change = np.concatenate([slope, -slope])
    corner_group = np.concatenate([group[rows], group[rows]])
    order = np.lexsort((corner, corner_group))
    corner, change, corner_group = corner[order], change[order], corner_group[order]
    firsts = np.flatnonzero(np.diff(corner_group, prepend=-1))
    rise = _within(np.cumsum(change), firsts, len(corner))
    width = np.diff(corner, append=corner[-1])
    width[np.append(firsts[1:] - 1, len(corner) - 1)] = 0.0
    poured = np.maximum(rise, 0.0) * width
    reached = _within(np.cumsum(poured), firsts, len(corner)) - poured
    reached[firsts] = 0.0
    level = _level(supply, corner, rise, reached, corner_group, firsts)
    given[rows] = np.clip(level[group[rows]] * slope - own, 0.0, wanted[rows])
    return given


def _within(total: np.ndarray, firsts: np.ndarray, count: int) -> np.ndarray:
    """Running totals that start anew at each of ``firsts``."""
    before = np.where(firsts > 0, total[firsts - 1], 0.0)
    return np.asarray(total - np.repeat(before, np.diff(np.append(firsts, count))))


def _level(
    supply: np.ndarray, corner: np.ndarray, rise: np.ndarray, reached: np.ndarray, group: np.ndarray,
    firsts: np.ndarray,
) -> np.ndarray:
    """Level of each group at which its supply is used up: on the last stretch that starts with less than that."""
    starts_below = reached <= supply[group]
    last = firsts + np.add.reduceat(starts_below.astype(int), firsts) - 1
    at = group[last]
    left = supply[at] - reached[last]
    more = np.divide(left, rise[last], out=np.zeros_like(left), where=rise[last] > 1e-12 * (1.0 + np.abs(rise[firsts])))
    level = np.zeros(len(supply))
    level[at] = corner[last] + more
    return level


def _rest(supply: np.ndarray, receivers: Receivers, given: np.ndarray) -> np.ndarray:
    """What is left goes by demand to those who still want something."""
    left = np.maximum(supply - np.bincount(receivers.group, given, len(supply)), 0.0)
    wanted = np.maximum(receivers.wanted - given, 0.0)
    total = np.bincount(receivers.group, wanted, len(supply))
    part = np.divide(left, total, out=np.zeros_like(left), where=total > 0)
    return np.asarray(wanted * np.minimum(part, 1.0)[receivers.group])


def _of(receivers: Receivers, chosen: np.ndarray) -> Receivers:
    """Some of the receivers."""
    return Receivers(receivers.group[chosen], np.maximum(receivers.wanted[chosen], 0.0), receivers.priority[chosen],
                     receivers.quota[chosen], receivers.stock[chosen], receivers.use[chosen])
