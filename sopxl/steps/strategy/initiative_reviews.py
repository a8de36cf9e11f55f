"""What initiatives are worth: the plan made anew without each of them, and without all.

An initiative that is off is judged by the plan made anew with it. The setting 'Compare initiatives' turns it on, for
every initiative takes a whole plan.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pandas as pd

from sopxl.grids import stack
from sopxl.schema import PlanError, Tables, conform
from sopxl.settings import Settings
from sopxl.steps.strategy.dates import label_at, open_in
from sopxl.steps.strategy.initiatives import Initiative, read_initiatives, switched
from sopxl.steps.strategy.tables import FIGURES, INITIATIVE_REVIEW, PLAN_WITH_AND_WITHOUT, Figure
from sopxl.steps.strategy.valuation import continued, end_of_life, net_present_value, payback

Replan = Callable[[Tables], Tables]
"""Makes the whole plan anew from tables as planners would have entered them."""
Figures = dict[str, np.ndarray]
NOT_ASKED = "Set 'Compare initiatives' to yes to see what it is worth."


def review_initiatives(entered: Tables, planned: Tables, settings: Settings, replan: Replan) -> Tables:
    """The list and the grid of initiatives; without 'Compare initiatives' the list says what is known without."""
    initiatives = read_initiatives(entered, settings)
    if not initiatives or not settings.compare_initiatives:
        rows = [{**_facts(one, settings), "note": NOT_ASKED} for one in initiatives]
        return {"initiative_review": _listed(rows), "plan_with_and_without": PLAN_WITH_AND_WITHOUT.empty_frame()}
    comparison = _Comparison(entered, planned, settings, replan)
    rows = [{**_facts(one, settings), **comparison.worth_of(one)} for one in initiatives]
    return {"initiative_review": _listed(rows), "plan_with_and_without": comparison.side_by_side()}


def _listed(rows: list[dict[str, Any]]) -> pd.DataFrame:
    """The rows of the list, the most valuable first."""
    frame = conform(INITIATIVE_REVIEW, pd.DataFrame(rows, columns=INITIATIVE_REVIEW.column_names))
    return frame.sort_values("net_present_value", ascending=False, kind="stable", ignore_index=True)


def _facts(one: Initiative, settings: Settings) -> dict[str, Any]:
    """What is known of an initiative without a second plan."""
    return {
        "initiative": one.name, **{name: one.row[name] for name in ("name", "kind", "owner", "probability",
                                                                    "investment")},
        "in_plan": one.weight, "start_period": label_at(one.start, settings),
        "running_cost": one.row["running_cost"] * open_in(one.start, one.end, settings).sum(),
    }


def figures_of(plan: Tables, settings: Settings) -> Figures:
    """The figures of a plan, period by period."""
    return {figure.name: _figure(figure, plan, settings) for figure in FIGURES}


def _figure(figure: Figure, plan: Tables, settings: Settings) -> np.ndarray:
    """T: one figure, of all objects of its grid together."""
    grid, labels = plan[figure.table], settings.periods.labels
    if "measure" not in grid:
        return np.zeros(settings.horizon)

    def values(measure: str) -> np.ndarray:
        return np.asarray(np.nan_to_num(grid[grid["measure"] == measure].reindex(columns=labels).to_numpy(float)))

    if figure.measure:
        return np.asarray(values(figure.measure).sum(axis=0))
    return np.asarray(np.maximum(values("Required hours") - values("Regular hours"), 0.0).sum(axis=0))


class _Comparison:
    """The plan as it stands, and plans with one switch changed, each made once."""

    def __init__(self, entered: Tables, planned: Tables, settings: Settings, replan: Replan) -> None:
        self.entered, self.settings, self.replan = entered, settings, replan
        self.planned = figures_of(planned, settings)
        self.made: dict[frozenset[str], Figures | str] = {self._counting(entered): self.planned}

    def _counting(self, tables: Tables) -> frozenset[str]:
        """The initiatives that count in these tables."""
        return frozenset(one.name for one in read_initiatives(tables, self.settings) if one.weight > 0)

    def _plan(self, tables: Tables) -> Figures | str:
        """The figures of the plan made from these tables, or why there is none."""
        counting = self._counting(tables)
        if counting not in self.made:
            try:
                self.made[counting] = figures_of(self.replan(tables), self.settings)
            except PlanError as fault:
                self.made[counting] = fault.findings[0].message if fault.findings else str(fault)
        return self.made[counting]

    def worth_of(self, one: Initiative) -> dict[str, Any]:
        """The columns of the list that need a second plan."""
        other_tables = switched(self.entered, one.name, one.weight == 0)
        if self._counting(other_tables) == self._counting(self.entered):
            return {"note": _why_it_does_not_count(one)}
        other = self._plan(other_tables)
        if isinstance(other, str):
            return {"note": f"{'Without' if one.weight > 0 else 'With'} it there is no plan: {other}"}
        with_it, without = (self.planned, other) if one.weight > 0 else (other, self.planned)
        gained = {name: with_it[name] - without[name] for name in with_it}
        weight = one.weight or self._weight_if_on(other_tables, one.name)
        investment = one.row["investment"] * weight * (np.arange(self.settings.horizon) == one.start)
        end = min(end_of_life(one.start, float(one.row["life"]), self.settings), one.end)
        operating = continued(gained["Cash"] + investment, one.start, end, self.settings)
        flow = operating - np.pad(investment, (0, len(operating) - len(investment)))
        return {
            "net_present_value": net_present_value(flow, self.settings), "payback": payback(flow),
            "ebit": gained["EBIT"].sum(), "cash": gained["Cash"].sum(),
            "hours_missing_without": without["Hours missing"].sum(),
            "hours_missing_with": with_it["Hours missing"].sum(),
            "note": "" if one.weight > 0 else "It is off: the plan made anew with it.",
        }

    def _weight_if_on(self, tables: Tables, name: str) -> float:
        """With what weight an initiative counts in tables in which it is on."""
        return next(one.weight for one in read_initiatives(tables, self.settings) if one.name == name)

    def side_by_side(self) -> pd.DataFrame:
        """The grid with and without all initiatives; empty where there is no plan without them."""
        without = self._plan(switched(self.entered, "", False))
        if isinstance(without, str):
            return PLAN_WITH_AND_WITHOUT.empty_frame()
        results = set(PLAN_WITH_AND_WITHOUT.measure_names) - {
            measure.name for measure in PLAN_WITH_AND_WITHOUT.owned_by("formula")}
        both = {**{f"{name} with": values for name, values in self.planned.items()},
                **{f"{name} without": values for name, values in without.items()}}
        unit = pd.DataFrame({"unit": [self.settings.company]})
        return stack(PLAN_WITH_AND_WITHOUT, unit, {name: values[None, :] for name, values in both.items()
                                                   if name in results}, self.settings.periods.labels)


def _why_it_does_not_count(one: Initiative) -> str:
    """Why switching an initiative on changes nothing."""
    if one.depends_on:
        return f"It does not count before {', '.join(one.depends_on)}."
    return "It does not count: its probability is 0."
