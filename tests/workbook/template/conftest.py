"""A planned workbook of the small company, with macros and without, and a blank one: built once for all tests here."""

from __future__ import annotations

import re
import warnings
import zipfile
from dataclasses import replace
from pathlib import Path

import pandas as pd
import pytest
from openpyxl import Workbook, load_workbook

from sopxl.pipeline import run
from sopxl.schema import Tables
from sopxl.settings import settings_frame
from sopxl.workbook.template import build_workbook
from tests.small_company import SETTINGS, small_company

DECIDED: dict[str, list[dict[str, object]]] = {
    "operating_expenses": [{"expense": "Rent", "amount": 400.0},
                           {"expense": "Handling", "basis": "per unit", "amount": 1.5, "family": "Chairs"},
                           {"expense": "Agents", "basis": "percent", "amount": 3.0, "market": "North Shop"}],
    "fixed_assets": [{"asset": "Saw", "amount": 1000.0, "bought_period": "2027-02", "life": 3.0}],
    "payment_terms": [{"partner": "customers", "days": 20.0, "prepaid_share": 0.2, "prepayment_days": 30.0}],
    "opening_balances": [{"account": "cash", "amount": 5000.0}],
    "development_projects": [{"project": "D", "name": "Desk", "status": "idea", "launch_item": "TABLE"}],
    "project_stages": [{"project": "D", "stage": "Design", "gate": 1, "from_period": "2027-01", "expense": 300.0}],
    "project_resources": [{"project": "D", "stage": "Design", "resource": "SHOP", "hours": 5.0}],
    "initiatives": [{"initiative": "Fair", "investment": 100.0, "start_period": "2027-02", "switched_on": True}],
}
"""What finance enters, a project that is not yet decided, and an initiative that is."""
APPROVED = Path(__file__).parent / "approved"


@pytest.fixture(scope="session")
def plan_tables() -> Tables:
    """All tables of the small company, with what was decided beside it, after all steps."""
    settings = settings_frame(replace(SETTINGS, compare_initiatives=True))
    return run({**small_company(), "settings": settings,
                **{name: pd.DataFrame(rows) for name, rows in DECIDED.items()}})


@pytest.fixture(scope="session")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("template")


@pytest.fixture(scope="session")
def planned(folder: Path, plan_tables: Tables) -> Path:
    path = folder / "planned.xlsx"
    build_workbook(path, plan_tables, SETTINGS, macros=False)
    return path


@pytest.fixture(scope="session")
def planned_with_macros(folder: Path, plan_tables: Tables) -> Path:
    path = folder / "planned.xlsm"
    build_workbook(path, plan_tables, SETTINGS)
    return path


@pytest.fixture(scope="session")
def blank(folder: Path) -> Path:
    path = folder / "blank.xlsx"
    build_workbook(path, {}, SETTINGS, macros=False)
    return path


@pytest.fixture(scope="session")
def formulas(planned: Path) -> Workbook:
    return opened(planned)


@pytest.fixture(scope="session")
def values(planned: Path) -> Workbook:
    return opened(planned, data_only=True)


def opened(path: Path, data_only: bool = False) -> Workbook:
    """The workbook in openpyxl, which tells of sparklines that it does not know them; any other warning fails."""
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", "(Sparkline Group|Conditional Formatting|Unknown) extension is not supported")
        return load_workbook(path, data_only=data_only)


def parts(path: Path) -> dict[str, bytes]:
    """The parts of a package by name."""
    with zipfile.ZipFile(path) as package:
        return {name: package.read(name) for name in package.namelist()}


def part_of_sheet(path: Path, title: str) -> str:
    """The XML of the worksheet of this title."""
    found = parts(path)
    workbook = found["xl/workbook.xml"].decode()
    titles = re.findall(r'<sheet name="([^"]+)"', workbook)
    return found[f"xl/worksheets/sheet{titles.index(title) + 1}.xml"].decode()


def assert_approved(name: str, text: str) -> None:
    """The text is the one that was approved; a new one lies beside it as ``.received`` to be looked at."""
    approved = APPROVED / name
    if not approved.exists() or approved.read_text(encoding="utf-8") != text:
        received = approved.with_suffix(approved.suffix + ".received")
        received.write_text(text, encoding="utf-8")
        pytest.fail(f"{name} is not as approved: compare {received.name} with it, and rename it if it is right")
