"""Header notes and drop-downs: what the declaration of a column says, where the planner types.

References to another table go through a defined name (``list_items``) over a column of that table, which grows
with it. Texts are cut to what Excel allows in a message.
"""

from __future__ import annotations

from typing import Any

from sopxl.schema import Column, Kind, Owner, PlanGrid
from sopxl.workbook.template.book import TemplateBook

KIND_WORDS: dict[Kind, str] = {
    "text": "Text", "number": "Number", "integer": "Whole number", "percent": "Percent", "money": "Money",
    "date": "Date", "period": "Period", "flag": "Yes/no",
}
OWNER_WORDS: dict[Owner, str] = {"input": "People", "result": "sopxl", "formula": "Formula"}
PERIOD_EXAMPLES = {"week": "2026-W49", "month": "2026-12", "quarter": "2026-Q4"}
LONGEST_TITLE, LONGEST_MESSAGE = 32, 255


def column_note(book: TemplateBook, column: Column, owner: Owner) -> str:
    """What a column means: description, unit, rule and who writes it, a line each."""
    lines = [column.description]
    if column.unit:
        lines.append(f"Unit: {book.unit(column.unit)}.")
    if rule := column_rule(column):
        lines.append(rule)
    lines.append(f"Written by: {OWNER_WORDS[owner].lower() if owner != 'result' else 'sopxl'}.")
    return "\n".join(lines)


def column_rule(column: Column) -> str:
    """Limits, choices, default and reference of a column, in a sentence each."""
    rules = []
    if column.required:
        rules.append("Must be filled.")
    if column.choices:
        rules.append(f"One of: {', '.join(column.choices)}.")
    if column.refers_to:
        table, _, name = column.refers_to.partition(".")
        rules.append(f"Must be in the column {name.capitalize()} of {table.replace('_', ' ').capitalize()}.")
    if limits := _limits(column):
        rules.append(limits)
    if column.default is not None and column.default != "":
        rules.append(f"Empty means {_as_shown(column)}.")
    return " ".join(rules)


def measures_note(book: TemplateBook, grid: PlanGrid) -> str:
    """All measures of a grid: name, unit, who writes it and what it means."""
    return "\n".join(
        f"{measure.name} ({book.unit(measure.unit) or KIND_WORDS[measure.kind].lower()}, "
        f"{OWNER_WORDS[measure.owner].lower() if measure.owner != 'result' else 'sopxl'}): {measure.description}"
        for measure in grid.measures
    )


def write_note(sheet: Any, row: int, column: int, text: str) -> None:
    """A note on a header cell, large enough to read without scrolling."""
    lines = sum(1 + len(line) // 44 for line in text.split("\n"))
    sheet.write_comment(
        row, column, text,
        {"author": "sopxl", "x_scale": 2.2, "y_scale": max(0.6, 0.21 * (lines + 1)), "font_size": 9,
         "color": "#FFFFF0"},
    )


def validation(book: TemplateBook, column: Column) -> dict[str, Any] | None:
    """The XlsxWriter data validation of an input column, None where anything may be typed."""
    if column.kind == "flag":
        return _stop(column, {"validate": "list", "source": ["yes", "no"]}, "Choose yes or no.")
    if column.choices:
        return _stop(column, {"validate": "list", "source": list(column.choices)}, "Choose one of the list.")
    if column.refers_to:
        return _reference(column)
    if column.kind == "period":
        return _period(book, column)
    if column.is_numeric and (column.minimum is not None or column.maximum is not None):
        return _stop(column, {"validate": "decimal", **_criteria(column)}, _limits(column))
    if column.is_numeric:
        return _stop(column, {"validate": "decimal", "criteria": ">", "value": -1e300}, "Enter a number.")
    if column.kind == "date":
        return _stop(column, {"validate": "date", "criteria": ">", "value": 1}, "Enter a date.")
    return None


def _reference(column: Column) -> dict[str, Any]:
    """A drop-down over another table. Unknown values only warn: pasted data may come before its master data."""
    table = column.refers_to.partition(".")[0]
    return {
        "validate": "list", "source": f"=list_{table}", "error_type": "warning",
        "error_title": _title(column), "error_message": f"{table.replace('_', ' ').capitalize()} has no such entry yet."
    }


def _period(book: TemplateBook, column: Column) -> dict[str, Any]:
    """A message that shows how a period is written; the checks of a run read it."""
    example = PERIOD_EXAMPLES[book.settings.bucket]
    return {"validate": "any", "input_title": _title(column), "input_message": f"{column.description}\nLike {example}."}


def _stop(column: Column, rule: dict[str, Any], message: str) -> dict[str, Any]:
    return {**rule, "error_title": _title(column), "error_message": message[:LONGEST_MESSAGE]}


def _criteria(column: Column) -> dict[str, Any]:
    if column.minimum is not None and column.maximum is not None:
        return {"criteria": "between", "minimum": column.minimum, "maximum": column.maximum}
    if column.minimum is not None:
        return {"criteria": ">=", "value": column.minimum}
    return {"criteria": "<=", "value": column.maximum}


def _limits(column: Column) -> str:
    """The limits in words; shares are told as percent."""
    low, high = (_number(column, limit) for limit in (column.minimum, column.maximum))
    if low and high:
        return f"From {low} to {high}."
    if low:
        return f"At least {low}."
    return f"At most {high}." if high else ""


def _number(column: Column, value: float | None) -> str:
    if value is None:
        return ""
    return f"{value:.0%}" if column.kind == "percent" else f"{value:g}"


def _as_shown(column: Column) -> str:
    if column.kind == "flag":
        return "yes" if column.default else "no"
    return _number(column, column.default) if column.is_numeric else str(column.default)


def _title(column: Column) -> str:
    return column.heading[:LONGEST_TITLE]
