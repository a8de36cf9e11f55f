"""What the plan is compared with: budget, kept plans, the comparison, the bridges of profit and the sensitivities.

A figure that is compared is a line in COMPARED, a step of the bridge one in STEPS: tables, page and tests follow. A
line of the profit and loss that no step names is part of 'Other cost of goods' until it is named in BRIDGE_LINES.
"""

from __future__ import annotations

from dataclasses import dataclass

from sopxl.schema import Column, Kind, Measure, PlanGrid, Table
from sopxl.steps.finance.lines import LINES, lines_of
from sopxl.steps.finance.tables.sensitivities import SENSITIVITIES

_MONEY = "{currency}"
_FAMILY = Column("family", "text", "Product family.")
_MARKET = Column("market", "text", "Planning market.")

BUDGET = Table(
    "budget",
    "What was promised for each period, family and market.",
    "inputs",
    (
        Column("period", "period", "Period.", required=True),
        Column("family", "text", "Product family.", required=True),
        Column("market", "text", "Planning market.", required=True),
        Column("quantity", "number", "Budgeted units; empty: the revenue at the plan's prices.", unit="units"),
        Column("revenue", "money", "Budgeted net sales.", unit=_MONEY, default=0.0),
        Column("cost_of_goods", "money", "Budgeted cost of goods, freight to customers included; empty: revenue less "
               "gross margin, else the plan's unit cost.", unit=_MONEY),
        Column("gross_margin", "money", "Budgeted gross margin; empty: revenue less cost of goods.", unit=_MONEY),
        Column("operating_expenses", "money", "Budgeted operating expenses; empty in all rows of a period: taken as in "
               "the plan.", unit=_MONEY),
        Column("depreciation", "money", "Budgeted depreciation; empty in all rows of a period: taken as in the plan.",
               unit=_MONEY),
        Column("ebit", "money", "Budgeted EBIT, where operating expenses are not entered; empty: gross margin less "
               "operating expenses and depreciation.", unit=_MONEY),
        Column("exchange_rate", "number", "What one unit of the market's currency was budgeted to be worth; empty: as "
               "in the plan.", unit="{currency} per unit", minimum=0),
    ),
    key=("period", "family", "market"),
)

REFERENCE_PLANS = Table(
    "reference_plans",
    "What earlier plans expected in money, kept to compare the plan with the last one.",
    "system",
    (
        Column("version", "period", "First period of the plan."),
        Column("period", "period", "Period that was planned."),
        _FAMILY, _MARKET,
        Column("currency", "text", "Currency in which most of it is sold."),
        Column("exchange_rate", "number", "What one unit of it was worth.", unit="{currency} per unit"),
        Column("quantity", "number", "Units shipped.", unit="units"),
        Column("unserved", "number", "Demand of the period less shipments.", unit="units"),
        Column("net_sales", "money", "Net sales.", unit=_MONEY),
        Column("cost_of_goods", "money", "Shipments at standard cost, with freight to customers.", unit=_MONEY),
        Column("production_variance", "money", "What production took beyond what it added to stock.", unit=_MONEY),
        Column("overtime_and_expediting", "money", "Overtime premium, hiring and lay-off, expediting.", unit=_MONEY),
        Column("other_cost", "money", "The rest of cost of goods sold.", unit=_MONEY),
        Column("operating_expenses", "money", "Operating expenses.", unit=_MONEY),
        Column("depreciation", "money", "Depreciation.", unit=_MONEY),
    ),
    key=("version", "period", "family", "market"),
    owner="result",
)

FIGURES: tuple[str, ...] = tuple(column.name for column in REFERENCE_PLANS.columns[6:])
"""What is known of a version for a period, family and market; empty: the version does not say."""
VERSIONS: tuple[str, ...] = ("Budget", "Last plan", "Last year")
"""What the plan is compared with, period by period."""

OVERTIME_AND_EXPEDITING = ("Overtime premium", "Hiring and layoff cost", "Expedite cost")
BRIDGE_LINES: dict[str, tuple[str, ...]] = {
    "cost_of_goods": (*(line.name for line in lines_of(section="standard cost")), "Freight to customers"),
    "production_variance": ("Production variance",),
    "overtime_and_expediting": tuple(name for name in OVERTIME_AND_EXPEDITING if name in LINES),
    "operating_expenses": ("Operating expenses",),
    "depreciation": tuple(line.name for line in lines_of(section="depreciation")),
}
"""Figure of a version -> the lines of the profit and loss that add up to it; what is left is other cost of goods."""


def line_sum(names: tuple[str, ...]) -> str:
    """The formula that adds up lines of the profit and loss of this family and market."""
    return "+".join(f"{{profit_and_loss:{name} by family,market}}" for name in names)


# -- side by side -------------------------------------------------------------------------------------------------

@dataclass(frozen=True)
class Compared:
    """A figure of the comparison: its name, its row of the profit and loss, its kind and unit, and whether the
    periods of the fiscal year that are over are known of it.
    """

    name: str
    source: str
    kind: Kind
    unit: str
    has_actual: bool = True

    @property
    def words(self) -> str:
        """The name inside a sentence."""
        return self.name if self.name.isupper() else self.name.lower()

    @property
    def attribute(self) -> str:
        """The name as part of a column's name."""
        return self.name.lower().replace(" ", "_")


COMPARED: tuple[Compared, ...] = (
    Compared("Quantity", "Shipments", "number", "units"),
    Compared("Net sales", "Net sales", "money", _MONEY),
    Compared("Gross margin", "Gross margin", "money", _MONEY),
    Compared("EBIT", "EBIT", "money", _MONEY, has_actual=False),
)


def _compared(figure: Compared) -> list[Measure]:
    """The rows of one figure: the plan, each version and its gap, the latest estimate of the fiscal year."""
    words, kind, unit = figure.words, figure.kind, figure.unit
    rows = [Measure(figure.name, "formula", f"The plan's {words}.", kind, unit,
                    formula=f"{{profit_and_loss:{figure.source} by family,market}}")]
    for version in VERSIONS:
        known = f"{version} {words}"
        rows += [
            Measure(known, "result", f"{version}: {words}; empty: not known.", kind, unit),
            Measure(f"{figure.name} against {version.lower()}", "formula", f"Plan less {version.lower()}, where it is "
                    "known.", kind, unit, formula=f"IF({{{known}?}},0,{{{figure.name}}}-{{{known}}})"),
        ]
    return [*rows, *(_estimate(figure) if figure.has_actual else [])]


def _estimate(figure: Compared) -> list[Measure]:
    """The fiscal year to date: what was sold and then the plan, beside the budget of the same periods."""
    rows = []
    for name, source, so_far, said in (
        (f"Latest estimate of {figure.words}", figure.name, f"actual_{figure.attribute}",
         "Fiscal year to date: sold in the periods that are over, then the plan; in its last period the whole year."),
        (f"Budget to date of {figure.words}", f"Budget {figure.words}", f"budget_{figure.attribute}",
         "Fiscal year to date: the budget of the same periods."),
    ):
        rows.append(Measure(name, "formula", said, figure.kind, figure.unit, detail=True,
                            first=f"{{#{so_far}}}+{{{source}}}",
                            formula=f"IF({{New fiscal year}}=1,0,{{{name}@-1}})+{{{source}}}"))
    return rows


def _so_far(figure: Compared) -> tuple[Column, Column]:
    """What is known of the fiscal year before the plan starts."""
    return (
        Column(f"actual_{figure.attribute}", figure.kind, f"{figure.name} of the running fiscal year before the plan; "
               "cost at present standard.", unit=figure.unit, default=0.0),
        Column(f"budget_{figure.attribute}", figure.kind, f"Budget of the same periods: {figure.words}.",
               unit=figure.unit, default=0.0),
    )


PLAN_COMPARISON = PlanGrid(
    "plan_comparison",
    "Plan, budget, last plan, last year and latest estimate side by side, by family and market.",
    "reviews",
    (_FAMILY, _MARKET, *(column for figure in COMPARED if figure.has_actual for column in _so_far(figure))),
    key=("family", "market"),
    measures=(
        Measure("New fiscal year", "result", "1 in the first period of a fiscal year.", unit="0 or 1", detail=True),
        *(measure for figure in COMPARED for measure in _compared(figure)),
    ),
)


# -- the bridge ---------------------------------------------------------------------------------------------------

@dataclass(frozen=True)
class Step:
    """A step of the bridge from a version's EBIT to the plan's: its name, what it is, its formula by family and market.

    Positive steps raise the profit.
    """

    name: str
    description: str
    formula: str


NOT_COMPARABLE = "{Sold in both}=0"
CAPACITY_LOSS = "IF({Base quantity}=0,0,({Base unserved}-{Plan unserved})*{Base margin}/{Base quantity})"


def _change(name: str) -> str:
    """The fall of a cost from the base to the plan; nothing where the version does not know it."""
    return f"IF({{Base {name}?}},0,{{Base {name}}}-{{Plan {name}}})"


STEPS: tuple[Step, ...] = (
    Step("Volume", "Change of the quantity of all families and markets together, at the base's average margin; without "
         "what capacity loss takes from it.",
         f"{{Base margin}}*{{Growth of all quantities}}-{CAPACITY_LOSS}"),
    Step("Capacity loss", "Demand that limits leave unserved (demand less shipments), beyond the base's, at the base's "
         "margin.", CAPACITY_LOSS),
    Step("Mix", "The rest of the effect of quantities, each at its own margin; a family or market that only one of the "
         "two sells counts here with its whole margin.",
         "IF({Sold in both}=0,{Plan margin}-{Base margin},({Plan quantity}-{Base quantity})*{Base margin}"
         "/{Base quantity})-{Base margin}*{Growth of all quantities}"),
    Step("Price", "Change of the price in the market's currency, at the plan's quantity and the base's rate.",
         f"IF({NOT_COMPARABLE},0,{{Plan quantity}}*({{Plan price}}-{{Base price}})*{{Base rate}})"),
    Step("Exchange rate", "Change of the rate, at the plan's quantity and price in the market's currency.",
         f"IF({NOT_COMPARABLE},0,{{Plan quantity}}*{{Plan price}}*({{Plan rate}}-{{Base rate}}))"),
    Step("Standard cost", "Change of the unit cost, freight to customers included, at the plan's quantity.",
         f"IF({NOT_COMPARABLE},0,{{Plan quantity}}*({{Base unit cost}}-{{Plan unit cost}}))"),
    Step("Stock effect", "Change of the production variance: fixed conversion that goes into stock or comes out of it, "
         "idle wages, and standards that do not add up.", _change("production variance")),
    Step("Overtime and expediting", "Change of overtime premium, hiring and lay-off and expediting.",
         _change("overtime and expediting")),
    Step("Other cost of goods", "Change of all other cost of goods sold: transfers, price variances, shortfalls.",
         _change("other cost")),
    Step("Operating expenses", "Change of operating expenses.", _change("operating expenses")),
    Step("Depreciation", "Change of depreciation.", _change("depreciation")),
)
"""Steps of the bridge in their order. Source: Horngren, Cost Accounting, ch. 7 and 14: flexible budget, selling-price
variance, sales-quantity and sales-mix variances (there in contribution margin per unit, here at standard margin)."""
STEP_NAMES: tuple[str, ...] = tuple(step.name for step in STEPS)
BEGIN, END, UNEXPLAINED = "Base EBIT", "Plan EBIT", "Unexplained"
BELOW_MARGIN = ("production variance", "overtime and expediting", "other cost", "operating expenses", "depreciation")
"""Costs beside those of the shipments; a version that does not know one is taken to have the plan's."""


def _of_plan(name: str, source: str) -> Measure:
    """A figure of the plan in the periods that the version knows."""
    is_units = name in ("Plan quantity", "Plan unserved")
    return Measure(name, "formula", f"{name.removeprefix('Plan ').capitalize()} of the plan.",
                   "number" if is_units else "money", "units" if is_units else _MONEY, detail=True,
                   formula=f"IF({{Compared}}=0,0,{source})")


def _of_base(name: str, description: str, kind: Kind = "money", unit: str = _MONEY) -> Measure:
    return Measure(name, "result", description, kind, unit, detail=True)


def _derived(name: str, description: str, formula: str, unit: str) -> Measure:
    return Measure(name, "formula", description, "money", unit, formula=formula, detail=True)


def _both() -> list[Measure]:
    """What is known of the base and of the plan, side by side."""
    plan = {
        "production variance": line_sum(BRIDGE_LINES["production_variance"]),
        "overtime and expediting": line_sum(BRIDGE_LINES["overtime_and_expediting"]),
        "other cost": f"{line_sum(('Cost of goods sold',))}-{{Plan cost of goods}}-{{Plan production variance}}"
                      "-{Plan overtime and expediting}",
        "operating expenses": line_sum(BRIDGE_LINES["operating_expenses"]),
        "depreciation": line_sum(BRIDGE_LINES["depreciation"]),
    }
    rows = [
        _of_base("Base quantity", "Units of the version.", "number", "units"),
        _of_plan("Plan quantity", line_sum(("Shipments",))),
        _of_base("Base net sales", "Net sales of the version."),
        _of_plan("Plan net sales", line_sum(("Net sales",))),
        _of_base("Base cost of goods", "Cost of goods of the version, at standard, freight to customers included."),
        _of_plan("Plan cost of goods", line_sum(BRIDGE_LINES["cost_of_goods"])),
        _of_base("Base unserved", "Demand less shipments of the version.", "number", "units"),
        _of_plan("Plan unserved", "{backlog_plan:Demand by family,market}-{backlog_plan:Shipments by family,market}"),
        _of_base("Base rate", "What one unit of the market's currency was worth.", "number", "{currency} per unit"),
        _of_base("Plan rate", "What it is worth in the plan.", "number", "{currency} per unit"),
    ]
    for name in BELOW_MARGIN:
        rows += [_of_base(f"Base {name}", f"{name.capitalize()} of the version; empty: not known, as in the plan."),
                 _of_plan(f"Plan {name}", plan[name])]
    return rows


BRIDGE_DETAIL = PlanGrid(
    "bridge_detail",
    "The bridge from each version's EBIT to the plan's, by family and market: what both knew, and the effects.",
    "reviews",
    (
        Column("version", "text", "What the plan is compared with."),
        _FAMILY, _MARKET,
        Column("currency", "text", "Currency in which most of it is sold."),
    ),
    key=("version", "family", "market"),
    measures=(
        Measure("Compared", "result", "1 where the version knows the period.", unit="0 or 1", detail=True),
        _of_base("Base quantity of all", "Units of all families and markets of the version.", "number", "units"),
        *_both(),
        Measure("Sold in both", "formula", "1 where both sell it.", unit="0 or 1", detail=True,
                formula="IF(OR({Base quantity}=0,{Plan quantity}=0),0,1)"),
        Measure("Growth of all quantities", "formula", "Units of the whole plan against those of the version.",
                "percent", detail=True, formula="IF({Base quantity of all}=0,0,"
                "{profit_and_loss:Shipments}/{Base quantity of all}-1)"),
        _derived("Base price", "Net price in the market's currency.", "IF({Base quantity}*{Base rate}=0,0,"
                 "{Base net sales}/{Base quantity}/{Base rate})", "per unit"),
        _derived("Plan price", "Net price in the market's currency.", "IF({Plan quantity}*{Plan rate}=0,0,"
                 "{Plan net sales}/{Plan quantity}/{Plan rate})", "per unit"),
        _derived("Base unit cost", "Cost of goods of a unit.",
                 "IF({Base quantity}=0,0,{Base cost of goods}/{Base quantity})", "{currency} per unit"),
        _derived("Plan unit cost", "Cost of goods of a unit.",
                 "IF({Plan quantity}=0,0,{Plan cost of goods}/{Plan quantity})", "{currency} per unit"),
        _derived("Base margin", "Net sales less cost of goods at standard.",
                 "{Base net sales}-{Base cost of goods}", _MONEY),
        _derived("Plan margin", "Net sales less cost of goods at standard.",
                 "{Plan net sales}-{Plan cost of goods}", _MONEY),
        Measure(BEGIN, "formula", "EBIT of the version; costs that it does not know are the plan's.", "money", _MONEY,
                formula="{Base margin}" + "".join(f"-IF({{Base {name}?}},{{Plan {name}}},{{Base {name}}})"
                                                  for name in BELOW_MARGIN)),
        *(Measure(step.name, "formula", step.description, "money", _MONEY, formula=step.formula) for step in STEPS),
        Measure(END, "formula", "EBIT of the plan, from the profit and loss.", "money", _MONEY,
                formula=f"IF({{Compared}}=0,0,{line_sum(('EBIT',))})"),
        Measure(UNEXPLAINED, "formula", "Plan EBIT less base EBIT and all steps: 0.", "money", _MONEY,
                formula=f"{{{END}}}-SUM({{{BEGIN}}}," + ",".join(f"{{{name}}}" for name in STEP_NAMES) + ")"),
    ),
)

PROFIT_BRIDGE = PlanGrid(
    "profit_bridge",
    "From each version's EBIT to the plan's, step by step: the sums of Bridge detail.",
    "reviews",
    (Column("version", "text", "What the plan is compared with.", choices=VERSIONS),),
    key=("version",),
    measures=tuple(
        Measure(name, "formula", BRIDGE_DETAIL.measure(name).description, "money", _MONEY,
                formula=f"{{bridge_detail:{name} by version}}")
        for name in (BEGIN, *STEP_NAMES, END, UNEXPLAINED)
    ),
)

COMPARISON_GRIDS: tuple[PlanGrid, ...] = (PLAN_COMPARISON, BRIDGE_DETAIL, PROFIT_BRIDGE, SENSITIVITIES)
"""In the order in which they are computed."""
COMPARISON_TABLES: tuple[Table, ...] = (BUDGET, *COMPARISON_GRIDS, REFERENCE_PLANS)
