"""Volumes of the group by item: units of measure, what units ship to each other, names that are not mapped."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from sopxl.consolidation.group import Consolidation, consolidate
from sopxl.consolidation.group_checks import check_items
from sopxl.consolidation.group_workbook import write_group
from sopxl.consolidation.unit_file import TABLES_READ, UnitFile
from sopxl.consolidation.volume_tables import GROUP_ITEMS, ITEM_LINES, VOLUME_GRIDS
from sopxl.grids import take
from tests.consolidation.small_group import SETTINGS, SOURCES, inputs
from tests.libreoffice_agreement import assert_agrees, needs_libreoffice

LABELS = SETTINGS.periods.labels
NAMES = pd.DataFrame({"unit": "East", "kind": "item", "from_name": ["TABLE", "CHAIR", "LEG", "WOOD"],
                      "to_name": ["Desk", "chair", "LEG", "WOOD"], "factor": [12.0, 1.0, 1.0, 2.5]})
"""East counts tables in dozens and wood in lengths of two and a half; to the group its tables are desks."""


@pytest.fixture(scope="module")
def joined(units: Path) -> Consolidation:
    outcome = consolidate(inputs(items=True, mappings=NAMES), units)
    assert outcome.done, outcome.findings
    return outcome


def of_group(outcome: Consolidation, measure: str, item: str) -> list[float]:
    rows = take(GROUP_ITEMS, outcome.tables["group_items"], measure, LABELS)
    return [float(value) for value in rows.loc[[item]].to_numpy(float)[0]]


def of_unit(outcome: Consolidation, measure: str, unit: str, item: str) -> list[float]:
    rows = take(ITEM_LINES, outcome.tables["item_lines"], measure, LABELS)
    return [float(value) for value in rows.loc[[(unit, item)]].to_numpy(float)[0]]


def test_what_units_ship_to_each_other_comes_off_the_groups_shipments(joined: Consolidation) -> None:
    # each unit ships 30 tables: 20 in the South, which is North's sister unit, and 10 in the North
    assert of_unit(joined, "Shipments", "North", "TABLE") == [30] * 4
    assert of_unit(joined, "Shipments to sister units", "North", "TABLE") == [20] * 4
    assert of_unit(joined, "Shipments to sister units", "South", "TABLE") == [0] * 4
    for measure in ("Demand", "Shipments"):
        assert of_group(joined, f"{measure} of units", "TABLE") == [60] * 4
        assert of_group(joined, measure, "TABLE") == [60 - 20] * 4
        # 60 chairs in the South and 30 in the North, by three units, less North's 60 in the South
        assert of_group(joined, measure, "CHAIR") == [3 * 90 - 60] * 4


def test_an_item_is_added_up_under_the_groups_name_in_the_groups_unit_of_measure(joined: Consolidation) -> None:
    # the plan starts with 20 tables and keeps 5: it makes 15 in the first period and then the 30 that it ships
    assert of_unit(joined, "Production", "East", "TABLE") == [15, 30, 30, 30]
    assert of_unit(joined, "Production in group units", "East", "TABLE") == [180, 360, 360, 360]
    assert of_group(joined, "Production", "Desk") == [180, 360, 360, 360]
    assert of_group(joined, "Closing stock", "Desk") == [5 * 12] * 4
    assert of_group(joined, "Production", "TABLE") == [30, 60, 60, 60]
    # 100 wood are left of each unit's in the first period; East's are lengths of 2.5
    assert of_group(joined, "Closing stock", "WOOD") == [100 + 100 + 250, 0, 0, 0]


def test_names_that_differ_in_small_and_large_letters_are_one_item(joined: Consolidation) -> None:
    assert sorted(joined.tables["group_items"]["group_item"].unique()) == ["CHAIR", "Desk", "LEG", "TABLE", "WOOD"]


def test_an_item_without_a_factor_of_its_own_is_counted_as_its_family(units: Path) -> None:
    dozens = pd.DataFrame({"unit": ["South"], "kind": ["unit of measure"], "from_name": ["Tables"],
                           "to_name": ["pieces"], "factor": [12.0]})
    outcome = consolidate(inputs(items=True, mappings=dozens), units)
    assert of_unit(outcome, "Shipments in group units", "South", "TABLE") == [30 * 12] * 4
    assert of_unit(outcome, "Shipments in group units", "South", "CHAIR") == [90] * 4
    items = take(GROUP_ITEMS, outcome.tables["group_items"], "Shipments", LABELS).sum().tolist()
    plan = outcome.tables["group_plan"].query("part == 'Group' and measure == 'Shipments'")[LABELS]
    assert items == plan.iloc[0].tolist()


def test_items_that_are_not_mapped_are_told_with_unit_sheet_and_cell_all_at_once_with_families(units: Path) -> None:
    family = pd.DataFrame({"unit": ["East"], "kind": ["family"], "from_name": ["Tables"], "to_name": ["Furniture"]})
    outcome = consolidate(inputs(items=True, mappings=pd.concat([NAMES.head(1), family])), units)
    errors = [finding for finding in outcome.findings if finding.severity == "error"]
    told = {finding.message: (finding.sheet, finding.cell) for finding in errors}
    for item, sheet in (("CHAIR", "Backlog plan"), ("LEG", "Production plan"), ("WOOD", "Inventory plan")):
        place, cell = told[f"East: the item '{item}' is not mapped to the group."]
        assert place == f"[East.xlsx]{sheet}"
        assert cell
    assert "East: the family 'Chairs' is not mapped to the group." in told
    assert not any("TABLE" in message or "North" in message for message in told)


def test_a_sister_that_is_not_in_the_group_plan_is_a_customer(units: Path) -> None:
    outcome = consolidate(inputs(items=True, sources=SOURCES.assign(include=[True, False, True])), units)
    assert of_group(outcome, "Shipments", "TABLE") == [60] * 4


def test_flows_are_split_by_days_and_stock_is_that_of_the_last_period(units: Path) -> None:
    quarters = consolidate(inputs(items=True, bucket="quarter", first_period="2027-Q1", horizon=1), units)
    row = take(ITEM_LINES, quarters.tables["item_lines"], "Production", ["2027-Q1"])
    assert row.loc[[("North", "TABLE")]].to_numpy(float).tolist() == [[15 + 30 + 30]]
    stock = take(ITEM_LINES, quarters.tables["item_lines"], "Closing stock", ["2027-Q1"])
    assert stock.loc[[("North", "TABLE")]].to_numpy(float).tolist() == [[5]]


def test_without_the_setting_no_sheet_of_items_is_looked_at(units: Path) -> None:
    outcome = consolidate(inputs(mappings=NAMES), units)
    assert outcome.done
    assert outcome.tables["item_lines"].empty
    assert outcome.tables["group_items"].empty
    few = {sheet.name for sheet in UnitFile(units / "East.xlsx", "East").workbook.sheets}
    more = {sheet.name for sheet in UnitFile(units / "East.xlsx", "East",
                                             tables=TABLES_READ | VOLUME_GRIDS).workbook.sheets}
    assert more - few == {"Backlog plan", "Production plan"}


def test_more_items_than_a_sheet_takes_are_told_and_not_written() -> None:
    # a block has 12 rows: 1,048,556 rows hold 87,379 of them
    assert list(check_items(87_379)) == []
    assert "87,380 items" in next(check_items(87_380)).message


@pytest.mark.slow
@needs_libreoffice
def test_libreoffice_reckons_the_volumes_of_the_group_as_sopxl_does(own_units: Path) -> None:
    path = own_units / "group.xlsx"
    assert write_group(path, inputs(items=True, mappings=NAMES)).done
    assert assert_agrees(path) > 4000


def test_each_volume_of_the_group_is_what_its_units_add_up_to(joined: Consolidation) -> None:
    lines = joined.tables["item_lines"]
    for measure, sources in {"Demand of units": "Demand", "Production": "Production"}.items():
        rows = lines[lines["measure"] == sources]
        by_hand = (rows[LABELS].mul(rows["factor"], axis=0)).groupby(rows["group_item"]).sum()
        group = take(GROUP_ITEMS, joined.tables["group_items"], measure, LABELS)
        assert np.allclose(group.to_numpy(), by_hand.reindex(group.index).to_numpy())
