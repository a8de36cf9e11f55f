"""Rough-cut capacity: the load of a master schedule on each resource by three textbook methods.

A method takes the schedule (units started of items that go into nothing else x periods, when they are finished), its
lots and the :class:`LoadBill`, and gives hours (resources x periods). Add one by writing its function under
``@rough_cut_method``. Source of all three: Vollmann, Berry, Whybark & Jacobs, *Manufacturing Planning and Control*,
chapter on capacity planning.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import pandas as pd

from sopxl import grids
from sopxl.schema import Finding, PlanError, Tables
from sopxl.settings import Settings
from sopxl.steps.supply.build_network import build_network
from sopxl.steps.supply.estimates import mean_quantity
from sopxl.steps.supply.netting import RANK, SourceList, list_sources
from sopxl.steps.supply.network import Network
from sopxl.steps.supply.plan_view import PlanView, review
from sopxl.steps.supply.requirements import set_forward
from sopxl.steps.supply.tables import PRODUCTION_PLAN, ROUGH_CUT_PLAN


@dataclass(frozen=True)
class LoadBill:
    """What one unit started and one lot of each scheduled item load, its components included.

    operations: row (of the schedule), resource (number), hours_per_unit, setup_hours, ahead (periods before the
    item is finished). share: of all hours, per resource (NaN where empty).
    """

    operations: pd.DataFrame
    resources: pd.Index
    share: np.ndarray


RoughCutMethod = Callable[[np.ndarray, np.ndarray, LoadBill], pd.DataFrame]
ROUGH_CUT_METHODS: dict[str, RoughCutMethod] = {}


def rough_cut_method(name: str) -> Callable[[RoughCutMethod], RoughCutMethod]:
    """Enter a method in the list under its name."""

    def enter(function: RoughCutMethod) -> RoughCutMethod:
        ROUGH_CUT_METHODS[name] = function
        return function

    return enter


def rough_cut(
    method: str, tables: Tables, settings: Settings, measure: str = "Planned", network: Network | None = None
) -> pd.DataFrame:
    """Hours by resource (rows) and period label, by the method, of the plan's master schedule.

    ``tables`` hold a production plan, whose ``network`` may be given; ``measure`` says which production: 'Planned' or
    'Required'. Periods before the first are there as far as the load reaches back. Raises KeyError for an unknown
    method, PlanError where the method lacks data.
    """
    network = build_network(tables, settings) if network is None else network
    return _labelled(ROUGH_CUT_METHODS[method](*_schedule_and_bill(tables, network, measure)), settings)


def _schedule_and_bill(tables: Tables, network: Network, measure: str) -> tuple[np.ndarray, np.ndarray, LoadBill]:
    """What every method looks at: units and lots of the master schedule, and what loads the resources."""
    scheduled, finished, lots = master_schedule(tables, network, measure)
    return finished, lots, _load_bill(tables, network, scheduled)


def _labelled(hours: pd.DataFrame, settings: Settings) -> pd.DataFrame:
    """Hours by resource with the labels of their periods."""
    names = {-before: label for before, label in enumerate(reversed(settings.periods.before(_earliest(hours))), 1)}
    return hours.rename(columns=names | dict(enumerate(settings.periods.labels)))


@review(ROUGH_CUT_PLAN)
def rough_cut_plan(view: PlanView) -> pd.DataFrame:
    """The grid rough_cut_plan: hours of every method that has its data, of the planned production."""
    labels, frames = view.settings.periods.labels, []
    looked_at = _schedule_and_bill(view.tables, view.network, "Planned")
    for method, load in ROUGH_CUT_METHODS.items():
        try:
            hours = _labelled(load(*looked_at), view.settings)
        except PlanError:
            continue
        frames.append(hours.reindex(columns=labels).assign(resource=hours.index.to_numpy(object), method=method))
    if not frames:
        return ROUGH_CUT_PLAN.empty_frame()
    every = pd.concat(frames, ignore_index=True).sort_values(["resource", "method"], kind="stable")
    objects = every[["resource", "method"]].reset_index(drop=True)
    return grids.stack(ROUGH_CUT_PLAN, objects, {"Hours": every[labels].to_numpy(float)}, labels)


def master_schedule(tables: Tables, network: Network, measure: str) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """What is made and goes into nothing else that is made: makes, units started and lots, when they are finished.

    The makes are rows of the network's; units and lots are makes x periods.
    """
    labels = network.settings.periods.labels
    makes = network.makes
    used = network.nodes["item"].to_numpy(object)[network.components["node"].to_numpy(int)]
    scheduled = np.flatnonzero(~makes["item"].isin(list(used)))
    keys = pd.MultiIndex.from_frame(makes.iloc[scheduled][list(PRODUCTION_PLAN.key)])
    lead = makes["lead"].to_numpy(int)[scheduled]
    units, lots = (
        set_forward(grids.take(PRODUCTION_PLAN, tables["production_plan"], f"{measure} {kind}", labels)
                    .reindex(keys).fillna(0.0).to_numpy(float), lead)
        for kind in ("production", "lots")
    )
    return scheduled, units, lots


@rough_cut_method("overall factors")
def overall_factors(schedule: np.ndarray, lots: np.ndarray, bill: LoadBill) -> pd.DataFrame:
    """All hours of the schedule, spread over the resources by their share of all hours (CPOF).

    Raises PlanError where no resource has an overall share.
    """
    if np.isnan(bill.share).all():
        raise PlanError([Finding(
            "error", "No resource has an overall share, which overall factors spread the hours by.",
            "Enter each resource's share of all hours.", table="resources", column="overall_share",
        )])
    total = capacity_bill(schedule, lots, bill).sum(axis=0)
    return pd.DataFrame(np.outer(np.nan_to_num(bill.share), total), index=bill.resources, columns=total.index)


@rough_cut_method("capacity bill")
def capacity_bill(schedule: np.ndarray, lots: np.ndarray, bill: LoadBill) -> pd.DataFrame:
    """Hours of each item and its components on each resource, in the period in which the item is finished."""
    return _add_up(schedule, lots, bill, np.zeros(len(bill.operations), int))


@rough_cut_method("resource profile")
def resource_profile(schedule: np.ndarray, lots: np.ndarray, bill: LoadBill) -> pd.DataFrame:
    """The capacity bill with every operation in the period in which it is done, ahead of the item by its offset.

    An operation stands ahead by its own offset and by the lead times of all that it goes into.
    """
    return _add_up(schedule, lots, bill, bill.operations["ahead"].to_numpy(int))


def _add_up(schedule: np.ndarray, lots: np.ndarray, bill: LoadBill, ahead: np.ndarray) -> pd.DataFrame:
    """Hours of all operations by resource and period; columns are numbers, those before the first below 0."""
    operations = bill.operations
    back = int(ahead.max(initial=0))
    hours = np.zeros((len(bill.resources), back + schedule.shape[1]))
    at = operations["resource"].to_numpy(int), operations["row"].to_numpy(int)
    for periods in np.unique(ahead):
        placed = hours[:, back - periods: back - periods + schedule.shape[1]]
        for amount, column in ((schedule, "hours_per_unit"), (lots, "setup_hours")):
            each = np.zeros((len(bill.resources), len(schedule)))
            np.add.at(each, at, np.where(ahead == periods, operations[column].to_numpy(float), 0.0))
            placed += np.einsum("rs,sp->rp", each, amount)
    return pd.DataFrame(hours, index=bill.resources, columns=pd.RangeIndex(-back, schedule.shape[1]))


def _earliest(hours: pd.DataFrame) -> int:
    """How many periods before the first the load reaches back."""
    return max(-int(hours.columns.min()), 0) if len(hours.columns) else 0


def _load_bill(tables: Tables, network: Network, scheduled: np.ndarray) -> LoadBill:
    """Operations of scheduled makes and of the usual makes of all their components."""
    resources = network.resources
    parts = _explode(tables, network, scheduled)
    operations = parts.merge(network.operations, on="make")
    return LoadBill(
        pd.DataFrame({
            "row": operations["row"], "resource": operations["resource"],
            "hours_per_unit": operations["quantity"] * operations["hours_per_unit"],
            "setup_hours": operations["setup_hours"],
            "ahead": network.settings.periods.offset(operations["days"].to_numpy(float)) + operations["offset"],
        }),
        pd.Index(resources["resource"].to_numpy(object)), resources["overall_share"].to_numpy(float),
    )


def _explode(tables: Tables, network: Network, scheduled: np.ndarray) -> pd.DataFrame:
    """Scheduled makes and those of their components: row, make, quantity (started for one of the schedule), days.

    Days are those before the scheduled item is finished. Components that only some periods use count by their share
    of the periods.
    """
    maker = _makers(network)[network.components["node"].to_numpy(int)]
    bill = network.components.assign(maker=maker, quantity=mean_quantity(network))
    bill = bill[bill["maker"] >= 0].drop(columns="node")
    bill["quantity"] /= network.makes["yield_rate"].to_numpy(float)[bill["maker"].to_numpy(int)]
    days = tables["items"].drop_duplicates("item").set_index("item")["lead_time"]
    lead = days.reindex(pd.Index(network.makes["item"])).fillna(0.0).to_numpy(float)
    bill["lead"] = lead[bill["make"].to_numpy(int)]
    level = pd.DataFrame({"row": np.arange(len(scheduled)), "make": scheduled, "quantity": 1.0, "days": 0.0})
    levels = [level]
    while len(level := level.merge(bill, on="make", suffixes=("", "_each"))):
        level = pd.DataFrame({
            "row": level["row"], "make": level["maker"], "quantity": level["quantity"] * level["quantity_each"],
            "days": level["days"] + level["lead"],
        })
        levels.append(level)
    return pd.concat(levels, ignore_index=True)


def _makers(network: Network) -> np.ndarray:
    """The make that usually brings each node its stock, here or at a location that sends it; -1 where none does."""
    sources = list_sources(network)
    maker = sources.usual("make", len(network.nodes))
    sender = _senders(network, sources)
    for _ in range(len(network.nodes)):
        found = np.where((maker < 0) & (sender >= 0), maker[sender], maker)
        if np.array_equal(found, maker):
            break
        maker = found
    return np.asarray(maker)


def _senders(network: Network, sources: SourceList) -> np.ndarray:
    """The node that usually sends each node its stock, -1 where its usual source is no move."""
    usual = np.flatnonzero((sources.order == 0) & (sources.rank == RANK["move"]))
    sender = np.full(len(network.nodes), -1)
    sender[sources.node[usual]] = network.moves["from_node"].to_numpy(int)[sources.position[usual]]
    return sender
