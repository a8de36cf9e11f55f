"""The capacity review: the load of every resource as a heat map, its free hours, and the orders behind overloads.

Everything on it is live from ``capacity_plan`` and ``overload_orders``. To show another column of the orders, add it
to ORDERS; another map, to MAPS.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

import numpy as np

from sopxl.file_engine.addresses import column_letters
from sopxl.tables import GRIDS
from sopxl.workbook.template.book import CAPACITY_REVIEW, TemplateBook
from sopxl.workbook.template.live_cells import either, like, row_where, rows_where
from sopxl.workbook.template.page_lists import Part, write_fields, write_heads
from sopxl.workbook.template.styles import OWNER_COLOURS, Palette

LOAD_CHOSEN, RESOURCE_CHOSEN = "capacity_load", "capacity_resource"
LOADS = ("Planned", "Required")
RESOURCES, PERIODS, ORDER_LINES = 12, 18, 15
FIRST = 1
LAST = FIRST + PERIODS
HELPER = LAST + 2
CHOICE_ROW, MAP_ROW = 4, 7
GREEN, AMBER, RED, WHITE = "#63BE7B", "#FFEB84", "#F8696B", "#FFFFFF"


@dataclass(frozen=True)
class HeatMap:
    """A map: its title, its cell as a formula of the resource's sums (``{load}``, ``{hours}``, ``{regular}``), how
    the same is reckoned from them, its number format and its three colours at three values.
    """

    title: str
    share: bool
    number: str
    colours: tuple[tuple[float, str], ...]

    def formula(self, hours: str, regular: str) -> str:
        """The formula from those of the hours and the regular hours."""
        return f"IF({regular}=0,0,{hours}/{regular})" if self.share else f"ROUND({regular}-{hours},0)"

    def value(self, hours: float, regular: float) -> float:
        """What the formula gives."""
        if self.share:
            return hours / regular if regular else 0.0
        free = regular - hours
        return math.copysign(math.floor(abs(free) + 0.5), free) + 0.0  # no minus before a nought


MAPS = (
    HeatMap("Load against regular hours", True, "0%;-0%;–", ((0.0, GREEN), (0.9, AMBER), (1.1, RED))),
    HeatMap("Free hours; below 0: missing to regular time", False, "#,##0;-#,##0;–",
            ((-1.0, RED), (0.0, WHITE), (1.0, WHITE))),
)
ORDERS: tuple[Part, ...] = (
    ("Resource", "resource", 1, 1, "@"), ("Period", "period", 2, 3, "@"), ("Load", "load", 4, 4, "0%_W"),
    ("Item", "item", 5, 6, "@"), ("Name", "name", 7, 9, "@"), ("Hours", "hours", 10, 10, "#,##0.0"),
    ("Units", "quantity", 11, 11, "#,##0"), ("For", "serves", 12, LAST, "@"),
)
"""Of the orders: heading, column of their table, first and last column on the page, number format."""


def add_capacity_review(book: TemplateBook) -> None:
    """The sheet of the capacity review, set up to print on one landscape page."""
    sheet = book.add_sheet(CAPACITY_REVIEW, "capacity_review", "reviews")
    book.write_head(sheet, CAPACITY_REVIEW, "Where hours are short and where they are free, and which orders ask for "
                                            "them.")
    sheet.set_column(0, 0, 2)
    sheet.set_column(FIRST, FIRST, 24)
    sheet.set_column(FIRST + 1, LAST, 8.7)
    _write_choice(book, sheet)
    row = MAP_ROW
    for place, heat_map in enumerate(MAPS):
        _write_map(book, sheet, row, heat_map, place)
        row += RESOURCES + 4
    _write_orders(book, sheet, row - 1)
    sheet.print_area(0, 0, row + ORDER_LINES, LAST)
    sheet.fit_to_pages(1, 1)


def _write_choice(book: TemplateBook, sheet: Any) -> None:
    """Which load is shown, and for which resource the orders are."""
    inputs = book.styles.get(**OWNER_COLOURS["input"], border=1, border_color=Palette.LINE, locked=False,
                             num_format="@", align="left", indent=1)
    label = book.styles.get(bold=True, align="right")
    sheet.write_string(CHOICE_ROW, FIRST, "Load that is shown", label)
    sheet.merge_range(CHOICE_ROW, FIRST + 1, CHOICE_ROW, FIRST + 3, _load(book), inputs)
    sheet.data_validation(CHOICE_ROW, FIRST + 1, CHOICE_ROW, FIRST + 1, {"validate": "list", "source": list(LOADS)})
    book.name_cell(LOAD_CHOSEN, CAPACITY_REVIEW, CHOICE_ROW, FIRST + 1)
    sheet.merge_range(CHOICE_ROW, FIRST + 5, CHOICE_ROW, FIRST + 8, "Orders of the resource (empty: all)", label)
    sheet.merge_range(CHOICE_ROW, FIRST + 9, CHOICE_ROW, FIRST + 12, book.chosen.get(RESOURCE_CHOSEN, ""), inputs)
    sheet.data_validation(CHOICE_ROW, FIRST + 9, CHOICE_ROW, FIRST + 9, {
        "validate": "list", "source": "=list_resources", "error_type": "warning", "error_title": "Resource",
        "error_message": "No such resource is planned."})
    book.name_cell(RESOURCE_CHOSEN, CAPACITY_REVIEW, CHOICE_ROW, FIRST + 9)


def _load(book: TemplateBook) -> str:
    """Which load is chosen; the planned one if nothing is."""
    return book.chosen.get(LOAD_CHOSEN, "") or LOADS[0]


def _write_map(book: TemplateBook, sheet: Any, top: int, heat_map: HeatMap, place: int) -> None:
    """One map: a line a resource, a column a period."""
    sheet.write_string(top - 1, FIRST, heat_map.title, book.styles.get(bold=True, font_color=Palette.HEADER))
    sheet.write_string(top, FIRST, "Resource", book.styles.heading(border=0))
    periods = book.periods_of(GRIDS["capacity_plan"])[:PERIODS]
    for position in range(PERIODS):
        found = f'INDEX(capacity_plan[[#Headers]],1,MATCH("Measure",capacity_plan[[#Headers]],0)+{position + 1})'
        sheet.write_formula(top, FIRST + 1 + position, f'=IFERROR(IF(MID({found},5,1)="-",{found},""),"")',
                            book.styles.heading(border=0, align="right"),
                            periods[position] if position < len(periods) else "")
    frame = book.tables["capacity_plan"]
    names = frame.loc[frame["measure"] == "Planned load", "resource"].tolist() if "measure" in frame else []
    for line in range(RESOURCES):
        row = top + 1 + line
        found = row_where("capacity_plan", "Resource", '(capacity_plan[Measure]="Planned load")', line)
        name = str(names[line]) if line < len(names) else ""
        sheet.write_formula(row, FIRST, f'=IFERROR(INDEX(capacity_plan[Resource],1/(1/{found}))&"","")',
                            book.styles.get(align="left", indent=1), name)
        _write_line(book, sheet, (row, top), heat_map, name)
    _colour(sheet, top, heat_map)
    if place == 0 and len(names) > RESOURCES:
        told = f"The first {RESOURCES} of {len(names)} resources; all stand on the sheet Capacity plan."
        sheet.write_string(top - 1, FIRST + 4, told, book.styles.quiet())


def _write_line(book: TemplateBook, sheet: Any, place: tuple[int, int], heat_map: HeatMap, name: str) -> None:
    """The cells of one resource."""
    row, top = place
    style = book.styles.get(num_format=heat_map.number, align="right", border=1, border_color=WHITE)
    periods = book.periods_of(GRIDS["capacity_plan"])[:PERIODS]
    key = f"${column_letters(FIRST + 1)}{row + 1}"
    for position in range(PERIODS):
        heading = f"{column_letters(FIRST + 2 + position)}${top + 1}"
        hours, regular = (
            f"SUMIFS(INDEX(capacity_plan[],0,MATCH({heading},capacity_plan[[#Headers]],0)),"
            f"capacity_plan[Resource],{key},capacity_plan[Measure],{measure})"
            for measure in (f'{LOAD_CHOSEN}&" hours"', '"Regular hours"')
        )
        value: Any = ""
        if name and position < len(periods):
            value = heat_map.value(_sum(book, name, f"{_load(book)} hours", periods[position]),
                                   _sum(book, name, "Regular hours", periods[position]))
        sheet.write_formula(row, FIRST + 1 + position,
                            f'=IF(OR({key}="",{heading}=""),"",{heat_map.formula(hours, regular)})', style, value)


def _sum(book: TemplateBook, name: str, measure: str, period: str) -> float:
    """What SUMIFS gives of the capacity plan."""
    frame = book.tables["capacity_plan"]
    return float(np.nansum(frame.loc[(frame["resource"] == name) & like(frame["measure"], measure), period]))


def _colour(sheet: Any, top: int, heat_map: HeatMap) -> None:
    """The colours of a map."""
    (low, low_colour), (middle, middle_colour), (high, high_colour) = heat_map.colours
    sheet.conditional_format(top + 1, FIRST + 1, top + RESOURCES, LAST, {
        "type": "3_color_scale", "min_type": "num", "mid_type": "num", "max_type": "num",
        "min_value": low, "mid_value": middle, "max_value": high,
        "min_color": low_colour, "mid_color": middle_colour, "max_color": high_colour,
    })


def _write_orders(book: TemplateBook, sheet: Any, top: int) -> None:
    """The orders behind the overloads, of the resource that is chosen."""
    write_heads(book, sheet, top, "The orders behind the overloads: what would be needed without limits", ORDERS)
    table = "overload_orders"
    frame = book.tables[table]
    chosen = book.chosen.get(RESOURCE_CHOSEN, "")
    rows = rows_where((frame["item"] != "") & (like(frame["resource"], chosen) if chosen else True), ORDER_LINES)
    condition = f'({table}[Item]<>"")*{either(RESOURCE_CHOSEN, f"{table}[Resource]")}'
    for position, row in enumerate(rows):
        place = top + 2 + position
        sheet.write_formula(place, HELPER, f"={row_where(table, 'Item', condition, position)}", book.styles.quiet(),
                            float(row))
        write_fields(book, sheet, (place, HELPER), table, ORDERS, row)
