"""The group's cash flow of the three small units, reckoned by hand."""

from __future__ import annotations

from itertools import pairwise
from pathlib import Path

import pytest

from sopxl.consolidation.cash_tables import GROUP_CASH_FLOW
from sopxl.consolidation.group import Consolidation, consolidate
from sopxl.grids import take
from tests.consolidation.small_group import PAIRS, SETTINGS, inputs

LABELS = SETTINGS.periods.labels
OWED = [29_177.42, 19_451.61, 21_396.77, 19_451.61, 20_100.00]
"""What customers owe each unit, at the start and at the end of each period, in its currency."""
STOCK = [5_950.0, 2_850.0, 850.0, 850.0, 850.0]
CASH = [0.0, 23_585.81, 34_515.48, 48_619.35, 58_849.03]
AVERAGE, CLOSING = [1.12, 1.12, 1.13, 1.13], [1.105, 1.125, 1.125, 1.137, 1.137]
"""Of North's currency; South's is the group's, and East's is 0.65 and 0.66 throughout."""


@pytest.fixture(scope="module")
def joined(units: Path) -> Consolidation:
    outcome = consolidate(inputs(), units)
    assert outcome.done, outcome.findings
    return outcome


def line(outcome: Consolidation, measure: str, part: str = "Group", labels: list[str] = LABELS) -> list[float]:
    rows = take(GROUP_CASH_FLOW, outcome.tables["group_cash_flow"], measure, labels)
    return [float(value) for value in rows.loc[[part]].to_numpy(float)[0]]


def moved(balances: list[float]) -> list[float]:
    return [after - before for before, after in pairwise(balances)]


def test_what_working_capital_binds_is_reckoned_at_average_rates(joined: Consolidation) -> None:
    rates = [rate + 1 + 0.65 for rate in AVERAGE]
    by_hand = [-change * rate for change, rate in zip(moved(OWED), rates, strict=True)]
    assert line(joined, "Change in receivables", "Sum of units") == pytest.approx(by_hand, abs=0.05)
    by_hand = [-change * rate for change, rate in zip(moved(STOCK), rates, strict=True)]
    assert line(joined, "Change in stock", "Sum of units") == pytest.approx(by_hand)


def test_debts_between_units_come_off_and_what_they_disagree_by_is_a_line(joined: Consolidation) -> None:
    # two thirds of what North is owed is owed by South, in whose books it is little: wood, not tables
    taken = line(joined, "Change in receivables", "Eliminations")
    assert taken == pytest.approx([change * 2 / 3 * rate for change, rate in zip(moved(OWED), AVERAGE, strict=True)],
                                  abs=0.05)
    payables = line(joined, "Change in payables", "Eliminations")
    differences = line(joined, "Change in differences between units", "Eliminations")
    assert differences == pytest.approx([-one - other for one, other in zip(taken, payables, strict=True)], abs=0.001)
    assert line(joined, "Change in differences between units") == differences


def test_profit_that_is_not_yet_earned_moves_no_cash(joined: Consolidation) -> None:
    # of South's stock of wood, 1,200 at the start and 2,000 after, a quarter is North's margin
    assert line(joined, "Net result", "Eliminations") == [-200, 500, 0, 0]
    assert line(joined, "Change in stock", "Eliminations") == [200, -500, 0, 0]
    assert line(joined, "Change in cash", "Eliminations") == [0.0] * 4


def test_what_rates_do_to_cash_is_a_line_of_its_own(joined: Consolidation) -> None:
    flows = moved(CASH)
    north = [CASH[at + 1] * CLOSING[at + 1] - CASH[at] * CLOSING[at] - flows[at] * AVERAGE[at] for at in range(4)]
    east = [flow * (0.66 - 0.65) for flow in flows]
    by_hand = [one + other for one, other in zip(north, east, strict=True)]
    assert line(joined, "Effect of rates on cash") == pytest.approx(by_hand, abs=0.03)


def test_the_cash_flow_ends_at_the_cash_of_the_balance_sheet(joined: Consolidation) -> None:
    closing = [cash * (rate + 1 + 0.66) for cash, rate in zip(CASH[1:], CLOSING[1:], strict=True)]
    assert line(joined, "Closing cash") == pytest.approx(closing, abs=0.03)
    assert line(joined, "Change in cash") == pytest.approx(moved([0, *closing]), abs=0.06)
    for part in ("Group", "Sum of units", "Eliminations"):
        assert line(joined, "Difference", part) == [0.0] * 4
    assert max(abs(cents) for cents in line(joined, "Other movements")) < 0.05


def test_a_group_plan_that_begins_later_than_its_units_opens_with_their_balances_then(
    units: Path, joined: Consolidation
) -> None:
    later = consolidate(inputs(first_period="2027-02", horizon=3), units)
    labels = LABELS[1:]
    for measure in ("Opening cash", "Change in receivables", "Change in stock", "Change in payables",
                    "Effect of rates on cash", "Change in cash", "Difference"):
        assert line(later, measure, labels=labels) == pytest.approx(line(joined, measure)[1:], abs=0.001), measure


def test_without_pairs_nothing_is_eliminated(units: Path) -> None:
    alone = consolidate(inputs(pairs=PAIRS.head(0).astype(PAIRS.dtypes)), units)
    assert line(alone, "Change in receivables") == line(alone, "Change in receivables", "Sum of units")
    assert line(alone, "Difference") == [0.0] * 4
