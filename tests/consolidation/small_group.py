"""Three units of one group, each the small company's plan under another name and in another currency.

North (EUR) sells to South (USD, 80 % owned by the group, in whose plan North is the supplier SAWMILL); East is in AUD.
The group plans in USD. One plan is made and copied: what is tested here is what joins plans, not what makes them.
"""

from __future__ import annotations

import hashlib
import shutil
from dataclasses import replace
from pathlib import Path

import pandas as pd

from sopxl.consolidation.group import group_inputs
from sopxl.consolidation.settings import GroupSettings
from sopxl.file_engine import open_book
from sopxl.runner import plan_workbook
from sopxl.schema import Tables
from tests.small_company import small_company

UNITS = {"North": "EUR", "South": "USD", "East": "AUD"}
SETTINGS = GroupSettings(group_name="All & Co", currency="USD", first_period="2027-01", horizon=4,
                         stale_after_days=3650)
RATES = pd.DataFrame([
    ("EUR", "2026-12", 1.10, 1.105), ("EUR", "2027-01", 1.12, 1.125), ("EUR", "2027-03", 1.13, 1.137),
    ("AUD", "2027-01", 0.65, 0.66),
], columns=["currency", "period", "average", "closing"])
SOURCES = pd.DataFrame({"unit": list(UNITS), "path": [f"{unit}.xlsx" for unit in UNITS],
                        "ownership": [1.0, 0.8, 1.0]})
PAIRS = pd.DataFrame({"seller": ["North"], "market": ["South Shop"], "buyer": ["South"], "supplier": ["SAWMILL"],
                      "margin": [0.25]})


def make_units(folder: Path) -> None:
    """The three plan workbooks in a folder."""
    first = folder / "North.xlsx"
    assert plan_workbook(first, small_company()).done
    for unit, currency in UNITS.items():
        path = folder / f"{unit}.xlsx"
        if path != first:
            shutil.copy(first, path)
        change_settings(path, company=unit, currency=currency)


def change_settings(path: Path, **settings: str | int) -> None:
    """Other values of some settings in a plan workbook, without a run."""
    with open_book(path) as book:
        body = book.sheets["Settings"].tables["settings"].data_body_range
        for row, (name, *_) in enumerate(body.value):
            key = str(name).replace(" ", "_").lower()
            if key in settings:
                body[row, 1].value = settings[key]
        book.save()


def inputs(*, rates: pd.DataFrame | None = RATES, pairs: pd.DataFrame | None = PAIRS,
           sources: pd.DataFrame = SOURCES, mappings: pd.DataFrame | None = None, **settings: object) -> Tables:
    """The inputs of the group, some of them another's."""
    return group_inputs(sources, replace(SETTINGS, **settings), rates=rates, pairs=pairs,  # type: ignore[arg-type]
                        mappings=mappings)


def fingerprints(folder: Path) -> dict[str, str]:
    """Every file of a folder with the check sum of its bytes."""
    return {path.name: hashlib.sha256(path.read_bytes()).hexdigest() for path in sorted(folder.iterdir())}
