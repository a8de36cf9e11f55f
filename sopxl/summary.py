"""What a run decided, in sentences that a planner reads first. One function a step, under ``@told``."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator

import pandas as pd

from sopxl.grids import take
from sopxl.schema import Tables, counted
from sopxl.settings import Settings
from sopxl.tables import GRIDS

Teller = Callable[[Tables, Settings], Iterator[str]]
TELLERS: dict[str, Teller] = {}


def told(step: str) -> Callable[[Teller], Teller]:
    """Enter the teller of a step in the list."""

    def enter(function: Teller) -> Teller:
        TELLERS[step] = function
        return function

    return enter


def decisions(tables: Tables, settings: Settings, steps: Iterable[str]) -> list[str]:
    """The sentences of the steps that ran, in their order; one of advice where there is nothing to plan yet."""
    if tables["sales_plan"].empty:
        return ["Nothing is planned yet: no item is sold. Fill items, locations, markets and sales history."]
    return [sentence for step in steps for sentence in TELLERS[step](tables, settings)]


def _measure(tables: Tables, settings: Settings, grid: str, measure: str) -> pd.DataFrame:
    return take(GRIDS[grid], tables[grid], measure, settings.periods.labels).fillna(0.0)


def _total(tables: Tables, settings: Settings, grid: str, measure: str) -> float:
    return float(_measure(tables, settings, grid, measure).to_numpy().sum())


@told("demand")
def _demand(tables: Tables, settings: Settings) -> Iterator[str]:
    quality = tables["forecast_quality"]
    units = _total(tables, settings, "sales_plan", "Consensus")
    value = _total(tables, settings, "sales_plan", "Consensus value")
    overrides = int(_measure_count(tables, settings, "sales_plan", "Override"))
    typed = f", {overrides:,} cells overridden by planners" if overrides else ""
    yield (f"Demand: {len(quality):,} series forecast, {units:,.0f} units worth {value:,.0f} {settings.currency} over "
           f"{counted(settings.horizon, 'period')}{typed}.")


def _measure_count(tables: Tables, settings: Settings, grid: str, measure: str) -> int:
    return int(take(GRIDS[grid], tables[grid], measure, settings.periods.labels).notna().to_numpy().sum())


@told("procurement")
def _procurement(tables: Tables, settings: Settings) -> Iterator[str]:
    receipts = _measure(tables, settings, "procurement_plan", "Planned receipts")
    spend = _total(tables, settings, "procurement_plan", "Spend")
    expedited = _total(tables, settings, "procurement_plan", "Expedite cost")
    suppliers = receipts[receipts.to_numpy().sum(axis=1) > 0].index.get_level_values("supplier").nunique()
    soon = f", of which {expedited:,.0f} for delivery sooner than the lead time" if expedited > 0.5 else ""
    yield f"Procurement: {spend:,.0f} {settings.currency} from {counted(suppliers, 'supplier')}{soon}."


@told("production")
def _production(tables: Tables, settings: Settings) -> Iterator[str]:
    made = _total(tables, settings, "production_plan", "Planned production")
    all_levels = f"{made:,.0f} units are made, finished goods and their components together"
    yield f"Production: {all_levels if made > 0.5 else 'nothing is made'}."
    required = _measure(tables, settings, "capacity_plan", "Required load")
    planned = _measure(tables, settings, "capacity_plan", "Planned load")
    overtime = _measure(tables, settings, "capacity_plan", "Overtime hours")
    for resource in required.index[(required > 1.0005).any(axis=1)]:
        over = int((required.loc[resource] > 1.0005).sum())
        answer = "no limits are kept in this mode"
        if settings.plan_mode == "balance":
            hours = overtime.loc[resource].sum()
            worked = f"with {hours:,.0f} hours of overtime" if hours >= 0.5 else "without overtime"
            answer = f"the plan loads it to {planned.loc[resource].max():.0%} at most, {worked}"
        yield (f"{resource} would need up to {required.loc[resource].max():.0%} of its regular hours, too much in "
               f"{over} of {settings.horizon} periods; {answer}.")


@told("distribution")
def _distribution(tables: Tables, settings: Settings) -> Iterator[str]:
    backlog = _measure(tables, settings, "backlog_plan", "Backlog")
    moved = _total(tables, settings, "distribution_plan", "Planned shipments")
    last = settings.periods.labels[-1]
    worst = backlog.sum()
    waits = "nothing waits"
    if worst.max() > 0.5:
        at_the_end = f"{worst[last]:,.0f}" if worst[last] > 0.5 else "none"
        waits = f"up to {worst.max():,.0f} units wait ({worst.idxmax()}), {at_the_end} at the end"
    lost = _total(tables, settings, "backlog_plan", "Lost sales")
    gone = f"; {lost:,.0f} units are lost" if lost > 0.5 else ""
    transfers = f"{moved:,.0f} units are" if moved > 0.5 else "nothing is"
    yield f"Distribution: {transfers} moved between locations; {waits}{gone}."


@told("finance")
def _finance(tables: Tables, settings: Settings) -> Iterator[str]:
    def total(measure: str) -> float:
        return _total(tables, settings, "financial_plan", measure)

    sales, margin = total("Net sales"), total("Gross margin")
    share = f" ({margin / sales:.1%})" if sales else ""
    cash = _total(tables, settings, "cash_flow", "Change in cash")
    budget = _gap_to_budget(tables, settings)
    stock = _measure(tables, settings, "financial_plan", "Stock value")[settings.periods.labels[-1]].sum()
    yield (f"Finance: net sales {sales:,.0f} {settings.currency}{budget}, gross margin {margin:,.0f}{share}, EBIT "
           f"{total('EBIT'):,.0f}, cash {cash:+,.0f}; "
           f"stock ends at {stock:,.0f}{_against_the_start(total('Change in stock'))}.")


def _against_the_start(change: float) -> str:
    """How much of the cash comes out of stock, or goes into it."""
    return f", {abs(change):,.0f} {'less' if change < 0 else 'more'} than at the start" if abs(change) >= 0.5 else ""


def _gap_to_budget(tables: Tables, settings: Settings) -> str:
    """Net sales against budget in the periods that have one."""
    budget = _measure(tables, settings, "financial_plan", "Budget revenue").to_numpy()
    gap = _measure(tables, settings, "financial_plan", "Gap to budget").to_numpy()[budget != 0].sum()
    return f", {abs(gap):,.0f} {'above' if gap >= 0 else 'below'} budget" if budget.any() else ""
