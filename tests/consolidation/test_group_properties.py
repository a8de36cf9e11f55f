"""Whatever the units plan, the group plan ties: eliminations, translation, proofs, reckoned again in exact decimals."""

from __future__ import annotations

from datetime import datetime
from decimal import ROUND_HALF_UP, Decimal
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from hypothesis import Phase, given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from sopxl.consolidation.accounts import ACCOUNTS, RATE_OF, RESULT_SIGNS, TRADES
from sopxl.consolidation.calendars import UnitCalendar, covered, first_and_last_days, shares_of_days
from sopxl.consolidation.group import group_inputs
from sopxl.consolidation.money import cents, cents_over_time, cents_that_add_up
from sopxl.consolidation.results import rates_for, results_of
from sopxl.consolidation.settings import GroupSettings
from sopxl.consolidation.tables import BETWEEN_UNITS, GROUP_TABLES, PLAN
from sopxl.consolidation.unit_file import UnitRecord
from sopxl.consolidation.unit_lines import _other_movements
from sopxl.consolidation.unit_reading import UnitLine, UnitReading
from sopxl.formulas import compute
from sopxl.grids import take
from sopxl.schema import PlanGrid, Tables

GROUP = GroupSettings(group_name="G", currency="USD", first_period="2027-01", horizon=3)
LABELS = GROUP.periods.labels
CURRENCIES = ("USD", "EUR", "JPY")
AMOUNTS = st.integers(-10**9, 10**9)
FEW = settings(max_examples=5, deadline=None, phases=(Phase.explicit, Phase.generate))
"""A group is large: making a failing one smaller would take minutes."""
CENT = Decimal("0.01")


def lines_of_a_unit(draw: st.DrawFn, pairs: list[tuple[str, bool]]) -> list[UnitLine]:
    """Every account twice (two families), and what the unit says of its pairs (name, whether it sells)."""
    def amounts() -> np.ndarray:
        return draw(arrays(np.int64, GROUP.horizon, elements=AMOUNTS))

    lines = [UnitLine(PLAN, "", account.name, family, "", account.section, RATE_OF[account.kind], "", 1, amounts(),
                      draw(AMOUNTS) if account.kind == "balance" else 0)
             for account in ACCOUNTS.values() for family in ("A", "B")]
    lines += [UnitLine(BETWEEN_UNITS, pair, trade.account, "", "", "", RATE_OF[trade.kind], "", 1, amounts())
              for pair, sells in pairs for trade in TRADES if trade.seller == sells]
    lines += [UnitLine(BETWEEN_UNITS, pair, "Stock from sister units", "", "", "", "closing", "", 1, abs(amounts()))
              for pair, sells in pairs if not sells]
    return lines


@st.composite
def groups(draw: st.DrawFn) -> tuple[Tables, list[UnitReading], dict[str, float]]:
    """Three units, two of which trade with each other, with rates of four decimals."""
    rate = st.integers(50, 2_000_000).map(lambda number: number / 10_000)
    rates = pd.DataFrame([(currency, label, draw(rate), draw(rate)) for currency in CURRENCIES[1:]
                          for label in ("2026-12", *LABELS)], columns=["currency", "period", "average", "closing"])
    readings = []
    pairs = {"U0": [("U0 to U1", True), ("U1 to U0", False)], "U1": [("U0 to U1", False), ("U1 to U0", True)], "U2": []}
    for place, unit in enumerate(pairs):
        lines = lines_of_a_unit(draw, pairs[unit])
        opening = sum({"asset": 1, "debt": -1}.get(line.section, 0) * line.opening for line in lines)
        totals = {name: np.sum([line.cents for line in lines if line.account == name and line.role == PLAN], axis=0)
                  for name in ACCOUNTS}
        readings.append(UnitReading(
            unit, Path(unit), unit, draw(st.sampled_from(CURRENCIES)) if place else "USD", "",
            UnitRecord(datetime(2027, 1, 1), "Done", "1", 0, True), "", [*lines, _other_movements(lines, opening)],
            totals, opening, {pair: abs(draw(AMOUNTS)) for pair, sells in pairs[unit] if not sells}))
    shares = {unit: draw(st.sampled_from([1.0, 0.75, 0.6])) for unit in pairs}
    margin = draw(st.sampled_from([0.0, 0.1, 0.255]))
    inputs = group_inputs(
        pd.DataFrame({"unit": list(pairs), "path": list(pairs)}), GROUP, rates=rates,
        pairs=pd.DataFrame({"seller": ["U0", "U1"], "market": "m", "buyer": ["U1", "U0"], "supplier": "s",
                            "margin": margin}))
    filled = rates_for(inputs["group_rates"], GROUP, {reading.currency for reading in readings})
    grid = GROUP_TABLES["group_rates"]
    assert isinstance(grid, PlanGrid)
    return {**inputs, "group_rates": compute(grid, filled, LABELS, {})}, readings, shares


def values(tables: Tables, table: str, measure: str, key: str) -> list[Decimal]:
    """A measure of one object as exact cents."""
    grid = GROUP_TABLES[table]
    assert isinstance(grid, PlanGrid)
    row = take(grid, tables[table], measure, LABELS).loc[key].to_numpy(float)
    return [Decimal(repr(float(value))).quantize(CENT) for value in row]


def translated(reading: UnitReading, line: UnitLine, tables: Tables) -> list[Decimal]:
    """A line in the group's currency, reckoned in decimals: rounded half up, as commerce does."""
    if reading.currency == "USD" or line.rate_kind == "none":
        return [Decimal(int(number)) / 100 for number in line.cents]
    grid = GROUP_TABLES["group_rates"]
    assert isinstance(grid, PlanGrid)
    rates = take(grid, tables["group_rates"], f"{line.rate_kind.capitalize()} rate", LABELS).loc[reading.currency]
    return [(Decimal(int(number)) / 100 * Decimal(repr(float(rate)))).quantize(CENT, ROUND_HALF_UP)
            for number, rate in zip(line.cents, rates, strict=True)]


@FEW
@given(groups())
def test_the_group_plan_is_what_exact_decimals_make_of_it(
    case: tuple[Tables, list[UnitReading], dict[str, float]]
) -> None:
    inputs, readings, shares = case
    tables = results_of(inputs, GROUP, readings, shares)
    exact = {name: [Decimal(0)] * GROUP.horizon for name in ACCOUNTS}
    for reading in readings:
        for line in reading.lines:
            if line.role == PLAN and line.account in exact:
                amounts = translated(reading, line, tables)
                exact[line.account] = [one + more for one, more in zip(exact[line.account], amounts, strict=True)]
    for account, amounts in exact.items():
        table = "group_plan" if account in RESULT_SIGNS or account == "Shipments" else "group_balance"
        assert values(tables, table, account, "Sum of units") == amounts, account
    result = [sum(sign * exact[name][period] for name, sign in RESULT_SIGNS.items()) for period in range(GROUP.horizon)]
    assert values(tables, "group_plan", "Net result", "Sum of units") == result


@FEW
@given(groups())
def test_proofs_and_balance_sheet_hold_and_eliminations_take_only_unearned_profit_from_the_result(
    case: tuple[Tables, list[UnitReading], dict[str, float]]
) -> None:
    tables = results_of(case[0], GROUP, *case[1:])
    nought = [Decimal("0.00")] * GROUP.horizon
    assert values(tables, "proof", "Largest difference", "G") == nought
    for unit in case[2]:
        assert values(tables, "unit_proof", "Largest difference", unit) == nought
    for part in ("Group", "Sum of units", "Eliminations"):
        assert values(tables, "group_balance", "Difference", part) == nought
        assert values(tables, "group_cash_flow", "Difference", part) == nought
    assert values(tables, "group_cash_flow", "Change in cash", "Eliminations") == nought
    # two roundings of each of some forty lines of three units, half a cent each at most, beside what no plan explains
    others = [values(tables, "translation", "Other movements", unit) for unit in case[2]]
    left = [abs(one - sum(each)) for one, *each in zip(
        values(tables, "group_cash_flow", "Other movements", "Group"), *others, strict=True)]
    assert max(left) <= Decimal("2.00")
    changes = [values(tables, "intercompany", "Change in unrealised profit", pair) for pair in ("U0 to U1", "U1 to U0")]
    taken = [-sum(both) for both in zip(*changes, strict=True)]
    assert values(tables, "group_plan", "Net result", "Eliminations") == taken
    for measure in ("Receivables", "Payables"):
        between = [values(tables, "intercompany", measure, pair) for pair in ("U0 to U1", "U1 to U0")]
        eliminated = [-sum(both) for both in zip(*between, strict=True)]
        assert values(tables, "group_balance", measure, "Eliminations") == eliminated


@FEW
@given(groups())
def test_net_assets_are_opening_equity_results_and_the_reserve_from_translation(
    case: tuple[Tables, list[UnitReading], dict[str, float]]
) -> None:
    tables = results_of(case[0], GROUP, *case[1:])
    opening = tables["translation"].drop_duplicates("unit").set_index("unit")["opening_equity"]
    for reading in case[1]:
        parts = [values(tables, "translation", name, reading.unit)
                 for name in ("Net result", "Other movements", "Translation reserve", "Net assets")]
        start = Decimal(repr(float(opening[reading.unit])))
        for period in range(GROUP.horizon):
            earned = sum(parts[0][: period + 1]) + sum(parts[1][: period + 1])
            assert parts[3][period] == start + earned + parts[2][period]
            if reading.currency == "USD":
                assert parts[2][period] == 0


@settings(max_examples=60, deadline=None)
@given(arrays(np.float64, st.tuples(st.integers(1, 12), st.just(3)), elements=st.floats(-1e7, 1e7)))
def test_lines_in_cents_add_up_to_their_total_and_none_is_off_by_more_than_a_cent(rows: np.ndarray) -> None:
    total = cents(rows.sum(axis=0))
    in_cents = cents_that_add_up(rows, total)
    assert (in_cents.sum(axis=0) == total).all()
    assert (np.abs(in_cents - rows * 100) <= 1.01).all()


@settings(max_examples=60, deadline=None)
@given(arrays(np.float64, st.integers(1, 30), elements=st.floats(-1e7, 1e7)))
def test_what_is_split_over_time_keeps_the_sum_of_all_periods(amounts: np.ndarray) -> None:
    assert cents_over_time(amounts).sum() == cents(np.array([np.cumsum(amounts)[-1]]))[0]


CALENDARS = pd.DataFrame({
    "calendar": ["445"] * 3, "period": ["2027-01", "2027-02", "2027-03"],
    "first_day": pd.to_datetime(["2026-12-28", "2027-01-25", "2027-02-22"]),
    "last_day": pd.to_datetime(["2027-01-24", "2027-02-21", "2027-03-28"]),
})


def test_weeks_go_into_months_by_their_days() -> None:
    weeks = first_and_last_days(["2027-W04", "2027-W05"], "week", "", CALENDARS)
    months = first_and_last_days(["2027-01", "2027-02"], "month", "", CALENDARS)
    # week 4 is 25 to 31 January; week 5 lies whole in February
    assert shares_of_days(weeks, months).tolist() == [[1, 0], [0, 1]]
    early = first_and_last_days(["2026-W53"], "week", "", CALENDARS)
    # 28 December to 3 January: three days of the new year
    assert shares_of_days(early, months).round(9).tolist() == [[round(3 / 7, 9), 0]]


def test_a_445_calendar_gives_its_own_days_and_balances_go_by_the_last_period_that_has_ended() -> None:
    fiscal = first_and_last_days(["2027-01", "2027-02", "2027-03"], "month", "445", CALENDARS)
    months = first_and_last_days(["2027-01", "2027-02", "2027-03"], "month", "", CALENDARS)
    calendar = UnitCalendar.of(fiscal, months)
    # January has 24 of the 28 days of the first period and 7 of the second
    assert calendar.split(np.array([[28.0, 28.0, 35.0]]), "flow").round(9).tolist() == [[31.0, 28.0, 28.0]]
    assert calendar.split(np.array([[1.0, 2.0, 3.0]]), "balance").tolist() == [[1.0, 2.0, 3.0]]
    assert covered(fiscal, months).tolist() == [True, True, False]


def test_a_period_that_a_calendar_lacks_is_named() -> None:
    with pytest.raises(KeyError) as missing:
        first_and_last_days(["2027-04"], "month", "445", CALENDARS)
    assert missing.value.args[0] == ("445", "2027-04")
