"""Which supply serves which demand: every quantity of a plan followed through the whole network.

At every node what is used first is served from what came first; of uses in one period, production and transfers come
before customers, better priorities before worse, and demand that has waited longer before newer. So supply and use
overlap on one axis of cumulative quantity. What serves production is shared out to the items made in proportion.
Source: Orlicky, *Material Requirements Planning* (1975), pegged requirements, here over all levels at once.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np
import pandas as pd

from sopxl.steps.supply.figures import co_product_receipts
from sopxl.steps.supply.network import Flows, Network

NOISE = 1e-9
MOST_LEVELS = 100
"""Transfers may run in a circle where lanes lead both ways; following them ends here."""

NEVER = -1
KINDS = ("stock", "open production", "open purchase", "open transfer", "open order", "make", "co-product", "buy",
         "move")


@dataclass(frozen=True)
class Pegs:
    """The pegs of one plan. Frames have a plain index 0..n-1 that others refer to.

    parcels: demand (row), wanted (period; -1: before the plan), shipped (period; -1: not within the horizon),
      quantity. Demand that is lost is left out.
    supplies: kind (of KINDS), position (row of the makes, buys or moves, of the nodes for the rest), node, period,
      started (period in which it starts, leaves or is ordered; the first where it should have been before), lead
      (periods), quantity
    uses: kind ('parcel', 'make' or 'move'), position (row of parcels, makes or moves), node, period, quantity
    served: supply, use, quantity: which supply serves which use
    draws: supply (a make or move), use (of its components or at its sending node), quantity (of the use's item for one
      unit of the supply), share (of the use that this supply accounts for)
    """

    parcels: pd.DataFrame
    supplies: pd.DataFrame
    uses: pd.DataFrame
    served: pd.DataFrame
    draws: pd.DataFrame

    def behind(self, parcels: np.ndarray) -> pd.DataFrame:
        """All supplies behind these parcels: parcel, supply, level (0: what is shipped itself), quantity, due.

        quantity is in units of the supply's item; what stands behind production and transfers comes after them.
        due is the period in which the supply had to be there for the parcel to be in time, by lead times.
        """
        row_of = np.full(len(self.parcels), -1)
        row_of[self._parcel_of_use[self._parcel_uses]] = self._parcel_uses
        use = row_of[parcels]
        shipped = use >= 0
        chosen = np.asarray(parcels)[shipped]
        wave = _Wave(chosen, use[shipped], self.parcels["quantity"].to_numpy(float)[chosen],
                     np.maximum(self.parcels["wanted"].to_numpy(int)[chosen], 0))
        found = []
        for level in range(MOST_LEVELS):
            wave = self._supplies_of(wave)
            if not len(wave.origin):
                break
            found.append(pd.DataFrame({"parcel": wave.origin, "supply": wave.place, "level": level,
                                       "quantity": wave.quantity, "due": wave.due}))
            wave = self._uses_of(wave)
        columns = ["parcel", "supply", "level", "quantity", "due"]
        return pd.concat(found, ignore_index=True) if found else pd.DataFrame(columns=columns, dtype=float).astype(
            {"parcel": int, "supply": int, "level": int, "due": int})

    def ahead(self, supplies: np.ndarray) -> pd.DataFrame:
        """All parcels that these supplies serve: supply, parcel, quantity (of the supply), serves (of the parcel).

        What goes into nothing that is shipped within the horizon is left out.
        """
        origin = np.asarray(supplies, int)
        quantity = self.supplies["quantity"].to_numpy(float)[origin]
        place, units = origin, quantity
        found = []
        for _ in range(MOST_LEVELS):
            origin, use, quantity, units = self._served_by(origin, place, quantity, units)
            ends = self._parcel_of_use[use] >= 0
            found.append((origin[ends], self._parcel_of_use[use[ends]], quantity[ends], units[ends]))
            origin, place, quantity, units = self._made_with(origin[~ends], use[~ends], quantity[~ends], units[~ends])
            if not len(origin):
                break
        parts = [np.concatenate(part) for part in zip(*found, strict=True)]
        frame = pd.DataFrame(dict(zip(("supply", "parcel", "quantity", "serves"), parts, strict=True)))
        return frame.groupby(["supply", "parcel"], as_index=False).sum()

    def worth(self, of_parcels: np.ndarray) -> np.ndarray:
        """Per supply, what one unit of it stands for of a figure of the parcels that it serves (per unit of these).

        The same as adding up :meth:`ahead`, for all supplies at once.
        """
        served, draws = self.served, self.draws
        supply, use, quantity = (served[name].to_numpy() for name in ("supply", "use", "quantity"))
        part = quantity / self.supplies["quantity"].to_numpy(float)[supply]
        made, drawn = draws["supply"].to_numpy(int), draws["use"].to_numpy(int)
        each = draws["share"].to_numpy(float) / draws["quantity"].to_numpy(float)
        ends = self._parcel_of_use >= 0
        of_uses = np.zeros(len(self.uses))
        of_uses[ends] = of_parcels[self._parcel_of_use[ends]]
        worth = np.zeros(len(self.supplies))
        for _ in range(MOST_LEVELS):
            before = worth
            worth = np.bincount(supply, part * of_uses[use], minlength=len(worth)).astype(float)
            passed = np.bincount(drawn, each * worth[made], minlength=len(of_uses))
            of_uses[~ends] = passed[~ends]
            if np.allclose(before, worth, rtol=1e-9, atol=0.0):
                break
        return worth

    def _supplies_of(self, wave: _Wave) -> _Wave:
        """From uses to what serves them."""
        row, match = _join(wave.place, self._served_from_use)
        part = self.served["quantity"].to_numpy(float)[match] / self.uses["quantity"].to_numpy(float)[wave.place[row]]
        return _Wave(wave.origin[row], self.served["supply"].to_numpy(int)[match], wave.quantity[row] * part,
                     wave.due[row]).added_up(len(self.supplies))

    def _uses_of(self, wave: _Wave) -> _Wave:
        """From production and transfers to what they use."""
        row, draw = _join(wave.place, self._draws_from_supply)
        each = self.draws["quantity"].to_numpy(float)[draw]
        lead = self.supplies["lead"].to_numpy(int)[wave.place[row]]
        return _Wave(wave.origin[row], self.draws["use"].to_numpy(int)[draw], wave.quantity[row] * each,
                     wave.due[row] - lead).added_up(len(self.uses))

    def _served_by(
        self, origin: np.ndarray, place: np.ndarray, quantity: np.ndarray, units: np.ndarray
    ) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
        """From supplies to the uses that they serve: quantity of the origin and units of the use's item."""
        order = self._served_by_supply
        row, at = _join(place, self._served_from_supply)
        match = order[at]
        part = (self.served["quantity"].to_numpy(float)[match]
                / self.supplies["quantity"].to_numpy(float)[place[row]])
        return origin[row], self.served["use"].to_numpy(int)[match], quantity[row] * part, units[row] * part

    def _made_with(
        self, origin: np.ndarray, use: np.ndarray, quantity: np.ndarray, units: np.ndarray
    ) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
        """From uses to the production and transfers that they are for: units are then of what is made."""
        order = self._draws_by_use
        row, at = _join(use, self._draws_from_use)
        draw = order[at]
        share, each = self.draws["share"].to_numpy(float)[draw], self.draws["quantity"].to_numpy(float)[draw]
        place = self.draws["supply"].to_numpy(int)[draw]
        kept = quantity[row] * share > NOISE * (1.0 + self.supplies["quantity"].to_numpy(float)[origin[row]])
        row, share, each, place = row[kept], share[kept], each[kept], place[kept]
        return origin[row], place, quantity[row] * share, units[row] * share / each

    @cached_property
    def _parcel_uses(self) -> np.ndarray:
        """The uses that are parcels."""
        return np.flatnonzero((self.uses["kind"] == "parcel").to_numpy())

    @cached_property
    def _parcel_of_use(self) -> np.ndarray:
        """Parcel of each use, -1 where it is none."""
        return np.where(self.uses["kind"] == "parcel", self.uses["position"], -1).astype(int)

    @cached_property
    def _served_from_use(self) -> np.ndarray:
        """Where the matches of each use start."""
        return _starts(self.served["use"].to_numpy(int), len(self.uses))

    @cached_property
    def _draws_from_supply(self) -> np.ndarray:
        """Where the draws of each supply start."""
        return _starts(self.draws["supply"].to_numpy(int), len(self.supplies))

    @cached_property
    def _served_by_supply(self) -> np.ndarray:
        """The matches in the order of their supplies."""
        return np.argsort(self.served["supply"].to_numpy(int), kind="stable")

    @cached_property
    def _served_from_supply(self) -> np.ndarray:
        """Where the matches of each supply start in that order."""
        return _starts(self.served["supply"].to_numpy(int)[self._served_by_supply], len(self.supplies))

    @cached_property
    def _draws_by_use(self) -> np.ndarray:
        """The draws in the order of their uses."""
        return np.argsort(self.draws["use"].to_numpy(int), kind="stable")

    @cached_property
    def _draws_from_use(self) -> np.ndarray:
        """Where the draws of each use start in that order."""
        return _starts(self.draws["use"].to_numpy(int)[self._draws_by_use], len(self.uses))


@dataclass(frozen=True)
class _Wave:
    """Quantities on their way through the network: from which parcel, at which supply or use, how much, when due."""

    origin: np.ndarray
    place: np.ndarray
    quantity: np.ndarray
    due: np.ndarray

    def added_up(self, places: int) -> _Wave:
        """The wave with one row for each origin and place; what is due soonest counts."""
        key = self.origin.astype(np.int64) * max(places, 1) + self.place
        order = np.argsort(key, kind="stable")
        firsts = np.flatnonzero(np.diff(key[order], prepend=-1))
        if not len(firsts):
            return _Wave(self.origin[:0], self.place[:0], self.quantity[:0], self.due[:0])
        quantity = np.add.reduceat(self.quantity[order], firsts)
        due = np.minimum.reduceat(self.due[order], firsts)
        kept = quantity > NOISE
        at = order[firsts][kept]
        return _Wave(self.origin[at], self.place[at], quantity[kept], due[kept])


def _starts(sorted_numbers: np.ndarray, count: int) -> np.ndarray:
    """Where the rows of each number start among these; one longer than the numbers."""
    return np.searchsorted(sorted_numbers, np.arange(count + 1))


def _join(numbers: np.ndarray, starts: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Pairs of a position in ``numbers`` and a row that belongs to the number there."""
    counts = starts[numbers + 1] - starts[numbers]
    row = np.repeat(np.arange(len(numbers)), counts)
    within = np.arange(len(row)) - np.repeat(np.cumsum(counts) - counts, counts)
    return row, starts[numbers[row]] + within


def overlaps(
    supply_group: np.ndarray, supply: np.ndarray, use_group: np.ndarray, use: np.ndarray
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Supply row, use row and quantity wherever the two overlap on the axis of cumulative quantity of their group.

    Both are in the order of their groups and, within a group, in the order in which they come and are served.
    """
    group = np.concatenate([supply_group, use_group])
    value = np.concatenate([_within(supply_group, supply), _within(use_group, use)])
    is_supply = np.arange(len(group)) < len(supply_group)
    order = np.lexsort((value, group))
    group, value, is_supply = group[order], value[order], is_supply[order]
    is_first = np.diff(group, prepend=-1) != 0
    length = value - np.where(is_first, 0.0, np.concatenate([[0.0], value[:-1]])[: len(value)])
    passed_supply: np.ndarray = np.cumsum(is_supply) - is_supply
    passed_use: np.ndarray = np.cumsum(~is_supply) - ~is_supply
    # all ends of earlier groups are passed, so the rows passed number the row that an interval lies in
    both = np.minimum(passed_supply, max(len(supply_group) - 1, 0)), np.minimum(passed_use, max(len(use_group) - 1, 0))
    if not len(supply_group) or not len(use_group):
        return np.zeros(0, int), np.zeros(0, int), np.zeros(0)
    inside = (supply_group[both[0]] == group) & (use_group[both[1]] == group)
    inside &= (passed_supply < len(supply_group)) & (passed_use < len(use_group)) & (length > NOISE * (1.0 + value))
    return both[0][inside], both[1][inside], length[inside]


def _within(group: np.ndarray, quantity: np.ndarray) -> np.ndarray:
    """Cumulative quantity within each group (groups stand together)."""
    if not len(group):
        return np.zeros(0)
    total = np.cumsum(quantity)
    firsts = np.flatnonzero(np.diff(group, prepend=-1))
    before = np.repeat(total[firsts] - quantity[firsts], np.diff(np.append(firsts, len(group))))
    return np.asarray(np.maximum(total - before, 0.0))


def peg(network: Network, flows: Flows) -> Pegs:
    """The pegs of a plan for a network."""
    parcels = _parcels(network, flows)
    supplies = _supplies(network, flows)
    uses = _uses(network, flows, parcels)
    supply, use, quantity = overlaps(
        supplies["node"].to_numpy(int), supplies["quantity"].to_numpy(float),
        uses["node"].to_numpy(int), uses["quantity"].to_numpy(float),
    )
    served = pd.DataFrame({"supply": supply, "use": use, "quantity": quantity}).sort_values(
        ["use", "supply"], kind="stable", ignore_index=True)
    return Pegs(parcels, supplies, uses, served, _draws(supplies, uses))


def _parcels(network: Network, flows: Flows) -> pd.DataFrame:
    """Demand by the period in which it is wanted and that in which it is shipped: first wanted, first shipped."""
    lost = np.minimum(flows.lost, network.demand)
    wanted = np.concatenate([network.demands[["opening_backlog"]].to_numpy(float), network.demand - lost], axis=1)
    demand, period = np.nonzero(wanted > NOISE)
    quantity = wanted[demand, period]
    sent, when = np.nonzero(flows.shipment > NOISE)
    shipment, row, shipped = overlaps(sent, flows.shipment[sent, when], demand, quantity)
    left = quantity.copy()
    np.subtract.at(left, row, shipped)
    waits = np.flatnonzero(left > 1e-6 * (1.0 + quantity))
    rows = np.concatenate([row, waits])
    return pd.DataFrame({
        "demand": demand[rows], "wanted": period[rows] - 1,
        "shipped": np.concatenate([when[shipment], np.full(len(waits), NEVER)]),
        "quantity": np.concatenate([shipped, left[waits]]),
    }).sort_values(["demand", "wanted"], kind="stable", ignore_index=True)


def _supplies(network: Network, flows: Flows) -> pd.DataFrame:
    """All that comes to stock, by node and period; within a period as in KINDS."""
    makes, buys, moves = network.makes, network.buys, network.moves
    everywhere = np.arange(len(network.nodes))
    nothing = np.zeros(len(everywhere), int)
    blocks = [
        _events("stock", network.nodes[["on_hand"]].to_numpy(float), everywhere, nothing),
        _events("open production", network.open_production, makes["node"], makes["lead"]),
        _events("open purchase", network.open_purchases, buys["node"], buys["lead"]),
        _events("open transfer", network.open_transfers, moves["to_node"], moves["lead"]),
        _events("open order", network.open_other, everywhere, nothing),
        _events("make", flows.make_receipt, makes["node"], makes["lead"]),
        _events("buy", flows.buy_receipt, buys["node"], buys["lead"]),
        _events("move", flows.move_arrival, moves["to_node"], moves["lead"]),
        _co_products(network, flows),
    ]
    events = pd.concat([block for block in blocks if len(block)] or blocks[:1], ignore_index=True)
    rank = events["kind"].map({kind: number for number, kind in enumerate(KINDS)})
    order = np.lexsort((events["position"], rank, events["period"], events["node"]))
    return events.iloc[order].reset_index(drop=True)


def _events(kind: str, quantity: np.ndarray, node: pd.Series | np.ndarray, lead: pd.Series | np.ndarray
            ) -> pd.DataFrame:
    """The events of one kind: quantity (objects x periods) coming to the node of its object."""
    position, period = np.nonzero(quantity > NOISE)
    return pd.DataFrame({
        "kind": kind, "position": position, "node": np.asarray(node, int)[position], "period": period,
        "started": np.maximum(period - np.asarray(lead, int)[position], 0), "lead": np.asarray(lead, int)[position],
        "quantity": quantity[position, period],
    })


def _co_products(network: Network, flows: Flows) -> pd.DataFrame:
    """What comes out beside the items made, when these are in stock; its components are told with these."""
    make = network.co_products["make"].to_numpy(int)
    received = co_product_receipts(network, flows.make_receipt)
    events = _events("co-product", received, network.co_products["node"], network.makes["lead"].to_numpy(int)[make])
    return events.assign(position=make[events["position"].to_numpy(int)])


def _uses(network: Network, flows: Flows, parcels: pd.DataFrame) -> pd.DataFrame:
    """All that leaves stock, by node and period; within a period production, transfers, then customers."""
    parts, moves, demands = network.components, network.moves, network.demands
    make = parts["make"].to_numpy(int)
    used = flows.make_start[make] * parts["quantity"].to_numpy(float)[:, None]
    if network.component_open is not None:
        used = used * network.component_open
    row, period = np.nonzero(used > NOISE)
    move, left = np.nonzero(flows.move_shipment > NOISE)
    sent = np.flatnonzero(parcels["shipped"].to_numpy(int) != NEVER)
    demand = parcels["demand"].to_numpy(int)[sent]
    events = pd.DataFrame({
        "kind": np.repeat(np.array(["make", "move", "parcel"], object), [len(row), len(move), len(sent)]),
        "position": np.concatenate([make[row], move, sent]),
        "node": np.concatenate([parts["node"].to_numpy(int)[row], moves["from_node"].to_numpy(int)[move],
                                demands["node"].to_numpy(int)[demand]]),
        "period": np.concatenate([period, left, parcels["shipped"].to_numpy(int)[sent]]),
        "quantity": np.concatenate([used[row, period], flows.move_shipment[move, left],
                                    parcels["quantity"].to_numpy(float)[sent]]),
    })
    rank = np.concatenate([np.full(len(row), -2.0), np.full(len(move), -1.0),
                           np.nan_to_num(demands["priority"].to_numpy(float), nan=1.0)[demand]])
    since = np.concatenate([period, left, parcels["wanted"].to_numpy(int)[sent]])
    order = np.lexsort((since, rank, events["period"], events["node"]))
    return events.iloc[order].reset_index(drop=True)


def _draws(supplies: pd.DataFrame, uses: pd.DataFrame) -> pd.DataFrame:
    """What each make and move draws from stock: its uses in the period in which it starts, shared among receipts."""
    key = ["kind", "position", "started"]
    driven = supplies.loc[supplies["kind"].isin(["make", "move"]), [*key, "quantity"]].rename_axis("supply")
    total = driven.groupby(key)["quantity"].transform("sum")
    driven = driven.assign(share=driven["quantity"] / total, total=total).drop(columns="quantity").reset_index()
    drawn = uses.loc[uses["kind"] != "parcel", ["kind", "position", "period", "quantity"]].rename_axis("use")
    drawn = drawn.rename(columns={"period": "started"}).reset_index()
    found = driven.merge(drawn, on=key)
    found["quantity"] = found["quantity"] / found["total"]
    return found.sort_values(["supply", "use"], kind="stable", ignore_index=True)[
        ["supply", "use", "quantity", "share"]]
