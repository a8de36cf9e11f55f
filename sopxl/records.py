"""Tables in which sopxl tells what it did: exceptions, findings, run log and data dictionary."""

from __future__ import annotations

from sopxl.schema import Column, Table

EXCEPTIONS = Table(
    "exceptions",
    "Where the plan needs a decision, the dearest first.",
    "reviews",
    (
        Column("step", "text", "Step that found it."),
        Column("kind", "text", "Kind of exception."),
        Column("item", "text", "Item."),
        Column("location", "text", "Location or market."),
        Column("resource", "text", "Resource or supplier."),
        Column("period", "text", "First period concerned."),
        Column("quantity", "number", "How much, in units or hours."),
        Column("money", "money", "What it is worth.", unit="{currency}"),
        Column("message", "text", "What is the matter."),
        Column("remedy", "text", "What would cure it, and what that costs where it is known."),
        Column("second_move", "text", "Another way to cure it."),
        Column("third_move", "text", "A third way."),
    ),
    owner="result",
)

FINDINGS = Table(
    "findings",
    "Faults in the inputs: errors stop a run, warnings do not.",
    "reviews",
    (
        Column("severity", "text", "Error, warning or note."),
        Column("sheet", "text", "Sheet."),
        Column("cell", "text", "Cell."),
        Column("message", "text", "What is wrong."),
        Column("remedy", "text", "What to do."),
    ),
    owner="result",
)

RUN_LOG = Table(
    "run_log",
    "Every run of a step, the newest first.",
    "system",
    (
        Column("started", "date", "When the run started."),
        Column("steps", "text", "Steps that ran."),
        Column("way_in", "text", "Button, command line or Python."),
        Column("status", "text", "Done, or why not."),
        Column("seconds", "number", "How long it took.", unit="s"),
        Column("findings", "integer", "Errors and warnings found."),
        Column("exceptions", "integer", "Exceptions raised."),
        Column("message", "text", "What was decided, in a sentence."),
        Column("version", "text", "Version of sopxl."),
    ),
    owner="result",
)

DATA_DICTIONARY = Table(
    "data_dictionary",
    "Every table, column and measure: what it means, its unit and who writes it.",
    "system",
    (
        Column("table", "text", "Table (its sheet has the same title)."),
        Column("column", "text", "Column or measure."),
        Column("kind", "text", "Text, number, money, percent, period, date or yes/no."),
        Column("unit", "text", "Unit."),
        Column("written_by", "text", "People, sopxl or a formula."),
        Column("meaning", "text", "What it means."),
        Column("rule", "text", "Limits, choices, formula or the table that it refers to."),
    ),
    owner="result",
)

RECORD_TABLES: tuple[Table, ...] = (EXCEPTIONS, FINDINGS, RUN_LOG, DATA_DICTIONARY)
