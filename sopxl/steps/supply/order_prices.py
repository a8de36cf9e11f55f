"""Prices that depend on the quantity, in balancing: with whole lots only, else the plan is steered by the first price.

What is received in a period counts as one order. It stands in one segment of the price list; in it a unit costs the
segment's price and, where that holds only for the units beyond, the order the difference to what the units before cost
(the multiple choice model: Croxton, Gendron and Magnanti, Management Science 49, 2003).
"""

from __future__ import annotations

import numpy as np
import pandas as pd

from sopxl.steps.supply.balance_model import Decision, Model, decision
from sopxl.steps.supply.limits import limit
from sopxl.steps.supply.price_breaks import price_lists
from sopxl.steps.supply.whole_lots import most_ever_needed


def price_segments(model: Model) -> pd.DataFrame:
    """buy, first and last (units of an order), unit_price and fixed (money an order) of every segment."""
    segments = price_lists(model.network)
    node = model.network.buys["node"].to_numpy(int)[segments["buy"].to_numpy(int)]
    following = segments.groupby("buy")["first"].shift(-1)
    most = np.maximum(most_ever_needed(model)[node], segments["first"])
    return segments.assign(last=following.fillna(most))


def _arises(model: Model) -> bool:
    """Whether prices by quantity are planned with."""
    return model.network.settings.whole_lots and len(model.network.price_breaks) > 0


@decision
def price_choice(model: Model) -> Decision | None:
    """Whether the order stands in a segment of its price list."""
    return Decision(np.arange(len(price_segments(model))), 0.0, 1.0, whole=True) if _arises(model) else None


@decision
def price_quantity(model: Model) -> Decision | None:
    """Units that are bought in a segment of the price list."""
    return Decision(np.arange(len(price_segments(model)))) if _arises(model) else None


@limit
def price_list(model: Model) -> None:
    """What is bought stands in one segment of its price list, and there within the segment's quantities."""
    if not _arises(model):
        return
    segments = price_segments(model)
    listed, row = np.unique(segments["buy"].to_numpy(int), return_inverse=True)
    shape = (len(listed), model.period_count)
    quantity, choice = model.columns["price_quantity"], model.columns["price_choice"]
    total = model.program.add_rows(shape, 0.0, 0.0)
    model.program.add_entries(total, model.columns["buy_receipt"][listed], 1.0)
    model.program.add_entries(total[row], quantity, -1.0)
    one = model.program.add_rows(shape, upper=1.0)
    model.program.add_entries(one[row], choice, 1.0)
    for name, rows in (("price_list", total), ("price_list_one", one)):
        model.rows[name], model.objects[name] = rows, listed
    for name, bound, lower, upper in (("price_from", "first", 0.0, np.inf), ("price_until", "last", -np.inf, 0.0)):
        rows = model.program.add_rows(quantity.shape, lower, upper)
        model.rows[name] = rows
        model.program.add_entries(rows, quantity, 1.0)
        model.program.add_entries(rows, choice, -segments[bound].to_numpy(float)[:, None])
