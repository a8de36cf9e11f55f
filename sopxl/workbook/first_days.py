"""The first day of each period, over the headings of plan grids: as a formula and as what it shows."""

from __future__ import annotations

from datetime import date

from sopxl.periods import LABEL_PATTERNS, parse


def first_day_formula(cell: str) -> str:
    """The first day of the period whose label stands in a cell: week, quarter or month."""
    year = f"LEFT({cell},4)"
    week = f"DATE({year},1,4)-WEEKDAY(DATE({year},1,4),2)+1+7*(RIGHT({cell},2)-1)"
    return (
        f'=IF(MID({cell},6,1)="W",{week},'
        f'IF(MID({cell},6,1)="Q",DATE({year},3*RIGHT({cell},1)-2,1),DATE({year},RIGHT({cell},2),1)))'
    )


def first_day(label: str) -> int:
    """The first day of a labelled period, as the number that spreadsheets have for it."""
    bucket = next(name for name, pattern in LABEL_PATTERNS.items() if pattern.match(label))
    return (parse(label, bucket).start_time.date() - date(1899, 12, 30)).days
