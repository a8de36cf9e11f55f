"""Home of a group workbook: how to consolidate, how the last run went, whether all of it ties, the way to every sheet.

The cells that a run fills have names: ``status_run``, ``message_run`` and ``proof_of_group``.
"""

from __future__ import annotations

from typing import Any

import pandas as pd
import xlwings as xw

from sopxl.consolidation.tables import PROOF, UNIT_PROOF
from sopxl.file_engine import is_file_book
from sopxl.schema import Tables
from sopxl.workbook.template.book import HOME, TemplateBook, sheet_reference
from sopxl.workbook.template.styles import OWNER_COLOURS, Palette

FIRST, LAST = 1, 8
PROOF_CELL = "proof_of_group"
TIES, DOES_NOT_TIE = "✓  All of it ties to the cent", "✗  It does not tie: see Proof and Unit proof"
NO_PLAN = "No group plan yet"
STEPS = (
    ("1  Name the units", "Group sources", "Where each plan is, who owns it."),
    ("2  Enter the rates", "Group rates", "Average and closing; they hold until the next."),
    ("3  Say who trades", "Intercompany pairs", "As which market, as which supplier."),
    ("4  Consolidate", "Group plan", "Then look at Findings and Proof."),
)
GROUP_WORDS = {"cycle": "Settings", "inputs": "Inputs", "plans": "Group plan", "reviews": "Reviews", "system": "System"}


def add_home(book: TemplateBook) -> None:
    """The sheet Home."""
    sheet = book.add_sheet(HOME, HOME, "cycle")
    sheet.set_column(0, 0, 2)
    sheet.set_column(FIRST, LAST, 20)
    sheet.set_row(0, 30)
    sheet.write_string(0, FIRST, book.settings.company, book.styles.title(20))
    sheet.write_string(1, FIRST, "Group plan, consolidated from the plans of its units",
                       book.styles.quiet(font_size=11))
    _write_run(book, sheet)
    _write_steps(book, sheet, 8)
    _write_legend(book, sheet, 12)
    _write_navigation(book, sheet, 14)
    sheet.fit_to_pages(1, 1)
    sheet.activate()
    book.workbook.define_name("Home!sopxl_home", f"={HOME}!$A$1")


def _write_run(book: TemplateBook, sheet: Any) -> None:
    """The button, how the last run went, and whether it ties."""
    for row in (3, 4):
        sheet.set_row(row, 27)
    if book.macros:
        book.insert_button(sheet, (3, FIRST), "SopxlConsolidate", (138, 28), (2, 4))
    else:
        sheet.write_string(3, FIRST, "sopxl consolidate …", book.styles.quiet(text_wrap=True))
    has_plan = bool(len(book.tables["group_plan"]))
    top = {"valign": "top", "text_wrap": True}
    sheet.write_string(3, FIRST + 1, "Last run", book.styles.get(bold=True, indent=1, **top))
    sheet.write_string(3, FIRST + 2, "Done" if has_plan else "Not run yet", book.styles.get(**top))
    sheet.merge_range(3, FIRST + 3, 4, LAST, "", book.styles.get(**top))
    sheet.write_string(3, FIRST + 3, "" if has_plan else "Fill the yellow cells, then consolidate.",
                       book.styles.get(**top))
    book.name_cell("status_run", HOME, 3, FIRST + 2)
    book.name_cell("message_run", HOME, 3, FIRST + 3)
    sheet.write_string(5, FIRST + 1, "Proof", book.styles.get(bold=True, indent=1))
    formula, value = proof_formula(book.tables, book.settings.periods.labels)
    cell = book.styles.get(bold=True, font_color=Palette.GOOD_INK)
    sheet.merge_range(5, FIRST + 2, 5, FIRST + 4, "", cell)
    sheet.write_formula(5, FIRST + 2, formula, cell, value)
    sheet.conditional_format(5, FIRST + 2, 5, FIRST + 2, {
        "type": "formula", "criteria": f'=LEFT($D$6,1)<>"{TIES[0]}"',
        "format": book.workbook.add_format({"font_color": Palette.BAD_INK}),
    })
    book.name_cell(PROOF_CELL, HOME, 5, FIRST + 2)


def proof_formula(tables: Tables, periods: list[str]) -> tuple[str, str]:
    """The formula that says whether both proofs hold in all periods, and what it shows."""
    sums = [f'SUMIFS({grid.name}[{period}],{grid.name}[Measure],"Largest difference")'
            for grid in (PROOF, UNIT_PROOF) for period in periods]
    has_plan = f'COUNTIF({PROOF.name}[Group],"?*")>0'
    return (f'=IF({has_plan},IF({"+".join(sums)}=0,"{TIES}","{DOES_NOT_TIE}"),"{NO_PLAN}")',
            _proof_shown(tables, periods))


def _proof_shown(tables: Tables, periods: list[str]) -> str:
    """What the formula gives."""
    if not len(tables[PROOF.name]):
        return NO_PLAN
    rows = pd.concat([tables[grid.name] for grid in (PROOF, UNIT_PROOF)])
    differences = rows.loc[rows["measure"] == "Largest difference", periods].to_numpy(float)
    return TIES if differences.sum() == 0 else DOES_NOT_TIE


def refresh_proof(book: xw.Book, tables: Tables, periods: list[str]) -> None:
    """Give Home's proof the periods and the value that it has now."""
    known = {name.name: name for name in book.names}
    if PROOF_CELL not in known:
        return
    cell, (formula, value) = known[PROOF_CELL].refers_to_range, proof_formula(tables, periods)
    if is_file_book(book):
        cell.api.set_formulas([[formula]], [[value]])
    else:
        cell.formula = formula


def _write_steps(book: TemplateBook, sheet: Any, row: int) -> None:
    """What to do, from left to right, with the way to each sheet."""
    tile = {"bg_color": Palette.TILE, "indent": 1}
    for place, (words, title, hint) in enumerate(STEPS):
        first = FIRST + 2 * place
        for below in range(3):
            sheet.merge_range(row + below, first, row + below, first + 1, "", book.styles.get(**tile))
        sheet.write_string(row, first, words, book.styles.get(bold=True, **tile))
        sheet.write_url(row + 1, first, f"internal:{sheet_reference(title)}!A1", book.styles.link(**tile), title)
        sheet.write_string(row + 2, first, hint, book.styles.quiet(**tile))


def _write_legend(book: TemplateBook, sheet: Any, row: int) -> None:
    """What the colours of cells mean."""
    sheet.write_string(row, FIRST, "Colours of cells", book.styles.get(bold=True))
    words = (("You type here", "input"), ("sopxl writes here", "result"), ("Formula, live", "formula"))
    for column, (text, owner) in enumerate(words, FIRST + 1):
        sheet.write_string(row, column, text, book.styles.get(align="center", border=1, border_color=Palette.LINE,
                                                              **OWNER_COLOURS[owner]))  # type: ignore[index]


def _write_navigation(book: TemplateBook, sheet: Any, row: int) -> None:
    """Links to all sheets by kind, each with what it holds as its tip."""
    for column, (group, words) in enumerate(GROUP_WORDS.items(), FIRST):
        sheet.write_string(row, column, words, book.styles.get(bold=True, bottom=2, bottom_color=Palette.HEADER))
        tables = [table for table in book.declared.values() if table.group == group]
        for place, table in enumerate(tables, row + 1):
            sheet.write_url(place, column, f"internal:{sheet_reference(table.title)}!A1", book.styles.link(),
                            table.title, table.description[:255])
