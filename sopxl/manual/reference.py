"""Writes ``reference.md`` from the declarations, so that nothing can be added without a line in the manual.

Run ``python -m sopxl.manual.reference`` after a change; a test says when the page is stale, and when it leaves out
what stands under a register's decorator. A new register gets a function here and a line in CHAPTERS.
"""

from __future__ import annotations

import inspect
from collections.abc import Iterable, Iterator, Mapping
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


def _group_tables() -> Iterator[str]:
    from sopxl.consolidation.tables import GROUP_TABLES
    from sopxl.tables import TABLES

    yield "Of the workbook of a group; it has *Findings* and *Run log* too."
    yield ""
    for name, table in GROUP_TABLES.items():
        if name not in TABLES:
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


def _register(headings: tuple[str, str], functions: Mapping[str, object]) -> Iterator[str]:
    """One row for each function of a register: its name and its first sentence."""
    yield from _rows(headings, [(name, first_sentence(function)) for name, function in functions.items()])


def _methods() -> Iterator[str]:
    from sopxl.steps.demand.forecasting.methods import METHODS

    yield from _register(("method", "what it does"), {name: method.function for name, method in METHODS.items()})


def _measures() -> Iterator[str]:
    from sopxl.steps.demand.forecasting.measures import MEASURES, QUANTILE_MEASURES

    yield from _register(("measure", "what it says"), {**MEASURES, **QUANTILE_MEASURES})


def _functions() -> Iterator[str]:
    from sopxl.functions import FUNCTIONS

    rows = [
        (f"`{name}({', '.join(function.arguments)})`", function.description,
         " ".join(f"`{argument}`: {text}" for argument, text in function.arguments.items()))
        for name, function in FUNCTIONS.items()
    ]
    yield from _rows(("function", "what it gives", "arguments"), rows)


def _detectors() -> Iterator[str]:
    from sopxl.steps.demand.suspicions import DETECTORS

    yield from _register(("reason", "what is proposed to be corrected"), DETECTORS)


def _levels() -> Iterator[str]:
    from sopxl.steps.demand.hierarchy import LEVELS

    yield from _rows(("level", "adds up the series of one"),
                     [(level, " and ".join(columns) or "company: all of them") for level, columns in LEVELS.items()])


def _ways() -> Iterator[str]:
    from sopxl.steps.demand.forecasting.reconciliation import WAYS

    yield from _register(("way", "what it does"), WAYS)


def _curves() -> Iterator[str]:
    from sopxl.steps.demand.launches import CURVES

    yield from _register(("curve", "what it follows"), CURVES)


def _sources() -> Iterator[str]:
    from sopxl.steps.demand.sensing import SOURCES

    yield from _register(("source", "what it looks at"), SOURCES)


def _override_problems() -> Iterator[str]:
    from sopxl.steps.demand.overrides import PROBLEMS

    yield from _rows(("problem", "kind", "what is told: the override of sales for Chairs …", "remedy"),
                     [(name, kind, said.format(missed="…"), remedy) for name, (kind, said, remedy) in PROBLEMS.items()])


def _advice() -> Iterator[str]:
    from sopxl.steps.demand.accuracy import ADVICE

    yield from _register(("attention", "when it is told; the first that applies"), _by_words(ADVICE))


def _remarks() -> Iterator[str]:
    from sopxl.steps.demand.value_added import REMARKS

    yield from _register(("verdict", "what it looks at"), _by_words(REMARKS))


def _by_words(functions: Iterable[object]) -> dict[str, object]:
    """Functions by their names in words."""
    return {getattr(function, "__name__", "").replace("_", " "): function for function in functions}


def _lot_rules() -> Iterator[str]:
    from sopxl.steps.supply.lots import LOT_RULE_FUNCTIONS

    yield from _register(("rule", "what it does"), LOT_RULE_FUNCTIONS)


def _rough_cut_methods() -> Iterator[str]:
    from sopxl.steps.supply.rough_cut import ROUGH_CUT_METHODS

    yield from _register(("method", "what it does"), ROUGH_CUT_METHODS)


def _decisions() -> Iterator[str]:
    from sopxl.steps.supply import balance as _  # noqa: F401 - declares those of whole lots too
    from sopxl.steps.supply.balance_model import DECISIONS

    yield from _register(("decision", "what is decided"), _by_words(DECISIONS.values()))


def _cost_terms() -> Iterator[str]:
    from sopxl.steps.supply import balance as _  # noqa: F401 - declares those of whole lots too
    from sopxl.steps.supply.cost_terms import COST_TERMS

    yield from _rows(("term", "what it charges"), [(term.name, term.description) for term in COST_TERMS])


def _limits() -> Iterator[str]:
    from sopxl.steps.supply import balance as _  # noqa: F401 - declares those of whole lots too
    from sopxl.steps.supply.limits import LIMITS

    yield from _register(("limit", "what it keeps"), LIMITS)


def _softenings() -> Iterator[str]:
    from sopxl.steps.supply.softenings import GOALS, MEANS

    yield "Where no plan keeps to all limits, these are loosened to find which conflict, and by how much:"
    yield ""
    softened = {softening.limit: softening.soften for softening in GOALS + MEANS}
    yield from _register(("limit", "how it is loosened"), softened)


def _strategies() -> Iterator[str]:
    from sopxl.steps.supply.strategies import STRATEGIES

    yield from _register(("strategy", "how it plans"), {one.name: one.limit for one in STRATEGIES})


def _fair_shares() -> Iterator[str]:
    from sopxl.steps.supply.fair_share import RULES

    yield from _register(("rule", "who gets what"), RULES)


def _dispatch_rules() -> Iterator[str]:
    from sopxl.steps.supply.schedule.dispatch import DISPATCH_RULES

    yield from _register(("rule", "which job is next; the best of them is improved by search"), DISPATCH_RULES)


def _bounds() -> Iterator[str]:
    from sopxl.steps.supply import balance as _  # noqa: F401 - declares all decisions
    from sopxl.steps.supply.limit_values import BOUNDS

    yield from _register(("decision", "its limit, whose worth is told"), _by_words(BOUNDS.values()))


def _scarce() -> Iterator[str]:
    from sopxl.steps.supply.scarce_limits import SCARCE

    yield from _register(("kind", "what can be scarce"), SCARCE)


def _holders() -> Iterator[str]:
    from sopxl.steps.supply.bottlenecks import HOLDERS

    yield from _rows(("what is told", "when"), [(said, first_sentence(find)) for find, said in HOLDERS])


def _moves() -> Iterator[str]:
    from sopxl.steps.supply import exceptions as _  # noqa: F401 - declares all moves
    from sopxl.steps.supply.costed_moves.situations import MOVES

    rows = [(kind.__name__.lower(), move.__name__.replace("_", " "), first_sentence(move))
            for kind, moves in MOVES.items() for move in moves]
    yield from _rows(("cures", "move", "what it is"), rows)


def _reviews() -> Iterator[str]:
    from sopxl.steps.supply import plan as _  # noqa: F401 - declares all reviews
    from sopxl.steps.supply.plan_view import REVIEWS

    yield from _register(("table", "its rows"), {f"`{name}`": REVIEWS[name] for name in sorted(REVIEWS)})


def _lines() -> Iterator[str]:
    from sopxl.steps.finance.lines import Line, profit_and_loss_rows

    yield "A sum stands below the lines that it adds up; `sopxl manual finance` says how each line comes about."
    yield ""
    rows = profit_and_loss_rows()
    yield from _rows(("line", "section", "paid", "comes from", "what it is"), (
        (row.name, row.section, row.paid, ", ".join(row.ties_to), row.description) if isinstance(row, Line)
        else (row.name, "sum", "", "", row.description) for row in rows
    ))


def _bridge_steps() -> Iterator[str]:
    from sopxl.steps.finance.tables.comparison import STEPS

    yield from _rows(("step", "what it is", "formula"), [(step.name, step.description, f"`{step.formula}`")
                                                         for step in STEPS])


def _effects() -> Iterator[str]:
    from sopxl.steps.strategy.effects import EFFECTS

    rows = [(name, ", ".join(effect.needs), first_sentence(effect.function)) for name, effect in EFFECTS.items()]
    yield from _rows(("effect", "needs one of", "what it changes"), rows)


def _brought() -> Iterator[str]:
    from sopxl.steps.strategy.project_overlay import BROUGHT

    yield from _register(("table", "what projects bring"), BROUGHT)


def _checks() -> Iterator[str]:
    from sopxl.plan_checks import CHECKS

    yield "Every cell is checked by its column's kind, limits, choices and references. Beyond that:"
    yield ""
    yield from _register(("check", "what it finds"), _by_words(CHECKS.values()))


def _exceptions() -> Iterator[str]:
    from sopxl.steps.demand.exceptions import DEMAND_EXCEPTIONS
    from sopxl.steps.finance import bridge_exceptions as _  # noqa: F401 - declares those of the bridge too
    from sopxl.steps.finance.exceptions import FINANCE_EXCEPTIONS
    from sopxl.steps.strategy.exceptions import STRATEGY_EXCEPTIONS
    from sopxl.steps.supply.exceptions import SUPPLY_EXCEPTIONS

    registers = (DEMAND_EXCEPTIONS, SUPPLY_EXCEPTIONS, FINANCE_EXCEPTIONS, STRATEGY_EXCEPTIONS)
    kinds = {name: function for register in registers for name, function in register.functions.items()}
    yield from _register(("kind", "when it is raised"), {name: kinds[name] for name in sorted(kinds)})


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
    "Worksheet functions": _functions,
    "Corrections of the history": _detectors,
    "Forecasting methods": _methods,
    "Error measures": _measures,
    "Levels of demand": _levels,
    "Ways of reconciliation": _ways,
    "Launch curves": _curves,
    "Sources of demand sensing": _sources,
    "What can go wrong with an override": _override_problems,
    "What forecast accuracy calls attention to": _advice,
    "What forecast value added tells": _remarks,
    "Lot rules": _lot_rules,
    "Rough-cut capacity methods": _rough_cut_methods,
    "Decisions of the balanced plan": _decisions,
    "Cost terms of the balanced plan": _cost_terms,
    "Limits of the balanced plan": _limits,
    "Limits that are loosened where they conflict": _softenings,
    "Strategies side by side": _strategies,
    "Fair shares": _fair_shares,
    "Rules that begin the job schedule": _dispatch_rules,
    "Scarce things whose worth is told": _scarce,
    "Decisions whose limits have a worth": _bounds,
    "What can hold a demand up": _holders,
    "Moves that cure": _moves,
    "Lists and grids of the supply review": _reviews,
    "Lines of the profit and loss": _lines,
    "Steps of the bridge": _bridge_steps,
    "Exceptions": _exceptions,
    "Effects of initiatives": _effects,
    "What development projects bring": _brought,
    "Checks": _checks,
    "Tables": _tables,
    "Tables of a group": _group_tables,
}

if __name__ == "__main__":
    PAGE.write_text(reference(), encoding="utf-8")
