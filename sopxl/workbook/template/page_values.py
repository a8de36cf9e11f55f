"""What the formulas of Home, the dashboard and the review pages show now: their cached values after a run.

The pages are written once more into something that only listens, so that a formula and its value are said in
one place. Nothing to add here for a new number on a page; a new page gets a line in PAGES.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from sopxl.schema import Tables
from sopxl.settings import Settings
from sopxl.workbook.template.book import TemplateBook
from sopxl.workbook.template.capacity_review import LOAD_CHOSEN, RESOURCE_CHOSEN, add_capacity_review
from sopxl.workbook.template.dashboard import add_dashboard
from sopxl.workbook.template.demand_review import FAMILY_CHOSEN, MARKET_CHOSEN, add_demand_review
from sopxl.workbook.template.gantt import CHART_LINE, CHART_RESOURCE, CHART_SKIP, add_gantt
from sopxl.workbook.template.home import add_home
from sopxl.workbook.template.profit_bridge import CHOICES as BRIDGE_CHOICES
from sopxl.workbook.template.profit_bridge import add_profit_bridge
from sopxl.workbook.template.review import add_review
from sopxl.workbook.template.shown_series import ITEM, MARKET
from sopxl.workbook.template.strategy_review import add_strategy_review
from sopxl.workbook.template.styles import Styles
from sopxl.workbook.template.why_forecast import add_why

PAGES = (
    add_home, add_dashboard, add_review, add_demand_review, add_why, add_capacity_review, add_gantt,
    add_profit_bridge, add_strategy_review,
)


CHOICES = (ITEM, MARKET, FAMILY_CHOSEN, MARKET_CHOSEN, LOAD_CHOSEN, RESOURCE_CHOSEN, CHART_RESOURCE,
           CHART_LINE, CHART_SKIP, *BRIDGE_CHOICES)
"""Named cells in which planners choose what the pages show."""


def page_values(tables: Tables, settings: Settings, chosen: Mapping[str, str]) -> dict[str, Any]:
    """Formula (with ``=``) -> the value that it shows with these tables; ``chosen``: what stands in CHOICES."""
    listener = _Listener({})
    book = TemplateBook(listener, tables, settings, False, Styles(listener), chosen=chosen)
    for add_page in PAGES:
        add_page(book)
    return listener.formulas


class _Listener:
    """Takes any call that a workbook or worksheet is given and keeps the formulas."""

    def __init__(self, formulas: dict[str, Any]) -> None:
        self.formulas = formulas

    def write_formula(self, row: int, column: int, formula: str, style: Any = None, value: Any = 0) -> None:
        self.formulas[formula] = value

    def __getattr__(self, name: str) -> Any:
        if name.startswith("__"):
            raise AttributeError(name)
        return lambda *arguments, **options: self

    def __iter__(self) -> Iterator[Any]:
        return iter(())
