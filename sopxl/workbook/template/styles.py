"""Colours, number formats and cell formats of the template: who owns a cell can be seen from its colour.

To show a kind of value differently, change ``number_format``; to change a colour, change Palette. Each
combination of properties is made once per workbook.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from sopxl.schema import Kind, Owner

FONT = "Calibri"
TEXT_FORMAT = "@"
DATE_FORMAT = "yyyy-mm-dd"
TIME_FORMAT = "yyyy-mm-dd hh:mm"


class Palette:
    """The colours of the template."""

    INK = "#1F2933"
    QUIET = "#7B8794"
    LINE = "#CBD2D9"
    HEADER = "#1F4E79"
    HEADER_INK = "#FFFFFF"
    BAND = "#DCE6F1"
    CURRENT = "#F4B183"
    LINK = "#1F4E79"
    INPUT = "#FFFBE0"
    INPUT_INK = "#0000FF"
    INPUT_HEADING = "#FFE48F"
    RESULT = "#FFFFFF"
    RESULT_INK = "#000000"
    FORMULA = "#F2F2F2"
    FORMULA_INK = "#595959"
    BAD = "#F8CBAD"
    BAD_INK = "#9C0006"
    WARN = "#FFE699"
    WARN_INK = "#7F6000"
    GOOD_INK = "#2E7D32"
    TILE = "#F5F7FA"


TAB_COLOURS = {
    "cycle": "#1F4E79", "inputs": "#F2C94C", "plans": "#4F9D69", "reviews": "#8E6BBF", "system": "#9AA5B1",
}

OWNER_COLOURS: dict[Owner, dict[str, str]] = {
    "input": {"bg_color": Palette.INPUT, "font_color": Palette.INPUT_INK},
    "result": {"bg_color": Palette.RESULT, "font_color": Palette.RESULT_INK},
    "formula": {"bg_color": Palette.FORMULA, "font_color": Palette.FORMULA_INK},
}


RATIO_FORMATS = {"ratio": "0.00", "rate of exchange": "0.0000##"}


def number_format(kind: Kind, unit: str = "", typed: bool = False) -> str:
    """The number format for values of a kind and unit; ``typed`` values are shown as people entered them.

    Quantities and money are whole in plans, prices and rates have two decimals, nought is a dash, and what is
    below nought is red. (A format like ``0.##`` would leave a point behind whole numbers in Excel.)
    """
    if kind in ("text", "period", "flag"):
        return TEXT_FORMAT
    if kind == "date":
        return DATE_FORMAT if typed else TIME_FORMAT
    if kind == "percent":
        return "0.0%" if typed else '0%;[Red]-0%;"–"'
    if kind == "integer":
        return "#,##0"
    if typed:
        return "#,##0.00" if kind == "money" else "General"
    if kind == "money" and " per " in f" {unit}":
        return '#,##0.00;[Red]-#,##0.00;"–"'
    if unit.startswith("hours per"):
        return '0.0000;[Red]-0.0000;"–"'
    if unit in RATIO_FORMATS:
        return RATIO_FORMATS[unit]
    if unit.startswith(("periods", "units per")):
        return '0.0;[Red]-0.0;"–"'
    return '#,##0;[Red]-#,##0;"–"'


@dataclass
class Styles:
    """The cell formats of one workbook, each made once."""

    workbook: Any
    made: dict[tuple[tuple[str, Any], ...], Any] = field(default_factory=dict)

    def get(self, **properties: Any) -> Any:
        """The format with these XlsxWriter properties, in the template's font."""
        key = tuple(sorted(properties.items()))
        if key not in self.made:
            base = {"font_name": FONT, "font_size": 10, "valign": "vcenter"}
            self.made[key] = self.workbook.add_format({**base, **properties})
        return self.made[key]

    def cell(self, owner: Owner, number: str, **more: Any) -> Any:
        """A cell of this owner: its colours, and locked unless people write it."""
        properties = {**OWNER_COLOURS[owner], "num_format": number, "locked": owner != "input"}
        return self.get(**{**properties, "bottom": 4, "bottom_color": Palette.LINE, **more})

    def heading(self, **more: Any) -> Any:
        """A cell of a table's header row: the words on top, above the button of the filter."""
        if "indent" in more:
            more = {"align": "left", **more}
        return self.get(
            **{"bold": True, "font_color": Palette.HEADER_INK, "bg_color": Palette.HEADER, "text_wrap": True,
               "valign": "vcenter" if more.get("border") == 0 else "top", "border": 1, "border_color": Palette.LINE,
               "num_format": TEXT_FORMAT, **more}
        )

    def list_heading(self, owner: Owner, alignment: dict[str, Any]) -> Any:
        """A heading of a list; columns that people fill are headed in the colour of inputs."""
        colour = Palette.INPUT_HEADING if owner == "input" else Palette.HEADER_INK
        return self.heading(font_color=colour, **alignment)

    def title(self, size: int = 16) -> Any:
        """A sheet's title."""
        return self.get(bold=True, font_size=size, font_color=Palette.HEADER)

    def quiet(self, **more: Any) -> Any:
        """Small grey text: descriptions, units."""
        return self.get(**{"font_color": Palette.QUIET, "font_size": 9, **more})

    def link(self, **more: Any) -> Any:
        """A hyperlink inside the workbook."""
        return self.get(**{"font_color": Palette.LINK, "underline": 1, **more})

    @property
    def free(self) -> Any:
        """The format of columns and cells outside tables: not locked, so that planners can use them."""
        return self.get(locked=False)
