"""Plans from frePPLe: its tables (one CSV each, or one workbook of them) become the tables of a plan workbook.

frePPLe plans in continuous time, sopxl in periods: durations become hours, moments become the period that they fall
into. Foreign keys carry names, durations are in days (columns ``…_days``). To read another table, write a function of
:class:`Source` and give it a line in :func:`read_frepple`; what its files look like stands in
:mod:`sopxl.frepple_files`.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from sopxl.frepple_files import check_bucket, read_frames
from sopxl.periods import labels_of_dates
from sopxl.schema import Tables
from sopxl.settings import Settings, settings_frame

SYMBOLS = {"$": "USD", "€": "EUR", "£": "GBP", "¥": "JPY"}
TEXTS = ("name", "description", "category", "subcategory", "owner", "available", "item", "location", "customer",
         "supplier", "origin", "destination", "operation", "resource", "skill", "calendar", "maximum_calendar", "type",
         "status", "reference", "value")
HOURS = 24.0
HORIZONS = {"week": 26, "month": 12, "quarter": 8}
WEEKDAYS = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")


@dataclass(frozen=True)
class Source:
    """frePPLe's tables by name, and how the plan is cut into periods."""

    frames: dict[str, pd.DataFrame]
    bucket: str
    horizon: int
    company: str

    def table(self, name: str, *columns: str) -> pd.DataFrame:
        """One of its tables with at least these columns (empty where it does not have them)."""
        frame = self.frames.get(name, pd.DataFrame())
        frame = frame.reindex(columns=list(dict.fromkeys([*frame.columns, *columns])))
        return frame.astype({column: "object" for column in frame.columns if column in TEXTS})

    @cached_property
    def today(self) -> pd.Timestamp:
        """The plan's current date: its parameter, else the day after the last closed demand."""
        known = self.table("parameter", "name", "value").set_index("name")["value"]
        stated = pd.to_datetime(known.get("currentdate", ""), errors="coerce")
        if pd.notna(stated):
            return pd.Timestamp(stated)
        return pd.Timestamp(pd.to_datetime(self.table("demand", "due")["due"]).max()) + pd.Timedelta(days=1)

    @cached_property
    def settings(self) -> Settings:
        """Settings of the plan: markets as they are, minimums and multiples kept to the unit."""
        symbol = self.table("parameter", "name", "value").set_index("name")["value"].get("currency", "USD")
        currency = str(symbol).strip(" ,")
        return Settings(
            company=self.company, bucket=self.bucket, first_period=self.label(pd.Series([self.today]))[0],
            horizon=self.horizon, currency=SYMBOLS.get(currency, currency), market_level="market", whole_lots=True,
            time_limit=20.0,
        )

    def label(self, dates: pd.Series) -> np.ndarray:
        """Labels of the periods in which dates fall."""
        return labels_of_dates(pd.to_datetime(dates), self.bucket).to_numpy(object)

    @cached_property
    def items(self) -> pd.DataFrame:
        """Items that are not groups of others."""
        return _leaves(self.table("item", "name", "description", "category", "subcategory", "cost", "owner", "volume"))

    @cached_property
    def locations(self) -> pd.DataFrame:
        """Locations that are not groups of others."""
        return _leaves(self.table("location", "name", "description", "available", "owner"))

    @cached_property
    def steps(self) -> pd.DataFrame:
        """Operations that do the work, with the item made: those of a routing carry the routing's item."""
        operations = self.table("operation", "name", "type", "priority", "item", "location", "duration_days",
                                "duration_per_days", "owner", "sizeminimum", "sizemultiple")
        owners = operations.set_index("name")[["item", "sizeminimum", "sizemultiple"]]
        steps = operations[operations["type"] != "routing"].copy()
        owned = steps["owner"].fillna("") != ""
        for column in owners.columns:
            inherited = steps["owner"].map(owners[column])
            steps[column] = steps[column].where(~owned, inherited)
        return steps[steps["item"].fillna("") != ""].reset_index(drop=True)

    @cached_property
    def demand(self) -> pd.DataFrame:
        """Demands with their market: the customer, and the location where he buys at several."""
        demand = self.table("demand", "name", "due", "status", "quantity", "priority", "customer", "item", "location")
        places = demand.groupby("customer")["location"].nunique()
        several = demand["customer"].map(places) > 1
        market = demand["customer"].where(~several, demand["customer"] + ", " + demand["location"])
        rank = demand["priority"].fillna(1.0).rank(method="dense")
        return demand.assign(market=market, rank=rank, period=self.label(demand["due"]))


def read_frepple(path: Path, bucket: str = "", horizon: int = 0) -> Tables:
    """The tables of a plan from frePPLe's: a folder of CSV files, or a workbook with a sheet for each table.

    Closed demands become sales history, open ones customers' orders. Working time is where location and resource are
    both available. What a resource pool can do is what its members can; work that needs a skill also loads the
    members who have it. ``bucket`` empty: weeks where sales are weekly, else months; ``horizon`` 0: a year of months,
    half a year of weeks. Raises PlanError where files cannot be read, or where a table or column that
    no plan can do without is not there.
    """
    check_bucket(bucket)
    frames = read_frames(path)
    bucket = bucket or _usual_bucket(frames["demand"])
    company = path.resolve().stem.replace("_", " ").strip().capitalize()
    source = Source(frames, bucket, horizon or HORIZONS[bucket], company)
    return {
        "settings": settings_frame(source.settings), "items": _items(source), "costs": _costs(source),
        "prices": _prices(source), "locations": _locations(source), "markets": _markets(source),
        "sales_history": _sales_history(source), "open_orders": _open_orders(source),
        "stock_on_hand": _stock(source), "stock_policies": _policies(source), "calendars": _calendars(source),
        "resources": _resources(source), "resource_calendar": _resource_calendar(source),
        "routings": _routings(source), "bills_of_material": _bills(source), "suppliers": _suppliers(source),
        "sourcing": _sourcing(source), "lanes": _lanes(source),
    }


def _usual_bucket(demand: pd.DataFrame) -> str:
    """Weeks where sales are spread over most weeks, else months."""
    weeks = pd.to_datetime(demand["due"]).dt.to_period("W")
    span = (weeks.max() - weeks.min()).n + 1 if len(weeks) else 1
    return "week" if weeks.nunique() > span / 2 else "month"


def _leaves(frame: pd.DataFrame) -> pd.DataFrame:
    """The records of a hierarchy that own no others."""
    return pd.DataFrame(frame[~frame["name"].isin(frame["owner"].dropna())]).reset_index(drop=True)


def _items(source: Source) -> pd.DataFrame:
    """Items; those nobody ever bought are components. Steps of a fixed time make the lead time."""
    items = source.items
    fixed = source.steps.groupby("item")["duration_days"].sum()
    sold = items["name"].isin(source.demand["item"])
    return pd.DataFrame({
        "item": items["name"], "name": items["description"].fillna(items["name"]),
        "category": items["category"].fillna(""), "family": items["category"].fillna("(no family)"),
        "status": np.where(sold, "active", "component"), "lead_time": items["name"].map(fixed).fillna(0.0),
        "storage_units": items["volume"].fillna(1.0),
    })


def _costs(source: Source) -> pd.DataFrame:
    """Standard cost: the item's, as material."""
    return pd.DataFrame({"item": source.items["name"], "material_cost": source.items["cost"].fillna(0.0)})


def _prices(source: Source) -> pd.DataFrame:
    """Price of what is sold: frePPLe values demand at the item's cost."""
    sold = source.items[source.items["name"].isin(source.demand["item"]) & source.items["cost"].notna()]
    return pd.DataFrame({"item": sold["name"], "price": sold["cost"]})


def _locations(source: Source) -> pd.DataFrame:
    """Locations; those with operations are plants."""
    locations = source.locations
    plants = locations["name"].isin(source.steps["location"])
    return pd.DataFrame({
        "location": locations["name"], "name": locations["description"].fillna(locations["name"]),
        "kind": np.where(plants, "plant", "warehouse"), "calendar": locations["available"].fillna(""),
    })


def _markets(source: Source) -> pd.DataFrame:
    """Markets: customers, by the location that serves them."""
    markets = source.demand.groupby("market", as_index=False).agg(
        ship_from=("location", "first"), priority=("rank", "min"), market_group=("customer", "first"))
    return markets.assign(territory=markets["market"])


def _sales_history(source: Source) -> pd.DataFrame:
    """Closed demands before the plan, added up by period, item and market, valued at the item's cost."""
    closed = source.demand[(source.demand["status"] == "closed")
                           & (pd.to_datetime(source.demand["due"]) < source.today)]
    sales = closed.groupby(["period", "item", "market"], as_index=False)["quantity"].sum()
    value = source.items.set_index("name")["cost"].reindex(sales["item"]).fillna(0.0).to_numpy()
    return pd.DataFrame(sales).assign(revenue=sales["quantity"] * value)


def _open_orders(source: Source) -> pd.DataFrame:
    """Open demands, and the confirmed orders that bring stock."""
    open_ones = source.demand[source.demand["status"].isin(["open", "quote"])]
    sales = pd.DataFrame({
        "order": open_ones["name"], "kind": "sale", "item": open_ones["item"], "market": open_ones["market"],
        "due_period": open_ones["period"], "due_date": pd.to_datetime(open_ones["due"]),
        "quantity": open_ones["quantity"], "priority": open_ones["rank"],
    })
    plans = source.table("operationplan", "status", "type", "reference", "quantity", "enddate", "item", "location",
                         "supplier", "destination", "origin")
    plans = plans[plans["status"].isin(["confirmed", "approved"]) & plans["type"].isin(["PO", "DO", "MO"])]
    moved = plans["type"] == "DO"
    supply = pd.DataFrame({
        "order": plans["reference"], "kind": plans["type"].map(
            {"PO": "purchase", "DO": "transfer", "MO": "production"}),
        "item": plans["item"], "location": plans["location"].where(~moved, plans["destination"]),
        "supplier": plans["supplier"].where(~moved, plans["origin"]).fillna(""),
        "due_period": source.label(plans["enddate"]), "due_date": pd.to_datetime(plans["enddate"]),
        "quantity": plans["quantity"],
    })
    return pd.concat([sales, supply], ignore_index=True)


def _stock(source: Source) -> pd.DataFrame:
    """Stock on hand."""
    buffers = source.table("buffer", "item", "location", "onhand")
    buffers = buffers[buffers["onhand"] > 0]
    return pd.DataFrame({"item": buffers["item"], "location": buffers["location"], "quantity": buffers["onhand"]})


def _policies(source: Source) -> pd.DataFrame:
    """Safety stock of buffers; smallest lots and multiples of operations and of lanes for one item."""
    buffers = source.table("buffer", "item", "location", "minimum")
    lanes = source.table("itemdistribution", "item", "location", "sizeminimum", "sizemultiple")
    sized = pd.concat([source.steps, lanes], ignore_index=True)
    sized = sized[sized["item"].isin(source.items["name"])]
    key = ["item", "location"]
    lots = sized.groupby(key)[["sizeminimum", "sizemultiple"]].max()
    safety = buffers.groupby(key)["minimum"].max().rename("safety_stock")
    policies = lots.join(safety, how="outer").reset_index()
    plain = (policies[["sizeminimum", "sizemultiple"]].fillna(1.0) <= 1.0).all(axis=1)
    policies = policies[~plain | (policies["safety_stock"] > 0)]
    return pd.DataFrame({
        **{name: policies[name] for name in key}, "safety_stock": policies["safety_stock"].fillna(0.0),
        "minimum_lot": policies["sizeminimum"].where(policies["sizeminimum"] > 1).fillna(0.0),
        "lot_multiple": policies["sizemultiple"].where(policies["sizemultiple"] > 1),
    })


def _buckets(source: Source) -> pd.DataFrame:
    """The buckets of calendars, the strongest last (frePPLe: the lowest priority number wins)."""
    buckets = source.table("calendarbucket", "startdate", "enddate", "value", "priority", "calendar", *WEEKDAYS)
    buckets = buckets.assign(startdate=pd.to_datetime(buckets["startdate"]), enddate=pd.to_datetime(buckets["enddate"]))
    return buckets.sort_values("priority", ascending=False, kind="stable")


def _values(source: Source, calendar: str, days: pd.DatetimeIndex) -> np.ndarray:
    """The value of a calendar on each day."""
    known = source.table("calendar", "name", "defaultvalue").set_index("name")["defaultvalue"]
    values = np.full(len(days), float(known.get(calendar, 0.0)))
    buckets = _buckets(source)
    for _, bucket in buckets[buckets["calendar"] == calendar].iterrows():
        held = (days >= bucket["startdate"]) & (days < bucket["enddate"])
        on = np.array([bool(bucket[name]) for name in WEEKDAYS])
        values[held & on[days.day_of_week]] = bucket["value"]
    return values


def _days(source: Source) -> pd.DatetimeIndex:
    """Every day of the plan."""
    periods = source.settings.periods.index
    return pd.date_range(periods[0].start_time, periods[-1].end_time, freq="D")


def _calendars(source: Source) -> pd.DataFrame:
    """Working days of locations, a full day each; days that differ from their weekday have a row of their own."""
    rows: list[dict[str, Any]] = []
    days = _days(source)
    for name in source.locations["available"].dropna().unique():
        works, weekday = _values(source, name, days) > 0, np.asarray(days.day_of_week)
        usual = np.array([works[weekday == day].mean() > 0.5 if (weekday == day).any() else False for day in range(7)])
        rows.append({"calendar": name, "shift": "day", "start": 0.0,
                     **dict(zip(WEEKDAYS, usual * HOURS, strict=True))})
        for day, open_then in zip(days, works, strict=True):
            if open_then != usual[day.day_of_week]:
                hours = dict.fromkeys(WEEKDAYS, float(open_then) * HOURS)
                rows.append({"calendar": name, "shift": "day", "start": 0.0, "from_date": day, "until_date": day,
                             **hours})
    return pd.DataFrame(rows)


def _machines(source: Source) -> pd.DataFrame:
    """Resources that work themselves: how many there are on each day (rows: resource, columns: days)."""
    resources = source.table("resource", "name", "maximum", "maximum_calendar", "location", "owner")
    days = _days(source)
    counts = {
        row["name"]: _values(source, row["maximum_calendar"], days) if isinstance(row["maximum_calendar"], str)
        else np.full(len(days), float(row["maximum"]) if pd.notna(row["maximum"]) else 1.0)
        for _, row in resources.iterrows()
    }
    for pool in resources["owner"].dropna().unique():
        members = resources.loc[resources["owner"] == pool, "name"]
        counts[pool] = np.sum([counts[name] for name in members], axis=0)
    for (pool, skill), members in _skilled(source).items():
        counts[_skill_name(pool, skill)] = np.sum([counts[name] for name in members], axis=0)
    return pd.DataFrame(counts, index=days).T


def _skilled(source: Source) -> dict[tuple[str, str], list[str]]:
    """The members of each pool who have a skill that some operation asks for."""
    needed = source.table("operationresource", "resource", "skill").dropna(subset=["skill"])
    owner = source.table("resource", "name", "owner").set_index("name")["owner"]
    has = source.table("resourceskill", "resource", "skill")
    pairs = needed[["resource", "skill"]].drop_duplicates().itertuples(index=False)
    return {
        (str(pool), str(skill)): [name for name in has.loc[has["skill"] == skill, "resource"]
                                  if owner.get(name) == pool or name == pool]
        for pool, skill in pairs
    }


def _skill_name(pool: str, skill: str) -> str:
    """The resource that stands for the members of a pool with a skill."""
    return f"{pool}: {skill}"


def _used_resources(source: Source) -> pd.DataFrame:
    """The resources that operations load: resource, location."""
    loads = _loads(source)
    return loads[["resource", "location"]].drop_duplicates("resource", ignore_index=True)


def _resources(source: Source) -> pd.DataFrame:
    """Resources with as many machines as they usually have, working when their location does."""
    used, machines = _used_resources(source), _machines(source)
    calendar = source.locations.set_index("name")["available"].fillna("")
    usual = machines.median(axis=1) if machines.size else pd.Series(dtype=float)
    open_always = used["location"].map(calendar) == ""
    return used.assign(
        calendar=used["location"].map(calendar), machines=used["resource"].map(usual).fillna(1.0),
        hours_per_day=np.where(open_always, HOURS * used["resource"].map(usual).fillna(1.0), np.nan),
    )


def _resource_calendar(source: Source) -> pd.DataFrame:
    """Hours that resources lack on days when they have fewer machines than usual, or that are over, by period."""
    machines, resources, days = _machines(source), _resources(source), _days(source)
    calendar = source.locations.set_index("name")["available"].fillna("")
    rows = []
    for name, location, usual in zip(resources["resource"], resources["location"], resources["machines"], strict=True):
        opening = calendar.get(location, "")
        works = _values(source, opening, days) > 0 if opening else np.ones(len(days), bool)
        there = np.where(days >= source.today.normalize(), machines.loc[name].to_numpy(float), 0.0)
        missing = pd.Series((usual - there) * works * HOURS, index=source.label(pd.Series(days)))
        by_period = missing.groupby(level=0).sum()
        rows += [{"resource": name, "period": period, "downtime": hours}
                 for period, hours in by_period.items() if hours > 0]
    return pd.DataFrame(rows, columns=["resource", "period", "downtime"])


def _loads(source: Source) -> pd.DataFrame:
    """Operation by resource: item, location, operation, resource, use and hours for one unit.

    Work that needs a skill loads the pool and those of its members who have the skill.
    """
    needs = source.table("operationresource", "operation", "resource", "quantity", "skill")
    skilled = needs.dropna(subset=["skill"])
    named = [_skill_name(pool, skill) for pool, skill in zip(skilled["resource"], skilled["skill"], strict=True)]
    needs = pd.concat([needs, skilled.assign(resource=named)], ignore_index=True)
    loads = source.steps.rename(columns={"name": "operation"}).drop(columns="priority").merge(needs, on="operation")
    order = source.steps.set_index("name")["priority"].fillna(1.0)
    loads = loads.assign(
        hours_per_unit=loads["duration_per_days"].fillna(0.0) * HOURS * loads["quantity"].fillna(1.0),
        position=loads["operation"].map(order),
    )
    first = ~loads.duplicated("operation")
    return loads.assign(use=np.where(first, "primary", "secondary"))


def _routings(source: Source) -> pd.DataFrame:
    """Routings: the operations of each item."""
    loads = _loads(source)
    return loads[["item", "location", "operation", "resource", "use", "hours_per_unit"]]


def _bills(source: Source) -> pd.DataFrame:
    """Bills of material: what the operations of an item take for one unit that they give."""
    flows = source.table("operationmaterial", "operation", "item", "quantity").rename(columns={"item": "component"})
    flows = source.steps[["name", "item", "location"]].merge(flows, left_on="name", right_on="operation")
    given = flows[flows["quantity"] > 0].groupby("item")["quantity"].max()
    taken = flows[flows["quantity"] < 0]
    bills = taken.groupby(["item", "component"], as_index=False)["quantity"].sum()
    per_unit = -bills["quantity"] / bills["item"].map(given).fillna(1.0)
    return pd.DataFrame({"parent": bills["item"], "component": bills["component"], "quantity": per_unit})


def _suppliers(source: Source) -> pd.DataFrame:
    """Suppliers."""
    return pd.DataFrame({"supplier": source.table("supplier", "name")["name"]})


def _sourcing(source: Source) -> pd.DataFrame:
    """Who delivers what, at his cost or else the item's."""
    offers = source.table("itemsupplier", "item", "location", "supplier", "leadtime_days", "sizeminimum",
                          "sizemultiple", "priority", "cost")
    value = source.items.set_index("name")["cost"].reindex(offers["item"]).fillna(0.0).to_numpy()
    multiple = offers["sizemultiple"].where(offers["sizemultiple"] > 1)
    return pd.DataFrame({
        "item": offers["item"], "location": offers["location"], "supplier": offers["supplier"],
        "price": offers["cost"].where(offers["cost"].notna(), value), "lead_time": offers["leadtime_days"].fillna(0.0),
        "minimum_order": offers["sizeminimum"].where(offers["sizeminimum"] > 1).fillna(0.0),
        "order_multiple": multiple, "priority": offers["priority"].fillna(1.0),
    })


def _lanes(source: Source) -> pd.DataFrame:
    """Lanes; one for a group of items is one for all."""
    lanes = source.table("itemdistribution", "item", "location", "origin", "leadtime_days", "priority")
    item = lanes["item"].where(lanes["item"].isin(source.items["name"]), "")
    return pd.DataFrame({
        "from_location": lanes["origin"], "to_location": lanes["location"], "item": item,
        "lead_time": lanes["leadtime_days"].fillna(0.0), "priority": lanes["priority"].fillna(1.0),
    })
