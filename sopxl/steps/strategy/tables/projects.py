"""Development projects with their stages and resources, and what the pipeline of projects comes to."""

from __future__ import annotations

from sopxl.schema import Column, Kind, Measure, PlanGrid, Table

_MONEY = "{currency}"
STATUSES = ("idea", "active", "committed", "launched", "stopped")

_PROJECT = Column("project", "text", "Project.", required=True, refers_to="development_projects.project")

DEVELOPMENT_PROJECTS = Table(
    "development_projects",
    "New products under development: what they launch, where, when, and what they are worth; one row a project.",
    "inputs",
    (
        Column("project", "text", "Code of the project.", required=True),
        Column("name", "text", "What planners call it."),
        Column("owner", "text", "Who leads it."),
        Column("sponsor", "text", "Who pays for it."),
        Column("status", "text", "Ideas are only listed; active ones are worked on; committed ones will be launched; "
               "launched ones are; stopped ones count nowhere.", default="idea", choices=STATUSES),
        Column("launch_item", "text", "Item that it launches.", refers_to="items.item"),
        Column("launch_market", "text", "Planning market in which it is launched; empty: all."),
        Column("launch_period", "period", "First period of sales, before the slip."),
        Column("slip", "integer", "Periods by which every date of the project moves; below 0: it is early.",
               unit="periods", default=0.0, minimum=-120, maximum=120),
        Column("curve", "text", "How its sales start (see launches).", default="like item",
               choices=("like item", "bass", "ramp")),
        Column("like_item", "text", "Item that it is expected to sell like.", refers_to="items.item"),
        Column("share", "percent", "Its demand as a share of the like item's.", default=1.0, minimum=0, maximum=100),
        Column("potential", "number", "Bass: units sold over its whole life; ramp: units per period when it has "
               "arrived; empty: from the like item.", unit="units", minimum=0),
        Column("ramp_periods", "integer", "Periods until its sales have arrived.", unit="periods", default=6.0,
               minimum=0, maximum=120),
        Column("replaces", "text", "Item that loses demand to it.", refers_to="items.item"),
        Column("taken_share", "percent", "Share of its demand that is taken from the item that it replaces.",
               default=1.0, minimum=0, maximum=1),
        Column("price_target", "money", "Net price, where prices have none for the item.", unit="{currency} per unit",
               minimum=0),
        Column("cost_target", "money", "Standard cost, where costs have none for the item.",
               unit="{currency} per unit", minimum=0),
        Column("probability", "percent", "Probability of launch; empty: that of all gates not yet passed.", minimum=0,
               maximum=1),
        Column("life", "number", "Years that it sells from the launch on, for its value; empty: to the end of the "
               "plan.", unit="years", minimum=0, maximum=100),
    ),
    key=("project",),
)

PROJECT_STAGES = Table(
    "project_stages",
    "Stages of each project, the gate at the end of each, and what they cost.",
    "inputs",
    (
        _PROJECT,
        Column("stage", "text", "Name of the stage.", required=True),
        Column("gate", "integer", "Order of the gate at its end: 1 comes first.", required=True, minimum=1,
               maximum=99),
        Column("from_period", "period", "First period, before the slip.", required=True),
        Column("until_period", "period", "Last period, before the slip; empty: the first."),
        Column("gate_probability", "percent", "Probability of passing its gate.", default=1.0, minimum=0, maximum=1),
        Column("passed", "flag", "Whether its gate has been passed."),
        Column("commits", "flag", "Whether its gate commits to the launch: the project counts as committed only when "
               "this gate and all before it have been passed."),
        Column("expense", "money", "Expense of the whole stage, spread evenly over its periods.", unit=_MONEY,
               default=0.0, minimum=0),
        Column("investment", "money", "Tooling and machines, bought in its last period.", unit=_MONEY, default=0.0,
               minimum=0),
        Column("in_use_period", "period", "First period in which these are used, before the slip; empty: the launch."),
        Column("life", "number", "Years over which these are depreciated.", unit="years", default=5.0, minimum=0,
               maximum=100),
    ),
    key=("project", "stage"),
)

PROJECT_RESOURCES = Table(
    "project_resources",
    "Hours that a stage takes: of a resource, where the plan then has fewer, or of a pool.",
    "inputs",
    (
        _PROJECT,
        Column("stage", "text", "Stage of the project.", required=True),
        Column("resource", "text", "Resource or pool that works for it.", required=True),
        Column("hours", "number", "Hours of the whole stage, spread evenly over its periods.", unit="hours",
               required=True, minimum=0),
    ),
    key=("project", "stage", "resource"),
)

PROJECT_POOLS = Table(
    "project_pools",
    "People and places that work for projects only, like engineers or test benches.",
    "inputs",
    (
        Column("pool", "text", "Name of the pool.", required=True),
        Column("hours_per_period", "number", "Hours that it has in a period; empty: no limit is known.",
               unit="hours per {bucket}", minimum=0),
    ),
    key=("pool",),
)


def _weighted(name: str, description: str) -> tuple[Measure, ...]:
    """The expected and the committed part of a measure that holds for the launch."""
    lower = name[0].lower() + name[1:]
    return (
        Measure(f"Expected {lower}", "formula", f"{description} By the probability of launch.", "money", _MONEY,
                formula=f"{{{name}}}*{{#probability}}"),
        Measure(f"Committed {lower}", "formula", f"{description} Of committed projects.", "money", _MONEY,
                formula=f"{{{name}}}*{{#committed}}"),
    )


def _spent(name: str, what: str, unit: str) -> tuple[Measure, ...]:
    """What is spent: in all, by the probability that the stage is reached, and of committed projects."""
    kind: Kind = "number" if unit == "hours" else "money"
    lower = name.lower()
    return (
        Measure(name, "result", f"{what} if every gate is passed.", kind, unit),
        Measure(f"Expected {lower}", "result", f"{what} by the probability that the stage is reached.",
                kind, unit),
        Measure(f"Committed {lower}", "formula", f"{what} of committed projects.", kind, unit,
                formula=f"{{{name}}}*{{#committed}}"),
    )


PROJECT_PIPELINE = PlanGrid(
    "project_pipeline",
    "What each development project brings and takes, period by period: if launched, as expected, as committed.",
    "plans",
    (
        Column("project", "text", "Project."),
        Column("name", "text", "Name of the project."),
        Column("status", "text", "Idea, active, committed, launched or stopped."),
        Column("probability", "percent", "Probability that it is launched.", default=0.0),
        Column("committed", "number", "1 where the project is committed, else 0.", default=0.0),
    ),
    key=("project",),
    measures=(
        Measure("Demand if launched", "result", "Units that it sells if it is launched.", unit="units"),
        Measure("Expected demand", "formula", "Demand by the probability of launch.", unit="units",
                formula="{Demand if launched}*{#probability}"),
        Measure("Committed demand", "formula", "Demand of committed projects.", unit="units",
                formula="{Demand if launched}*{#committed}"),
        Measure("Price", "result", "Average net price.", "money", "{currency} per unit", detail=True),
        Measure("Unit cost", "result", "Average standard cost with freight to the customer.", "money",
                "{currency} per unit", detail=True),
        Measure("Demand taken", "result", "Units that it takes from the item that it replaces.", unit="units",
                detail=True),
        Measure("Margin of one taken", "result", "Margin of one unit of the item that it replaces.", "money",
                "{currency} per unit", detail=True),
        Measure("Net sales", "formula", "Demand at its price.", "money", _MONEY,
                formula="{Demand if launched}*{Price}"),
        *_weighted("Net sales", "Net sales."),
        Measure("Margin", "formula", "Net sales less standard cost and freight, less the margin that it takes from the "
                "item that it replaces.", "money", _MONEY,
                formula="{Demand if launched}*({Price}-{Unit cost})-{Demand taken}*{Margin of one taken}"),
        *_weighted("Margin", "Margin."),
        *_spent("Expense", "Expense of its stages", _MONEY),
        *_spent("Investment", "Investment of its stages", _MONEY),
        *_spent("Hours", "Hours of its stages", "hours"),
        Measure("Cash", "formula", "Margin less expense and investment if every gate is passed.", "money", _MONEY,
                formula="{Margin}-{Expense}-{Investment}"),
        Measure("Expected cash", "formula", "Expected margin less expected expense and investment.", "money", _MONEY,
                formula="{Expected margin}-{Expected expense}-{Expected investment}"),
        Measure("Expected cash to date", "formula", "Expected cash since the first period.", "money", _MONEY,
                first="{Expected cash}", formula="{Expected cash to date@-1}+{Expected cash}"),
        Measure("Committed cash", "formula", "Committed margin less committed expense and investment.", "money", _MONEY,
                formula="{Committed margin}-{Committed expense}-{Committed investment}"),
    ),
)


def _load(name: str) -> Measure:
    return Measure(f"{name} load", "formula", f"{name} hours against capacity; 0 where it is not known.", "percent",
                   formula=f"IF({{Capacity}}=0,0,{{{name} hours}}/{{Capacity}})")


PROJECT_LOAD = PlanGrid(
    "project_load",
    "Hours that projects take of each resource and pool, against what there is.",
    "plans",
    (
        Column("resource", "text", "Resource or pool."),
        Column("kind", "text", "Resource of the plan, or pool for projects only."),
    ),
    key=("resource",),
    measures=(
        Measure("Capacity", "result", "Regular hours before projects take theirs; hours of the pool.", unit="hours"),
        Measure("Full hours", "result", "Hours of all projects that are not stopped, if every gate is passed.",
                unit="hours"),
        Measure("Expected hours", "result", "Hours by the probability that the stages are reached, without ideas.",
                unit="hours"),
        Measure("Committed hours", "result", "Hours of committed projects.", unit="hours"),
        _load("Full"), _load("Expected"), _load("Committed"),
    ),
)

PROJECT_REVIEW = Table(
    "project_review",
    "Value, risk and load of every development project, the most valuable first.",
    "reviews",
    (
        Column("project", "text", "Project."),
        Column("name", "text", "Name of the project."),
        Column("owner", "text", "Who leads it."),
        Column("status", "text", "Idea, active, committed, launched or stopped."),
        Column("in_plan", "percent", "With what weight the plan counts its demand."),
        Column("launch_period", "text", "First period of sales, slip included."),
        Column("next_gate", "text", "Next gate to be passed."),
        Column("next_gate_period", "text", "Period in which it is due, slip included."),
        Column("probability", "percent", "Probability of launch."),
        Column("expected_value", "money", "Net present value by the probability of each gate.", unit=_MONEY),
        Column("value_if_launched", "money", "Net present value if every gate is passed.", unit=_MONEY),
        Column("committed_value", "money", "Net present value, where the project is committed.", unit=_MONEY),
        Column("expense", "money", "Expense in the plan if every gate is passed.", unit=_MONEY),
        Column("investment", "money", "Investment in the plan if every gate is passed.", unit=_MONEY),
        Column("spent_in_vain", "money", "Risk: what has been spent when a gate fails, by the probability that it "
               "does, at present value.", unit=_MONEY),
        Column("payback", "number", "Periods from the first of the plan until its cash comes back if every gate is "
               "passed; empty: not within its life.", unit="periods"),
        Column("peak_load", "percent", "Highest load of the resources that it needs, all projects together."),
        Column("peak_resource", "text", "The resource with that load."),
        Column("peak_period", "text", "Period of that load."),
    ),
    key=("project",),
    owner="result",
)

PROJECT_TABLES: tuple[Table, ...] = (
    DEVELOPMENT_PROJECTS, PROJECT_STAGES, PROJECT_RESOURCES, PROJECT_POOLS, PROJECT_PIPELINE, PROJECT_LOAD,
    PROJECT_REVIEW,
)
