"""STEPS in order: the one list that says what is planned when, and the function that runs them.

To add a step, write its function in ``steps/`` and give it a line in STEPS.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import dataclass, replace

import pandas as pd

from sopxl.exceptions import dearest_first
from sopxl.formulas import compute, tables_read
from sopxl.grids import in_order
from sopxl.schema import Tables, conform_all
from sopxl.settings import Settings, read_settings
from sopxl.steps.demand.tables import REVIEW_TABLES
from sopxl.steps.finance.tables import COMPARISON_GRIDS, FINANCE_PLANS
from sopxl.steps.strategy.tables import STRATEGY_REVIEWS
from sopxl.tables import GRIDS, TABLES

ALWAYS_WRITTEN = ("demand_snapshots", "reference_plans", "exceptions")
"""Tables that every run writes, whichever step runs."""

StepFunction = Callable[[Tables, Settings], Tables]
ReviewFunction = Callable[[Tables, Tables, Settings], Tables]
"""From the tables as planners entered them and those of the plan."""
Known = dict[str, list[pd.DataFrame]]
"""Each computed grid, and the other grids that it was computed from."""


def _plan_demand(tables: Tables, settings: Settings) -> Tables:
    from sopxl.steps.demand.plan import plan_demand

    return plan_demand(tables, settings)


def _plan_supply(tables: Tables, settings: Settings) -> Tables:
    from sopxl.steps.supply.plan import plan_supply

    return plan_supply(tables, settings)


def _plan_finance(tables: Tables, settings: Settings) -> Tables:
    from sopxl.steps.finance.plan import plan_finance

    return plan_finance(tables, settings)


def _review_strategy(entered: Tables, planned: Tables, settings: Settings) -> Tables:
    from sopxl.steps.strategy.reviews import review_strategy

    return review_strategy(entered, planned, settings, lambda tables, steps: _run(tables, set(steps or STEP_NAMES)))


@dataclass(frozen=True)
class Step:
    """One step of the cycle: its function, imported only when it runs, and the tables that it writes.

    Procurement, production and distribution are parts of one network plan: they share a function, which
    runs once, and each writes its own tables. ``review`` fills those of them that ``reviewed`` names, once the plan
    stands, and adds its exceptions to the others.
    """

    name: str
    description: str
    run: StepFunction
    writes: tuple[str, ...]
    review: ReviewFunction | None = None
    reviewed: tuple[str, ...] = ()

    @property
    def title(self) -> str:
        """The step's name as planners read it."""
        return self.name.capitalize()


_STRATEGY = tuple(table.name for table in STRATEGY_REVIEWS)
STEPS: tuple[Step, ...] = (
    Step("demand", "Forecast every series and set the consensus.", _plan_demand,
         ("demand_baseline", "sales_plan", "sales_summary", "demand_levels",
          *(table.name for table in REVIEW_TABLES if table.name not in ALWAYS_WRITTEN))),
    Step("procurement", "What is needed, and what is bought from whom.", _plan_supply,
         ("requirements", "procurement_plan", "supplier_plan", "order_proposals", "late_suppliers")),
    Step("production", "What is made, and how it loads the resources.", _plan_supply,
         ("production_plan", "resource_load", "capacity_plan", "rough_cut_plan", "overload_orders", "job_schedule",
          "shadow_prices", "plan_cost", "plan_variants", "limit_conflicts", "cost_roll_up")),
    Step("distribution", "What is moved, stocked, shipped, and what waits.", _plan_supply,
         ("distribution_plan", "lane_plan", "inventory_plan", "storage_plan", "backlog_plan", "backlog_summary",
          "pegging", "inventory_targets", "inventory_review", "deployment", "promised_lead_times", "order_promises")),
    Step("finance", "Profit, cash and balance sheet of the plan, against budget.", _plan_finance,
         (*(grid.name for grid in (*FINANCE_PLANS, *COMPARISON_GRIDS)), "key_figures", *_STRATEGY),
         _review_strategy, _STRATEGY),
)
STEP_NAMES: tuple[str, ...] = tuple(step.name for step in STEPS)


def run(
    tables: Mapping[str, pd.DataFrame],
    steps: Iterable[str] = STEP_NAMES,
    progress: Callable[[Step], None] | None = None,
    *,
    conformed: bool = False,
) -> Tables:
    """Every declared table after the steps have run in the cycle's order.

    ``tables``: name -> frame with the declared columns (missing tables are empty); ``conformed`` says that all of
    them are as :func:`sopxl.schema.conform_all` makes them. ``progress`` is called before each step. Raises
    PlanError for settings that cannot be, ValueError for an unknown step.
    """
    wanted = set(steps)
    if wanted - set(STEP_NAMES):
        raise ValueError(f"unknown steps {sorted(wanted - set(STEP_NAMES))}; choose from {', '.join(STEP_NAMES)}")
    return _run(dict(tables) if conformed else conform_all(TABLES, tables), wanted, progress, reviewed=True)


def _run(
    tables: Tables, wanted: set[str], progress: Callable[[Step], None] | None = None, *, reviewed: bool = False
) -> Tables:
    """The conformed tables after these steps; ``reviewed``: with the reviews of steps that have one.

    The steps see projects and initiatives laid over what planners entered; what is returned holds what they entered.
    """
    settings = read_settings(tables["settings"])
    # what was typed since the last run may not have been calculated yet
    known: Known = {}
    entered = _with_snapshot(compute_formulas(tables, settings, known=known), settings)
    entered = compute_formulas(_in_periods_of_plan(entered, settings), settings, known=known)
    overlaid = _with_strategy(entered, settings)
    current = dict(overlaid)
    done: dict[StepFunction, Tables] = {}
    for step in STEPS:
        if step.name not in wanted:
            continue
        if progress is not None:
            progress(step)
        if step.run not in done:
            done[step.run] = step.run(current, settings)
        written = done[step.run]
        current |= {name: written[name] for name in step.writes if name not in step.reviewed}
        current["exceptions"] = _replace_exceptions(current["exceptions"], written["exceptions"], step.name)
        current = compute_formulas(current, settings, step.writes, known)
        if step.review is not None and reviewed:
            current |= step.review(entered, current, settings)
    results = {name: frame for name, frame in current.items() if frame is not overlaid.get(name)}
    return _with_snapshot(compute_formulas({**entered, **results}, settings, known=known), settings)


def _in_periods_of_plan(tables: Tables, settings: Settings) -> Tables:
    """The tables with every plan grid whole and in the periods of the settings, empty in those that it did not have.

    Where first period or horizon changed, a step that runs alone finds the plans of the others so.
    """
    labels, result = settings.periods.labels, dict(tables)
    for name, grid in GRIDS.items():
        frame = tables[name]
        columns = [*grid.column_names, "measure", *labels]
        if list(frame.columns) != columns:
            frame = frame.reindex(columns=columns)
        result[name] = in_order(grid, frame, labels)
    return result


def _with_strategy(tables: Tables, settings: Settings) -> Tables:
    """The tables with development projects and initiatives laid over them."""
    if tables["development_projects"].empty and tables["initiatives"].empty:
        return tables
    from sopxl.steps.strategy.overlay import with_strategy

    return with_strategy(tables, settings)


def _with_snapshot(tables: Tables, settings: Settings) -> Tables:
    """The tables with the plan that stands in them among the kept plans, whichever step runs.

    Before a run it is what planners made of the plan since the last one, perhaps in the cycle before.
    """
    from sopxl.steps.demand.snapshots import snapshot_of_plan

    kept = {"demand_snapshots": snapshot_of_plan(tables, settings), "reference_plans": _kept_plans(tables, settings)}
    return {**tables, **kept}


def _kept_plans(tables: Tables, settings: Settings) -> pd.DataFrame:
    """The kept plans, with the one that stands in the tables where it is of a cycle before, as planners left it."""
    from sopxl.steps.finance.comparison import is_of_earlier_cycle, keep_plan, labels_of

    if not is_of_earlier_cycle(tables, settings):
        return tables["reference_plans"]
    labels = labels_of(tables)
    of_plan = replace(settings, first_period=labels[0], horizon=len(labels))
    return keep_plan(compute_formulas(tables, of_plan), settings, of_plan)


def starting_tables() -> Tables:
    """What planners find filled in where nothing has been entered: the usual policies of the nine segments."""
    from sopxl.steps.demand.segments import default_policies

    return {"segment_policies": default_policies()}


def compute_formulas(
    tables: Tables, settings: Settings, names: Collection[str] = tuple(GRIDS), known: Known | None = None
) -> Tables:
    """All tables, with every formula row of the named grids filled with the value that Excel would show.

    ``known``: what was computed from what, kept from call to call: a grid is left as it is while its frame and those
    that it adds up are the same objects.
    """
    result, known = dict(tables), {} if known is None else known
    for name, grid in GRIDS.items():
        frame = result[name]
        if name not in names or not len(frame) or not set(settings.periods.labels) <= set(frame.columns):
            continue
        sources = [result[table] for table in tables_read(grid)]
        if name in known and all(one is other for one, other in zip(known[name], [frame, *sources], strict=True)):
            continue
        result[name] = compute(grid, frame, settings.periods.labels, result)
        known[name] = [result[name], *sources]
    return result


def _replace_exceptions(existing: pd.DataFrame, found: pd.DataFrame, step: str) -> pd.DataFrame:
    """The exceptions with those of this step replaced, the dearest first."""
    return dearest_first(existing[existing["step"] != step], found[found["step"] == step])
