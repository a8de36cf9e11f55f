"""What the tests of the demand step share: small tables, histories without tables, and sixty public series."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from sopxl.schema import Tables, conform_all
from sopxl.settings import Settings, settings_frame
from sopxl.steps.demand.history import History
from sopxl.tables import TABLES

PUBLIC_SERIES = Path(__file__).parent / "public_series.csv"

MARKETS = [
    {"market": "FR-S", "market_group": "EU", "channel": "Shop", "ship_from": "P"},
    {"market": "DE-S", "market_group": "EU", "channel": "Shop", "ship_from": "P"},
    {"market": "US-S", "market_group": "US", "channel": "Shop", "ship_from": "P"},
]


def tables_of(settings: Settings, **records: Any) -> Tables:
    """Conformed tables from records (or frames), with three markets in two groups."""
    given = {"markets": MARKETS, "settings": settings_frame(settings), **records}
    return conform_all(TABLES, {name: pd.DataFrame(rows) for name, rows in given.items()})


def sales(
    item: str, market: str, quantities: list[float], settings: Settings, price: float = 10
) -> list[dict[str, Any]]:
    """Sales records of the last periods before the plan; NaN is no record."""
    labels = settings.periods.before(len(quantities))
    return [
        {"period": label, "item": item, "market": market, "quantity": quantity, "revenue": quantity * price}
        for label, quantity in zip(labels, quantities, strict=True)
        if quantity == quantity
    ]


def history_of(values: np.ndarray, season: int = 12, families: list[str] | None = None) -> History:
    """A history of series that are all sold in one market, of one family each unless said otherwise."""
    names = [str(row) for row in range(len(values))]
    series = pd.DataFrame({"item": names, "name": "", "market": "M", "channel": "C", "family": families or names,
                           "status": "active", "like": -1})
    return History(series, values, np.zeros_like(values), 0, season, values)


def public_series() -> tuple[np.ndarray, np.ndarray]:
    """Sixty monthly series of the M1 and tourism competitions and of hospitals: history S x 72 and future S x 12."""
    frame = pd.read_csv(PUBLIC_SERIES)
    histories = [np.array(text.split(), float) for text in frame["history"]]
    longest = max(len(history) for history in histories)
    past = np.array([np.pad(one, (longest - len(one), 0), constant_values=np.nan) for one in histories])
    return past, np.array([np.array(text.split(), float) for text in frame["future"]])
