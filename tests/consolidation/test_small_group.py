"""Three small units joined: figures that were reckoned by hand, and files that stay as they are."""

from __future__ import annotations

import warnings
import zipfile
from datetime import datetime
from pathlib import Path

import pytest
from openpyxl import load_workbook

from sopxl import __version__
from sopxl.consolidation.group import Consolidation, consolidate
from sopxl.consolidation.tables import GROUP_TABLES
from sopxl.consolidation.unit_file import TABLES_READ, UnitFile
from sopxl.grids import take
from sopxl.schema import PlanGrid
from sopxl.tables import TABLES
from tests.consolidation.small_group import SETTINGS, fingerprints, inputs

LABELS = SETTINGS.periods.labels


@pytest.fixture(scope="module")
def joined(units: Path) -> Consolidation:
    outcome = consolidate(inputs(), units, now=datetime(2027, 1, 5))
    assert outcome.done, outcome.findings
    return outcome


def amounts(outcome: Consolidation, table: str, measure: str, key: str) -> list[float]:
    grid = GROUP_TABLES[table]
    assert isinstance(grid, PlanGrid)
    row = take(grid, outcome.tables[table], measure, LABELS).loc[key].to_numpy(float)
    return [round(float(value), 6) for value in row]


def test_sales_are_those_of_the_units_at_average_rates_less_what_they_sell_to_each_other(joined: Consolidation) -> None:
    # each unit sells 20 tables at 400 and 60 chairs at 90 in the South, half of that in the North: 13,400 + 6,700
    south, all_sales = 20 * 400 + 60 * 90, 20_100
    assert amounts(joined, "unit_plans", "Net sales", "North") == pytest.approx(
        [all_sales * rate for rate in (1.12, 1.12, 1.13, 1.13)])
    assert amounts(joined, "unit_plans", "Net sales", "South") == [all_sales] * 4
    assert amounts(joined, "unit_plans", "Net sales", "East") == [all_sales * 0.65] * 4
    assert amounts(joined, "group_plan", "Net sales", "Eliminations") == [-15_008, -15_008, -15_142, -15_142]
    assert south * 1.12 == pytest.approx(15_008)
    # 20,100 x (1.12 + 1 + 0.65) - 15,008
    assert amounts(joined, "group_plan", "Net sales", "Group") == [40_669, 40_669, 40_736, 40_736]


def test_what_is_sold_between_units_comes_off_sales_and_cost_alike(joined: Consolidation) -> None:
    sales = amounts(joined, "group_plan", "Net sales", "Eliminations")
    material = amounts(joined, "group_plan", "Material", "Eliminations")
    change = amounts(joined, "intercompany", "Change in unrealised profit", "North to South")
    assert material == pytest.approx([sale + part for sale, part in zip(sales, change, strict=True)])
    result = amounts(joined, "group_plan", "Net result", "Eliminations")
    assert result == pytest.approx([-part for part in change])


def test_profit_in_stock_from_a_sister_is_not_earned_until_the_stock_is_sold(joined: Consolidation) -> None:
    # South starts with 60 wood at 20 = 1,200; a quarter of it is North's margin: 300
    rows = joined.tables["intercompany"]
    assert rows["opening_unrealised"].unique().tolist() == [300.0]
    stock = amounts(joined, "intercompany", "Stock", "North to South")
    assert amounts(joined, "intercompany", "Unrealised profit", "North to South") == [value / 4 for value in stock]
    assert amounts(joined, "intercompany", "Change in unrealised profit", "North to South")[0] == stock[0] / 4 - 300
    assert amounts(joined, "group_balance", "Stock", "Eliminations") == [-value / 4 for value in stock]


def test_debts_between_units_are_taken_out_and_their_difference_is_a_line_of_its_own(joined: Consolidation) -> None:
    owed = amounts(joined, "intercompany", "Receivables", "North to South")
    owing = amounts(joined, "intercompany", "Payables", "North to South")
    assert min(owed) > 0
    assert min(owing) > 0
    assert amounts(joined, "group_balance", "Receivables", "Eliminations") == [-value for value in owed]
    assert amounts(joined, "group_balance", "Payables", "Eliminations") == [-value for value in owing]
    assert amounts(joined, "group_balance", "Differences between units", "Group") == pytest.approx(
        [one - other for one, other in zip(owed, owing, strict=True)])


def test_translation_leaves_a_reserve_where_rates_change_and_none_in_the_groups_currency(joined: Consolidation) -> None:
    rows = joined.tables["translation"]
    opening = rows.drop_duplicates("unit").set_index("unit")["opening_equity"]
    net = amounts(joined, "translation", "Net assets", "North")
    result = amounts(joined, "translation", "Net result", "North")
    # opening equity stands at 1.105; what is earned stands at the average rate, net assets at the closing rate
    local_opening, local_result = opening["North"] / 1.105, result[0] / 1.12
    assert amounts(joined, "translation", "Translation reserve", "North")[0] == pytest.approx(
        local_opening * (1.125 - 1.105) + local_result * (1.125 - 1.12), abs=0.05)
    assert net[0] == pytest.approx((local_opening + local_result) * 1.125, abs=0.05)
    assert amounts(joined, "translation", "Translation reserve", "South") == [0.0] * 4


def test_others_own_their_share_of_the_unit_that_the_group_does_not_own_whole(joined: Consolidation) -> None:
    result = amounts(joined, "translation", "Net result", "South")
    assert amounts(joined, "group_plan", "Others' share", "Group") == pytest.approx([value * 0.2 for value in result],
                                                                                     abs=0.006)
    whole, others, own = (amounts(joined, "group_plan", name, "Group")
                          for name in ("Net result", "Others' share", "Group's share"))
    assert own == pytest.approx([value - part for value, part in zip(whole, others, strict=True)])


def test_both_proofs_hold_and_the_balance_sheet_balances(joined: Consolidation) -> None:
    assert amounts(joined, "proof", "Largest difference", "All & Co") == [0.0] * 4
    for unit in ("North", "South", "East"):
        assert amounts(joined, "unit_proof", "Largest difference", unit) == [0.0] * 4
    for part in ("Group", "Sum of units", "Eliminations"):
        assert amounts(joined, "group_balance", "Difference", part) == [0.0] * 4
    assert amounts(joined, "group_balance", "Total assets", "Group")[0] > 0


def test_every_line_says_from_which_file_sheet_and_cell_it_comes(joined: Consolidation, units: Path) -> None:
    lines = joined.tables["unit_lines"]
    row = lines[(lines["unit"] == "East") & (lines["account"] == "Material") & (lines["family"] == "Chairs")].iloc[0]
    file, _, place = row["source"].removeprefix("[").partition("]")
    sheet, _, cell = place.partition("!")
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # it does not know sparklines
        cells = load_workbook(units / file, data_only=True)[sheet]
    first = cells[cell]
    material = [line for line in cells.iter_rows(min_row=first.row)
                if line[1].value == "Chairs" and "Material" in [one.value for one in line]]
    assert first.row == material[0][0].row
    assert row["rows_added"] == len(material)
    assert row[LABELS[0]] == pytest.approx(sum(line[first.column - 1].value for line in material))


def test_units_files_are_byte_for_byte_what_they_were(units: Path) -> None:
    before = fingerprints(units)
    outcome = consolidate(inputs(), units)
    assert fingerprints(units) == before
    status = outcome.tables["unit_status"].set_index("unit")
    assert status["fingerprint"].to_dict() == {Path(name).stem: sum_ for name, sum_ in before.items()}


def test_of_a_units_many_sheets_only_those_that_are_needed_are_looked_at(units: Path) -> None:
    with zipfile.ZipFile(units / "East.xlsx") as package:
        sheets = sum(name.startswith("xl/worksheets/sheet") for name in package.namelist())
    looked_at = [sheet.name for sheet in UnitFile(units / "East.xlsx", "East").workbook.sheets]
    assert {"Settings", "Profit and loss", "Balance sheet", "Run log"} <= set(looked_at)
    assert len(looked_at) == len(TABLES_READ & TABLES.keys()) < sheets / 4


def test_the_state_of_each_unit_is_carried(joined: Consolidation) -> None:
    status = joined.tables["unit_status"].set_index("unit")
    assert status["state"].tolist() == ["read"] * 3
    assert status["version"].tolist() == [__version__] * 3
    assert status["currency"].to_dict() == {"North": "EUR", "South": "USD", "East": "AUD"}
    assert status["attention"].tolist() == ["not locked"] * 3
    assert status["last_run"].notna().all()


@pytest.mark.parametrize("detail", ["account", "family", "market", "family and market"])
def test_the_group_plan_is_the_same_however_finely_its_lines_are_kept(
    detail: str, units: Path, joined: Consolidation
) -> None:
    outcome = consolidate(inputs(detail=detail), units)
    for name in ("Net sales", "Cost of goods sold", "EBIT", "Net result"):
        assert amounts(outcome, "group_plan", name, "Group") == pytest.approx(
            amounts(joined, "group_plan", name, "Group"), abs=0.2), name
    assert amounts(outcome, "proof", "Largest difference", "All & Co") == [0.0] * 4


def test_two_processes_read_what_one_reads(units: Path, joined: Consolidation) -> None:
    outcome = consolidate(inputs(), units, jobs=2, now=datetime(2027, 1, 5))
    assert outcome.tables["group_plan"].equals(joined.tables["group_plan"])
