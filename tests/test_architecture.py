"""The layout of the code: imports point one way, files and functions stay readable, tables are described."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest

from sopxl.schema import PlanGrid
from sopxl.tables import TABLES

PACKAGE = Path(__file__).parent.parent / "sopxl"
SOURCES = sorted(PACKAGE.rglob("*.py"))

FOUNDATION = ("schema", "periods", "settings", "formulas", "grids", "prices", "standard_cost", "records", "exceptions")
LAYERS = {  # what each part may import of sopxl
    "file_engine": ("file_engine",),
    "schema": (), "periods": (), "settings": ("schema", "periods"), "formulas": ("schema",), "grids": ("schema",),
    "records": ("schema",),
    "exceptions": ("schema", "records"),
    "standard_cost": ("schema",),
    "prices": ("schema", "settings", "periods", "steps.demand.tables"),
    "steps.demand": (*FOUNDATION, "steps.demand"),
    "steps.supply": (*FOUNDATION, "steps.supply", "steps.demand.tables"),
    "steps.finance": (*FOUNDATION, "steps.finance", "steps.demand.tables", "steps.supply.tables"),
    "steps.strategy": (*FOUNDATION, "steps.strategy", "steps.demand.tables", "steps.supply.tables",
                       "steps.supply.capacity", "steps.finance.tables"),
    "steps": (),
    "tables": (*FOUNDATION, "steps.demand.tables", "steps.supply.tables", "steps.finance.tables",
               "steps.strategy.tables"),
    "pipeline": (*FOUNDATION, "tables", "steps"),
    "checks": FOUNDATION,
    "check_register": FOUNDATION,
    "demand_checks": (*FOUNDATION, "checks", "check_register", "steps.demand.tables"),
    "supply_checks": (*FOUNDATION, "check_register", "steps.supply"),
    "finance_checks": (*FOUNDATION, "check_register"),
    "strategy_checks": (*FOUNDATION, "check_register", "steps.strategy", "steps.demand.tables"),
    "plan_checks": (*FOUNDATION, "check_register", "demand_checks", "supply_checks", "finance_checks",
                    "strategy_checks",
                    "steps.demand.tables", "steps.supply.tables", "steps.finance.tables"),
    "summary": (*FOUNDATION, "tables"),
    "demo": (*FOUNDATION, "tables", "pipeline", "steps.demand.tables", "steps.supply.tables",
             "steps.finance.tables", "demo"),
    "frepple": ("schema", "settings", "periods", "frepple_files"),
    "frepple_files": ("schema",),
    "workbook": (*FOUNDATION, "tables", "pipeline", "file_engine", "workbook", ""),
    "consolidation": (*FOUNDATION, "tables", "checks", "steps.finance", "file_engine", "workbook", "consolidation", ""),
    "runner": (*FOUNDATION, "tables", "pipeline", "checks", "plan_checks", "summary", "file_engine", "workbook", ""),
    "build": (*FOUNDATION, "tables", "pipeline", "demo", "runner", "consolidation", "workbook"),
    "buttons": (*FOUNDATION, "pipeline", "runner", "consolidation", "workbook", "buttons"),
    "functions": (*FOUNDATION, "steps", "functions"),
    "doctor": ("workbook", ""),
    "cli": ("schema", "pipeline", "runner", "consolidation", "build", "doctor", "workbook", "file_engine",
            "demo", "frepple", ""),
    "manual": (*FOUNDATION, "tables", "pipeline", "plan_checks", "steps", "consolidation", "workbook", "cli",
               "functions", "manual"),
    "": (),
}
MAY_IMPORT_XLWINGS = ("workbook", "file_engine", "runner", "consolidation", "buttons", "functions")


def part_of(module: str) -> str:
    """The part of the package that a module belongs to: the longest known name that it starts with."""
    names = [name for name in LAYERS if module == name or module.startswith(f"{name}.")]
    return max(names, key=len, default="?")


def module_of(path: Path) -> str:
    parts = path.relative_to(PACKAGE).with_suffix("").parts
    return ".".join(part for part in parts if part != "__init__")


def imports_of(path: Path) -> set[str]:
    found = set()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module:
            found |= {f"{node.module}.{alias.name}" if node.module == "sopxl" else node.module for alias in node.names}
    return found


@pytest.mark.parametrize("path", SOURCES, ids=module_of)
def test_imports_point_one_way(path: Path) -> None:
    part = part_of(module_of(path))
    for name in imports_of(path):
        if name == "sopxl" or name.startswith("sopxl."):
            wanted = name.removeprefix("sopxl").lstrip(".")
            if wanted.startswith("__"):
                continue
            allowed = LAYERS[part]
            assert any(wanted == one or (one and wanted.startswith(f"{one}.")) for one in allowed), f"{path}: {name}"
        if name.split(".")[0] == "xlwings":
            assert part in MAY_IMPORT_XLWINGS, f"{path} imports xlwings"
        assert not name.startswith("xlwings.pro"), f"{path} imports what is not BSD"


@pytest.mark.parametrize("path", SOURCES, ids=module_of)
def test_files_and_functions_can_be_read_in_one_go(path: Path) -> None:
    text = path.read_text(encoding="utf-8")
    if path.name != "tables.py" and path.parent.name != "tests":
        assert len(text.splitlines()) <= 500, f"{path} has {len(text.splitlines())} lines"
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, ast.FunctionDef):
            assert (node.end_lineno or 0) - node.lineno < 50, f"{path}: {node.name}"


@pytest.mark.parametrize("path", SOURCES, ids=module_of)
def test_no_module_is_a_drawer_for_everything(path: Path) -> None:
    assert not set(path.stem.split("_")) & {"utils", "helpers", "common", "manager", "service", "misc"}
    if module_of(path):
        assert ast.get_docstring(ast.parse(path.read_text(encoding="utf-8")))


@pytest.mark.parametrize("name", TABLES)
def test_every_table_column_and_measure_is_described_in_a_sentence(name: str) -> None:
    table = TABLES[name]
    assert table.name == name
    assert len(table.title) <= 31, "Excel's limit for sheet names"
    assert table.description.endswith(".")
    described = [column.description for column in table.columns]
    described += [measure.description for measure in table.measures] if isinstance(table, PlanGrid) else []
    for sentence in described:
        assert sentence[:1].isupper() or sentence[:1].isdigit(), sentence
        assert sentence.endswith("."), sentence


@pytest.mark.parametrize("name", TABLES)
def test_every_reference_names_a_declared_column(name: str) -> None:
    for column in TABLES[name].columns:
        if column.refers_to:
            table, _, target = column.refers_to.partition(".")
            TABLES[table].column(target)
    assert set(TABLES[name].key) <= set(TABLES[name].column_names)
