"""Writes ``reference.md`` from the declarations, so that nothing can be added without a line in the manual.

Run ``python -m sopxl.manual.reference`` after a change; a test says when the page is stale. A new kind of thing
gets a function here and a line in CHAPTERS.
"""

from __future__ import annotations

import inspect
from collections.abc import Iterable, Iterator
from dataclasses import fields
from pathlib import Path

from sopxl.schema import Column, Measure, PlanGrid, Table
from sopxl.settings import Settings, setting_name

PAGE = Path(__file__).with_name("reference.md")


def reference() -> str:
    """The whole page."""
    lines = ["# sopxl reference", "", "Written from the declarations by `python -m sopxl.manual.reference`.", ""]
    for title, chapter in CHAPTERS.items():
        lines += [f"## {title}", "", *chapter(), ""]
    return "\n".join(lines).rstrip() + "\n"


def _rows(headings: tuple[str, ...], rows: Iterable[tuple[str, ...]]) -> Iterator[str]:
    yield "| " + " | ".join(headings) + " |"
    yield "|" + "---|" * len(headings)
    for row in rows:
        yield "| " + " | ".join(" ".join(cell.split()).replace("|", "\\|") for cell in row) + " |"


def first_sentence(thing: object) -> str:
    """What a function says of itself, up to the first blank line."""
    return (inspect.getdoc(thing) or "").split("\n\n")[0]


def _steps() -> Iterator[str]:
    from sopxl.pipeline import STEPS

    yield from _rows(("step", "what it does", "sheets that it writes"),
                     [(step.title, step.description, ", ".join(step.writes)) for step in STEPS])


def _settings() -> Iterator[str]:
    rows = []
    for setting in fields(Settings):
        said = setting.metadata
        unit = said["unit"] or " / ".join(said["choices"])
        rows.append((setting_name(setting), str(setting.default), unit, said["meaning"]))
    yield from _rows(("setting", "default", "unit or choices", "meaning"), rows)


def _tables() -> Iterator[str]:
    from sopxl.tables import TABLES

    for table in TABLES.values():
        yield from _table(table)


def _table(table: Table) -> Iterator[str]:
    yield f"### {table.title} (`{table.name}`)"
    yield ""
    yield f"{table.description} Key: {', '.join(table.key) or 'none'}."
    yield ""
    rows = [(column.heading, column.kind, column.unit, column.description, _rule(column)) for column in table.columns]
    yield from _rows(("column", "kind", "unit", "meaning", "rule"), rows)
    if isinstance(table, PlanGrid):
        yield ""
        measures = [(one.name, one.owner, one.unit, one.description, _formula(one)) for one in table.measures]
        yield from _rows(("measure", "written by", "unit", "meaning", "formula"), measures)
    yield ""


def _rule(column: Column) -> str:
    parts = ["must be entered"] if column.required else []
    parts += [f"at least {column.minimum:g}"] if column.minimum is not None else []
    parts += [f"at most {column.maximum:g}"] if column.maximum is not None else []
    parts += [f"one of {', '.join(column.choices)}"] if column.choices else []
    parts += [f"from {column.refers_to}"] if column.refers_to else []
    return "; ".join(parts)


def _formula(measure: Measure) -> str:
    first = f"; first period: `{measure.first}`" if measure.first else ""
    return f"`{measure.formula}`{first}" if measure.formula else ""


def _methods() -> Iterator[str]:
    from sopxl.steps.demand.forecasting.methods import METHODS

    yield from _rows(("method", "what it does"),
                     [(name, first_sentence(method.function)) for name, method in METHODS.items()])


def _measures() -> Iterator[str]:
    from sopxl.steps.demand.forecasting.measures import MEASURES, QUANTILE_MEASURES

    everything = {**MEASURES, **QUANTILE_MEASURES}
    yield from _rows(("measure", "what it says"), [(name, first_sentence(one)) for name, one in everything.items()])


def _lot_rules() -> Iterator[str]:
    from sopxl.steps.supply.lots import LOT_RULE_FUNCTIONS

    yield from _rows(("rule", "what it does"),
                     [(name, first_sentence(rule)) for name, rule in LOT_RULE_FUNCTIONS.items()])


def _cost_terms() -> Iterator[str]:
    from sopxl.steps.supply.cost_terms import COST_TERMS

    yield from _rows(("term", "what it charges"), [(term.name, term.description) for term in COST_TERMS])


def _limits() -> Iterator[str]:
    from sopxl.steps.supply import balance as _  # noqa: F401 - declares the limits of whole lots too
    from sopxl.steps.supply.limits import LIMITS

    yield from _rows(("limit", "what it keeps"), [(name, first_sentence(limit)) for name, limit in LIMITS.items()])


def _checks() -> Iterator[str]:
    from sopxl.plan_checks import CHECKS

    yield "Every cell is checked by its column's kind, limits, choices and references. Beyond that:"
    yield ""
    yield from _rows(("check", "what it finds"),
                     [(name.replace("_", " "), first_sentence(check)) for name, check in CHECKS.items()])


def _exceptions() -> Iterator[str]:
    from sopxl.steps.demand.exceptions import DEMAND_EXCEPTIONS
    from sopxl.steps.finance.exceptions import FINANCE_EXCEPTIONS
    from sopxl.steps.supply.exceptions import SUPPLY_EXCEPTIONS

    kinds = {**DEMAND_EXCEPTIONS.functions, **SUPPLY_EXCEPTIONS.functions, **FINANCE_EXCEPTIONS.functions}
    yield from _rows(("kind", "when it is raised"),
                     [(name, first_sentence(kinds[name])) for name in sorted(kinds)])


def _buttons() -> Iterator[str]:
    from sopxl.workbook.macros.buttons import BUTTONS

    yield from _rows(("button", "what it does", "keys"),
                     [(button.caption, button.tip, button.keys) for button in BUTTONS])


def _commands() -> Iterator[str]:
    from typer.main import get_command

    from sopxl.cli import application

    commands = getattr(get_command(application), "commands", {})
    yield from _rows(("command", "what it does"),
                     [(f"`sopxl {name}`", (command.help or "").strip()) for name, command in sorted(commands.items())])


CHAPTERS = {
    "Steps of the cycle": _steps,
    "Settings": _settings,
    "Commands": _commands,
    "Buttons": _buttons,
    "Forecasting methods": _methods,
    "Error measures": _measures,
    "Lot rules": _lot_rules,
    "Cost terms of the balanced plan": _cost_terms,
    "Limits of the balanced plan": _limits,
    "Exceptions": _exceptions,
    "Checks": _checks,
    "Tables": _tables,
}

if __name__ == "__main__":
    PAGE.write_text(reference(), encoding="utf-8")
