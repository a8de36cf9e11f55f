"""Checks of what is entered for the supply steps: each finds its fault at its cell, says what to do, and only that."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from functools import partial
from typing import Any

import numpy as np
import pandas as pd
import pytest

from sopxl import grids
from sopxl.check_register import CHECKS
from sopxl.plan_checks import check_plan, check_rows, supply_checks
from sopxl.schema import Tables, conform
from sopxl.settings import Settings
from sopxl.steps.supply.tables import PRODUCTION_PLAN
from sopxl.tables import TABLES
from tests.small_company import SETTINGS, small_company

WEEK = dict.fromkeys(("monday", "tuesday", "wednesday", "thursday", "friday"), 8.0)
CALENDAR = {"calendar": "DAY", "shift": "early", **WEEK}
CONTRACT = {"contract": "K", "supplier": "SAWMILL", "item": "WOOD", "minimum_quantity": 10}
PRICE_BREAK = {"item": "WOOD", "supplier": "SAWMILL", "from_quantity": 100, "price": 18}
ALTERNATE = {"resource": "SHOP", "alternate": "CREW"}
CHANGEOVER = {"from_group": "TABLE", "to_group": "LEG", "hours": 1}
CO_PRODUCT = {"item": "LEG", "co_product": "WOOD", "quantity": 0.1}
WORKERS = {"resource": "CREW", "period": "2027-02", "workers": 3}
FINANCIAL_LIMIT = {"limit": "stock value", "family": "Tables", "amount": 5000.0}
GOOD: dict[str, dict[str, Any]] = {
    "calendars": CALENDAR, "contracts": CONTRACT, "price_breaks": PRICE_BREAK, "alternate_resources": ALTERNATE,
    "changeovers": CHANGEOVER, "co_products": CO_PRODUCT, "resource_calendar": WORKERS,
    "financial_limits": FINANCIAL_LIMIT,
}


def company() -> Tables:
    """The small company with a crew of planned workers."""
    tables = small_company()
    crew = {"resource": "CREW", "location": "PLANT", "workers": 2, "worker_hours": 150, "most_workers": 4}
    shop = tables["resources"]
    tables["resources"] = conform(TABLES["resources"], pd.concat([shop, pd.DataFrame([crew])]))
    return tables


def with_rows(table: str, *rows: dict[str, Any]) -> Tables:
    return company() | {table: conform(TABLES[table], pd.DataFrame(rows))}


def changed(table: str, **cells: Any) -> Tables:
    """The company with one good row of that table, and some of its cells changed."""
    return with_rows(table, {**GOOD[table], **cells})


def with_cells(table: str, row: int, **cells: Any) -> Tables:
    """The company with some cells of one of its own rows changed."""
    tables = company()
    tables[table] = tables[table].astype(dict.fromkeys(cells, "object"))
    for name, value in cells.items():
        tables[table].loc[row, name] = value
    tables[table] = conform(TABLES[table], tables[table])
    return tables


def with_calendar(table: str, **hours: float) -> Tables:
    """The company whose first row of a table goes by a calendar of these hours."""
    calendars = conform(TABLES["calendars"], pd.DataFrame([{"calendar": "DAY", **hours}]))
    return with_cells(table, 0, calendar="DAY") | {"calendars": calendars}


def with_firm(firm: list[float]) -> Tables:
    """The company whose last plan made 10 tables a period, with the planner's quantities."""
    objects = pd.DataFrame([{"item": "TABLE", "location": "PLANT", "routing": ""}])
    measures = {"Firm production": np.array([firm]), "Planned production": np.full((1, 4), 10.0)}
    return company() | {"production_plan": grids.stack(PRODUCTION_PLAN, objects, measures, SETTINGS.periods.labels)}


def with_routings(*changes: dict[str, Any]) -> Tables:
    """The company with one routing row for each change of a good one."""
    usual = {"item": "TABLE", "location": "PLANT", "resource": "SHOP", "hours_per_unit": 1}
    return with_rows("routings", *({**usual, "operation": str(number), **change}
                                   for number, change in enumerate(changes)))


NAN = float("nan")
FIRM_ROW = PRODUCTION_PLAN.measure_names.index("Firm production")
FENCED = replace(SETTINGS, frozen_periods=2, slushy_periods=1)
FAULTS: dict[str, list[tuple[Callable[[], Tables], str, int, str]]] = {
    "validity_ends_before_it_starts": [
        *((partial(with_cells, table, 0, valid_from="2027-03", valid_until="2027-02"), "valid_until", 0,
           "It ends in 2027-02, before it starts in 2027-03. Correct one")
          for table in ("routings", "bills_of_material", "sourcing")),
        (lambda: changed("contracts", from_period="2027-03", until_period="2027-02"), "until_period", 0, "before it"),
        (lambda: changed("calendars", from_date="2027-03-01", until_date="2027-02-01"), "until_date", 0,
         "This row of DAY ends before it starts."),
    ],
    "financial_limit_that_says_nothing": [
        (lambda: changed("financial_limits", amount=NAN), "amount", 0, "This limit (stock value) has no amount."),
        (lambda: changed("financial_limits", amount=-1), "amount", 0, "cannot be below nought"),
        (lambda: changed("financial_limits", share=0.2), "share", 0, "Only a gross margin can be a share of revenue"),
        (lambda: changed("financial_limits", limit="gross margin", share=0.2), "share", 0, "is given twice"),
        (lambda: changed("financial_limits", limit="overtime budget"), "family", 0, "Overtime belongs to resources"),
        (lambda: changed("financial_limits", family="Boats"), "family", 0, "Boats is the family of no item."),
    ],
    "price_that_rises_with_the_quantity": [
        (lambda: changed("price_breaks", price=99999), "price", 0, "all units cost 99999, more than"),
        (lambda: with_rows("price_breaks", {**PRICE_BREAK, "price": 1}, {
            **PRICE_BREAK, "price": 2, "from_quantity": 1e6}), "price", 1, "all units cost 2, more"),
    ],
    "calendar_without_time": [
        (partial(with_calendar, table), "calendar", 0, "The calendar DAY has no working time in the plan.")
        for table in ("resources", "suppliers", "locations")
    ],
    "calendar_day_too_long": [
        (lambda: with_rows("calendars", *({**CALENDAR, "shift": shift, "monday": 9} for shift in "abc")), "calendar", 0,
         "The shifts of DAY have more than 24 hours on a day together"),
    ],
    "order_larger_than_can_be_had": [
        (lambda: with_cells("sourcing", 0, capacity=50, minimum_order=60), "minimum_order", 0,
         "The smallest order, 60, is more than SAWMILL delivers in a period."),
        (lambda: with_cells("sourcing", 0, capacity=50, order_multiple=60), "order_multiple", 0, "The order multiple,"),
        (lambda: with_cells("suppliers", 0, capacity=50) | {
            "sourcing": with_cells("sourcing", 0, capacity=70, minimum_order=60)["sourcing"]}, "minimum_order", 0,
         "The smallest order, 60,"),
    ],
    "load_that_cannot_be": [
        (lambda: with_cells("lanes", 0, minimum_load=9, total_capacity=8), "minimum_load", 0,
         "The smallest shipment, 9, is more than the lane carries in a period, 8."),
        (lambda: with_cells("lanes", 0, load_cost=9), "load_cost", 0, "counts only where loads have a size."),
    ],
    "quotas_above_the_whole": [
        (lambda: with_rows("sourcing", *({"item": "WOOD", "location": "PLANT", "supplier": supplier, "quota": 0.6}
                                         for supplier in ("SAWMILL", "SEATS"))), "quota", 0,
         "The quotas of the suppliers of WOOD at PLANT add up to more than 100 %."),
        (lambda: with_rows("lanes", *({"from_location": code, "to_location": "NORTH", "quota": 0.6}
                                      for code in ("PLANT", "SOUTH"))), "quota", 0, "lanes to NORTH"),
        (lambda: with_rows("markets", *({"market": name, "ship_from": "PLANT", "quota": 0.6} for name in "ab")),
         "quota", 0, "markets served from PLANT"),
    ],
    "contract_that_cannot_be_kept": [
        (lambda: changed("contracts", maximum_quantity=9), "minimum_quantity", 0,
         "At least 10 shall be taken, but at most 9."),
    ],
    "contract_beyond_the_supplier": [
        (lambda: changed("contracts", item="CHAIR"), "item", 0,
         "SAWMILL has no row in sourcing for what the contract K is about."),
        (lambda: with_cells("sourcing", 0, capacity=5) | {
            "contracts": changed("contracts", from_period="2027-04")["contracts"]}, "minimum_quantity", 0,
         "SAWMILL cannot deliver 10 in the periods of the contract."),
        (lambda: with_cells("suppliers", 0, capacity=2) | {
            "contracts": changed("contracts", item="")["contracts"]}, "minimum_quantity", 0, "cannot deliver 10"),
    ],
    "stands_in_for_itself": [
        (lambda: changed("alternate_resources", alternate="SHOP"), "alternate", 0,
         "SHOP cannot take over its own work."),
        (lambda: changed("co_products", co_product="LEG"), "co_product", 0, "LEG cannot come out beside itself."),
    ],
    "price_break_without_source": [
        (lambda: changed("price_breaks", supplier="SEATS"), "supplier", 0,
         "SEATS has no row in sourcing for WOOD there."),
        (lambda: changed("price_breaks", location="NORTH"), "supplier", 0, "SAWMILL has no row in sourcing for WOOD"),
    ],
    "changeover_between_nothing": [
        (lambda: changed("changeovers", from_group="TABEL"), "from_group", 0, "'TABEL', nor is it an item. Correct it. "
         "Did you mean 'TABLE'?"),
        (lambda: changed("changeovers", to_group="?"), "to_group", 0, "No routing has the set-up group '?'"),
    ],
    "fence_beyond_the_plan": [
        (lambda: with_cells("stock_policies", 0, frozen_periods=5), "frozen_periods", 0,
         "5 periods are frozen, more than are planned."),
    ],
    "firm_production_in_frozen_periods": [
        (lambda: with_firm([10.0, 9.0, 12.0, 99.0]), "2027-02", FIRM_ROW,
         "Firm production is 9, but the period is frozen and the last plan had 10."),
        (lambda: with_firm([NAN, NAN, 12.5, 99.0]), "2027-03", FIRM_ROW,
         "the period is slushy and the last plan had 10."),
    ],
    "workers_that_cannot_be": [
        (lambda: with_cells("resources", 1, least_workers=5), "least_workers", 1,
         "At least 5 workers shall be employed, but at most 4."),
        (lambda: changed("resource_calendar", workers=5), "workers", 0, "5 workers of CREW are prescribed, outside"),
        (lambda: changed("resource_calendar", resource="SHOP"), "workers", 0, "but nobody knows their hours."),
    ],
    "extra_shift_without_hours": [
        (lambda: with_cells("resources", 0, most_extra_shifts=2), "extra_shift_hours", 0,
         "An extra shift of SHOP adds no hours."),
    ],
    "two_service_targets": [
        (lambda: with_cells("stock_policies", 0, service_level=0.9, fill_rate=0.9), "fill_rate", 0,
         "TABLE has both a service level and a fill rate"),
    ],
    "stock_of_what_is_made_to_order": [
        (lambda: with_cells("items", 0, fulfilment="make-to-order"), "safety_stock", 0,
         "TABLE is made or assembled to order, but shall have safety stock."),
    ],
    "routing_told_in_two_ways": [
        (lambda: with_routings({}, {"priority": 2}), "priority", 1, "Another operation of this routing of TABLE"),
    ],
    "item_without_valid_routing": [
        (lambda: with_routings({"valid_until": "2026-12"}, {"valid_from": "2027-05", "routing": "B"}), "valid_until", 0,
         "TABLE cannot be made at PLANT: none of its routings is valid in the plan."),
    ],
    "routing_that_is_not_there": [
        (lambda: with_cells("bills_of_material", 0, routing="B"), "routing", 0, "TABLE has no routing 'B' there."),
        (lambda: changed("co_products", routing="B"), "routing", 0, "LEG has no routing 'B' there."),
    ],
    "phantom_that_is_more": [
        (lambda: with_cells("items", 2, phantom="yes"), "phantom", 2,
         "LEG is a phantom, but has a routing, whose hours"),
        (lambda: with_cells("items", 1, phantom="yes", status="active") | {
            "bills_of_material": conform(TABLES["bills_of_material"], pd.DataFrame([
                {"parent": "CHAIR", "component": "WOOD", "quantity": 1}])),
            "stock_on_hand": company()["stock_on_hand"].head(1)}, "phantom", 1, "CHAIR is a phantom, but is sold;"),
        (lambda: with_cells("items", 3, phantom="yes"), "phantom", 3, "WOOD is a phantom, but has no components;"),
        (lambda: with_cells("items", 2, phantom="yes") | {
            "routings": TABLES["routings"].empty_frame(),
            "stock_on_hand": conform(TABLES["stock_on_hand"], pd.DataFrame(
                [{"item": "LEG", "location": "PLANT", "quantity": 7}]))}, "quantity", 0, "its stock of 7 is not used"),
    ],
}
CASES = [(check, case) for check, cases in FAULTS.items() for case in cases]


def test_every_supply_check_has_a_fault_to_find() -> None:
    own = {name for name in CHECKS if getattr(supply_checks, name, None) is CHECKS[name]}
    assert own == FAULTS.keys()


@pytest.mark.parametrize("table", GOOD)
def test_good_rows_have_no_fault(table: str) -> None:
    assert check_plan(changed(table), FENCED) == []


@pytest.mark.parametrize(("check", "case"), CASES, ids=[check for check, _ in CASES])
def test_each_check_tells_its_fault_at_its_cell(check: str, case: tuple[Callable[[], Tables], str, int, str]) -> None:
    make, column, row, said = case
    finding, *more = CHECKS[check](make(), FENCED)
    assert (finding.column, finding.row) == (column, row)
    assert said in f"{finding.message} {finding.remedy}"
    assert finding.remedy.endswith((".", "?"))
    assert {one.row for one in more} <= {1, 2}, "the day that is too long is told for each shift"


def test_firm_production_may_differ_where_the_fences_are_not_kept() -> None:
    loose = replace(FENCED, keep_frozen=False)
    check = CHECKS["firm_production_in_frozen_periods"]
    assert list(check(with_firm([1.0, 2.0, 3.0, 4.0]), loose)) == []
    assert list(check(with_firm([10.0, NAN, 8.0, 4.0]), FENCED)) == []


def test_more_frozen_periods_than_the_plan_has_are_told_in_the_settings_too() -> None:
    [finding] = CHECKS["fence_beyond_the_plan"](company(), replace(SETTINGS, frozen_periods=5))
    assert (finding.table, finding.message) == ("settings", "5 periods are frozen, more than are planned.")


def test_a_resource_with_a_calendar_needs_no_hours_per_day() -> None:
    tables = with_calendar("resources", **WEEK)
    tables["resources"].loc[0, "hours_per_day"] = NAN
    assert check_plan(tables, SETTINGS) == []


def test_a_sold_co_product_can_be_had() -> None:
    tables = changed("co_products", co_product="CHAIR")
    tables["sourcing"] = tables["sourcing"].head(1)
    assert check_plan(tables, SETTINGS) == []


@pytest.mark.parametrize("settings", [SETTINGS, Settings(bucket="week", first_period="2027-W01", horizon=1)])
def test_empty_tables_have_no_fault(settings: Settings) -> None:
    empty = {name: table.empty_frame() for name, table in TABLES.items()}
    assert check_plan(empty, settings) == []
    assert check_rows(empty, settings) == []
