"""What initiatives change: one function an effect, under ``@effect``; tables in, tables with the effect out.

To add an effect, write a function here and its name into EFFECT_KINDS (:mod:`sopxl.steps.strategy.tables`).
Hours, demand and prices change period by period. What holds for a whole plan (costs, purchase prices, capacities of
suppliers and stores) changes by the mean over its periods; a lead time, where the effect holds in at least half of
them.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np
import pandas as pd

from sopxl.prices import positions_of, price_matrix
from sopxl.schema import Tables
from sopxl.settings import Settings
from sopxl.standard_cost import ELEMENTS, standard_cost
from sopxl.steps.demand.tables import DEMAND_CHANGES, PRICES, planning_markets
from sopxl.steps.strategy.dates import NEVER, label_at, open_in
from sopxl.steps.strategy.rows import with_rows
from sopxl.steps.supply.capacity import available_hours
from sopxl.steps.supply.tables import RESOURCE_CALENDAR

OBJECTS = ("resource", "item", "family", "market", "supplier", "location")
HALF = 0.5


@dataclass(frozen=True)
class Change:
    """One effect of an initiative that counts: its objects (empty: not named), by how much, and in which periods.

    ``amount`` is weighted by probability where the plan expects; ``is_percent``: it is a percentage. ``first`` and
    ``last`` are positions in the plan.
    """

    resource: str
    item: str
    family: str
    market: str
    supplier: str
    location: str
    amount: float
    is_percent: bool
    first: float
    last: float

    def of(self, values: np.ndarray) -> np.ndarray:
        """What is added to these values."""
        return values * self.amount / 100.0 if self.is_percent else np.full(values.shape, self.amount)

    def items(self, tables: Tables) -> list[str]:
        """The items concerned: the one named, those of the family, else all."""
        items = tables["items"].drop_duplicates("item")
        wanted = (items["item"] == self.item) if self.item else np.ones(len(items), bool)
        if self.family:
            wanted = wanted & (items["family"] == self.family)
        return [str(item) for item in items.loc[wanted, "item"]]


EffectFunction = Callable[[Change, Tables, Settings], Tables]


@dataclass(frozen=True)
class Effect:
    """An effect: its function, and the objects of which at least one must be named."""

    function: EffectFunction
    needs: tuple[str, ...]


EFFECTS: dict[str, Effect] = {}


def effect(*needs: str) -> Callable[[EffectFunction], EffectFunction]:
    """Enter an effect under its name in words; it needs one of these objects."""

    def enter(function: EffectFunction) -> EffectFunction:
        EFFECTS[function.__name__.replace("_", " ")] = Effect(function, needs)
        return function

    return enter


@effect("resource")
def capacity_hours(change: Change, tables: Tables, settings: Settings) -> Tables:
    """Regular hours of a resource in each period: hours, or percent of its regular hours."""
    rows = tables["resources"]["resource"].drop_duplicates().tolist()
    if change.resource not in rows:
        return tables
    usual = available_hours(tables, settings)[0][rows.index(change.resource)]
    more = change.of(usual) * open_in(change.first, change.last, settings)
    return _with_calendar(tables, change.resource, settings, downtime=-more)


@effect("resource")
def overtime_limit(change: Change, tables: Tables, settings: Settings) -> Tables:
    """Most overtime of a resource in each period: hours, or percent of the limit."""
    rows = tables["resources"]["resource"].drop_duplicates().tolist()
    if change.resource not in rows:
        return tables
    usual = available_hours(tables, settings)[1][rows.index(change.resource)]
    limit = np.maximum(usual + change.of(usual) * open_in(change.first, change.last, settings), 0.0)
    return _with_calendar(tables, change.resource, settings, overtime_limit=np.where(limit == usual, np.nan, limit))


@effect("resource")
def hourly_cost(change: Change, tables: Tables, settings: Settings) -> Tables:
    """Cost of an hour of a resource, of regular time and of overtime: money, or percent."""
    return _changed(tables, "resources", tables["resources"]["resource"] == change.resource,
                    ("hourly_cost", "overtime_cost"), change, settings)


@effect("item", "family", "market")
def demand(change: Change, tables: Tables, settings: Settings) -> Tables:
    """Demand in each period: units, shared out in proportion to the forecast, or percent of the forecast."""
    row = {
        "item": change.item, "family": change.family, "market": change.market, "amount": change.amount,
        "is_percent": change.is_percent, "first": change.first, "last": change.last,
    }
    known = tables.get(DEMAND_CHANGES.name, DEMAND_CHANGES.empty_frame())
    return {**tables, DEMAND_CHANGES.name: with_rows(DEMAND_CHANGES, known, [row])}


@effect("item", "family", "market")
def price(change: Change, tables: Tables, settings: Settings) -> Tables:
    """Net price in each period: money, or percent."""
    markets = sorted(set(planning_markets(tables["markets"], settings.market_level)))
    markets = [change.market] if change.market else markets
    pairs = pd.DataFrame([(item, market) for item in change.items(tables) for market in markets],
                         columns=["item", "market"], dtype="str")
    before = price_matrix(tables, settings, pairs)
    after = np.maximum(before + change.of(before) * open_in(change.first, change.last, settings), 0.0)
    differs = (after != before).any(axis=1)
    return {**tables, "prices": _relisted(tables["prices"], pairs[differs], after[differs], settings)}


def _relisted(listed: pd.DataFrame, pairs: pd.DataFrame, prices: np.ndarray, settings: Settings) -> pd.DataFrame:
    """The price list with these prices (pairs x T) in the plan's periods; earlier prices stay for the past."""
    theirs = pd.MultiIndex.from_frame(listed[["item", "market"]]).isin(pd.MultiIndex.from_frame(pairs))
    kept = listed[~theirs | (positions_of(listed["from_period"], settings) < 0)]
    starts = np.diff(prices, axis=1, prepend=np.nan) != 0
    pair, period = np.nonzero(starts)
    labels = np.array(settings.periods.labels, dtype=object)
    items, markets = pairs["item"].to_numpy()[pair], pairs["market"].to_numpy()[pair]
    rows = [
        {"item": item, "market": market, "from_period": start, "price": price}
        for item, market, start, price in zip(items, markets, labels[period], prices[pair, period], strict=True)
    ]
    return with_rows(PRICES, kept.reset_index(drop=True), rows)


@effect("item", "family")
def unit_cost(change: Change, tables: Tables, settings: Settings) -> Tables:
    """Standard cost of items: money, or percent; purchase prices of bought and production cost of made ones follow.

    The cost of a made item falls by no more than its production cost: hours and components have prices of their own.
    """
    items, costs = change.items(tables), tables["costs"]
    concerned = costs["item"].isin(items).to_numpy()
    made = costs["item"].isin({*tables["routings"]["item"], *tables["bills_of_material"]["parent"]}).to_numpy()
    standard = standard_cost(tables, costs["item"])
    own = costs["production_cost"].fillna(0.0).to_numpy(float)
    lowest = -np.where(made, np.minimum(own, standard), standard)
    more = np.maximum(change.of(standard) * _mean(change, settings), lowest) * concerned
    factor = np.where(standard > 0, 1.0 + more / np.where(standard > 0, standard, 1.0), 1.0)
    production = {"production_cost": np.where(concerned & made, own + more, costs["production_cost"])}
    after = costs.assign(**{name: costs[name] * factor for name in ELEMENTS}, **production)
    of_bought = pd.Series(np.where(made, 1.0, factor), index=costs["item"].to_numpy())
    of_bought = of_bought[~of_bought.index.duplicated()]
    bought = {
        name: tables[name].assign(price=tables[name]["price"] * tables[name]["item"].map(of_bought).fillna(1.0))
        for name in ("sourcing", "price_breaks")
    }
    return {**tables, **bought, "costs": after}


@effect("supplier", "item", "family")
def purchase_price(change: Change, tables: Tables, settings: Settings) -> Tables:
    """Purchase prices of a supplier, an item or a family: money in the supplier's currency, or percent."""
    for name in ("sourcing", "price_breaks"):
        tables = _changed(tables, name, _purchases(change, tables, name), ("price",), change, settings)
    return tables


@effect("supplier", "item", "family", "location")
def lead_time(change: Change, tables: Tables, settings: Settings) -> Tables:
    """Lead times: of a supplier's deliveries; of making or buying an item or family; of what moves to a location."""
    if _mean(change, settings) < HALF:
        return tables
    whole = replace(change, first=0.0, last=NEVER)
    if change.supplier or change.item or change.family:
        tables = _changed(tables, "sourcing", _purchases(change, tables, "sourcing"), ("lead_time",), whole, settings)
        if change.supplier:
            return tables
        mine = tables["items"]["item"].isin(change.items(tables))
        return _changed(tables, "items", mine, ("lead_time",), whole, settings)
    return _changed(tables, "lanes", tables["lanes"]["to_location"] == change.location, ("lead_time",), whole, settings)


@effect("supplier")
def supplier_capacity(change: Change, tables: Tables, settings: Settings) -> Tables:
    """What a supplier can deliver in a period, of all items or of the one named; no limit stays none."""
    if change.item or change.family or change.location:
        return _changed(tables, "sourcing", _purchases(change, tables, "sourcing"), ("capacity",), change, settings)
    mine = tables["suppliers"]["supplier"] == change.supplier
    return _changed(tables, "suppliers", mine, ("capacity",), change, settings)


@effect("location")
def storage_capacity(change: Change, tables: Tables, settings: Settings) -> Tables:
    """Places for stock at a location; no limit stays none."""
    mine = tables["locations"]["location"] == change.location
    return _changed(tables, "locations", mine, ("storage_capacity",), change, settings)


@effect("supplier", "location", "resource")
def opens(change: Change, tables: Tables, settings: Settings) -> Tables:
    """A supplier, location or resource that is there only while the initiative is: without it, it is closed."""
    start, end = label_at(change.first, settings), label_at(change.last, settings)
    if change.supplier:
        suppliers = tables["suppliers"]
        active = suppliers["active"] | (suppliers["supplier"] == change.supplier)
        tables = {**tables, "suppliers": suppliers.assign(active=active)}
        tables = _valid(tables, "sourcing", tables["sourcing"]["supplier"] == change.supplier, start, end)
    if change.location:
        for name in ("routings", "sourcing"):
            tables = _valid(tables, name, tables[name]["location"] == change.location, start, end)
    if change.resource in set(tables["resources"]["resource"]):
        shut = 1.0 - open_in(change.first, change.last, settings)
        tables = _closed_hours(tables, change.resource, shut, settings)
    return tables


def closed(change: Change, tables: Tables, settings: Settings) -> Tables:
    """The tables without what an initiative would open."""
    if change.supplier:
        suppliers = tables["suppliers"]
        active = suppliers["active"] & (suppliers["supplier"] != change.supplier)
        tables = {**tables, "suppliers": suppliers.assign(active=active)}
    if change.location:
        ends = {"routings": ["location"], "sourcing": ["location"], "lanes": ["from_location", "to_location"]}
        tables = {**tables, **{
            name: tables[name][~(tables[name][columns] == change.location).any(axis=1)].reset_index(drop=True)
            for name, columns in ends.items()
        }}
    if change.resource in set(tables["resources"]["resource"]):
        tables = _closed_hours(tables, change.resource, np.ones(settings.horizon), settings)
    return tables


def _mean(change: Change, settings: Settings) -> float:
    """Share of the plan's periods in which the change holds."""
    return float(open_in(change.first, change.last, settings).mean())


def _changed(
    tables: Tables, name: str, mask: pd.Series, columns: tuple[str, ...], change: Change, settings: Settings
) -> Tables:
    """The tables with some columns of one changed by the mean over the plan, never below 0; empty cells stay empty."""
    frame, share = tables[name], _mean(change, settings)
    after = {}
    for column in columns:
        values = frame[column].to_numpy(float)
        after[column] = np.where(mask, np.maximum(values + change.of(values) * share, 0.0), values)
    return {**tables, name: frame.assign(**after)}


def _purchases(change: Change, tables: Tables, name: str) -> pd.Series:
    """Which rows of sourcing or price breaks are concerned."""
    frame = tables[name]
    mask = frame["item"].isin(change.items(tables))
    if change.supplier:
        mask &= frame["supplier"] == change.supplier
    if change.location:
        mask &= (frame["location"] == change.location) | (frame["location"] == "")
    return mask


def _valid(tables: Tables, name: str, mask: pd.Series, start: str, end: str) -> Tables:
    """The tables with rows of one valid only between these periods, where they say nothing closer themselves."""
    frame = tables[name]
    return {**tables, name: frame.assign(
        valid_from=frame["valid_from"].where(~mask | (frame["valid_from"] > start), start),
        valid_until=frame["valid_until"].where(
            ~mask | (end == "") | ((frame["valid_until"] != "") & (frame["valid_until"] < end)), end),
    )}


def _closed_hours(tables: Tables, resource: str, shut: np.ndarray, settings: Settings) -> Tables:
    """The tables with a resource that has neither regular time, overtime nor extra shifts in some periods."""
    rows = tables["resources"]["resource"].drop_duplicates().tolist()
    usual, overtime = available_hours(tables, settings)
    place = rows.index(resource)
    tables = _with_calendar(tables, resource, settings, downtime=usual[place] * shut)
    given = np.where((shut > 0) & (overtime[place] > 0), 0.0, np.nan)
    tables = _with_calendar(tables, resource, settings, overtime_limit=given)
    if not shut.all():
        return tables
    resources = tables["resources"]
    extra = resources["most_extra_shifts"].where(resources["resource"] != resource, 0.0)
    return {**tables, "resources": resources.assign(most_extra_shifts=extra)}


def _with_calendar(tables: Tables, resource: str, settings: Settings, **columns: np.ndarray) -> Tables:
    """The tables with rows of the resource calendar: column -> T values, a row where one of them says something."""
    rows = [
        {"resource": resource, "period": label, **cells}
        for label, *values in zip(settings.periods.labels, *columns.values(), strict=True)
        for cells in [dict(zip(columns, values, strict=True))]
        if any(value == value and value != 0 for value in values) or ("overtime_limit" in cells and values[0] == 0)
    ]
    return {**tables, "resource_calendar": with_rows(RESOURCE_CALENDAR, tables["resource_calendar"], rows)}
