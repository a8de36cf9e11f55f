"""Workbooks with sopxl's macros, where a stub stands for xlwings' RunPython."""

import warnings
from collections.abc import Callable, Iterable
from pathlib import Path

import pytest
import xlsxwriter

from sopxl.workbook.macros import BUTTONS, HOME_MARKER, PLAN_MARKER, build_vba_project, code_names
from sopxl.workbook.macros.sources import Kind, Module, own_modules

with warnings.catch_warnings():  # oletools uses what newer pyparsing warns of; imported once here, quietly
    warnings.simplefilter("ignore", DeprecationWarning)
    import oletools.olevba  # noqa: F401

TITLES = ("Home", "Sales plan")
PERIODS = tuple(f"2026-{month:02}" for month in range(1, 13))
ROWS: tuple[tuple[object, ...], ...] = (
    ("A", "Demand", *([5] * 12)),
    ("A", "Backlog", *([0] * 12)),
    ("B", "Demand", *([None] * 12)),
    ("B", "Backlog", *([0] * 11), 1),
    ("C", "Demand", *([0] * 12)),
)
STUB_LINES = (
    'Attribute VB_Name = "xlwings"',
    "Public Function RunPython(PythonCommand As String)",
    '    ThisWorkbook.Worksheets("Home").Range("A1").Value = PythonCommand',
    '    ThisWorkbook.Worksheets("Home").Range("A2").Value = ThisWorkbook.Worksheets("Sales plan").ProtectContents',
    "End Function",
)


@pytest.fixture
def stub() -> Module:
    """A module named as xlwings' own, whose RunPython only notes what it was asked and whether the plan was open."""
    return Module("xlwings", Kind.STANDARD, "".join(f"{line}\r\n" for line in STUB_LINES))


@pytest.fixture
def written_workbook(tmp_path: Path) -> Callable[[Iterable[Module] | None], Path]:
    """Writes the workbook that a template builder would: two sheets, a protected plan, a button for each macro."""

    def write(modules: Iterable[Module] | None = None) -> Path:
        names = code_names(TITLES)
        project = tmp_path / "vbaProject.bin"
        project.write_bytes(build_vba_project(names, modules))
        path = tmp_path / "plan.xlsm"
        with xlsxwriter.Workbook(path) as workbook:
            workbook.add_vba_project(str(project))
            workbook.set_vba_name("ThisWorkbook")
            home, plan = (workbook.add_worksheet(title) for title in TITLES)
            home.set_vba_name(names[0])
            plan.set_vba_name(names[1])
            for row, button in enumerate(BUTTONS):
                home.insert_button(3 + 2 * row, 1, {"macro": button.macro, "caption": button.caption})
            columns = [{"header": header} for header in ("Item", "Measure", *PERIODS)]
            table = {"name": "sales_plan", "columns": columns, "data": ROWS}
            plan.add_table(4, 1, 4 + len(ROWS), len(columns), table)
            plan.protect("", {"sort": True, "autofilter": True})
            workbook.define_name(f"'Sales plan'!{PLAN_MARKER}", "=TRUE")
            workbook.define_name(f"Home!{HOME_MARKER}", "=TRUE")
        return path

    return write


@pytest.fixture
def stubbed_workbook(written_workbook: Callable[[Iterable[Module]], Path], stub: Module) -> Path:
    """That workbook with the stub in place of xlwings."""
    return written_workbook((stub, *own_modules()))
