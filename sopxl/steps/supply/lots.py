"""Lot rules: how net requirements become orders. One function a rule, all nodes at once.

A rule takes net requirements (nodes x periods, units, at the time of need) and :class:`LotTerms`, and gives lots
(nodes x periods) that cover them in time. Holding is paid on the stock at the end of a period; a lot arrives at the
start of its period. Add a rule by writing its function under ``@lot_rule`` and naming it in ``tables.LOT_RULES``.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

import numpy as np

TOLERANCE = 1e-9


@dataclass(frozen=True)
class LotTerms:
    """What lot rules decide by, per node: order_cost (nodes x periods), holding_cost (per unit and period),
    lot_size and lot_periods (NaN where empty); economic_lot where price breaks decide it (NaN: nowhere).
    """

    order_cost: np.ndarray
    holding_cost: np.ndarray
    lot_size: np.ndarray
    lot_periods: np.ndarray
    economic_lot: np.ndarray = field(default_factory=lambda: np.array(np.nan))

    def of(self, rows: np.ndarray) -> LotTerms:
        """The terms of some nodes."""
        economic_lot = self.economic_lot[rows] if self.economic_lot.ndim else self.economic_lot
        return LotTerms(self.order_cost[rows], self.holding_cost[rows], self.lot_size[rows], self.lot_periods[rows],
                        economic_lot)


LotRule = Callable[[np.ndarray, LotTerms], np.ndarray]
LOT_RULE_FUNCTIONS: dict[str, LotRule] = {}


def lot_rule(name: str) -> Callable[[LotRule], LotRule]:
    """Enter a rule in the list under the name that planners choose it by."""

    def enter(function: LotRule) -> LotRule:
        LOT_RULE_FUNCTIONS[name] = function
        return function

    return enter


def make_lots(rules: np.ndarray, net: np.ndarray, terms: LotTerms) -> np.ndarray:
    """Lots of all nodes (nodes x periods), each by its own rule. Raises KeyError for an unknown rule."""
    lots = np.zeros_like(net)
    for name in np.unique(rules.astype(str)):
        rows = np.flatnonzero(rules == name)
        lots[rows] = LOT_RULE_FUNCTIONS[name](net[rows], terms.of(rows))
    return lots


@lot_rule("lot-for-lot")
def lot_for_lot(net: np.ndarray, terms: LotTerms) -> np.ndarray:
    """Order what is needed, when it is needed."""
    return net.copy()


@lot_rule("fixed")
def fixed(net: np.ndarray, terms: LotTerms) -> np.ndarray:
    """The fewest lots of the fixed size that suffice, when stock would run short; without a size, lot for lot."""
    size = np.where(terms.lot_size > 0, terms.lot_size, np.nan)

    def order(short: np.ndarray, _: int) -> np.ndarray:
        lots = np.ceil(short / size - TOLERANCE) * size
        return np.asarray(np.where(np.isnan(lots), short, lots))

    return _order_when_short(net, order)


@lot_rule("economic")
def economic(net: np.ndarray, terms: LotTerms) -> np.ndarray:
    """Each lot covers the whole periods whose requirement comes nearest to the economic order quantity.

    EOQ = sqrt(2 x order cost x mean requirement per period / holding cost). Sources: Harris (1913), "How many parts
    to make at once"; for requirements that vary, Silver, Pyke & Peterson, *Inventory Management and Production
    Planning and Scheduling*, section 6.4. Where holding costs nothing, one lot covers the horizon. Where prices depend
    on the quantity, each lot is the quantity of least cost with them, or what is short if that is more.
    """
    quantity = economic_quantity(net, terms)

    def nearer(now: Cover, after: Cover) -> np.ndarray:
        over = after.units - quantity
        nearer_above = over < (quantity - now.units) * (1 - TOLERANCE)
        return np.asarray((over <= 0) | nearer_above | (after.units == now.units))

    lots = _extend(net, nearer, terms)
    priced = np.flatnonzero(np.isfinite(terms.economic_lot))
    size = quantity[priced]
    lots[priced] = _order_when_short(net[priced], lambda short, _: np.maximum(short, size))
    return lots


@lot_rule("period")
def period_order(net: np.ndarray, terms: LotTerms) -> np.ndarray:
    """Each lot covers the same number of periods, from the period in which it is needed.

    The number is given, or the periods that the economic order quantity lasts, rounded to whole ones (POQ).
    Source: Orlicky, *Material Requirements Planning* (1975), period order quantity.
    """
    mean = net.mean(axis=1)
    with np.errstate(invalid="ignore", divide="ignore"):
        supply = np.floor(economic_quantity(net, terms) / mean + 0.5)
    count = np.where(np.isnan(terms.lot_periods), np.nan_to_num(supply, nan=1.0), terms.lot_periods)
    count = np.clip(count, 1, net.shape[1])
    return _extend(net, lambda _, after: after.periods <= count, terms)


@lot_rule("silver-meal")
def silver_meal(net: np.ndarray, terms: LotTerms) -> np.ndarray:
    """Cover one more period as long as cost per period does not rise.

    Source: Silver & Meal (1973), Production and Inventory Management 14(2).
    """

    def no_dearer(now: Cover, after: Cover) -> np.ndarray:
        return np.asarray(after.cost * now.periods <= now.cost * after.periods * (1 + TOLERANCE))

    return _extend(net, no_dearer, terms)


@lot_rule("least-unit-cost")
def least_unit_cost(net: np.ndarray, terms: LotTerms) -> np.ndarray:
    """Cover one more period as long as cost per unit does not rise.

    Source: Orlicky, *Material Requirements Planning* (1975), least unit cost.
    """

    def no_dearer(now: Cover, after: Cover) -> np.ndarray:
        return np.asarray(after.cost * now.units <= now.cost * after.units * (1 + TOLERANCE))

    return _extend(net, no_dearer, terms)


@lot_rule("part-period")
def part_period(net: np.ndarray, terms: LotTerms) -> np.ndarray:
    """Cover the number of periods whose holding cost comes nearest to the order cost; of two equally near, fewer.

    Source: DeMatteis (1968), "An economic lot-sizing technique: the part-period algorithm", IBM Systems Journal 7.
    """

    def nearer(now: Cover, after: Cover) -> np.ndarray:
        over = after.held - after.order_cost
        nearer_above = over < (now.order_cost - now.held) * (1 - TOLERANCE)
        return np.asarray((over <= 0) | nearer_above | (after.held == now.held))

    return _extend(net, nearer, terms)


@lot_rule("optimal")
def optimal(net: np.ndarray, terms: LotTerms) -> np.ndarray:
    """The lots of least order and holding cost, by dynamic programming; of equal plans, the fewer earlier lots.

    Source: Wagner & Whitin (1958), "Dynamic version of the economic lot size model", Management Science 5.
    """
    count, periods = net.shape
    least = np.full((count, periods + 1), np.inf)
    least[:, 0] = 0.0
    start = np.zeros((count, periods + 1), int)
    for first in range(periods):
        units = net[:, first:].cumsum(axis=1)
        held = (net[:, first:] * np.arange(periods - first)).cumsum(axis=1) * terms.holding_cost[:, None]
        cost = least[:, [first]] + held + np.where(units > 0, terms.order_cost[:, [first]], 0.0)
        better = cost < least[:, first + 1:] - TOLERANCE * (1 + np.abs(cost))
        least[:, first + 1:] = np.where(better, cost, least[:, first + 1:])
        start[:, first + 1:] = np.where(better, first, start[:, first + 1:])
    return _read_back(net, start)


def _read_back(net: np.ndarray, start: np.ndarray) -> np.ndarray:
    """The lots behind the last starts of the dynamic program."""
    count, periods = net.shape
    rows = np.arange(count)
    lots = np.zeros_like(net)
    end = np.full(count, periods)
    for last in range(periods - 1, -1, -1):
        first = start[rows, end]
        lots[rows, first] += net[:, last]
        end = np.where(first == last, last, end)
    return lots


def economic_quantity(net: np.ndarray, terms: LotTerms) -> np.ndarray:
    """Economic order quantity of each node (EOQ, units) for its mean order cost and requirement.

    Where price breaks decide the economic lot (``price_breaks``), that.
    """
    with np.errstate(divide="ignore", invalid="ignore"):
        quantity = np.sqrt(2.0 * terms.order_cost.mean(axis=1) * net.mean(axis=1) / terms.holding_cost)
    quantity = np.nan_to_num(quantity, nan=0.0, posinf=np.inf)
    return np.asarray(np.where(np.isnan(terms.economic_lot), quantity, terms.economic_lot))


def round_lots(lots: np.ndarray, minimum: np.ndarray, multiple: np.ndarray) -> np.ndarray:
    """Lots of at least ``minimum`` and in multiples of ``multiple`` (NaN: any); what is left over shortens the next.

    ``minimum`` and ``multiple`` per node; lots nodes x periods.
    """
    step = np.where(multiple > 0, multiple, np.nan)

    def order(short: np.ndarray, _: int) -> np.ndarray:
        lot = np.maximum(short, minimum)
        whole = np.ceil(lot / step - TOLERANCE) * step
        return np.asarray(np.where(np.isnan(whole), lot, whole))

    return _order_when_short(lots, order)


def count_lots(rules: np.ndarray, lots: np.ndarray, lot_size: np.ndarray) -> np.ndarray:
    """Number of lots behind quantities (nodes x periods): by the rule 'fixed' each size is a lot, else each order."""
    size = np.where((rules == "fixed") & (lot_size > 0), lot_size, np.inf)[:, None]
    return np.asarray(np.where(lots > TOLERANCE, np.maximum(np.ceil(lots / size - TOLERANCE), 1.0), 0.0))


def _order_when_short(net: np.ndarray, order: Callable[[np.ndarray, int], np.ndarray]) -> np.ndarray:
    """Lots by a rule that says how much to order for what is short in a period."""
    lots = np.zeros_like(net)
    stock = np.zeros(len(net))
    for period in range(net.shape[1]):
        short = net[:, period] - stock
        scale = TOLERANCE * (1.0 + np.abs(net[:, period]))
        lots[:, period] = np.where(short > scale, order(np.maximum(short, 0.0), period), 0.0)
        stock = np.maximum(lots[:, period] - short, 0.0)
    return lots


@dataclass
class Cover:
    """What a lot covers so far, per node: periods, units, and the holding cost of covering them."""

    order_cost: np.ndarray
    periods: np.ndarray
    units: np.ndarray
    held: np.ndarray

    @property
    def cost(self) -> np.ndarray:
        """Order and holding cost of the lot."""
        return np.asarray(self.order_cost + self.held)


def _extend(net: np.ndarray, goes_on: Callable[[Cover, Cover], np.ndarray], terms: LotTerms) -> np.ndarray:
    """Lots by a rule that says whether a lot covers one more period: ``goes_on(now, after)``."""
    count, periods = net.shape
    rows, start = np.arange(count), np.full(count, -1)
    lots = np.zeros_like(net)
    now = Cover(np.zeros(count), np.zeros(count), np.zeros(count), np.zeros(count))
    for period in range(periods):
        need = net[:, period]
        after = Cover(now.order_cost, now.periods + 1, now.units + need,
                      now.held + terms.holding_cost * (period - start) * need)
        extends = (start >= 0) & goes_on(now, after)
        begins = ~extends & (need > 0)
        start = np.where(begins, period, np.where(extends, start, -1))
        now = Cover(
            np.where(begins, terms.order_cost[:, period], now.order_cost), np.where(begins, 1.0, after.periods),
            np.where(begins, need, after.units), np.where(begins, 0.0, after.held),
        )
        lots[rows, np.maximum(start, 0)] += np.where(start >= 0, need, 0.0)
    return lots
