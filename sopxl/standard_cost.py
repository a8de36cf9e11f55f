"""The standard cost of a unit: its elements, and their sum for every step that values stock, sales or promotions.

To add an element, add its column to the ``costs`` table, its name to ELEMENTS, and its line to the profit and loss.
"""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np
import pandas as pd

from sopxl.schema import Tables

ELEMENTS = ("material_cost", "conversion_cost", "subcontract_cost", "scrap_cost")
"""Columns of ``costs`` that together are the standard cost."""


def cost_elements(tables: Tables, items: Iterable[str]) -> pd.DataFrame:
    """Each element of the standard cost of a unit, one row an item in the order given; 0 where none is given."""
    costs = tables.get("costs", pd.DataFrame({"item": []})).drop_duplicates("item").set_index("item")
    found = costs.reindex(columns=list(ELEMENTS)).reindex(pd.Index(items))
    return found.fillna(0.0).astype("float64").reset_index(drop=True)


def standard_cost(tables: Tables, items: Iterable[str]) -> np.ndarray:
    """Standard cost of a unit of each item, its elements together; 0 where none is given."""
    return np.asarray(cost_elements(tables, items).sum(axis=1).to_numpy(float))
