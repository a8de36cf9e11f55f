"""Checks of what is entered for the supply steps: calendars, routings, bills, sourcing, lanes, policies, fences.

Add one as a generator of findings under ``@check`` or ``@row_check`` (see :mod:`sopxl.check_register`).
"""

from __future__ import annotations

import difflib
from collections.abc import Iterator

import numpy as np
import pandas as pd

from sopxl.check_register import check, row_check, told
from sopxl.schema import Finding, Tables
from sopxl.settings import Settings
from sopxl.steps.supply.calendars import HOURS_PER_DAY, hours_by_period
from sopxl.steps.supply.financial_terms import MARGIN, OVERTIME
from sopxl.steps.supply.orders import last_production, time_fences
from sopxl.steps.supply.places import read_places
from sopxl.steps.supply.stock_rules import node_policies
from sopxl.steps.supply.tables import DAYS
from sopxl.steps.supply.validity import NO_END, ever_open, with_span

SPANS = (("routings", "valid_from", "valid_until"), ("bills_of_material", "valid_from", "valid_until"),
         ("sourcing", "valid_from", "valid_until"), ("contracts", "from_period", "until_period"),
         ("financial_limits", "from_period", "until_period"))
NOISE = 1e-6


@row_check
def validity_ends_before_it_starts(tables: Tables, settings: Settings) -> Iterator[Finding]:
    """A routing, component, source, contract or calendar row that ends before it starts."""
    for table, start, end in SPANS:
        rows = with_span(tables[table], settings, start, end)
        yield from told(tables, table, end, rows["last"] < rows["first"],
                        f"It ends in {{{end}}}, before it starts in {{{start}}}.", "Correct one of the two periods.")
    calendars = tables["calendars"]
    yield from told(tables, "calendars", "until_date", calendars["until_date"] < calendars["from_date"],
                    "This row of {calendar} ends before it starts.", "Correct one of the two dates.")


@row_check
def financial_limit_that_says_nothing(tables: Tables, settings: Settings) -> Iterator[Finding]:
    """A limit of finance without an amount, with more than its kind knows, or for a family that is none."""
    limits = tables["financial_limits"]
    is_margin = limits["limit"] == MARGIN
    says_nothing = limits["amount"].isna() & (limits["share"].isna() | ~is_margin)
    yield from told(tables, "financial_limits", "amount", says_nothing,
                    "This limit ({limit}) has no amount.", "Enter the amount, or delete the row.")
    yield from told(tables, "financial_limits", "amount", (limits["amount"] < 0) & ~is_margin,
                    "This limit ({limit}) cannot be below nought.", "Enter the most that finance allows.")
    yield from told(tables, "financial_limits", "share", limits["share"].notna() & ~is_margin,
                    "Only a gross margin can be a share of revenue, not this limit ({limit}).", "Enter an amount.")
    yield from told(tables, "financial_limits", "share", limits["share"].notna() & limits["amount"].notna() & is_margin,
                    "The margin is given twice: as an amount and as a share of revenue.", "Enter one of them.")
    yield from told(tables, "financial_limits", "family", (limits["family"] != "") & (limits["limit"] == OVERTIME),
                    "Overtime belongs to resources, not to a family like {family}.", "Leave the family empty.")
    yield from told(tables, "financial_limits", "family",
                    (limits["family"] != "") & ~limits["family"].isin(set(tables["items"]["family"])),
                    "{family} is the family of no item.", "Write it as in items.")


@check
def calendar_without_time(tables: Tables, settings: Settings) -> Iterator[Finding]:
    """A calendar that a resource, supplier or location goes by and that has no hours in the whole plan."""
    for table in ("resources", "suppliers", "locations"):
        idle = hours_by_period(tables, tables[table]["calendar"], settings).sum(axis=1) == 0
        yield from told(tables, table, "calendar", idle, "The calendar {calendar} has no working time in the plan.",
                        "Enter its hours in calendars, or take it out here.")


@check
def calendar_day_too_long(tables: Tables, settings: Settings) -> Iterator[Finding]:
    """Shifts that together fill more than a day."""
    calendars = tables["calendars"]
    shifts = calendars.groupby(["calendar", "from_date", "until_date"], dropna=False)[list(DAYS)].transform("sum")
    yield from told(tables, "calendars", "calendar", (shifts > HOURS_PER_DAY).any(axis=1),
                    "The shifts of {calendar} have more than 24 hours on a day together; 24 are planned.",
                    "Correct the hours of the shifts.", "warning")


@row_check
def order_larger_than_can_be_had(tables: Tables, settings: Settings) -> Iterator[Finding]:
    """A smallest order or order multiple that is more than the supplier delivers in a period."""
    sourcing, suppliers = tables["sourcing"], tables["suppliers"]
    total = suppliers.drop_duplicates("supplier").set_index("supplier")["capacity"]
    most = np.fmin(sourcing["capacity"], sourcing["supplier"].map(total).astype(float))
    for column, words in (("minimum_order", "The smallest order"), ("order_multiple", "The order multiple")):
        yield from told(tables, "sourcing", column, (sourcing[column] > most) & (most > 0),
                        f"{words}, {{{column}}}, is more than {{supplier}} delivers in a period.",
                        "Correct it, or the capacity here or of the supplier.")


@row_check
def price_that_rises_with_the_quantity(tables: Tables, settings: Settings) -> Iterator[Finding]:
    """A price of all units of an order that is above the price of a smaller order: mostly a slip."""
    key = ["item", "location", "supplier"]
    breaks = tables["price_breaks"].sort_values("from_quantity", kind="stable")
    listed = tables["sourcing"].groupby(["item", "supplier"])["price"].max()
    first = listed.reindex(pd.MultiIndex.from_frame(breaks[["item", "supplier"]])).to_numpy(float)
    before = breaks.groupby(key)["price"].shift(1)
    rises = (breaks["applies_to"] == "all units") & (breaks["price"] > before.where(before.notna(), first))
    yield from told(tables, "price_breaks", "price", rises.sort_index(),
                    "From {from_quantity} units on all units cost {price}, more than in a smaller order.",
                    "Correct the price, or the quantity.", "warning")


@row_check
def load_that_cannot_be(tables: Tables, settings: Settings) -> Iterator[Finding]:
    """A smallest shipment above what the lane carries, or a cost of loads that are not counted."""
    lanes = tables["lanes"]
    yield from told(tables, "lanes", "minimum_load", lanes["minimum_load"] > lanes["total_capacity"],
                    "The smallest shipment, {minimum_load}, is more than the lane carries in a period, "
                    "{total_capacity}.", "Correct one of the two.")
    uncounted = (lanes["load_cost"] > 0) & ~(lanes["load_size"] > 0)
    yield from told(tables, "lanes", "load_cost", uncounted, "The cost of a load counts only where loads have a size.",
                    "Enter the load size, or take the cost out.", "warning")


@check
def quotas_above_the_whole(tables: Tables, settings: Settings) -> Iterator[Finding]:
    """Shares agreed that add up to more than everything."""
    for table, key, whole in (("sourcing", ["item", "location"], "suppliers of {item} at {location}"),
                              ("lanes", ["item", "to_location"], "lanes to {to_location}"),
                              ("markets", ["ship_from"], "markets served from {ship_from}")):
        rows = tables[table]
        over = rows[rows["quota"].notna() & (rows.groupby(key)["quota"].transform("sum") > 1.0 + NOISE)]
        yield from told(tables, table, "quota", rows.index.isin(over.drop_duplicates(key).index),
                        f"The quotas of the {whole} add up to more than 100 %.", "Lower them.")


@row_check
def contract_that_cannot_be_kept(tables: Tables, settings: Settings) -> Iterator[Finding]:
    """A contract whose minimum is above its maximum."""
    contracts = tables["contracts"]
    yield from told(tables, "contracts", "minimum_quantity",
                    contracts["minimum_quantity"] > contracts["maximum_quantity"],
                    "At least {minimum_quantity} shall be taken, but at most {maximum_quantity}.",
                    "Correct one of the two.")


@check
def contract_beyond_the_supplier(tables: Tables, settings: Settings) -> Iterator[Finding]:
    """A contract over what the supplier does not sell us, or over more than it can deliver in its periods."""
    contracts, most = tables["contracts"], _most_delivered(tables)
    parties = _keys(contracts, ["supplier", "item"])
    yield from told(tables, "contracts", "item", ~parties.isin(most.index),
                    "{supplier} has no row in sourcing for what the contract {contract} is about.",
                    "Add it to sourcing, or correct the contract.")
    rows = with_span(contracts, settings, "from_period", "until_period")
    last = np.where(rows["last"] == NO_END, settings.horizon - 1, rows["last"])
    periods = np.maximum(last - np.maximum(rows["first"], 0) + 1, 0)
    yield from told(tables, "contracts", "minimum_quantity",
                    contracts["minimum_quantity"] > most.reindex(parties).to_numpy(float) * periods,
                    "{supplier} cannot deliver {minimum_quantity} in the periods of the contract.",
                    "Lower the minimum quantity, or correct the capacity of the supplier or in sourcing.", "warning")


def _most_delivered(tables: Tables) -> pd.Series:
    """Most per period by supplier and item (empty: all items), NaN where there is no limit."""
    sourcing, suppliers = tables["sourcing"], tables["suppliers"]
    total = suppliers.drop_duplicates("supplier").set_index("supplier")["capacity"]
    by_item = sourcing.assign(item=sourcing["item"].astype("object"))
    both = pd.concat([by_item, by_item.assign(item="")])
    most = both["capacity"].fillna(np.inf).groupby([both["supplier"], both["item"]]).sum()
    limit = total.reindex(most.index.get_level_values("supplier")).to_numpy(float)
    return pd.Series(np.fmin(most.to_numpy(float), limit), index=most.index)


@row_check
def stands_in_for_itself(tables: Tables, settings: Settings) -> Iterator[Finding]:
    """A resource that is its own alternate, or an item that is its own co-product."""
    alternates, outputs = tables["alternate_resources"], tables["co_products"]
    yield from told(tables, "alternate_resources", "alternate", alternates["alternate"] == alternates["resource"],
                    "{resource} cannot take over its own work.", "Enter another resource.")
    yield from told(tables, "co_products", "co_product", outputs["co_product"] == outputs["item"],
                    "{item} cannot come out beside itself.", "Enter another item, or a yield above in routings.")


@check
def price_break_without_source(tables: Tables, settings: Settings) -> Iterator[Finding]:
    """Price breaks for what the supplier does not sell us there; they count nowhere."""
    breaks, sourcing = tables["price_breaks"], tables["sourcing"]
    anywhere = _keys(breaks, ["item", "supplier"]).isin(_keys(sourcing, ["item", "supplier"]))
    there = _keys(breaks, ["item", "supplier", "location"]).isin(_keys(sourcing, ["item", "supplier", "location"]))
    yield from told(tables, "price_breaks", "supplier", ~np.where(breaks["location"] == "", anywhere, there),
                    "{supplier} has no row in sourcing for {item} there.", "Add it to sourcing, or take this row out.",
                    "warning")


@check
def changeover_between_nothing(tables: Tables, settings: Settings) -> Iterator[Finding]:
    """Set-up groups of changeovers that no routing and no item has."""
    known = sorted({*tables["routings"]["setup_group"], *tables["items"]["item"], ""})
    for column in ("from_group", "to_group"):
        names = tables["changeovers"][column]
        for name in names[~names.isin(known)].unique():
            near = difflib.get_close_matches(name, known, 1)
            yield from told(tables, "changeovers", column, names == name,
                            f"No routing has the set-up group '{{{column}}}', nor is it an item.",
                            "Correct it." + (f" Did you mean '{near[0]}'?" if near else ""), "warning")


@check
def fence_beyond_the_plan(tables: Tables, settings: Settings) -> Iterator[Finding]:
    """Frozen periods that leave nothing to plan."""
    yield from told(tables, "stock_policies", "frozen_periods",
                    tables["stock_policies"]["frozen_periods"] > settings.horizon,
                    "{frozen_periods} periods are frozen, more than are planned.", "Lower them.", "warning")
    if settings.frozen_periods > settings.horizon:
        yield Finding("warning", f"{settings.frozen_periods} periods are frozen, more than are planned.",
                      "Lower 'Frozen periods'.", table="settings", column="value")


@check
def firm_production_in_frozen_periods(tables: Tables, settings: Settings) -> Iterator[Finding]:
    """Firm production that differs from the last plan where that is frozen, or by more than slushy periods allow."""
    plan = tables["production_plan"]
    if "measure" not in plan:
        return
    rows = np.flatnonzero(plan["measure"] == "Firm production")
    places, objects = read_places(tables), plan.iloc[rows].reset_index(drop=True)
    policies = node_policies(tables, settings, places, places.of(objects["item"], objects["location"]))
    last = last_production(tables, settings, objects)
    if last is None:
        return
    frozen, slushy = time_fences(settings, policies, last)
    firm = objects.reindex(columns=settings.periods.labels).to_numpy(float)
    off = np.abs(firm - last) - NOISE * (1.0 + np.abs(last))
    for fence, change, word in ((frozen, 0.0, "frozen"), (slushy, settings.slushy_change / 100.0, "slushy")):
        faulty = (off > change * last) & fence if fence is not None else np.zeros_like(off, bool)
        for row, period in np.argwhere(faulty):
            yield Finding("error", f"Firm production is {firm[row, period]:g}, but the period is {word} and the last "
                          f"plan had {last[row, period]:g}.", "Take the firm quantity out, or shorten the "
                          f"{word} periods, or set 'Keep frozen' to no.", table="production_plan",
                          column=settings.periods.labels[period], row=int(rows[row]))


@row_check
def workers_that_cannot_be(tables: Tables, settings: Settings) -> Iterator[Finding]:
    """Fewest workers above most workers, and workers prescribed outside of these or where none are planned."""
    resources, calendar = tables["resources"], tables["resource_calendar"]
    yield from told(tables, "resources", "least_workers", resources["least_workers"] > resources["most_workers"],
                    "At least {least_workers} workers shall be employed, but at most {most_workers}.",
                    "Correct one of the two.")
    known = resources.drop_duplicates("resource").set_index("resource")
    of_row = known.reindex(calendar["resource"]).reset_index(drop=True)
    outside = (calendar["workers"] < of_row["least_workers"]) | (calendar["workers"] > of_row["most_workers"])
    yield from told(tables, "resource_calendar", "workers", outside & of_row["workers"].notna(),
                    "{workers} workers of {resource} are prescribed, outside its fewest and most workers.",
                    "Correct it here or in resources.")
    yield from told(tables, "resource_calendar", "workers", calendar["workers"].notna() & of_row["worker_hours"].isna(),
                    "{workers} workers of {resource} are prescribed, but nobody knows their hours.",
                    "Enter worker hours in resources.", "warning")


@row_check
def extra_shift_without_hours(tables: Tables, settings: Settings) -> Iterator[Finding]:
    """Extra shifts that add no hours."""
    resources = tables["resources"]
    empty = (resources["most_extra_shifts"] > 0) & (resources["extra_shift_hours"] == 0)
    yield from told(tables, "resources", "extra_shift_hours", empty, "An extra shift of {resource} adds no hours.",
                    "Enter the hours of an extra shift.", "warning")


@row_check
def two_service_targets(tables: Tables, settings: Settings) -> Iterator[Finding]:
    """A stock policy that states both a service level and a fill rate."""
    policies = tables["stock_policies"]
    both = policies["service_level"].notna() & policies["fill_rate"].notna()
    yield from told(tables, "stock_policies", "fill_rate", both,
                    "{item} has both a service level and a fill rate.", "Take one of them out, if not both are meant.",
                    "warning")


@check
def stock_of_what_is_made_to_order(tables: Tables, settings: Settings) -> Iterator[Finding]:
    """A safety stock of an item that is made or assembled only to order."""
    items, policies = tables["items"], tables["stock_policies"]
    to_order = set(items.loc[items["fulfilment"] != "make-to-stock", "item"])
    wanted = (policies[["safety_stock", "safety_days"]] > 0).any(axis=1) & policies["item"].isin(to_order)
    yield from told(tables, "stock_policies", "safety_stock", wanted,
                    "{item} is made or assembled to order, but shall have safety stock.",
                    "Take the safety stock out, or set its fulfilment to make-to-stock.", "warning")


@check
def routing_told_in_two_ways(tables: Tables, settings: Settings) -> Iterator[Finding]:
    """Operations of one routing that give it different priorities; the lowest number holds."""
    routings = tables["routings"]
    first = routings.groupby(["item", "location", "routing"])["priority"].transform("first")
    yield from told(tables, "routings", "priority", routings["priority"] != first,
                    "Another operation of this routing of {item} has another priority; the lowest number holds.",
                    "Give all its operations the same priority.", "warning")


@check
def item_without_valid_routing(tables: Tables, settings: Settings) -> Iterator[Finding]:
    """An item whose routings at a plant are all out of force in the whole plan; told at the first of its rows."""
    routings = tables["routings"]
    valid = ever_open(with_span(routings, settings), settings.horizon)
    key = ["item", "location"]
    lost = ~_keys(routings, key).isin(_keys(valid, key)) & ~routings.duplicated(key).to_numpy()
    yield from told(tables, "routings", "valid_until", lost,
                    "{item} cannot be made at {location}: none of its routings is valid in the plan.",
                    "Correct valid from or valid until, or add a routing.", "warning")


@check
def routing_that_is_not_there(tables: Tables, settings: Settings) -> Iterator[Finding]:
    """Components and co-products of a routing that the item does not have."""
    routings = tables["routings"]
    for table, item in (("bills_of_material", "parent"), ("co_products", "item")):
        rows = tables[table]
        anywhere = _keys(rows, [item, "routing"]).isin(_keys(routings, ["item", "routing"]))
        there = _keys(rows, [item, "routing", "location"]).isin(_keys(routings, ["item", "routing", "location"]))
        found = np.where(rows["location"] == "", anywhere, there) | (rows["routing"] == "").to_numpy()
        yield from told(tables, table, "routing", ~found, f"{{{item}}} has no routing '{{routing}}' there.",
                        "Correct it, or add the routing to routings.")


@check
def phantom_that_is_more(tables: Tables, settings: Settings) -> Iterator[Finding]:
    """Phantoms that are sold or in stock, have a routing, or have no components."""
    items, stock = tables["items"], tables["stock_on_hand"]
    phantoms = items["phantom"].astype(bool)
    orders = tables["open_orders"]
    sold = {*tables["sales_history"]["item"], *tables["prices"]["item"], *orders.loc[orders["kind"] == "sale", "item"]}
    blown = set(tables["bills_of_material"]["parent"])
    for mask, said, remedy in (
        (items["item"].isin(sold) & (items["status"] == "active"), "is sold; for customers it is made and stocked as "
         "any other item", "Take the mark out if it is stocked."),
        (items["item"].isin(set(tables["routings"]["item"])), "has a routing, whose hours are not planned where its "
         "components go straight into its parents", "Add the operations to the routings of its parents."),
        (~items["item"].isin(blown), "has no components; it is planned as any other item",
         "Enter its bill of material, or take the mark out."),
    ):
        yield from told(tables, "items", "phantom", phantoms & mask, f"{{item}} is a phantom, but {said}.", remedy,
                        "warning")
    unused = stock["item"].isin(set(items.loc[phantoms, "item"]) & blown) & (stock["quantity"] > 0)
    yield from told(tables, "stock_on_hand", "quantity", unused, "{item} is a phantom: its stock of {quantity} is not "
                    "used in its parents.", "Book the stock to its components, or take the mark out in items.",
                    "warning")


def _keys(rows: pd.DataFrame, columns: list[str]) -> pd.MultiIndex:
    """The rows' cells of these columns, to be looked up."""
    return pd.MultiIndex.from_arrays([rows[column].astype("object") for column in columns])
