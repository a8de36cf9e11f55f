"""From a few frames to all tables of a plan, for known cases: demand is typed into the sales plan as overrides.

A case has a folder here with README.md (its source), input.json and expected.json; it goes through the product's own
tables and steps. Add a case by adding its folder and a test module, and take it off the list of those not yet done
in test_case_list.py.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from sopxl import grids, pipeline
from sopxl.formulas import compute
from sopxl.schema import PlanGrid, Tables, conform_all
from sopxl.settings import Settings, settings_frame
from sopxl.steps.demand.tables import SALES_PLAN
from sopxl.steps.supply.build_network import build_network
from sopxl.steps.supply.network import Network
from sopxl.tables import GRIDS, TABLES

FOLDER = Path(__file__).parent
Frames = dict[str, dict[str, Any]]
SUPPLY_STEPS = ("procurement", "production", "distribution")


def read_case(name: str) -> tuple[dict[str, Any], dict[str, Any]]:
    """A case's input and what is expected."""
    texts = [(FOLDER / name / file).read_text(encoding="utf-8") for file in ("input.json", "expected.json")]
    given, expected = (json.loads(text) for text in texts)
    return given, expected


def weekly(count: int, **settings: Any) -> Settings:
    """Settings of a plan of so many weeks, in requirements mode unless said otherwise."""
    usual = Settings(bucket="week", first_period="2027-W01", horizon=count, plan_mode="requirements")
    return replace(usual, **settings)


def plan_tables(
    settings: Settings,
    demand: Mapping[tuple[str, str], Sequence[float]],
    frames: Mapping[str, Mapping[str, Any]],
    **sales_measures: Mapping[tuple[str, str], Sequence[float]],
) -> Tables:
    """The tables of a plan, the consensus computed; those that are not given are empty.

    ``demand``: (item, planning market) -> quantities, typed as overrides; ``frames``: table name -> columns. Items
    are those of the frames and of the demand; markets that are not given ship from location 'PLANT'.
    ``sales_measures`` fill further rows of the sales plan, like Price or Orders_in_hand.
    """
    tables = {name: pd.DataFrame(columns) for name, columns in frames.items()}
    tables["settings"] = settings_frame(settings)
    objects = pd.DataFrame(list(demand), columns=["item", "market"]).assign(family="All")
    if "items" not in tables:
        tables["items"] = pd.DataFrame({"item": _items(tables, objects)})
    if "markets" not in tables:
        names = list(dict.fromkeys(objects["market"]))
        tables["markets"] = pd.DataFrame({"market": names, "market_group": names, "ship_from": "PLANT"})
    if "locations" not in tables:
        tables["locations"] = pd.DataFrame({"location": ["PLANT"], "kind": ["plant"]})
    measures = {"Override": _rows(demand, list(demand), settings)}
    for name, values in sales_measures.items():
        measures[name.replace("_", " ")] = _rows(values, list(demand), settings)
    periods = settings.periods.labels
    tables["sales_plan"] = compute(SALES_PLAN, grids.stack(SALES_PLAN, objects, measures, periods), periods, {})
    return tables


def _items(tables: Mapping[str, pd.DataFrame], objects: pd.DataFrame) -> list[str]:
    """Every item that is named anywhere."""
    columns = [objects["item"]]
    for frame in tables.values():
        columns += [frame[name] for name in ("item", "parent", "component") if name in frame]
    return [str(item) for item in dict.fromkeys(pd.concat(columns)) if item]


def _rows(
    values: Mapping[tuple[str, str], Sequence[float]], pairs: list[tuple[str, str]], settings: Settings
) -> np.ndarray:
    """Values of each pair over the periods, 0 where none are given."""
    rows = np.zeros((len(pairs), settings.horizon))
    for number, pair in enumerate(pairs):
        given = np.asarray(values.get(pair, ()), float)[: settings.horizon]
        rows[number, : len(given)] = given
    return rows


def network_of(tables: Tables, settings: Settings) -> Network:
    """The supply network of the tables."""
    return build_network(conform_all(TABLES, tables), settings)


def run_supply(tables: Tables) -> Tables:
    """All tables after the three supply steps have run."""
    return pipeline.run(tables, SUPPLY_STEPS)


def measure(tables: Tables, grid: str, name: str) -> pd.DataFrame:
    """A measure of a grid: objects (by key) x periods."""
    declared: PlanGrid = GRIDS[grid]
    periods = [column for column in tables[grid].columns if column[:1].isdigit()]
    return grids.take(declared, tables[grid], name, periods)


def row(tables: Tables, grid: str, name: str, *key: str) -> list[float]:
    """The values of a measure of one object, period by period; keys that are left out are empty."""
    found = measure(tables, grid, name)
    full = (*key, *[""] * (found.index.nlevels - len(key)))
    at = list(found.index).index(full if len(full) > 1 else full[0])
    return [float(value) for value in found.to_numpy(float)[at]]
