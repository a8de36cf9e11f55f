"""Checks of what is entered for the finance step: deductions, expenses, fixed assets, terms, opening balances, budget.

Add one as a generator of findings under ``@check`` or ``@row_check`` (see :mod:`sopxl.check_register`).
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from sopxl.check_register import check, row_check, told
from sopxl.prices import ALWAYS, positions_of
from sopxl.schema import Finding, Tables, one_of
from sopxl.settings import Settings

OF_CUSTOMERS = ("receivables", "prepayments from customers")
CENT = 0.01
OF_SUPPLIERS = ("payables", "prepayments to suppliers")


@row_check
def budget_that_contradicts_itself(tables: Tables, settings: Settings) -> Iterator[Finding]:
    """A budget whose gross margin is not revenue less cost of goods, or whose EBIT is not what expenses leave of it."""
    rows = tables["budget"]
    margin = rows["revenue"] - rows["cost_of_goods"]
    yield from told(tables, "budget", "gross_margin", (rows["gross_margin"] - margin).abs() > CENT,
                    "The gross margin of {gross_margin} is not the revenue of {revenue} less cost of goods of "
                    "{cost_of_goods}; cost of goods counts.", "Correct one of the three, or empty one.", "warning")
    left = margin.fillna(rows["gross_margin"]) - rows["operating_expenses"] - rows["depreciation"].fillna(0.0)
    yield from told(tables, "budget", "ebit", (rows["ebit"] - left).abs() > CENT,
                    "The EBIT of {ebit} is not what operating expenses of {operating_expenses} and depreciation leave "
                    "of the gross margin; the expenses count.", "Correct one of them, or empty EBIT.", "warning")


@row_check
def deductions_take_all(tables: Tables, settings: Settings) -> Iterator[Finding]:
    """Discount and rebate that together leave nothing of gross sales."""
    rows = tables["sales_deductions"]
    yield from told(tables, "sales_deductions", "rebate", rows["discount"] + rows["rebate"] >= 1.0,
                    "Discount {discount} and rebate {rebate} together leave nothing of gross sales.",
                    "Enter shares of gross sales that together stay below 100 %.")


@row_check
def deductions_after_the_plan(tables: Tables, settings: Settings) -> Iterator[Finding]:
    """A discount or rebate that holds from a period after the plan."""
    late = positions_of(tables["sales_deductions"]["from_period"], settings) >= settings.horizon
    yield from told(tables, "sales_deductions", "from_period", late,
                    "This row holds from {from_period}, after the plan; it does not count.",
                    "Correct the period, or leave the row for later plans.", "warning")


@row_check
def asset_that_cannot_be_written_off(tables: Tables, settings: Settings) -> Iterator[Finding]:
    """A fixed asset without life, worth more at its end than it cost, or used before it is bought."""
    rows = tables["fixed_assets"]
    yield from told(tables, "fixed_assets", "life", rows["life"] <= 0, "{asset} has no useful life.",
                    "Enter its life in years.")
    yield from told(tables, "fixed_assets", "residual", rows["residual"] > rows["amount"],
                    "{asset} shall be worth {residual} at the end of its life, more than it costs, {amount}.",
                    "Correct one of the two.")
    bought, in_use = (positions_of(rows[name], settings) for name in ("bought_period", "in_use_period"))
    early = (rows["in_use_period"] != "").to_numpy(bool) & (rows["bought_period"] != "").to_numpy(bool)
    yield from told(tables, "fixed_assets", "in_use_period", early & (in_use < bought),
                    "{asset} is used from {in_use_period}, before it is bought in {bought_period}.",
                    "Correct one of the two periods.")


@row_check
def asset_out_of_the_plan(tables: Tables, settings: Settings) -> Iterator[Finding]:
    """A fixed asset that is bought after the plan, and a book value of one that is bought in it."""
    rows = tables["fixed_assets"]
    bought = positions_of(rows["bought_period"], settings)
    yield from told(tables, "fixed_assets", "bought_period", bought >= settings.horizon,
                    "{asset} is bought in {bought_period}, after the plan; it does not count.",
                    "Correct the period, or leave the row for later plans.", "warning")
    stated = (bought >= 0) & rows["opening_book_value"].notna().to_numpy(bool)
    yield from told(tables, "fixed_assets", "opening_book_value", stated,
                    "{asset} is bought in the plan, so it has no book value at its start; what is stated does not "
                    "count.", "Empty the cell, or correct the period in which it is bought.", "warning")
    before = (bought == ALWAYS) & (rows["in_use_period"] == "").to_numpy(bool)
    unknown = before & rows["opening_book_value"].isna().to_numpy(bool)
    yield from told(tables, "fixed_assets", "in_use_period", unknown,
                    "{asset} was bought before the plan, but not when; it counts as new in the first period.",
                    "Enter its first period of use, or its book value at the start.", "warning")


@row_check
def expense_outside_the_plan(tables: Tables, settings: Settings) -> Iterator[Finding]:
    """An expense that ends before it starts, or that arises in no period of the plan."""
    first, last = _span_of_expenses(tables, settings)
    yield from told(tables, "operating_expenses", "until_period", last < first,
                    "{expense} ends in {until_period}, before it starts in {from_period}.",
                    "Correct one of the two periods.")
    outside = (last >= first) & ((first >= settings.horizon) | (last < 0))
    yield from told(tables, "operating_expenses", "from_period", outside, "{expense} arises in no period of the plan.",
                    "Correct its periods, or leave the row for another plan.", "warning")


@check
def expenses_overlap(tables: Tables, settings: Settings) -> Iterator[Finding]:
    """Two rows of one expense, for the same family and market, that both hold in some period: they add up."""
    rows = tables["operating_expenses"]
    first, last = _span_of_expenses(tables, settings)
    spans = rows[["expense", "basis", "family", "market"]].assign(first=first, last=last)
    spans = spans.sort_values("first", kind="stable")
    ends = spans.groupby(["expense", "basis", "family", "market"])["last"].transform(lambda last: last.cummax().shift())
    overlapping = (spans["first"] <= ends).reindex(rows.index).to_numpy(bool)
    yield from told(tables, "operating_expenses", "from_period", overlapping,
                    "{expense} has another row that holds at the same time; the two are added up.",
                    "End the earlier row before this one starts, or give the two different names.", "warning")


@check
def terms_for_the_wrong_partner(tables: Tables, settings: Settings) -> Iterator[Finding]:
    """Terms of customers that name a supplier, terms of suppliers that name a market: nothing would follow them."""
    rows = tables["payment_terms"]
    for partner, other, wrong in (("customers", "supplier", "market"), ("suppliers", "market", "supplier")):
        yield from told(tables, "payment_terms", other, (rows["partner"] == partner) & (rows[other] != ""),
                        f"Terms of {partner} cannot be for the {other} {{{other}}}.",
                        f"Empty the cell and enter a {wrong}, or correct the partner.")


@check
def opening_balance_of_the_wrong_partner(tables: Tables, settings: Settings) -> Iterator[Finding]:
    """A market or a supplier at an account that is kept by neither."""
    rows = tables["opening_balances"]
    for column, accounts in (("market", OF_CUSTOMERS), ("supplier", OF_SUPPLIERS)):
        wrong = (rows[column] != "") & ~rows["account"].isin(accounts)
        yield from told(tables, "opening_balances", column, wrong,
                        f"The account '{{account}}' is not kept by {column}.",
                        f"Empty the cell; only {one_of(accounts)} are by {column}.")


def _span_of_expenses(tables: Tables, settings: Settings) -> tuple[np.ndarray, np.ndarray]:
    """First and last position of each row of operating expenses; no end is infinite."""
    rows = tables["operating_expenses"]
    last = np.where(rows["until_period"] == "", np.inf, positions_of(rows["until_period"], settings))
    return positions_of(rows["from_period"], settings), np.asarray(last, float)
