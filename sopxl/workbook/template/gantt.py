"""The job chart: the jobs of the near weeks as bars, resource by resource, live from the table ``job_schedule``.

Lines are found by their number in the table's column Line, so the chart stays right when the table is sorted or
filtered. To show another field of the jobs, add it to FIELDS.
"""

from __future__ import annotations

from math import ceil
from typing import Any

import pandas as pd

from sopxl.file_engine.addresses import column_letters
from sopxl.tables import TABLES
from sopxl.workbook.first_days import first_day, first_day_formula
from sopxl.workbook.template.book import JOB_CHART, TemplateBook
from sopxl.workbook.template.live_cells import field
from sopxl.workbook.template.styles import OWNER_COLOURS, Palette

CHART_RESOURCE, CHART_LINE, CHART_SKIP, CHART_HOURS = "chart_resource", "chart_line", "chart_skip", "chart_hours"
LINES, COLUMNS = 45, 28
FIRST = 1
CHOICE_ROW, HEAD_ROW = 3, 6
TOP = HEAD_ROW + 1
MOMENT = "dd.mm. hh:mm"
FIELDS: tuple[tuple[str, str, float, str], ...] = (
    ("Resource", "resource", 19, "@"), ("Set-up", "setup_group", 12, "@"), ("Job", "job", 6.5, "@"),
    ("Order", "order", 9, "@"), ("Item", "item", 12, "@"), ("Units", "quantity", 7, "#,##0"),
    ("Start", "start", 11, MOMENT), ("End", "end", 11, MOMENT),
)
"""Heading, column of the table, width, number format."""
REMARK = FIRST + len(FIELDS)
FIRST_COLUMN = REMARK + 1
LAST_COLUMN = FIRST_COLUMN + COLUMNS - 1
ROW_HELPER, DUE_HELPER, COLOUR_HELPER = LAST_COLUMN + 2, LAST_COLUMN + 3, LAST_COLUMN + 4
HOURS_A_DAY = 24
COLOURS = ("#5B9BD5", "#F4B860", "#70AD8E", "#B497D6", "#E8A0BF", "#A0B0C0", "#C9B458", "#6CC3D5")
"""Of set-up groups, in the order in which they come on the page."""
LATE, FREE_DAY, DUE = "#C00000", "#EEF1F4", "◆"
SCHEDULE = TABLES["job_schedule"]


def add_gantt(book: TemplateBook) -> None:
    """The sheet of the job chart, set up to print on one landscape page."""
    sheet = book.add_sheet(JOB_CHART, "job_chart", "reviews")
    book.write_head(sheet, JOB_CHART, "Jobs in their order on each resource, coloured by set-up; red: after they are "
                                      f"due; {DUE}: due; grey: weekend.")
    chart = _Chart(book)
    sheet.set_column(0, 0, 2)
    for column, (_, _, width, _) in enumerate(FIELDS, FIRST):
        sheet.set_column(column, column, width)
    sheet.set_column(REMARK, REMARK, 42)
    sheet.set_column(FIRST_COLUMN, LAST_COLUMN, 2.5)
    _write_choices(book, sheet)
    _write_helpers(book, sheet, chart)
    _write_heads(book, sheet, chart)
    for line in range(LINES):
        _write_line(book, sheet, chart, line)
    _colour(book, sheet)
    sheet.freeze_panes(TOP, FIRST_COLUMN)
    sheet.print_area(0, 0, TOP + LINES - 1, LAST_COLUMN)
    sheet.fit_to_pages(1, 1)


class _Chart:
    """What the page shows at present: the lines of the table by their number, from the chosen one on."""

    def __init__(self, book: TemplateBook) -> None:
        self.frame = book.tables["job_schedule"]
        self.resource = book.chosen.get(CHART_RESOURCE, "")
        self.first_day = first_day(book.settings.first_period) + int(_number(book.chosen.get(CHART_SKIP, "")))
        self.step = (_number(book.chosen.get(CHART_HOURS, "")) or HOURS_A_DAY) / HOURS_A_DAY
        lines = self.frame["line"]
        mine = lines[self.mask & lines.notna()]
        self.start = float(mine.min()) if self.resource and len(mine) else (0.0 if self.resource else 1.0)
        self.top = self.start + max(_number(book.chosen.get(CHART_LINE, "")) - 1, 0.0) if self.start else 0.0
        self.colours: dict[str, int] = {}

    @property
    def mask(self) -> pd.Series:
        """Rows of the chosen resource and its machines."""
        names, wanted = self.frame["resource"].astype("str").str.lower(), self.resource.lower()
        return (names == wanted) | names.str.startswith(f"{wanted} #")

    def row(self, line: int) -> int:
        """Row in the table, from 1, of a line of the page; 0 for none."""
        found = self.frame.index[(self.frame["line"] == self.top + line) & (self.top > 0)]
        if not len(found) or (self.resource and not self.mask.loc[found[0]]):
            return 0
        return int(found[0]) + 1

    def value(self, row: int, column: str) -> Any:
        """A field of a row as its cell shows it; dates as numbers."""
        value = self.frame[column].iloc[row - 1] if row else ""
        if value is None or value != value:
            return ""
        if isinstance(value, str):
            return value
        if isinstance(value, pd.Timestamp):
            return (value - pd.Timestamp("1899-12-30")) / pd.Timedelta(days=1)
        return float(value)

    def head(self, column: int) -> float:
        """When a column of the bars begins."""
        return self.first_day + column * self.step

    def remark(self, row: int) -> str:
        """How late it is and why, or why it cannot be done."""
        status = str(self.value(row, "status"))
        late = ceil(round(self.value(row, "days_late") or 0.0, 8))
        if status == "In time":
            return ""
        return f"{late} day{'s' if late > 1 else ''} late{status.removeprefix('Late')}" if late else status

    def colour(self, row: int) -> float:
        """Number of the set-up's colour, from 1; 0 for none."""
        group = str(self.value(row, "setup_group")).lower()
        return float(self.colours.setdefault(group, len(self.colours) + 1)) if group else 0.0

    def summary(self) -> str:
        """How many jobs there are, and what is wrong with them."""
        count = int(self.frame["line"].notna().sum())
        if not count:
            return NO_JOBS
        late = int(self.frame["status"].astype("str").str.lower().str.startswith("late").sum())
        undone = int(((self.frame["job"] != "") & self.frame["start"].isna()).sum())
        return f"{count} operations; {late} of late jobs; {undone} not scheduled"


NO_JOBS = "No jobs yet: run the supply steps from Home."


def _number(text: str) -> float:
    """What a spreadsheet's N() makes of what was typed."""
    try:
        return float(text)
    except ValueError:
        return 0.0


def _write_choices(book: TemplateBook, sheet: Any) -> None:
    """The yellow cells: which resource, from which of its lines, from which day."""
    choices = (
        (CHART_RESOURCE, "Resource", FIRST, "Empty: all, in their order."),
        (CHART_LINE, "From line", FIRST + 2, f"Empty: the first. The page shows {LINES} lines."),
        (CHART_SKIP, "Skip days", FIRST + 4, "Empty: none."),
        (CHART_HOURS, "Hours a column", FIRST + 6, f"Empty: 24. The page shows {COLUMNS} columns."),
    )
    for name, words, column, tip in choices:
        style = book.styles.get(**OWNER_COLOURS["input"], border=1, border_color=Palette.LINE, locked=False,
                                align="left", num_format="@" if name == CHART_RESOURCE else "0")
        sheet.write_string(CHOICE_ROW, column, words, book.styles.quiet())
        chosen = book.chosen.get(name, "")
        if name == CHART_RESOURCE or not chosen:
            sheet.write_string(CHOICE_ROW + 1, column, chosen, style)
        else:
            sheet.write_number(CHOICE_ROW + 1, column, _number(chosen), style)
        book.name_cell(name, JOB_CHART, CHOICE_ROW + 1, column)
        rule: dict[str, Any] = {"validate": "integer", "criteria": ">=", "value": 0}
        if name == CHART_RESOURCE:
            rule = {"validate": "list", "source": "=list_resources", "error_type": "warning",
                    "error_title": words, "error_message": "There is no such resource."}
        elif name == CHART_HOURS:
            rule = {"validate": "list", "source": ["1", "2", "4", "8", "12", "24"]}
        sheet.data_validation(CHOICE_ROW + 1, column, CHOICE_ROW + 1, column,
                              {**rule, "input_title": words, "input_message": tip})


def _write_helpers(book: TemplateBook, sheet: Any, chart: _Chart) -> None:
    """The summary above the bars; out of sight to the right the first line and the first day."""
    quiet = book.styles.quiet()
    undone = 'SUMPRODUCT((job_schedule[Job]<>"")*(job_schedule[Start]=""))'
    told = (f'COUNT(job_schedule[Line])&" operations; "&COUNTIF(job_schedule[Status],"Late*")&" of late jobs; "&'
            f'{undone}&" not scheduled"')
    sheet.write_formula(CHOICE_ROW + 1, REMARK, f'=IF(COUNT(job_schedule[Line])=0,"{NO_JOBS}",{told})',
                        book.styles.get(bold=True, font_color=Palette.HEADER), chart.summary())
    first = f"1000000-SUMPRODUCT(MAX({_of_resource('job_schedule[Resource]')}*(1000000-job_schedule[Line])))"
    start = f'IF({CHART_RESOURCE}="",1,IFERROR(IF({first}=1000000,0,{first}),0))'
    cells = (
        ("chart_start", start, chart.start),
        ("chart_top", f"IF(chart_start=0,0,chart_start+MAX(N({CHART_LINE})-1,0))", chart.top),
        ("chart_day", f"{first_day_formula('plan_start').removeprefix('=')}+N({CHART_SKIP})", float(chart.first_day)),
        ("chart_step", f"IF(N({CHART_HOURS})>0,N({CHART_HOURS}),{HOURS_A_DAY})/{HOURS_A_DAY}", chart.step),
    )
    for row, (name, formula, value) in enumerate(cells):
        sheet.write_formula(row, ROW_HELPER, f"={formula}", quiet, value)
        sheet.write_string(row, ROW_HELPER + 1, name, quiet)
        book.name_cell(name, JOB_CHART, row, ROW_HELPER)


def _of_resource(cells: str) -> str:
    """Whether cells name the chosen resource or one of its machines: 1 or 0."""
    return f'((({cells}={CHART_RESOURCE})+(LEFT({cells},LEN({CHART_RESOURCE})+2)={CHART_RESOURCE}&" #"))>0)'


def _write_heads(book: TemplateBook, sheet: Any, chart: _Chart) -> None:
    """The headings: fields, and the days upright."""
    sheet.set_row(HEAD_ROW, 54)
    for column, (heading, _, _, number) in enumerate(FIELDS, FIRST):
        align = "left" if number == "@" else "right"
        sheet.write_string(HEAD_ROW, column, heading, book.styles.heading(border=0, align=align))
    sheet.write_string(HEAD_ROW, REMARK, "Remark", book.styles.heading(border=0, align="left", indent=1))
    style = book.styles.heading(border=0, rotation=90, num_format="ddd dd.mm.", align="center", font_size=8)
    for step in range(COLUMNS):
        sheet.write_formula(HEAD_ROW, FIRST_COLUMN + step, f"=chart_day+{step}*chart_step", style, chart.head(step))
    _light(book, sheet, (HEAD_ROW, FIRST_COLUMN, HEAD_ROW, LAST_COLUMN), "=chart_step<1", num_format=MOMENT)


def _write_line(book: TemplateBook, sheet: Any, chart: _Chart, line: int) -> None:
    """One line: its fields, its bar's cells with the mark of the due day, and the helpers behind it."""
    place, row = TOP + line, chart.row(line)
    cell = f"${column_letters(ROW_HELPER + 1)}{place + 1}"
    found = f"MATCH(chart_top+{line},job_schedule[Line],0)"
    mine = _of_resource(f"INDEX(job_schedule[Resource],{found})")
    quiet = book.styles.quiet()
    sheet.write_formula(place, ROW_HELPER,
                        f'=IF(chart_top=0,0,IFERROR(IF({CHART_RESOURCE}="",{found},{found}*{mine}),0))', quiet,
                        float(row))
    under = {"bottom": 4, "bottom_color": Palette.LINE, "font_size": 9}
    for column, (_, name, _, number) in enumerate(FIELDS, FIRST):
        style = book.styles.get(num_format=number, align="left" if number == "@" else "right", **under)
        sheet.write_formula(place, column, f"={_field(name, cell)}", style, chart.value(row, name))
    late, status = _field("days_late", cell), _field("status", cell)
    days = f"ROUNDUP(ROUND({late},8),0)"
    words = f'IF(N({late})>0,{days}&IF({days}>1," days late"," day late")&MID({status},5,200),{status})'
    sheet.write_formula(place, REMARK, f'=IF({status}="In time","",{words})',
                        book.styles.get(font_color=Palette.BAD_INK, indent=1, shrink=True, **under), chart.remark(row))
    sheet.write_formula(place, DUE_HELPER, f"={_field('due', cell)}", quiet, chart.value(row, "due"))
    _write_colour(book, sheet, chart, place, row)
    due, day_style = chart.value(row, "due"), book.styles.get(align="center", **under)
    due_cell = f"${column_letters(DUE_HELPER + 1)}{place + 1}"
    for step in range(COLUMNS):
        head = f"{column_letters(FIRST_COLUMN + step + 1)}${HEAD_ROW + 1}"
        is_due = due != "" and chart.head(step) <= due < chart.head(step + 1)
        sheet.write_formula(place, FIRST_COLUMN + step,
                            f'=IF(AND(N({due_cell})>={head},N({due_cell})<{head}+chart_step),"{DUE}","")',
                            day_style, DUE if is_due else "")


def _field(name: str, cell: str) -> str:
    return field("job_schedule", SCHEDULE.column(name).heading, cell)


def _write_colour(book: TemplateBook, sheet: Any, chart: _Chart, place: int, row: int) -> None:
    """The number of the set-up's colour: that of the line above with the same set-up, else the next."""
    groups, numbers = column_letters(FIRST + 2), column_letters(COLOUR_HELPER + 1)
    mine = f"${groups}{place + 1}"
    new = "1"
    if place > TOP:
        above = f"{TOP + 1}:${{}}{place}"
        known = f"${groups}${above.format(groups)}"
        counted = f"${numbers}${above.format(numbers)}"
        new = f"IFERROR(INDEX({counted},MATCH({mine},{known},0)),MAX({counted})+1)"
    sheet.write_formula(place, COLOUR_HELPER, f'=IF({mine}="",0,{new})', book.styles.quiet(), chart.colour(row))


def _colour(book: TemplateBook, sheet: Any) -> None:
    """Bars and what lights up beside them; the first rule that holds decides."""
    row, last = TOP + 1, TOP + LINES - 1
    fields = [name for _, name, _, _ in FIELDS]
    start, end = (f"${column_letters(FIRST + 1 + fields.index(name))}{row}" for name in ("start", "end"))
    day = f"{column_letters(FIRST_COLUMN + 1)}${HEAD_ROW + 1}"
    due = f"${column_letters(DUE_HELPER + 1)}{row}"
    number = f"${column_letters(COLOUR_HELPER + 1)}{row}"
    runs = f"N({start})>0,{start}<{day}+chart_step,MAX({end},{start}+0.001)>{day}"
    name = column_letters(FIRST + 1)
    _light(book, sheet, (TOP + 1, FIRST, last, FIRST), f"=${name}{row + 1}=${name}{row}", font_color="#A9B4C0")
    for first, until in ((FIRST, FIRST), (FIRST + 2, REMARK)):
        _light(book, sheet, (TOP + 1, first, last, until),
               f'=AND(${name}{row + 1}<>${name}{row},${column_letters(ROW_HELPER + 1)}{row + 1}>0)', top=1,
               top_color=Palette.HEADER)
    _light(book, sheet, (TOP, FIRST_COLUMN, last, LAST_COLUMN), f"=AND({runs},{day}>{due})", bg_color=LATE,
           font_color="#FFFFFF")
    for place, colour in enumerate(COLOURS):
        alike = f"{number}>0,MOD({number}-1,{len(COLOURS)})={place}"
        _light(book, sheet, (TOP, FIRST_COLUMN, last, LAST_COLUMN), f"=AND({runs},{alike})", bg_color=colour)
        _light(book, sheet, (TOP, FIRST + 1, last, FIRST + 1), f"=AND({alike})", bg_color=colour)
    _light(book, sheet, (TOP, FIRST_COLUMN, last, LAST_COLUMN), f"=WEEKDAY({day},2)>5", bg_color=FREE_DAY)


def _light(book: TemplateBook, sheet: Any, area: tuple[int, int, int, int], criteria: str, **look: Any) -> None:
    """Light cells up where a formula holds; LibreOffice looks no further after the first rule that does."""
    sheet.conditional_format(*area, {
        "type": "formula", "criteria": criteria, "format": book.workbook.add_format(look), "stop_if_true": True,
    })
