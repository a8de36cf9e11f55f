"""The dashboard: native charts over the rows of key_figures, financial_plan and capacity_plan.

To add a chart, add a line to CHARTS. Charts of resources are titled by the cell that names the resource, so
that they stay true when the plan is written anew.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from sopxl.file_engine.addresses import column_letters
from sopxl.tables import GRIDS
from sopxl.workbook.template.book import (
    DASHBOARD,
    FIRST_DATA_ROW,
    GRID_FIRST_COLUMN,
    HEADER_ROW,
    TemplateBook,
    sheet_reference,
)
from sopxl.workbook.template.styles import FONT, Palette

CHART_WIDTH, CHART_HEIGHT = 620, 290
SMALL_WIDTH, SMALL_HEIGHT = 410, 230
FIRST_ROW, ROW_PIXELS = 4, 20
MOST_RESOURCES = 12
RESOURCES_OF_A_BLANK_PLAN = 6
MILLIONS = '[>=1000000]#,##0.0,,"M";#,##0'
RESOURCES_TITLE = "Hours of each resource: planned (columns), needed without limits (red), regular time (grey)"

BLUE, ORANGE, GREEN, GREY, RED, AMBER = "#2F75B5", "#ED7D31", "#4F9D69", "#7B8794", "#C00000", "#F2C94C"


@dataclass(frozen=True)
class Series:
    """One series: a measure, drawn as columns or a line, in a colour."""

    measure: str
    colour: str
    line: bool = False
    dashed: bool = False
    area: bool = False


@dataclass(frozen=True)
class Chart:
    """One chart over the measures of one grid."""

    title: str
    grid: str
    series: tuple[Series, ...]
    number_format: str = "#,##0"
    unit: str = ""


CHARTS: tuple[Chart, ...] = (
    Chart("Demand and what is shipped", "key_figures", (
        Series("Demand", BLUE), Series("Shipments", GREEN), Series("Last year", GREY, line=True, dashed=True)),
        unit="units"),
    Chart("Revenue against budget and last year", "financial_plan", (
        Series("Net sales", BLUE), Series("Budget revenue", ORANGE, line=True),
        Series("Last year revenue", GREY, line=True, dashed=True)), MILLIONS, unit="{currency}"),
    Chart("Load of the busiest resource", "key_figures", (
        Series("Highest required load", RED, line=True, dashed=True), Series("Highest planned load", BLUE)), "0%",
        unit="of regular hours"),
    Chart("Stock value", "financial_plan", (Series("Stock value", GREEN),), MILLIONS, unit="{currency}"),
    Chart("EBIT and cash", "key_figures", (
        Series("EBIT", BLUE), Series("Change in cash", ORANGE, line=True)), unit="{currency}"),
    Chart("Backlog at the end of each period", "key_figures", (Series("Backlog", AMBER),), unit="units"),
)

RESOURCE_SERIES = (
    Series("Planned hours", BLUE), Series("Required hours", RED, line=True, dashed=True),
    Series("Regular hours", GREY, line=True),
)


def add_dashboard(book: TemplateBook) -> None:
    """The sheet of charts, two abreast; below them one small chart per resource, three abreast."""
    sheet = book.add_sheet(DASHBOARD, DASHBOARD, "cycle")
    sheet.set_column(0, 0, 2)
    book.write_head(sheet, DASHBOARD, "The plan at a glance. Charts follow the plan sheets.")
    for position, chart in enumerate(CHARTS):
        top, left = divmod(position, 2)
        _insert(sheet, build_chart(book, chart), left * (CHART_WIDTH + 15), top * (CHART_HEIGHT + 15),
                (CHART_WIDTH, CHART_HEIGHT), chart.title)
    below = -(-len(CHARTS) // 2) * (CHART_HEIGHT + 15) + 15
    sheet.write_string(FIRST_ROW + below // ROW_PIXELS, 1, RESOURCES_TITLE, book.styles.title(12))
    for position in range(_resources(book)):
        top, left = divmod(position, 3)
        _insert(sheet, _resource_chart(book, position), left * (SMALL_WIDTH + 15),
                below + 30 + top * (SMALL_HEIGHT + 15), (SMALL_WIDTH, SMALL_HEIGHT), f"Load of resource {position + 1}")
    sheet.set_portrait()
    sheet.fit_to_pages(1, 1)


def _resources(book: TemplateBook) -> int:
    """How many resources are drawn; in a blank plan as many as will find room, to be filled by the first run."""
    planned = len(book.tables["capacity_plan"]) // len(GRIDS["capacity_plan"].measures)
    return min(max(planned, len(book.tables["resources"])) or RESOURCES_OF_A_BLANK_PLAN, MOST_RESOURCES)


def build_chart(book: TemplateBook, chart: Chart) -> Any:
    """The chart over the first object of its grid."""
    drawn = _combined(book, chart.grid, chart.series, 0)
    unit = book.unit(chart.unit)
    periods = len(book.periods_of(GRIDS[chart.grid]))
    dress_chart(drawn, f"{chart.title} ({unit})" if unit else chart.title, chart.number_format, periods)
    if len(chart.series) == 1:
        drawn.set_legend({"none": True})
    return drawn


def _insert(sheet: Any, chart: Any, x: int, y: int, size: tuple[int, int], description: str) -> None:
    chart.set_size({"width": size[0], "height": size[1]})
    sheet.insert_chart(FIRST_ROW, 1, chart, {"x_offset": x, "y_offset": y, "description": description})


def _resource_chart(book: TemplateBook, position: int) -> Any:
    """A resource's hours; the title is the cell with its name."""
    drawn = _combined(book, "capacity_plan", RESOURCE_SERIES, position)
    grid = GRIDS["capacity_plan"]
    row = FIRST_DATA_ROW + position * len(grid.measures) + 1
    cell = f"={sheet_reference(grid.title)}!${column_letters(GRID_FIRST_COLUMN + 1)}${row}"
    dress_chart(drawn, cell, "#,##0", len(book.periods_of(grid)), size=10)
    drawn.set_legend({"none": True})
    return drawn


def _combined(book: TemplateBook, grid: str, series: tuple[Series, ...], position: int) -> Any:
    """Columns with lines over them, or lines alone."""
    bars = [one for one in series if not one.line]
    lines = [one for one in series if one.line]
    base: Any = book.workbook.add_chart({"type": "column"}) if bars else None
    over: Any = book.workbook.add_chart({"type": "line"}) if lines else None
    for one in bars:
        base.add_series({**_data(book, grid, one, position), "fill": {"color": one.colour}, "gap": 60, "overlap": -5})
    for one in lines:
        over.add_series({
            **_data(book, grid, one, position),
            "line": {"color": one.colour, "width": 2.25, **({"dash_type": "dash"} if one.dashed else {})},
        })
    if base is None:
        return over
    if over is not None:
        base.combine(over)
    return base


def _data(book: TemplateBook, grid: str, series: Series, position: int) -> dict[str, str]:
    """Name, values and categories of a series; the categories are the period headings.

    Last year ends with the history: a year after the first period there is nothing to draw.
    """
    area, periods = book.area(grid), book.periods_of(GRIDS[grid])
    drawn = book.settings.periods.season_length if series.measure.startswith("Last year") else len(periods)
    first, last = area.letters(periods[0]), area.letters(periods[-1])
    sheet = sheet_reference(area.table.title)
    return {
        "name": series.measure, "values": "=" + book.period_range(grid, series.measure, position, drawn),
        "categories": f"={sheet}!${first}${HEADER_ROW + 1}:${last}${HEADER_ROW + 1}",
    }


def dress_chart(chart: Any, title: str, number_format: str, periods: int, size: int = 12) -> None:
    """Title, axes, legend and colours alike in all charts."""
    font = {"name": FONT, "size": 9, "color": "#52606D"}
    chart.set_title({"name": title, "overlay": False,
                     "name_font": {"name": FONT, "size": size, "bold": True, "color": Palette.HEADER}})
    chart.set_x_axis({"num_font": font, "line": {"color": Palette.LINE}, "label_position": "low",
                      "interval_unit": -(-periods // (12 if size > 10 else 6))})
    chart.set_y_axis({"num_font": font, "num_format": number_format, "line": {"none": True},
                      "major_gridlines": {"visible": True, "line": {"color": "#E4E7EB", "width": 0.75}}})
    chart.set_legend({"position": "bottom", "font": font})
    chart.set_chartarea({"border": {"color": Palette.LINE}})
    chart.show_blanks_as("gap")
