"""Builds the workbook: one sheet per declared table, the pages that are no table, names, macros and properties.

To add a page, write its function in a module of its own and call it in ``_add_sheets``.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from pathlib import Path

import pandas as pd

from sopxl.pipeline import compute_formulas, starting_tables
from sopxl.schema import PlanGrid, Tables, conform_all
from sopxl.settings import Settings, settings_frame
from sopxl.tables import TABLES
from sopxl.workbook.first_days import label_formulas
from sopxl.workbook.grid_formulas import structured_reference
from sopxl.workbook.template.book import TemplateBook, worksheet_class
from sopxl.workbook.template.capacity_review import add_capacity_review
from sopxl.workbook.template.dashboard import add_dashboard
from sopxl.workbook.template.demand_review import add_demand_review
from sopxl.workbook.template.dictionary import data_dictionary
from sopxl.workbook.template.gantt import add_gantt
from sopxl.workbook.template.grid_sheets import add_grid
from sopxl.workbook.template.home import add_home
from sopxl.workbook.template.list_sheets import add_list
from sopxl.workbook.template.profit_bridge import add_profit_bridge
from sopxl.workbook.template.review import add_review
from sopxl.workbook.template.strategy_review import add_strategy_review
from sopxl.workbook.template.styles import Styles
from sopxl.workbook.template.why_forecast import add_why

CREATED = datetime(2026, 1, 1)


def build_workbook(
    path: Path, tables: Mapping[str, pd.DataFrame], settings: Settings, *, macros: bool = True
) -> None:
    """Write a complete plan workbook: .xlsm with macros and ribbon, .xlsx without.

    ``tables``: any of the declared tables, name -> frame; empty for a blank plan. Formula rows are computed
    here, so that every formula carries the value that Excel will show. The same input gives the same bytes.
    Raises ValueError where the file's suffix does not fit ``macros``.
    """
    from xlsxwriter import Workbook
    from xlsxwriter.exceptions import FileCreateError

    if path.suffix.lower() != (suffix := ".xlsm" if macros else ".xlsx"):
        raise ValueError(f"{path.name} should end in {suffix}")
    workbook = Workbook(str(path), {"default_date_format": "yyyy-mm-dd", "nan_inf_to_errors": False})
    workbook.set_calc_mode("auto")
    workbook.set_properties({
        "title": f"Sales and operations plan of {settings.company}", "author": "sopxl", "created": CREATED,
        "comments": "Made with sopxl.",
    })
    book = TemplateBook(workbook, _complete(tables, settings), settings, macros, Styles(workbook),
                        sheet_class=worksheet_class())
    _add_sheets(book)
    define_names(book)
    if macros:
        add_macros(book)
    try:
        workbook.close()
    except FileCreateError as fault:
        raise fault.args[0] from None  # what the system said
    if macros:
        from sopxl.workbook.macros.ribbon import add_ribbon

        add_ribbon(path)


def _complete(tables: Mapping[str, pd.DataFrame], settings: Settings) -> Tables:
    """All declared tables, with settings, data dictionary and computed formulas."""
    begun = {name: frame for name, frame in starting_tables().items() if name not in tables or tables[name].empty}
    given = {
        **tables, **begun, "settings": _settings_shown(settings),
        "data_dictionary": data_dictionary(settings.currency, settings.bucket),
    }
    return compute_formulas(conform_all(TABLES, given), settings)


def _settings_shown(settings: Settings) -> pd.DataFrame:
    """The settings with the plan's currency and bucket put into the units."""
    frame = settings_frame(settings)
    for placeholder, word in (("{currency}", settings.currency), ("{bucket}", settings.bucket)):
        frame["unit"] = frame["unit"].str.replace(placeholder, word, regex=False)
    return frame


def _add_sheets(book: TemplateBook) -> None:
    """All sheets in their order: the pages first in their kind."""
    add_home(book)
    add_dashboard(book)
    add_review(book)
    add_demand_review(book)
    add_why(book)
    add_capacity_review(book)
    add_gantt(book)
    add_profit_bridge(book)
    add_strategy_review(book)
    add_tables(book)


def add_tables(book: TemplateBook) -> None:
    """A sheet for each table of the workbook."""
    for table in book.declared.values():
        if isinstance(table, PlanGrid):
            add_grid(book, table)
        else:
            add_list(book, table)


def define_names(book: TemplateBook) -> None:
    """Names over the columns that drop-downs offer, and the label of today's period."""
    references = sorted({column.refers_to for table in book.declared.values() for column in table.columns} - {""})
    for reference in references:
        table, _, column = reference.partition(".")
        heading = book.declared[table].column(column).heading
        book.workbook.define_name(f"list_{table}", "=" + structured_reference(table, heading))
    book.workbook.define_name("current_period", "=" + label_formulas("TODAY()")[book.settings.bucket])


def add_macros(book: TemplateBook) -> None:
    """The VBA project, whose document modules carry the sheets' code names."""
    from io import BytesIO

    from sopxl.workbook.macros.project import WORKBOOK_CODE_NAME, build_vba_project

    book.workbook.set_vba_name(WORKBOOK_CODE_NAME)
    book.workbook.add_vba_project(BytesIO(build_vba_project(book.code_names)), is_stream=True)
