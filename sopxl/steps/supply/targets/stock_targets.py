"""Safety stock of every node: by hand, days of supply, a service level, a fill rate, or placed along the network."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
import pandas as pd

from sopxl.periods import DAYS_PER_PERIOD
from sopxl.schema import Tables
from sopxl.steps.supply.fulfilment import is_to_order
from sopxl.steps.supply.netting import list_sources
from sopxl.steps.supply.network import Network
from sopxl.steps.supply.targets.demand_spread import DemandSpread, demand_spread, usual_arcs
from sopxl.steps.supply.targets.order_lots import usual_lots
from sopxl.steps.supply.targets.placement import Placement, Stages, longest_times, place
from sopxl.steps.supply.targets.safety_factors import (
    curvature_of,
    factor_for_service,
    factor_for_shortage,
)

DECIMALS = 2
FINEST_DAYS = 1.0
MOST_SERVICE_TIMES = 120
NONE, BY_HAND, DAYS = "none", "by hand", "days of supply"
SERVICE, FILL, GUARANTEED = "service level", "fill rate", "guaranteed service"
TARGET_COLUMNS = (
    "method", "service_level", "fill_rate", "risk_periods", "review_periods", "mean_demand", "deviation", "curvature",
    "basis", "service_time_in", "service_time_out", "order_lot", "possible_saving",
)
"""Columns of ``Network.targets``: service as asked for (NaN: none), periods that the stock covers and the review among
them, deviation of demand over them (with its curvature, see safety_factors), service times in days, the usual lot,
and the share of the cost of all safety stock that another placement along the network could save at most."""


@dataclass(frozen=True)
class Risk:
    """What the stock of N nodes has to cover: the spread of demand, lead time and its deviation, review (periods),
    lots (units), and the service that is asked for (service_level, fill_rate: NaN where none).
    """

    spread: DemandSpread
    lead: np.ndarray
    review: np.ndarray
    lead_deviation: np.ndarray
    lot: np.ndarray
    service_level: np.ndarray
    fill_rate: np.ndarray

    @property
    def periods(self) -> np.ndarray:
        """Lead time and review."""
        return np.asarray(self.lead + self.review)

    def over(self, periods: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Deviation of demand over so many periods, lead times that vary included, and the curvature of its spread.

        Variance of the lead time adds (mean demand x its deviation) squared. Source: Chopra & Meindl, Supply Chain
        Management, chapter 'Managing uncertainty: safety inventory', impact of supply uncertainty.
        """
        variance, third = self.spread.over(periods)
        of_lead = np.square(self.spread.usual * self.lead_deviation)
        variance = variance + (of_lead[:, None] if periods.ndim == 2 else of_lead)
        deviation = np.sqrt(np.maximum(variance, 0.0))
        skewness = np.where(deviation > 0, third / np.where(deviation > 0, deviation, 1.0) ** 3, 0.0)
        return deviation, curvature_of(skewness)

    def stock(self, periods: np.ndarray) -> np.ndarray:
        """Safety stock for the service asked for, where demand of so many periods (N, or N x K) is to be covered.

        The larger of what the service level and the fill rate need: the expected shortage of a cycle may be the share
        of a lot that the fill rate leaves. Source: Silver, Pyke, Thomas (2017), sections 6.7 and 6.8 (P1 and P2).
        """
        deviation, curvature = self.over(periods)
        level = np.where(np.isnan(self.service_level), 0.5, self.service_level)
        by_level = factor_for_service(level[:, None] if deviation.ndim == 2 else level, curvature)
        asked, rate, lot = (_like(values, deviation)
                            for values in (~np.isnan(self.service_level), self.fill_rate, self.lot))
        factor = np.where(asked, by_level, 0.0)
        by_rate = ~np.isnan(rate) & (deviation > 0) & (lot > 0)
        if by_rate.any():
            wanted = (1.0 - rate[by_rate]) * lot[by_rate] / deviation[by_rate]
            factor[by_rate] = np.maximum(factor[by_rate], factor_for_shortage(wanted, curvature[by_rate]))
        return np.asarray(np.maximum(factor, 0.0) * deviation)


def with_targets(network: Network, tables: Tables) -> Network:
    """The network with the safety stock of every node, and in ``targets`` how it came about.

    A stated service level or fill rate makes it; stock stated by hand is the least. Where a policy states nothing,
    the service level of the item's segment counts at the nodes that serve customers. With the setting 'Safety
    placement' on guaranteed service, it is placed along the network; days of supply then count where no service is
    asked for.
    """
    risk = read_risk(network, tables)
    nodes = network.nodes
    by_hand = nodes["safety_stock"].to_numpy(float)
    days = nodes["safety_days"].to_numpy(float)
    placement = None
    if network.settings.safety_placement == "guaranteed service":
        risk = _inherited(network, risk)
        placement, needed = placed(network, risk)
    else:
        needed = risk.stock(risk.periods)
    asked = ~np.isnan(risk.service_level) | ~np.isnan(risk.fill_rate)
    stock = np.round(np.where(asked, np.maximum(needed, by_hand), by_hand), DECIMALS)
    if placement is not None:
        days = np.where(asked, 0.0, days)
    method = _methods(risk, needed, by_hand, days, placement)
    targets = _targets(network, risk, method, placement)
    return replace(network, nodes=nodes.assign(safety_stock=stock, safety_days=days), targets=targets)


def read_risk(network: Network, tables: Tables) -> Risk:
    """What the stock of each node has to cover, from its policy, its usual source and the demand tables.

    No service from stock is asked of what is made or assembled to order, whatever its policy or segment says.
    """
    nodes = network.nodes
    length = DAYS_PER_PERIOD[network.settings.bucket]
    spread = demand_spread(network, tables)
    review = nodes["review_days"].fillna(length).to_numpy(float) / length
    stated = (nodes[["safety_stock", "safety_days"]] > 0).any(axis=1).to_numpy()
    asked = nodes[["service_level", "fill_rate"]].notna().any(axis=1).to_numpy()
    of_segment = tables["segments"].drop_duplicates("item").set_index("item")["service_level"]
    by_segment = of_segment.where(of_segment > 0.5).reindex(nodes["item"]).to_numpy(float)
    serves = np.isin(np.arange(len(nodes)), network.demands["node"])
    to_order = is_to_order(nodes)
    by_default = serves & ~asked & (~stated | (network.settings.safety_placement == "guaranteed service"))
    level = np.where(by_default, by_segment, nodes["service_level"].to_numpy(float))
    level, rate = (np.where(to_order, np.nan, values) for values in (level, nodes["fill_rate"].to_numpy(float)))
    return Risk(
        spread, lead_days(network, tables) / length, review,
        nodes["lead_time_deviation"].fillna(0.0).to_numpy(float) / length, usual_lots(network, spread.usual, review),
        np.minimum(level, 0.9999), rate,
    )


def lead_days(network: Network, tables: Tables) -> np.ndarray:
    """N: days that stock takes to come by the usual source, as the tables state them; 0 where there is no source."""
    table = list_sources(network).table
    usual = table[table["order"] == 0]
    days = np.zeros(len(network.nodes))
    length = DAYS_PER_PERIOD[network.settings.bucket]
    for kind, ways, stated in (
        ("make", network.makes, _making_days(network, tables)), ("buy", network.buys, _buying_days(network, tables)),
        ("move", network.moves, _moving_days(network, tables)),
    ):
        chosen = usual[usual["kind"] == kind]
        at = chosen["position"].to_numpy(int)
        planned = ways["lead"].to_numpy(float)[at] * length
        days[chosen["node"].to_numpy(int)] = np.where(np.isnan(stated[at]), planned, stated[at])
    return days


def _making_days(network: Network, tables: Tables) -> np.ndarray:
    days = tables["items"].drop_duplicates("item").set_index("item")["lead_time"]
    return np.asarray(days.reindex(network.makes["item"]).to_numpy(float))


def _buying_days(network: Network, tables: Tables) -> np.ndarray:
    key = ["item", "location", "supplier"]
    days = tables["sourcing"].drop_duplicates(key).set_index(key)["lead_time"]
    return np.asarray(days.reindex(pd.MultiIndex.from_frame(network.buys[key])).to_numpy(float))


def _moving_days(network: Network, tables: Tables) -> np.ndarray:
    ends = ["from_location", "to_location", "item"]
    days = tables["lanes"].drop_duplicates(ends).set_index(ends)["lead_time"]
    own, general = (days.reindex(pd.MultiIndex.from_frame(frame)).to_numpy(float)
                    for frame in (network.moves[ends], network.moves[ends].assign(item="")))
    return np.asarray(np.where(np.isnan(own), general, own))


def _inherited(network: Network, risk: Risk) -> Risk:
    """The risk with a service asked of every node whose users are asked for one: the highest of theirs."""
    level, rate = risk.service_level.copy(), risk.fill_rate.copy()
    own = ~np.isnan(level) | ~np.isnan(rate)
    arcs = usual_arcs(network).assign(depth=lambda one: network.nodes["level"].to_numpy(int)[one["user"].to_numpy(int)])
    for user, supplier in arcs.sort_values("depth", kind="stable")[["user", "supplier"]].to_numpy(int).tolist():
        highest = np.fmax(level[user], rate[user])
        if not own[supplier] and not np.isnan(highest):
            level[supplier] = np.fmax(level[supplier], highest)
    return replace(risk, service_level=level, fill_rate=rate)


def stages_of(network: Network, risk: Risk) -> Stages:
    """The nodes as stages for placing safety stock: times in periods, cost of holding the stock for a period."""
    arcs = usual_arcs(network)
    holding = network.nodes["holding_cost"].fillna(0.0).to_numpy(float)[:, None]
    length = DAYS_PER_PERIOD[network.settings.bucket]
    stated = network.nodes["service_time"].to_numpy(float) / length
    serves = np.isin(np.arange(len(network.nodes)), network.demands["node"])
    stages = Stages(
        risk.periods, np.where(np.isnan(stated), np.where(serves, 0.0, np.inf), stated),
        arcs["supplier"].to_numpy(int), arcs["user"].to_numpy(int), lambda covered: holding * risk.stock(covered),
    )
    longest = float(longest_times(stages).max(initial=0.0))
    return replace(stages, step=max(FINEST_DAYS / length, longest / MOST_SERVICE_TIMES))


def placed(network: Network, risk: Risk) -> tuple[Placement, np.ndarray]:
    """The placement that costs least, and the safety stock of each node that follows."""
    placement = place(stages_of(network, risk))
    return placement, risk.stock(np.maximum(placement.time_in + risk.periods - placement.time_out, 0.0))


def _methods(
    risk: Risk, needed: np.ndarray, by_hand: np.ndarray, days: np.ndarray, placement: Placement | None
) -> np.ndarray:
    """N: how the safety stock came about."""
    asked = ~np.isnan(risk.service_level) | ~np.isnan(risk.fill_rate)
    by_level = replace(risk, fill_rate=np.full(len(needed), np.nan)).stock(risk.periods)
    enough = np.isnan(risk.fill_rate) | (~np.isnan(risk.service_level) & (by_level >= needed))
    by_service = np.where(enough, SERVICE, FILL) if placement is None else np.full(len(needed), GUARANTEED)
    return np.select([asked & (needed >= by_hand), by_hand > 0, days > 0], [by_service, BY_HAND, DAYS], NONE)


def _targets(network: Network, risk: Risk, method: np.ndarray, placement: Placement | None) -> pd.DataFrame:
    """The frame of TARGET_COLUMNS, row for row the nodes."""
    length = DAYS_PER_PERIOD[network.settings.bucket]
    blank = np.full(len(method), np.nan)
    time_in, time_out = (blank, blank) if placement is None else (placement.time_in, placement.time_out)
    covered = risk.periods if placement is None else np.maximum(time_in + risk.periods - time_out, 0.0)
    deviation, curvature = risk.over(covered)
    return pd.DataFrame({
        "method": method, "service_level": risk.service_level, "fill_rate": risk.fill_rate, "risk_periods": covered,
        "review_periods": np.minimum(risk.review, covered), "mean_demand": risk.spread.usual, "deviation": deviation,
        "curvature": curvature, "basis": [risk.spread.basis(node) for node in range(len(method))],
        "service_time_in": time_in * length, "service_time_out": time_out * length, "order_lot": risk.lot,
        "possible_saving": blank if placement is None else np.full(len(method), placement.gap),
    }, columns=list(TARGET_COLUMNS))


def _like(values: np.ndarray, shape: np.ndarray) -> np.ndarray:
    """Values of nodes, repeated over the columns of an array."""
    return np.broadcast_to(values[:, None] if shape.ndim == 2 else values, shape.shape)
