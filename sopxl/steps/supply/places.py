"""Items at locations as numbers: a place is item number x count of locations + location number.

Everything that looks up an item at a location by its codes does it here, for all rows of a table at once.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

from sopxl.schema import Tables

ITEM_COLUMNS = (
    ("items", "item"), ("sales_plan", "item"), ("bills_of_material", "parent"), ("bills_of_material", "component"),
    ("routings", "item"), ("sourcing", "item"), ("lanes", "item"), ("stock_on_hand", "item"), ("open_orders", "item"),
    ("production_plan", "item"), ("co_products", "item"), ("co_products", "co_product"),
)
LOCATION_COLUMNS = (
    ("locations", "location"), ("markets", "ship_from"), ("routings", "location"), ("sourcing", "location"),
    ("lanes", "from_location"), ("lanes", "to_location"), ("stock_on_hand", "location"), ("open_orders", "location"),
    ("production_plan", "location"),
)


@dataclass(frozen=True)
class Places:
    """The numbering of items and locations, in the order of their tables."""

    items: pd.Index
    locations: pd.Index

    @property
    def count(self) -> int:
        """How many places there are."""
        return len(self.items) * len(self.locations)

    def item_numbers(self, items: pd.Series) -> np.ndarray:
        """Number of each item, -1 where it is unknown."""
        return np.asarray(self.items.get_indexer(pd.Index(items)))

    def location_numbers(self, locations: pd.Series) -> np.ndarray:
        """Number of each location, -1 where it is unknown."""
        return np.asarray(self.locations.get_indexer(pd.Index(locations)))

    def of(self, items: pd.Series, locations: pd.Series) -> np.ndarray:
        """Place of each item at a location, -1 where either is unknown."""
        item, location = self.item_numbers(items), self.location_numbers(locations)
        return np.where((item < 0) | (location < 0), -1, item * len(self.locations) + location)

    def item_of(self, places: np.ndarray) -> np.ndarray:
        """Item codes of places."""
        return np.asarray(self.items.to_numpy(object)[places // max(len(self.locations), 1)])

    def location_of(self, places: np.ndarray) -> np.ndarray:
        """Location codes of places."""
        return np.asarray(self.locations.to_numpy(object)[places % max(len(self.locations), 1)])


def read_places(tables: Tables) -> Places:
    """Every item and location that any table names, master data first."""
    return Places(_codes(tables, ITEM_COLUMNS), _codes(tables, LOCATION_COLUMNS))


def _codes(tables: Tables, columns: tuple[tuple[str, str], ...]) -> pd.Index:
    """The different codes in these columns, in order of appearance."""
    codes = pd.concat([tables[table][column].astype("object") for table, column in columns])
    index: pd.Index = pd.Index(np.asarray(codes[codes != ""].unique()), dtype="object")
    return index


def positions(places: np.ndarray, among: np.ndarray) -> np.ndarray:
    """Position of each place in a list of different places, -1 where it is not in it."""
    return np.asarray(pd.Index(among).get_indexer(places))
