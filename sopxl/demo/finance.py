"""What finance enters for the demo company: expenses, assets, terms and opening balances, all of them assumptions."""

from __future__ import annotations

import pandas as pd

from sopxl.demo import assumptions
from sopxl.schema import Tables


def finance_inputs(planning_market: pd.Series) -> Tables:
    """The tables of finance but the budget. ``planning_market``: the planning market of each market."""
    return {
        "operating_expenses": pd.DataFrame([
            {"expense": name, "basis": basis, "amount": amount}
            for name, (basis, amount) in assumptions.OPERATING_EXPENSES.items()
        ]),
        "fixed_assets": pd.DataFrame([
            {"asset": name, "amount": amount, "bought_period": period, "life": life, "residual": residual}
            for name, (amount, period, life, residual) in assumptions.FIXED_ASSETS.items()
        ]),
        "payment_terms": _customer_terms(planning_market),
        "opening_balances": pd.DataFrame({
            "account": ["cash", "loans"], "amount": [assumptions.OPENING_CASH, assumptions.OPENING_LOANS],
        }),
    }


def _customer_terms(planning_market: pd.Series) -> pd.DataFrame:
    """Terms of each planning market, by its channel: the last word of the market's name."""
    markets = planning_market.drop_duplicates().sort_values()
    days = markets.str.rsplit(" ", n=1).str[-1].map(assumptions.CUSTOMER_DAYS)
    return pd.DataFrame({"partner": "customers", "market": markets.to_numpy(), "days": days.to_numpy()})
