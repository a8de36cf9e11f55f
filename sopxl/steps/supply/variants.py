"""Plans side by side: without limits, as planned, and by the classic strategies."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd

from sopxl.steps.supply.figures import Figures, figures
from sopxl.steps.supply.network import Flows, Network
from sopxl.steps.supply.plan_view import PlanView, review
from sopxl.steps.supply.tables import PLAN_VARIANTS

PLANNED = "planned"
FIGURES = ("cost", "stock_value", "stock_units", "peak_load", "overtime_hours", "head_count", "hired", "laid_off",
           "bought_in", "shipped", "late")


@review(PLAN_VARIANTS)
def plan_variants(view: PlanView) -> pd.DataFrame:
    """Rows of the table: what would be needed, what is planned, the difference, and the strategies if asked for."""
    network = view.network
    needed = _row("without limits", "What would be needed to meet all demand in time, limits or not.", network,
                  view.required, view.need)
    planned = _row(PLANNED, view.planned.message, network, view.planned, view.plan)
    rows = [needed, planned, {
        "variant": "difference",
        "meaning": "Planned less without limits, where orders keep to dates and lot rules at any cost.",
        **{name: planned[name] - needed[name] for name in FIGURES},
    }]
    return pd.DataFrame(rows + (_strategies(view, planned) if network.settings.compare_strategies else []))


def _strategies(view: PlanView, planned: dict[str, Any]) -> list[dict[str, Any]]:
    """A row for each strategy; the balanced plan itself is the mixed one."""
    from sopxl.steps.supply.strategies import STRATEGIES, plan_by

    rows: list[dict[str, Any]] = []
    for chosen in STRATEGIES:
        named = {"variant": chosen.name, "meaning": " ".join(chosen.meaning.split())}
        if chosen.name == "mixed" and view.is_balanced:
            rows.append({**planned, **named, "note": "The plan as it stands."})
            continue
        flows, note = plan_by(chosen, view.network)
        found = named if flows is None else _row(named["variant"], named["meaning"], view.network, flows,
                                                 figures(view.network, flows))
        rows.append({**found, "note": note or _against(found["cost"] - planned["cost"])})
    return rows


def _against(difference: float) -> str:
    """How much dearer than the plan."""
    if abs(difference) < 0.5:
        return "Costs as much as the plan."
    return f"Costs {abs(difference):,.0f} {'more' if difference > 0 else 'less'} than the plan."


def _row(variant: str, meaning: str, network: Network, flows: Flows, plan: Figures) -> dict[str, Any]:
    """The figures of one plan."""
    stock = np.maximum(plan.closing_stock, 0.0)
    unit_cost = np.nan_to_num(network.nodes["unit_cost"].to_numpy(float))[:, None]
    periods = max(stock.shape[1], 1)
    with np.errstate(divide="ignore", invalid="ignore"):
        load = np.where(plan.regular_hours > 0, plan.hours / plan.regular_hours, np.nan)
    planned = network.resources["workers"].notna().to_numpy()
    makes_it = np.isin(network.buys["node"], network.makes["node"])
    return {
        "variant": variant, "meaning": meaning, "cost": cost_of(network, flows, plan),
        "stock_value": (stock * unit_cost).sum() / periods, "stock_units": stock.sum() / periods,
        "peak_load": np.nanmax(load) if np.isfinite(load).any() else np.nan,
        "overtime_hours": overtime_worked(plan).sum(),
        "head_count": flows.workers[planned].sum() / periods if planned.any() else np.nan,
        "hired": flows.hired.sum(), "laid_off": flows.laid_off.sum(),
        "bought_in": flows.buy_receipt[makes_it].sum(), "shipped": flows.shipment.sum(),
        "late": np.maximum(plan.backlog, 0.0).sum(), "note": "",
    }


def overtime_worked(plan: Figures) -> np.ndarray:
    """R x T: hours beyond regular time and extra shifts."""
    return np.asarray(np.maximum(plan.hours - plan.regular_hours - plan.extra_hours, 0.0))


def cost_of(network: Network, flows: Flows, plan: Figures) -> float:
    """What a plan costs by the terms of balancing; hours beyond regular time count as overtime, limit or not."""
    if flows.cost:
        return float(sum(flows.cost.values()))
    from sopxl.steps.supply.balance import build
    from sopxl.steps.supply.cost_terms import costs_of

    model = build(network)
    within = np.minimum(np.maximum(plan.closing_stock, 0.0), model.safety_target)
    decided = {
        "make_start": flows.make_start, "buy_receipt": flows.buy_receipt, "move_shipment": flows.move_shipment,
        "shipment": flows.shipment, "lost": flows.lost, "backlog": np.maximum(plan.backlog, 0.0),
        "overtime": overtime_worked(plan), "workers": np.nan_to_num(flows.workers),
        "hired": flows.hired, "laid_off": flows.laid_off, "make_lots": flows.make_lots, "safety_part": within,
        "stock": np.maximum(plan.closing_stock, 0.0) - _kept_apart(model.objects.get("safety_part"), within),
    }
    values = np.zeros(model.program.column_count)
    for name, quantity in decided.items():
        if name in model.columns:
            values[model.columns[name]] = quantity[model.objects[name]]
    return float(sum(costs_of(model, values).values()))


def _kept_apart(nodes: np.ndarray | None, within: np.ndarray) -> np.ndarray:
    """N x T: the part of the stock that is charged as safety stock."""
    apart = np.zeros_like(within)
    if nodes is not None:
        apart[nodes] = within[nodes]
    return apart
