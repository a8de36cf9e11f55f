"""Strategic initiatives and their effects, and what the plan is with them and without them."""

from __future__ import annotations

from dataclasses import dataclass

from sopxl.schema import Column, Kind, Measure, PlanGrid, Table

_MONEY = "{currency}"
KINDS = ("new line", "shift", "plant", "supplier", "market", "cost programme", "other")
EFFECT_KINDS = (
    "capacity hours", "overtime limit", "hourly cost", "demand", "price", "unit cost", "purchase price", "lead time",
    "supplier capacity", "storage capacity", "opens",
)
"""Each is a function under ``@effect`` in :mod:`sopxl.steps.strategy.effects`."""

INITIATIVES = Table(
    "initiatives",
    "Strategic initiatives: switch one on or off with one cell, and the whole plan follows.",
    "inputs",
    (
        Column("initiative", "text", "Code of the initiative.", required=True),
        Column("name", "text", "What planners call it."),
        Column("kind", "text", "What kind of change it is.", default="other", choices=KINDS),
        Column("owner", "text", "Who answers for it."),
        Column("switched_on", "flag", "Whether the plan counts it."),
        Column("start_period", "period", "First period of its effects and running cost, before the slip.",
               required=True),
        Column("end_period", "period", "Last period of these, before the slip; empty: no end."),
        Column("slip", "integer", "Periods by which every date of the initiative moves; below 0: it is early.",
               unit="periods", default=0.0, minimum=-120, maximum=120),
        Column("probability", "percent", "Probability that it comes about.", default=1.0, minimum=0, maximum=1),
        Column("investment", "money", "Investment, bought in the start period.", unit=_MONEY, default=0.0, minimum=0),
        Column("life", "number", "Years over which the investment is depreciated and the initiative has value.",
               unit="years", default=5.0, minimum=0, maximum=100),
        Column("running_cost", "money", "Operating expense from start to end.", unit="{currency} per {bucket}",
               default=0.0, minimum=0),
        Column("depends_on", "text", "Initiatives that must be on before it counts, with commas between them."),
    ),
    key=("initiative",),
)

INITIATIVE_EFFECTS = Table(
    "initiative_effects",
    "What each initiative changes: of which object, by how much, and when.",
    "inputs",
    (
        Column("initiative", "text", "Initiative.", required=True, refers_to="initiatives.initiative"),
        Column("effect", "text", "What it changes.", required=True, choices=EFFECT_KINDS),
        Column("resource", "text", "Resource concerned.", refers_to="resources.resource"),
        Column("item", "text", "Item concerned.", refers_to="items.item"),
        Column("family", "text", "Family concerned."),
        Column("market", "text", "Planning market concerned; empty: all."),
        Column("supplier", "text", "Supplier concerned.", refers_to="suppliers.supplier"),
        Column("location", "text", "Location concerned.", refers_to="locations.location"),
        Column("amount", "number", "By how much: units, hours, days or money in each period, or percent (10 is ten "
               "percent more, -10 ten percent less).", default=0.0),
        Column("counted_as", "text", "Whether the amount is added or is a percentage of what there would be.",
               default="amount", choices=("amount", "percent")),
        Column("from_period", "period", "First period of the effect, before the slip; empty: the initiative's start."),
        Column("until_period", "period", "Last period of the effect, before the slip; empty: the initiative's end."),
    ),
)

INITIATIVE_REVIEW = Table(
    "initiative_review",
    "What each initiative is worth: the plan made anew with it and without it.",
    "reviews",
    (
        Column("initiative", "text", "Initiative."),
        Column("name", "text", "Name of the initiative."),
        Column("kind", "text", "What kind of change it is."),
        Column("owner", "text", "Who answers for it."),
        Column("in_plan", "percent", "With what weight the plan counts it."),
        Column("start_period", "text", "First period of its effects, slip included."),
        Column("probability", "percent", "Probability that it comes about."),
        Column("investment", "money", "Investment.", unit=_MONEY),
        Column("running_cost", "money", "Running cost in the plan.", unit=_MONEY),
        Column("net_present_value", "money", "Of the cash that it brings in the plan and, as in the plan's last year, "
               "until the end of its life.", unit=_MONEY),
        Column("payback", "number", "Periods from the first of the plan until its cash comes back; empty: not within "
               "its life.", unit="periods"),
        Column("ebit", "money", "What it adds to EBIT in the plan.", unit=_MONEY),
        Column("cash", "money", "What it adds to cash in the plan, investment included.", unit=_MONEY),
        Column("hours_missing_without", "number", "Hours beyond regular time that would be needed without it, all "
               "overloaded resources.", unit="hours"),
        Column("hours_missing_with", "number", "The same with it.", unit="hours"),
        Column("note", "text", "What is to be known of these numbers."),
    ),
    key=("initiative",),
    owner="result",
)



@dataclass(frozen=True)
class Figure:
    """A figure of the plan with and without initiatives: its name, what it is, its unit, where the plan has it."""

    name: str
    meaning: str
    unit: str
    table: str
    measure: str

    @property
    def measures(self) -> tuple[Measure, Measure, Measure]:
        """With, without, and the difference."""
        kind: Kind = "number" if self.unit == "hours" else "money"
        live = f"{{{self.table}:{self.measure}}}" if self.measure else ""
        return (
            Measure(f"{self.name} with", "formula" if live else "result", f"{self.meaning}: the plan as it stands.",
                    kind, self.unit, formula=live),
            Measure(f"{self.name} without", "result", f"{self.meaning}: the plan made without any initiative.", kind,
                    self.unit),
            Measure(f"{self.name} difference", "formula", f"{self.meaning}: what the initiatives change.", kind,
                    self.unit, formula=f"{{{self.name} with}}-{{{self.name} without}}"),
        )


FIGURES: tuple[Figure, ...] = (
    Figure("Net sales", "Net sales", _MONEY, "financial_plan", "Net sales"),
    Figure("EBIT", "Earnings before interest and tax", _MONEY, "financial_plan", "EBIT"),
    Figure("Cash", "Cash that the plan brings, investment included", _MONEY, "cash_flow", "Change in cash"),
    Figure("Stock value", "Stock at standard cost", _MONEY, "inventory_plan", "Stock value"),
    Figure("Backlog value", "Demand that waits, at net prices", _MONEY, "backlog_plan", "Backlog value"),
    Figure("Hours missing", "Hours needed beyond regular time, all overloaded resources", "hours", "capacity_plan", ""),
)
"""A figure without a measure is reckoned in :mod:`sopxl.steps.strategy.initiative_reviews`."""

PLAN_WITH_AND_WITHOUT = PlanGrid(
    "plan_with_and_without",
    "The plan with and without all initiatives that it counts, side by side.",
    "reviews",
    (Column("unit", "text", "Unit whose plan this is."),),
    key=("unit",),
    measures=tuple(measure for figure in FIGURES for measure in figure.measures),
)

INITIATIVE_TABLES: tuple[Table, ...] = (INITIATIVES, INITIATIVE_EFFECTS, INITIATIVE_REVIEW, PLAN_WITH_AND_WITHOUT)
