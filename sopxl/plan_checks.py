"""Checks that join tables: can the plan be made at all? One function each, under ``@check``.

Add a check by writing a generator of findings under the decorator; it sees conformed tables, that is,
every cell is of its kind already. What is entered for the demand step is checked in :mod:`sopxl.demand_checks`, the
terms of the supply network in :mod:`sopxl.supply_checks`, what finance enters in :mod:`sopxl.finance_checks`, projects
and initiatives in :mod:`sopxl.strategy_checks`.
"""

from __future__ import annotations

from collections.abc import Iterator

import pandas as pd

from sopxl import demand_checks, finance_checks, strategy_checks, supply_checks
from sopxl.check_register import CHECKS, ROW_CHECKS, check, findings_of
from sopxl.periods import label, parse
from sopxl.schema import Finding, Tables, counted
from sopxl.settings import Settings
from sopxl.standard_cost import standard_cost
from sopxl.steps.demand.tables import LONGEST_HISTORY, planning_markets

__all__ = ["CHECKS", "check_plan", "check_rows", "demand_checks", "finance_checks", "strategy_checks", "supply_checks"]


def check_plan(tables: Tables, settings: Settings) -> list[Finding]:
    """What every check finds in tables whose cells are sound."""
    return findings_of(CHECKS.values(), tables, settings)


def check_rows(tables: Tables, settings: Settings) -> list[Finding]:
    """What can be found in tables that have faulty cells too."""
    return findings_of(ROW_CHECKS.values(), tables, settings)


@check
def bill_of_material_contains_itself(tables: Tables, settings: Settings) -> Iterator[Finding]:
    """An item that goes, over some levels, into itself."""
    bill = tables["bills_of_material"]
    rows = bill[["parent", "component"]].copy()
    while True:
        keep = rows["component"].isin(rows["parent"]) & rows["parent"].isin(rows["component"])
        if keep.all():
            break
        rows = rows[keep]
    for row, parent, component in zip(rows.index, rows["parent"], rows["component"], strict=True):
        if _reaches(rows, component, parent):
            yield Finding("error", f"{parent} contains itself by way of {component}.",
                          "Take the component out of the bill of material that closes the circle.",
                          table="bills_of_material", column="component", row=int(row))


def _reaches(rows: pd.DataFrame, start: str, goal: str) -> bool:
    """Whether the goal is among what the start is made of."""
    seen, frontier = {start}, {start}
    while frontier:
        if goal in frontier:
            return True
        frontier = set(rows.loc[rows["parent"].isin(frontier), "component"]) - seen
        seen |= frontier
    return False


@check
def sold_item_cannot_be_had(tables: Tables, settings: Settings) -> Iterator[Finding]:
    """An item that is sold but can be neither made nor bought anywhere."""
    items = tables["items"]
    active = items[items["status"] == "active"]
    sold = set(tables["sales_history"]["item"]) | set(tables["prices"]["item"]) | set(tables["open_orders"]["item"])
    had = _had(tables)
    faulty = active[active["item"].isin(sold) & ~active["item"].isin(had)]
    for row, item, name in zip(faulty.index, faulty["item"], faulty["name"], strict=True):
        yield Finding("error", f"{item} ({name}) is sold but can be neither made nor bought.",
                      "Give it a bill of material or routing, or a supplier in sourcing; or set its status to ended.",
                      table="items", column="item", row=int(row))


@check
def component_cannot_be_had(tables: Tables, settings: Settings) -> Iterator[Finding]:
    """A component that can be neither made nor bought and has no stock."""
    bill = tables["bills_of_material"]
    had = _had(tables) | set(tables["stock_on_hand"]["item"])
    faulty = bill[~bill["component"].isin(had)].drop_duplicates("component")
    for row, component, parent in zip(faulty.index, faulty["component"], faulty["parent"], strict=True):
        yield Finding("error", f"{component}, which goes into {parent}, can be neither made nor bought.",
                      "Give it a supplier in sourcing, or a bill of material or routing.",
                      table="bills_of_material", column="component", row=int(row))


def _had(tables: Tables) -> set[str]:
    """Items that are made, come out of making others, or are delivered by an active supplier."""
    suppliers, sourcing = tables["suppliers"], tables["sourcing"]
    active = set(suppliers.loc[suppliers["active"], "supplier"])
    made = set(tables["bills_of_material"]["parent"]) | set(tables["routings"]["item"])
    return made | set(tables["co_products"]["co_product"]) | set(
        sourcing.loc[sourcing["supplier"].isin(active), "item"])


@check
def currency_without_rate(tables: Tables, settings: Settings) -> Iterator[Finding]:
    """A foreign currency that is used and has no exchange rate."""
    rated = {settings.currency, "", *tables["exchange_rates"]["currency"]}
    for name in ("prices", "suppliers"):
        frame = tables[name]
        for row, currency in zip(frame.index, frame["currency"], strict=True):
            if currency not in rated:
                yield Finding("error", f"There is no exchange rate for {currency}.",
                              f"Add {currency} to exchange rates, or correct the currency.",
                              table=name, column="currency", row=int(row))


@check
def planning_market_ships_from_two_places(tables: Tables, settings: Settings) -> Iterator[Finding]:
    """Markets that are planned together but served from different locations."""
    markets = tables["markets"]
    group = planning_markets(markets, settings.market_level).to_numpy()
    first = markets.groupby(group)["ship_from"].transform("first") if len(markets) else markets["ship_from"]
    for row in markets.index[(markets["ship_from"] != first).to_numpy()]:
        market = markets.loc[row]
        yield Finding("error", f"{market['market']} ships from {market['ship_from']}, the rest of "
                      f"{group[row]} from {first[row]}.", "Serve a market group and channel from one location, give "
                      "the market a group of its own, or plan by market.",
                      table="markets", column="ship_from", row=int(row))


@check
def lane_to_itself(tables: Tables, settings: Settings) -> Iterator[Finding]:
    """A lane that ends where it starts."""
    lanes = tables["lanes"]
    for row in lanes.index[lanes["from_location"] == lanes["to_location"]]:
        yield Finding("error", f"The lane from {lanes.loc[row, 'from_location']!s} ends where it starts.",
                      "Correct one of its ends.", table="lanes", column="to_location", row=int(row))


@check
def resource_without_hours(tables: Tables, settings: Settings) -> Iterator[Finding]:
    """A resource that routings use and that has neither hours nor workers."""
    resources = tables["resources"]
    idle = resources["hours_per_day"].isna() & (resources["calendar"] == "")
    idle &= resources["workers"].isna() | resources["worker_hours"].isna()
    calendar = tables["resource_calendar"]
    given = set(calendar.loc[calendar["available_hours"].notna(), "resource"])
    used = set(tables["routings"]["resource"])
    for row in resources.index[idle & resources["resource"].isin(used) & ~resources["resource"].isin(given)]:
        yield Finding("error", f"{resources.loc[row, 'resource']!s} has neither hours per day nor workers.",
                      "Enter hours per day, a calendar, workers and their hours, or hours in the resource calendar.",
                      table="resources", column="hours_per_day", row=int(row))


@check
def order_without_place(tables: Tables, settings: Settings) -> Iterator[Finding]:
    """A sales order without a market, or another order without a location."""
    orders = tables["open_orders"]
    for row in orders.index[(orders["kind"] == "sale") & (orders["market"] == "")]:
        yield Finding("error", f"Sales order {orders.loc[row, 'order']!s} has no market.", "Enter the market.",
                      table="open_orders", column="market", row=int(row))
    for row in orders.index[(orders["kind"] != "sale") & (orders["location"] == "")]:
        yield Finding("error", f"Order {orders.loc[row, 'order']!s} has no location.",
                      "Enter the location where the stock will come.",
                      table="open_orders", column="location", row=int(row))


@check
def history_has_holes(tables: Tables, settings: Settings) -> Iterator[Finding]:
    """Periods of the history in which nothing at all was recorded, and a history that ends early."""
    labels = sorted(set(tables["sales_history"]["period"]) - {""})
    if not labels:
        return
    known = {parse(label, settings.bucket) for label in labels}
    first = settings.periods.index[0]
    oldest = max(min(known), first - LONGEST_HISTORY * settings.periods.season_length)
    missing = [period for period in pd.period_range(oldest, first - 1) if period not in known]
    if missing:
        names = ", ".join(label(period, settings.bucket) for period in missing[:6]) + (" …" if len(missing) > 6 else "")
        yield Finding("warning", f"Sales history has no record at all in {counted(len(missing), 'period')} before the "
                      f"plan starts: {names}.", "Add the sales, or set 'Missing history' to gap if they are not known.",
                      table="sales_history", column="period")


@check
def history_in_the_plan(tables: Tables, settings: Settings) -> Iterator[Finding]:
    """Sales that are dated in the periods of the plan."""
    history = tables["sales_history"]
    labels = {label for label in history["period"].unique() if label}
    late = [label for label in labels if parse(label, settings.bucket) >= settings.periods.index[0]]
    if late:
        rows = history.index[history["period"].isin(late)]
        yield Finding("warning", f"{len(rows)} sales are dated {min(late)} or later, when the plan has started; they "
                      "are not used.", "Move 'First period' on when a period is complete.",
                      table="sales_history", column="period", row=int(rows[0]))


@check
def codes_that_sums_cannot_tell_apart(tables: Tables, settings: Settings) -> Iterator[Finding]:
    """Codes that Excel's SUMIFS takes for one another (a1 and A1, 1 and 001), or reads as a pattern or comparison."""
    for name, column in (("items", "item"), ("items", "family"), ("locations", "location"), ("resources", "resource"),
                         ("suppliers", "supplier"), ("markets", "market"), ("markets", "market_group")):
        codes = tables[name][column].drop_duplicates()
        folded = codes.map(_as_sums_see_it)
        strange = folded.duplicated() | codes.str.contains(r"[*?~]") | codes.str.match(r"[<>=]")
        for row, code in codes[strange].items():
            yield Finding("error", f"Excel's sums cannot tell '{code}' from other codes.",
                          "Give it a code that differs by more than capitals or leading zeros, without * ? ~ < > =.",
                          table=name, column=column, row=int(str(row)))


def _as_sums_see_it(code: str) -> str:
    """A code as SUMIFS compares it: capitals do not count, and what looks like a number is one."""
    try:
        return repr(float(code))
    except ValueError:
        return code.casefold()


@check
def sold_item_without_price(tables: Tables, settings: Settings) -> Iterator[Finding]:
    """Items with sales but neither a price nor revenue in the history."""
    history = tables["sales_history"]
    revenue = history.groupby("item")["revenue"].sum()
    priced = set(tables["prices"]["item"]) | set(revenue.index[revenue > 0])
    items = tables["items"]
    sold = items[(items["status"] == "active") & items["item"].isin(revenue.index) & ~items["item"].isin(priced)]
    for row, item in zip(sold.index, sold["item"], strict=True):
        yield Finding("warning", f"{item} is sold but has no price; it brings no revenue in the plan.",
                      "Add it to prices.", table="items", column="item", row=int(row))


@check
def sold_item_without_standard_cost(tables: Tables, settings: Settings) -> Iterator[Finding]:
    """Items that are sold and have no standard cost; told once, for there may be many."""
    items = tables["items"]
    sold = items["item"].isin(tables["sales_history"]["item"]) & (items["status"] == "active")
    free = items[sold & (standard_cost(tables, items["item"]) <= 0)]
    if len(free):
        yield Finding("warning", f"{counted(len(free), 'sold item')} without standard cost, {free['item'].iloc[0]} "
                      "first: stock of it is worth nothing in the plan and costs nothing to hold, and its sales count "
                      "as pure margin.", "Enter material and conversion cost in costs.",
                      table="items", column="item", row=int(free.index[0]))
