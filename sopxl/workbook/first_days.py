"""The first day of each period and the period of each day: as formulas and as what they show."""

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


def label_formulas(day: str) -> dict[str, str]:
    """By bucket the label of the period that a day (a cell or an expression) falls in, without ``=``."""
    thursday = f"({day}-WEEKDAY({day},2)+4)"
    return {
        "month": f'YEAR({day})&"-"&RIGHT("0"&MONTH({day}),2)',
        "quarter": f'YEAR({day})&"-Q"&ROUNDUP(MONTH({day})/3,0)',
        "week": f'YEAR({thursday})&"-W"&RIGHT("0"&(INT(({thursday}-DATE(YEAR({thursday}),1,1))/7)+1),2)',
    }
