"""Terms of payment day by day, against counting days by hand, and what must hold of any terms."""

from __future__ import annotations

from datetime import date, timedelta

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st

from sopxl.schema import conform_all
from sopxl.settings import Settings
from sopxl.steps.finance.terms import Days, Terms, next_payment_day, terms_of
from sopxl.steps.finance.working_capital import payments, stated_balances
from sopxl.tables import TABLES

SETTINGS = Settings(first_period="2027-01", horizon=3)


def terms(days: float = 0.0, prepaid: float = 0.0, ahead: float = 0.0, day: float = 0.0) -> Terms:
    return Terms(*(np.array([value]) for value in (days, prepaid, ahead, day)))


def paid(billed: list[float], agreed: Terms, past: float = 0.0, stated: tuple[float, float] = (np.nan, np.nan)) -> list[
    list[float]
]:
    """Invoices paid, prepaid, used of one partner, and what is open of the past and was paid in advance."""
    days = Days.around(SETTINGS, agreed)
    before = np.full((1, days.before), past)
    found = payments(np.array([billed]), before, agreed, days, (np.array(stated[:1]), np.array(stated[1:])))
    return [found.invoices_paid[0].tolist(), found.prepaid[0].tolist(), found.used[0].tolist(),
            [found.opening_invoices[0], found.opening_prepaid[0]]]


def test_after_ten_days_the_last_ten_days_of_a_month_are_open() -> None:
    invoices, _, _, opening = paid([310.0, 280.0, 310.0], terms(days=10), past=620.0)
    assert opening == [200.0, 0.0]
    assert invoices == pytest.approx([200.0 + 210.0, 100.0 + 180.0, 100.0 + 210.0])


def test_on_a_payment_day_everything_since_the_last_one_is_paid() -> None:
    invoices, *_ = paid([310.0, 280.0, 310.0], terms(day=15))
    assert invoices == pytest.approx([150.0, 160.0 + 150.0, 130.0 + 150.0])


def test_the_thirty_first_is_the_last_day_of_a_shorter_month() -> None:
    dates = np.array(["2027-02-03", "2027-02-28", "2028-02-29", "2027-04-30", "2027-01-31"], "datetime64[D]")
    found = next_payment_day(dates, 31)
    assert [str(day) for day in found] == ["2027-02-28", "2027-02-28", "2028-02-29", "2027-04-30", "2027-01-31"]
    assert str(next_payment_day(dates, 30)[4]) == "2027-02-28"


def test_half_paid_a_month_ahead_leaves_half_on_the_invoice() -> None:
    invoices, prepaid, used, opening = paid([310.0, 280.0, 310.0], terms(prepaid=0.5, ahead=31))
    assert invoices == pytest.approx([155.0, 140.0, 155.0])
    assert used == pytest.approx([155.0, 140.0, 155.0])
    # 31 days before: January was paid in December, February in January; the first 3 days of March in January too
    assert prepaid[:2] == pytest.approx([140.0 + 5.0 * 3, 5.0 * 28])
    assert opening == pytest.approx([0.0, 155.0])


def test_a_stated_prepayment_is_used_first_and_what_is_left_stays_open() -> None:
    _, _, used, opening = paid([100.0, 100.0, 100.0], terms(), stated=(np.nan, 350.0))
    assert used == [100.0, 100.0, 100.0]
    assert opening == [0.0, 350.0]


def test_a_stated_balance_without_a_past_is_paid_as_a_steady_flow_would_be() -> None:
    invoices, _, _, opening = paid([0.0, 0.0, 0.0], terms(days=60), stated=(610.0, np.nan))
    assert opening == [610.0, 0.0]
    assert sum(invoices) == pytest.approx(610.0)
    assert invoices[0] > invoices[1] > invoices[2]
    assert invoices[2] == pytest.approx(10.0, abs=0.1)  # of 61 days only the last of December is due in March


def test_the_row_of_the_partner_wins_over_that_for_all_and_that_over_the_settings() -> None:
    rows = pd.DataFrame([{"partner": "customers", "market": "", "days": 20}, {"partner": "customers", "market": "A",
                                                                              "prepaid_share": 0.3},
                         {"partner": "suppliers", "supplier": "", "days": 90}])
    tables = conform_all(TABLES, {"payment_terms": rows})
    found = terms_of(tables, "customers", pd.Series(["A", "B"]), 45.0)
    assert found.days.tolist() == [45.0, 20.0]
    assert found.prepaid_share.tolist() == [0.3, 0.0]
    assert terms_of(tables, "suppliers", pd.Series(["A"]), 45.0).days.tolist() == [90.0]


def test_a_balance_for_all_is_spread_over_those_without_their_own() -> None:
    rows = pd.DataFrame({"account": ["payables", "payables"], "supplier": ["", "A"], "amount": [90.0, 7.0]})
    found = stated_balances(rows, "payables", "supplier", pd.Series(["A", "B", "C"]), np.array([5.0, 2.0, 1.0]))
    assert found.tolist() == pytest.approx([7.0, 60.0, 30.0])


@hypothesis_settings(max_examples=40, deadline=None)
@given(st.integers(0, 200), st.sampled_from([0, 1, 15, 30, 31]), st.sampled_from(["week", "month", "quarter"]))
def test_the_shares_are_those_of_counting_day_by_day(wait: int, day: int, bucket: str) -> None:
    first = {"week": "2027-W03", "month": "2027-01", "quarter": "2027-Q1"}[bucket]
    agreed = terms(days=wait, day=day)
    days = Days.around(Settings(bucket=bucket, first_period=first, horizon=4), agreed)
    shares = days.paid(wait, day)
    np.testing.assert_allclose(shares.sum(axis=1), 1.0)
    assert (shares[0, 1:] == 0).all(), "what is billed before the days that are looked at is paid before the plan"
    starts = [start.astype(object) for start in days.starts]
    for period in range(days.before, days.before + 4):
        counts = dict.fromkeys(range(5), 0)
        for place in range((starts[period + 1] - starts[period]).days):
            due = due_by_hand(starts[period] + timedelta(days=place + wait), day)
            target = next((t for t in range(4) if due < starts[days.before + t + 1]), 4)
            counts[target] += 1
        told = shares[period, 1:] * (starts[period + 1] - starts[period]).days
        np.testing.assert_allclose(told, list(counts.values()), atol=1e-9)


def due_by_hand(due: date, payment_day: int) -> date:
    """The first payment day on or after the date, looked for day by day."""
    while payment_day and due.day != payment_day and not (
        (due + timedelta(days=1)).day == 1 and due.day < payment_day
    ):
        due += timedelta(days=1)
    return due
