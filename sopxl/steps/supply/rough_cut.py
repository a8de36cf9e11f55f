"""Rough-cut capacity: the load of a master schedule on each resource by three textbook methods.

A method takes the schedule (items at locations x periods, when they are finished), its lots and the
:class:`LoadBill`, and gives hours (resources x periods). Add one by writing its function under
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
from sopxl.steps.supply.plan_view import PlanView, review
from sopxl.steps.supply.requirements import set_forward
from sopxl.steps.supply.tables import PRODUCTION_PLAN, ROUGH_CUT_PLAN

PLACE = ["item", "location"]


@dataclass(frozen=True)
class LoadBill:
    """What one unit and one lot of each scheduled item load, its components included.

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


def rough_cut(method: str, tables: Tables, settings: Settings, measure: str = "Planned") -> pd.DataFrame:
    """Hours by resource (rows) and period label, by the method, of the plan's master schedule.

    ``tables`` hold a production plan; ``measure`` says which production: 'Planned' or 'Required'. Periods before
    the first are there as far as the load reaches back. Raises KeyError for an unknown method, PlanError where the
    method lacks data.
    """
    schedule, lots = master_schedule(tables, settings, measure)
    bill = _load_bill(tables, settings, schedule)
    labels = settings.periods.labels
    hours = ROUGH_CUT_METHODS[method](schedule[labels].to_numpy(float), lots, bill)
    names = {-before: label for before, label in enumerate(reversed(settings.periods.before(_earliest(hours))), 1)}
    return hours.rename(columns=names | dict(enumerate(labels)))


@review(ROUGH_CUT_PLAN)
def rough_cut_plan(view: PlanView) -> pd.DataFrame:
    """The grid rough_cut_plan: hours of every method that has its data, of the planned production."""
    frames = []
    for method in ROUGH_CUT_METHODS:
        try:
            hours = rough_cut(method, view.tables, view.settings)
        except PlanError:
            continue
        objects = pd.DataFrame({"resource": hours.index.to_numpy(object), "method": method})
        values = hours.reindex(columns=view.settings.periods.labels).to_numpy(float)
        frames.append(grids.stack(ROUGH_CUT_PLAN, objects, {"Hours": values}, view.settings.periods.labels))
    return pd.concat(frames, ignore_index=True) if frames else ROUGH_CUT_PLAN.empty_frame()


def master_schedule(tables: Tables, settings: Settings, measure: str) -> tuple[pd.DataFrame, np.ndarray]:
    """What is made and goes into nothing else that is made, when it is finished, and its lots (items x periods).

    The frame has item, location and one column per period.
    """
    labels = settings.periods.labels
    units, lots = (
        grids.take(PRODUCTION_PLAN, tables["production_plan"], f"{measure} {kind}", labels).fillna(0.0)
        for kind in ("production", "lots")
    )
    bill = tables["bills_of_material"]
    made = set(units.index.get_level_values("item"))
    used = set(bill.loc[bill["parent"].isin(made) & (bill["quantity"] > 0), "component"])
    rows = np.flatnonzero(~units.index.get_level_values("item").isin(list(used)))
    places = units.index[rows].to_frame(index=False)
    days = tables["items"].drop_duplicates("item").set_index("item")["lead_time"].reindex(pd.Index(places["item"]))
    lead = settings.periods.offset(days.to_numpy(float))
    finished = pd.DataFrame(set_forward(units.to_numpy(float)[rows], lead), columns=labels)
    return pd.concat([places, finished], axis=1), set_forward(lots.to_numpy(float)[rows], lead)


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
    row = operations["row"].to_numpy(int)
    load = schedule[row] * operations["hours_per_unit"].to_numpy(float)[:, None]
    load += lots[row] * operations["setup_hours"].to_numpy(float)[:, None]
    back = int(ahead.max(initial=0))
    hours = np.zeros((len(bill.resources), back + schedule.shape[1]))
    period = np.arange(schedule.shape[1]) - ahead[:, None] + back
    np.add.at(hours, (operations["resource"].to_numpy(int)[:, None], period), load)
    columns = pd.RangeIndex(-back, schedule.shape[1])
    return pd.DataFrame(hours, index=bill.resources, columns=columns)


def _earliest(hours: pd.DataFrame) -> int:
    """How many periods before the first the load reaches back."""
    return max(-int(hours.columns.min()), 0) if len(hours.columns) else 0


def _load_bill(tables: Tables, settings: Settings, schedule: pd.DataFrame) -> LoadBill:
    """Operations of scheduled items and of all their components, at the item's location or else where they are made."""
    resources = tables["resources"].drop_duplicates("resource")
    names = pd.Index(resources["resource"].to_numpy(object))
    parts = _explode(tables, schedule)
    routings = tables["routings"].assign(resource=names.get_indexer(pd.Index(tables["routings"]["resource"])))
    first = routings.drop_duplicates("item").set_index("item")["location"]
    local = pd.MultiIndex.from_frame(parts[PLACE]).isin(pd.MultiIndex.from_frame(routings[PLACE]))
    parts["location"] = parts["location"].where(local, parts["item"].map(first))
    operations = parts.merge(routings[routings["resource"] >= 0], on=PLACE)
    return LoadBill(
        pd.DataFrame({
            "row": operations["row"], "resource": operations["resource"],
            "hours_per_unit": operations["quantity"] * operations["hours_per_unit"],
            "setup_hours": operations["setup_hours"],
            "ahead": settings.periods.offset((operations["days"] + operations["offset"]).to_numpy(float)),
        }),
        names, resources["overall_share"].to_numpy(float),
    )


def _explode(tables: Tables, schedule: pd.DataFrame) -> pd.DataFrame:
    """Scheduled items and their components: row, item, location, quantity in one item, days before it is finished."""
    bill = tables["bills_of_material"]
    bill = pd.DataFrame({
        "item": bill["parent"], "component": bill["component"], "each": bill["quantity"] / (1.0 - bill["scrap"]),
    })
    lead = tables["items"].drop_duplicates("item").set_index("item")["lead_time"]
    level = schedule[PLACE].assign(row=np.arange(len(schedule)), quantity=1.0, days=0.0)
    levels = [level]
    for _ in range(len(tables["items"])):
        level = level.merge(bill, on="item")
        if level.empty:
            break
        level = level.assign(
            days=level["days"] + level["item"].map(lead).fillna(0.0), quantity=level["quantity"] * level["each"],
            item=level["component"],
        )[["item", "location", "row", "quantity", "days"]]
        levels.append(level)
    return pd.concat(levels, ignore_index=True)
