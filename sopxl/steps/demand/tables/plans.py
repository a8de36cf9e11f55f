"""The plans of the demand step: baseline, sales plan, and what they add up to."""

from __future__ import annotations

from sopxl.schema import Column, Measure, PlanGrid

_SERIES = (
    Column("item", "text", "Item sold.", refers_to="items.item"),
    Column("name", "text", "Name of the item."),
    Column("market", "text", "Planning market."),
    Column("family", "text", "Family of the item."),
)

DEMAND_BASELINE = PlanGrid(
    "demand_baseline",
    "How the baseline of each item and market comes about, and between which limits demand will probably lie.",
    "plans",
    _SERIES,
    key=("item", "market"),
    measures=(
        Measure("Last year", "result", "Sold in the same period a year before.", unit="units"),
        Measure("Season", "result", "Share of an average period that falls on this one.", "percent", detail=True),
        Measure("Own forecast", "result", "Statistical forecast of the series alone, before it is reconciled with "
                "the levels above.", unit="units", detail=True),
        Measure("Statistical forecast", "result", "Statistical forecast, adding up over all levels.", unit="units"),
        Measure("Drivers", "result", "What planned promotions, prices, events and strategic initiatives add.",
                unit="units"),
        Measure("Launches and ends", "result", "What starting, replaced and ending items add or take.", unit="units"),
        Measure("Sensing", "result", "Correction by the latest sales and orders.", unit="units"),
        Measure("Baseline forecast", "formula", "What is expected if nobody objects.", unit="units",
                formula="{Statistical forecast}+{Drivers}+{Launches and ends}+{Sensing}"),
        Measure("Low", "result", "Demand will be below this in one of ten cases.", unit="units", detail=True),
        Measure("High", "result", "Demand will be above this in one of ten cases.", unit="units", detail=True),
    ),
)


def _silent(*roles: str) -> str:
    """Whether none of the roles has an opinion: typed into the plan, or spread from the overrides."""
    return "AND(" + ",".join(f"{{{role}?}},{{{role} spread?}}" for role in roles) + ")"


def _change(role: str, later: tuple[str, ...]) -> str:
    """What a role's opinion changes in the consensus: its distance from the baseline, times what the rule gives it.

    Last word: all of it, unless a later role speaks. Weights: its share in them. Else: all of it for the role named.
    """
    rule, name = "{#consensus_rule}", role.lower()
    by_weight = f'IF({rule}="weights",{{#{name}_weight}}/{{Weight of opinions}},{rule}="{name}")'
    share = f'IF({rule}="last word",{_silent(*later) if later else "1"},{by_weight})'
    return f"IF({_silent(role)},0,(IF({{{role}?}},{{{role} spread}},{{{role}}})-{{Baseline forecast}})*{share})"


def _opinion(role: str, later: tuple[str, ...]) -> tuple[Measure, ...]:
    """The rows of one role: what it types, what its overrides come to, and what that changes."""
    return (
        Measure(role, "input", f"What {role.lower()} expects, where it differs from the baseline.", unit="units",
                minimum=0),
        Measure(f"{role} spread", "result", f"What the overrides of {role.lower()} come to here.", unit="units",
                detail=True),
        Measure(f"{role} change", "formula", f"What {role.lower()} changes in the consensus, by the rule in force.",
                unit="units", formula=_change(role, later)),
    )


def _weight(role: str) -> str:
    return f"IF({_silent(role)},0,{{#{role.lower()}_weight}})"


SALES_PLAN = PlanGrid(
    "sales_plan",
    "Demand by item and market: baseline, what sales, marketing and finance expect, and the consensus that supply "
    "plans for.",
    "plans",
    (
        *_SERIES,
        Column("consensus_rule", "text", "Last word, weights, or the role that decides.", default="last word"),
        Column("sales_weight", "number", "Weight of sales' opinion; the baseline's is 1.", default=1.0),
        Column("marketing_weight", "number", "Weight of marketing's opinion; the baseline's is 1.", default=1.0),
        Column("finance_weight", "number", "Weight of finance's opinion; the baseline's is 1.", default=1.0),
    ),
    key=("item", "market"),
    measures=(
        Measure("Last year", "result", "Sold in the same period a year before.", unit="units"),
        Measure("Baseline forecast", "result", "What is expected if nobody objects (sheet Demand baseline).",
                unit="units"),
        Measure("Weight of opinions", "formula", "Weights of the baseline and of all who have an opinion.",
                unit="ratio", detail=True,
                formula=f"1+{_weight('Sales')}+{_weight('Marketing')}+{_weight('Finance')}"),
        *_opinion("Sales", ("Marketing", "Finance")),
        *_opinion("Marketing", ("Finance",)),
        *_opinion("Finance", ()),
        Measure("Override", "input", "The demand planner's own number, over all rules; empty: the rule holds.",
                unit="units", minimum=0),
        Measure("Consensus", "formula", "Demand that the plan is made for: override, else by the consensus rule.",
                unit="units",
                formula="IF({Override?},{Baseline forecast}+{Sales change}+{Marketing change}+{Finance change},"
                        "{Override})"),
        Measure("Planner change", "formula", "What the override changes.", unit="units", detail=True,
                formula="{Consensus}-{Baseline forecast}-{Sales change}-{Marketing change}-{Finance change}"),
        Measure("Orders in hand", "result", "Customers' orders due in the period; they consume the forecast.",
                unit="units"),
        Measure("Consumed by other periods", "result", "Forecast of this period that orders of other periods have "
                "consumed.", unit="units", detail=True),
        Measure("Demand", "formula", "What supply plans for: orders, and the forecast that orders have not consumed.",
                unit="units", formula="MAX({Orders in hand},{Consensus}-{Consumed by other periods})"),
        Measure("Price", "result", "Net price.", "money", "{currency} per unit", detail=True),
        Measure("Consensus value", "formula", "Consensus at net price.", "money", "{currency}",
                formula="{Consensus}*{Price}"),
    ),
)


def _from_baseline(name: str, description: str) -> Measure:
    return Measure(name, "formula", description, unit="units", formula=f"{{demand_baseline:{name} by family,market}}")


def _from_plan(name: str, description: str) -> Measure:
    return Measure(name, "formula", description, unit="units", formula=f"{{sales_plan:{name} by family,market}}")


SALES_SUMMARY = PlanGrid(
    "sales_summary",
    "From the statistical forecast to the consensus, step by step, by family and market.",
    "reviews",
    (
        Column("family", "text", "Product family."),
        Column("market", "text", "Planning market."),
    ),
    key=("family", "market"),
    measures=(
        _from_plan("Last year", "Sold in the same period a year before."),
        _from_baseline("Statistical forecast", "Statistical forecast."),
        _from_baseline("Drivers", "What planned promotions, prices, events and strategic initiatives add."),
        _from_baseline("Launches and ends", "What starting, replaced and ending items add or take."),
        _from_baseline("Sensing", "Correction by the latest sales and orders."),
        _from_plan("Baseline forecast", "What is expected if nobody objects."),
        _from_plan("Sales change", "What sales changes."),
        _from_plan("Marketing change", "What marketing changes."),
        _from_plan("Finance change", "What finance changes."),
        _from_plan("Planner change", "What the demand planner's overrides change."),
        _from_plan("Consensus", "Demand that the plan is made for."),
        Measure("Consensus value", "formula", "Consensus at net prices.", "money", "{currency}",
                formula="{sales_plan:Consensus value by family,market}"),
        Measure("Growth", "formula", "Consensus against last year.", "percent",
                formula="IF({Last year}=0,0,{Consensus}/{Last year}-1)"),
    ),
)

DEMAND_LEVELS = PlanGrid(
    "demand_levels",
    "Demand at every level, from the total to the items: forecast of the level itself, and what the plan adds up to.",
    "reviews",
    (
        Column("level", "text", "Total, family, market, family and market, or item."),
        Column("item", "text", "Item; empty: all."),
        Column("name", "text", "Name of the item."),
        Column("family", "text", "Family; empty: all."),
        Column("market", "text", "Planning market; empty: all."),
    ),
    key=("level", "item", "family", "market"),
    measures=(
        Measure("Last year", "formula", "Sold in the same period a year before.", unit="units",
                formula="{sales_plan:Last year by item?,family?,market?}"),
        Measure("Own forecast", "result", "Statistical forecast made at this level, before reconciliation.",
                unit="units", detail=True),
        Measure("Statistical forecast", "formula", "Reconciled statistical forecast: what the series below add up to.",
                unit="units", formula="{demand_baseline:Statistical forecast by item?,family?,market?}"),
        Measure("Low", "result", "Demand will be below this in one of ten cases.", unit="units"),
        Measure("High", "result", "Demand will be above this in one of ten cases.", unit="units"),
        Measure("Baseline forecast", "formula", "What is expected if nobody objects.", unit="units",
                formula="{sales_plan:Baseline forecast by item?,family?,market?}"),
        Measure("Consensus", "formula", "Demand that the plan is made for.", unit="units",
                formula="{sales_plan:Consensus by item?,family?,market?}"),
        Measure("Consensus value", "formula", "Consensus at net prices.", "money", "{currency}",
                formula="{sales_plan:Consensus value by item?,family?,market?}"),
    ),
)

DEMAND_PLANS: tuple[PlanGrid, ...] = (DEMAND_BASELINE, SALES_PLAN, SALES_SUMMARY, DEMAND_LEVELS)
