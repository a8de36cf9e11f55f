"""Home: the cycle with a button for each step, the figures that matter, the settings and the way to every sheet.

The cells that a run fills have names: ``status_…``, ``last_run_…`` and ``findings_…`` of each step, ``status_run``
and ``message_run``. Where there are no macros, the command to type stands in place of a button.
"""

from __future__ import annotations

from typing import Any

from sopxl.pipeline import STEPS, Step
from sopxl.schema import Table
from sopxl.tables import GROUP_ORDER, SUBJECTS, TABLES
from sopxl.workbook.template.book import (
    CAPACITY_REVIEW,
    DASHBOARD,
    DEMAND_REVIEW,
    HOME,
    JOB_CHART,
    PROFIT_REVIEW,
    REVIEW,
    STRATEGY_REVIEW,
    VIEW_BUTTONS,
    WHY,
    TemplateBook,
    sheet_reference,
)
from sopxl.workbook.template.live_numbers import KEY_NUMBERS, KeyNumber
from sopxl.workbook.template.styles import OWNER_COLOURS, Palette

FIRST, LAST = 1, 10
TILES_ROW = 3
STEPS_ROW = 9
BUTTON_ROW_HEIGHT = 27
PIXELS_PER_COLUMN = 131
LAST_RUN_FORMAT = "yyyy-mm-dd hh:mm"

MOST_SHEETS_OF_A_STEP = 3
STEP_SHEETS = {
    "demand": (DEMAND_REVIEW, WHY, "Sales plan"),
    "production": (CAPACITY_REVIEW, "Production plan", "Capacity plan"),
    "finance": (PROFIT_REVIEW, "Financial plan", "Cash flow"),
}
"""The sheets to look at after a step, where they are not the first that it writes."""

PAGES = {
    "The whole plan": (DASHBOARD, REVIEW),
    "Demand": (DEMAND_REVIEW, WHY),
    "Supply": (CAPACITY_REVIEW, JOB_CHART),
    "Finance": (PROFIT_REVIEW,),
    "Strategy": (STRATEGY_REVIEW,),
}
"""The pages of each subject: sheets that show, and hold no table."""

CYCLE: tuple[tuple[str, str, str], ...] = (
    ("1  Clean the history", "History corrections", "Accept, refuse, or enter a value."),
    ("2  Plan demand", WHY, "Press, then see what each forecast is made of."),
    ("3  Collect opinions", "Sales plan", "Type them there, or coarser in Overrides."),
    ("4  Agree on the consensus", DEMAND_REVIEW, "From the forecast to the plan, step by step."),
)
"""The demand planner's cycle in order: what to do, on which sheet, in a few words."""

STEP_COLUMNS = {"button": 1, "step": 2, "description": 3, "status": 5, "last_run": 6, "findings": 7, "sheets": 8}
GROUP_TITLES = {"cycle": "Cycle", "inputs": "Inputs", "plans": "Plans", "reviews": "Reviews", "system": "Records"}
SHOWN_SETTINGS = ("bucket", "first_period", "horizon", "currency", "plan_mode")


def add_home(book: TemplateBook) -> None:
    """The sheet Home."""
    sheet = book.add_sheet(HOME, HOME, "cycle")
    sheet.set_column(0, 0, 2)
    sheet.set_column(FIRST, LAST, 18)
    _write_title(book, sheet)
    for position, key_number in enumerate(KEY_NUMBERS):
        _write_tile(book, sheet, FIRST + position, key_number)
    row = _write_steps(book, sheet)
    row = _write_run(book, sheet, row + 1)
    row = _write_cycle(book, sheet, row + 1)
    row = _write_legend(book, sheet, row + 1)
    _write_navigation(book, sheet, row + 1)
    sheet.fit_to_pages(1, 1)
    sheet.set_first_sheet()
    sheet.activate()
    book.workbook.define_name("Home!sopxl_home", f"={HOME}!$A$1")


def setting_formula(name: str) -> str:
    """The value of a setting, without ``=``, by the setting's name in the table."""
    return f'INDEX(settings[Value],MATCH("{name}",settings[Setting],0))'


def _write_title(book: TemplateBook, sheet: Any) -> None:
    """Company, and the settings that say what the plan covers."""
    sheet.set_row(0, 30)
    sheet.write_formula(0, FIRST, "=" + setting_formula("Company"), book.styles.title(20), book.settings.company)
    sheet.set_row(1, 18)
    sheet.write_string(1, FIRST, "Sales and operations plan", book.styles.quiet(font_size=11))
    column = FIRST + 2
    for name in SHOWN_SETTINGS:
        label = name.replace("_", " ").capitalize()
        value = getattr(book.settings, name)
        sheet.write_formula(1, column, f'="{label}: "&{setting_formula(label)}',
                            book.styles.get(font_color=Palette.INK), f"{label}: {value}")
        column += 1
    sheet.write_url(1, column, "internal:'Settings'!A1", book.styles.link(), "Change settings")


def _write_tile(book: TemplateBook, sheet: Any, column: int, key_number: KeyNumber) -> None:
    """A tile: title, number, comparison, sparkline."""
    tile = {"bg_color": Palette.TILE, "indent": 1}
    side = {"left": 5, "left_color": Palette.HEADER}
    sheet.set_row(TILES_ROW + 1, 26)
    sheet.set_row(TILES_ROW + 3, 26)
    sheet.write_string(TILES_ROW, column, key_number.title, book.styles.quiet(**tile, **side))
    number = book.styles.get(bold=True, font_size=15, align="left", font_color=Palette.HEADER,
                             num_format=key_number.number_format, **tile, **side)
    sheet.write_formula(TILES_ROW + 1, column, f"={key_number.number.formula}", number,
                        key_number.number.value(book.tables))
    compared = book.styles.quiet(align="left", num_format=key_number.compared_format, **tile, **side)
    sheet.write_formula(TILES_ROW + 2, column, f"={key_number.compared.formula}", compared,
                        key_number.compared.value(book.tables))
    sheet.write_blank(TILES_ROW + 3, column, None, book.styles.get(**tile, **side))
    if key_number.trend:
        sheet.add_sparkline(TILES_ROW + 3, column, {
            "range": book.period_range(*key_number.trend), "series_color": Palette.HEADER,
            "weight": 1.5, "high_point": True, "low_point": True, "high_color": "#2E7D32", "low_color": "#C00000",
        })


def _write_steps(book: TemplateBook, sheet: Any) -> int:
    """The five steps with their buttons, state and sheets; gives the row after them."""
    heads = {"button": "Press", "step": "Step", "description": "What it does", "status": "Status",
             "last_run": "Last run", "findings": "Findings", "sheets": "Its sheets"}
    for column in range(FIRST, LAST + 1):
        sheet.write_blank(STEPS_ROW, column, None, book.styles.heading(border=0))
    for name, column in STEP_COLUMNS.items():
        sheet.write_string(STEPS_ROW, column, heads[name], book.styles.heading(border=0))
    for row, step in enumerate(STEPS, STEPS_ROW + 1):
        _write_step(book, sheet, row, step)
    return STEPS_ROW + 1 + len(STEPS)


def _write_step(book: TemplateBook, sheet: Any, row: int, step: Step) -> None:
    line = {"bottom": 1, "bottom_color": Palette.LINE}
    plain = book.styles.get(**line)
    sheet.set_row(row, BUTTON_ROW_HEIGHT)
    for column in range(FIRST, LAST + 1):
        sheet.write_blank(row, column, None, plain)
    _press(book, sheet, row, STEP_COLUMNS["button"], f"Sopxl{step.title}", f"sopxl run … --steps {step.name}")
    sheet.write_string(row, STEP_COLUMNS["step"], step.title, book.styles.get(bold=True, indent=1, **line))
    place = STEP_COLUMNS["description"]
    sheet.merge_range(row, place, row, place + 1, step.description, book.styles.get(text_wrap=True, **line))
    sheet.write_string(row, STEP_COLUMNS["status"], _first_status(book, step), plain)
    sheet.write_blank(row, STEP_COLUMNS["last_run"], None,
                      book.styles.get(num_format=LAST_RUN_FORMAT, align="left", **line))
    sheet.write_blank(row, STEP_COLUMNS["findings"], None, book.styles.get(num_format="#,##0", align="left", **line))
    titles = STEP_SHEETS.get(step.name) or [TABLES[table].title for table in step.writes]
    for column, title in enumerate(titles[:MOST_SHEETS_OF_A_STEP], STEP_COLUMNS["sheets"]):
        sheet.write_url(row, column, f"internal:{sheet_reference(title)}!A1", book.styles.link(**line), title)
    for name in ("status", "last_run", "findings"):
        book.name_cell(f"{name}_{step.name}", HOME, row, STEP_COLUMNS[name])


def _first_status(book: TemplateBook, step: Step) -> str:
    """What stands for a step before the first run from this workbook."""
    return "Planned" if len(book.tables[step.writes[0]]) else "Not run yet"


def _press(book: TemplateBook, sheet: Any, row: int, column: int, macro: str, command: str) -> None:
    """A button over a cell, or where there are no macros the command that does the same."""
    if not book.macros:
        sheet.write_string(row, column, command, book.styles.quiet(font_size=8, text_wrap=True))
        return
    book.insert_button(sheet, (row, column), macro, (PIXELS_PER_COLUMN - 8, 28), (2, 4))


def _write_run(book: TemplateBook, sheet: Any, row: int) -> int:
    """Run all and check, how the last run went, and the comforts of the plan sheets."""
    sheet.set_row(row, BUTTON_ROW_HEIGHT)
    sheet.set_row(row + 1, BUTTON_ROW_HEIGHT)
    _press(book, sheet, row, FIRST, "SopxlRunAll", "sopxl run …")
    _press(book, sheet, row + 1, FIRST, "SopxlCheck", "sopxl check …")
    label = book.styles.get(bold=True, indent=1, valign="top")
    sheet.write_string(row, FIRST + 1, "Last run", label)
    has_plan = bool(len(book.tables["financial_plan"]))
    sheet.write_string(row, FIRST + 2, "Done" if has_plan else "Not run yet", book.styles.get(valign="top"))
    sheet.merge_range(row, FIRST + 3, row + 1, LAST, "", book.styles.get(text_wrap=True, valign="top"))
    how = "press Run all steps" if book.macros else "run: sopxl run, with the name of this file"
    hint = "" if has_plan else f"Fill the yellow cells of the input sheets, then {how}."
    sheet.write_string(row, FIRST + 3, hint, book.styles.get(text_wrap=True, valign="top"))
    book.name_cell("status_run", HOME, row, FIRST + 2)
    book.name_cell("message_run", HOME, row, FIRST + 3)
    if book.macros:
        sheet.write_string(row + 2, FIRST, f"On plan sheets: {_shortcuts()}.", book.styles.quiet())
    return row + 3


def _write_cycle(book: TemplateBook, sheet: Any, row: int) -> int:
    """The demand planner's cycle, from left to right, with the way to each sheet; gives the row after it."""
    tile = {"bg_color": Palette.TILE, "indent": 1}
    sheet.write_string(row, FIRST, "Demand, in order", book.styles.get(bold=True))
    for place, (words, title, hint) in enumerate(CYCLE):
        first = FIRST + 1 + 2 * place
        for below in range(3):
            sheet.merge_range(row + below, first, row + below, first + 1, "", book.styles.get(**tile))
        sheet.write_string(row, first, words, book.styles.get(bold=True, **tile))
        sheet.write_url(row + 1, first, f"internal:{sheet_reference(title)}!A1", book.styles.link(**tile), title)
        sheet.write_string(row + 2, first, hint, book.styles.quiet(**tile))
    return row + 3


def _shortcuts() -> str:
    """The keyboard shortcuts of the buttons on plan sheets, in a sentence."""
    from sopxl.workbook.macros.buttons import button

    buttons = [button(macro) for macro in VIEW_BUTTONS]
    return ", ".join(f"{one.caption} {one.keys}" for one in buttons if one.keys)


def _write_legend(book: TemplateBook, sheet: Any, row: int) -> int:
    """What the colours of cells mean."""
    sheet.write_string(row, FIRST, "Colours of cells", book.styles.get(bold=True))
    border = {"border": 1, "border_color": Palette.LINE}
    entries = (
        ("You type here", OWNER_COLOURS["input"]), ("sopxl writes here", OWNER_COLOURS["result"]),
        ("Formula, live", OWNER_COLOURS["formula"]),
        ("Over the limit", {"bg_color": Palette.BAD, "font_color": Palette.BAD_INK}),
        ("Needs attention", {"bg_color": Palette.WARN, "font_color": Palette.WARN_INK}),
        ("Period of today", {"bg_color": Palette.CURRENT, "font_color": Palette.INK}),
    )
    for column, (words, colours) in enumerate(entries, FIRST + 1):
        sheet.write_string(row, column, words, book.styles.get(align="center", **colours, **border))
    return row + 1


def _write_navigation(book: TemplateBook, sheet: Any, row: int) -> None:
    """Links to all sheets by subject and kind, each with what it holds as its tip."""
    for subject, tables in SUBJECTS.items():
        for column in range(FIRST, LAST + 1):
            sheet.write_blank(row, column, None, book.styles.get(top=2, top_color=Palette.HEADER))
        first = {"top": 2, "top_color": Palette.HEADER}
        sheet.write_string(row, FIRST, subject, book.styles.get(bold=True, **first))
        for kind, links in _links_by_kind(subject, tables).items():
            sheet.write_string(row, FIRST + 1, kind, book.styles.quiet(**first))
            row = _write_links(book, sheet, row, links, first)
            first = {}


def _links_by_kind(subject: str, tables: tuple[Table, ...]) -> dict[str, list[tuple[str, str]]]:
    """Titles and tips of a subject's sheets, by the kind of sheet, in the order of the sheets; no kind is empty."""
    links = {"Pages": [(page, "") for page in PAGES[subject]]}
    for group in GROUP_ORDER:
        links[GROUP_TITLES[group]] = [(table.title, table.description) for table in tables if table.group == group]
    return {kind: titles for kind, titles in links.items() if titles}


def _write_links(book: TemplateBook, sheet: Any, row: int, links: list[tuple[str, str]],
                 first: dict[str, Any]) -> int:
    """Links from left to right, over as many rows as they need; gives the row after them."""
    places = LAST - FIRST - 1
    for position, (title, tip) in enumerate(links):
        line = first if position < places else {}
        sheet.write_url(row + position // places, FIRST + 2 + position % places,
                        f"internal:{sheet_reference(title)}!A1", book.styles.link(**line), title, tip[:255] or None)
    return row + -(-len(links) // places)
