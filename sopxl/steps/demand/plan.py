"""The demand step: history in, a baseline for every series, and the grids in which planners make it a consensus.

The order of the parts is :func:`plan_demand`; each part is a file of this folder.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
import pandas as pd

from sopxl.grids import carry_inputs, stack
from sopxl.prices import positions_of, price_matrix
from sopxl.schema import Tables
from sopxl.settings import Settings
from sopxl.steps.demand.accuracy import measure_accuracy
from sopxl.steps.demand.cleansing import propose_corrections, with_corrections
from sopxl.steps.demand.consensus import consensus, consensus_attributes, earned_trust
from sopxl.steps.demand.consumption import consumed_by_other_periods
from sopxl.steps.demand.decided_changes import decided_changes
from sopxl.steps.demand.drivers import Influences, PlannedInfluences, explained_periods, fit_drivers
from sopxl.steps.demand.exceptions import DEMAND_EXCEPTIONS, Situation
from sopxl.steps.demand.explanation import forecast_candidates, forecast_quality, history_used
from sopxl.steps.demand.history import History, orders_in_hand, read_history
from sopxl.steps.demand.launches import launch_effects, launched_series
from sopxl.steps.demand.overrides import Spread, spread_overrides
from sopxl.steps.demand.segments import last_baseline, segment_items, simple_forecast_series
from sopxl.steps.demand.sensing import Sensed, sense
from sopxl.steps.demand.snapshots import read_past_plans
from sopxl.steps.demand.statistical import Statistical, forecast_levels
from sopxl.steps.demand.tables import DEMAND_BASELINE, DEMAND_LEVELS, ROLES, SALES_PLAN, SALES_SUMMARY
from sopxl.steps.demand.value_added import value_added

DECIMALS = 2


def plan_demand(tables: Tables, settings: Settings) -> Tables:
    """Baseline, sales plan, what they add up to, and all that the demand step tells of them.

    ``tables``: all declared tables, conformed. Formula rows of the grids are left empty: the pipeline fills them.
    Raises PlanError where a price is in a currency without a rate.
    """
    labels = settings.periods.labels
    recorded = read_history(tables, settings)
    price = price_matrix(tables, settings, recorded.series[["item", "market"]])
    explained = explained_periods(recorded, tables, settings)
    corrections = propose_corrections(recorded, tables, settings, explained)
    history = with_corrections(recorded, corrections, settings)
    influences = fit_drivers(history, tables, settings)
    base = replace(history, quantity=np.maximum(history.quantity - influences.past, 0.0))
    statistical = forecast_levels(base, settings, simple_forecast_series(base, tables))
    baseline = build_baseline(statistical, influences, base, price, tables, settings)
    past = read_past_plans(tables["demand_snapshots"], history, settings)
    record = {
        "forecast_accuracy": measure_accuracy(past, history, price.mean(axis=1)),
        "forecast_value_added": value_added(past, history, price.mean(axis=1)),
    }
    opinions = gather_opinions(baseline, history, price, record["forecast_value_added"], tables, settings)
    value = opinions.consensus * price
    choice = statistical.choice
    segments = segment_items(base, choice.actual, choice.backtest, value, tables, settings)
    situation = Situation(
        history, choice, settings, opinions.measures, opinions.consensus, record["forecast_accuracy"],
        record["forecast_value_added"], opinions.spread.troubles, segments, last_baseline(history, tables, settings),
        corrections, launched_series(base, tables["launches"], settings), baseline.measures["Launches and ends"],
    )
    families = history.series[["family", "market"]].drop_duplicates().sort_values(["family", "market"])
    nodes, limits = statistical.hierarchy.nodes, baseline.limits
    count = len(history.series)
    own, low, high = statistical.own[count:], limits[0][count:], limits[1][count:]
    return {
        **record,
        "demand_baseline": stack(DEMAND_BASELINE, history.series, baseline.measures, labels),
        "sales_plan": stack(SALES_PLAN, opinions.objects, opinions.measures, labels),
        "sales_summary": stack(SALES_SUMMARY, families, {}, labels),
        "demand_levels": stack(DEMAND_LEVELS, nodes, {"Own forecast": own, "Low": low, "High": high}, labels),
        "forecast_quality": forecast_quality(base, choice, value),
        "forecast_candidates": forecast_candidates(base, choice),
        "history_used": history_used(base, choice, settings),
        "history_corrections": corrections,
        "segments": segments,
        "driver_effects": baseline.planned.driver_effects,
        "promotion_effects": baseline.planned.promotion_effects,
        "sensing_gains": baseline.sensed.gains,
        "exceptions": DEMAND_EXCEPTIONS.find(situation),
    }


@dataclass(frozen=True)
class Baseline:
    """What is expected if nobody objects: ``value`` S x H, and the rows of ``demand_baseline`` that make it up.

    ``limits``: low and high of the S series and, below them, the G groups.
    """

    value: np.ndarray
    measures: dict[str, np.ndarray]
    limits: tuple[np.ndarray, np.ndarray]
    planned: PlannedInfluences
    sensed: Sensed


def build_baseline(
    statistical: Statistical, influences: Influences, base: History, price: np.ndarray, tables: Tables,
    settings: Settings,
) -> Baseline:
    """Statistical forecast, what drivers and launches add, what the latest sales correct; rounded, so that it adds up.

    ``base``: history without the effects of drivers; ``price``: S x H.
    """
    sells = selling_periods(base.series, settings)
    forecast = statistical.forecast * sells * ~base.series["decided"].to_numpy(bool)[:, None]
    planned = influences.plan(forecast, price)
    launches = launch_effects(forecast, base, tables, settings) * sells
    drivers = planned.effect * sells
    drivers = drivers + decided_changes(forecast + drivers + launches, base.series, tables) * sells
    choice = statistical.choice
    weights = dict(zip(choice.candidates, choice.weights, strict=True))
    sensed = sense(forecast, base, tables, settings, weights, drivers + launches)
    parts, value = _adding_up({
        "Statistical forecast": forecast, "Drivers": drivers, "Launches and ends": launches,
        "Sensing": sensed.correction * sells,
    })
    limits = tuple(np.round(limit, DECIMALS) for limit in statistical.limits(value))
    count, phases = len(value), np.arange(settings.horizon) % base.season
    measures = {
        "Last year": base.last_year(settings.horizon), "Season": choice.season[:, phases],
        "Own forecast": np.round(statistical.own[:count] * sells, DECIMALS), **parts,
        "Low": limits[0][:count], "High": limits[1][:count],
    }
    return Baseline(value, measures, (limits[0], limits[1]), planned, sensed)


def _adding_up(parts: dict[str, np.ndarray]) -> tuple[dict[str, np.ndarray], np.ndarray]:
    """The parts in hundredths, none taking more than those before it left, and what they come to; S x H each."""
    total, kept = np.zeros(next(iter(parts.values())).shape), {}
    for name, values in parts.items():
        kept[name] = np.maximum(np.round(values, DECIMALS), -total) + 0.0  # no minus before a nought
        total = np.round(total + kept[name], DECIMALS)
    return kept, total


@dataclass(frozen=True)
class Opinions:
    """The rows of the sales plan, the series with the rule and weights that hold for them, and the consensus S x H."""

    measures: dict[str, np.ndarray]
    objects: pd.DataFrame
    spread: Spread
    consensus: np.ndarray


def gather_opinions(
    baseline: Baseline, history: History, price: np.ndarray, added: pd.DataFrame, tables: Tables, settings: Settings
) -> Opinions:
    """What people typed and their overrides come to, and the consensus that follows; orders consume it.

    ``added``: forecast value added, from which roles earn their weights.
    """
    series, labels = history.series, settings.periods.labels
    typed = carry_inputs(SALES_PLAN, tables["sales_plan"], series, labels)
    last_year = history.last_year(settings.horizon)
    spread = spread_overrides(
        tables["overrides"], series, baseline.value, last_year, price,
        {role: typed[role.capitalize()] for role in ROLES}, settings, history.sold,
    )
    objects = series.join(consensus_attributes(series, settings, earned_trust(added)))
    measures = {
        "Last year": last_year, "Baseline forecast": baseline.value, "Price": price, **typed,
        **{f"{role.capitalize()} spread": spread.by_role[role] for role in ROLES},
    }
    agreed = consensus(objects, measures, labels)
    orders = orders_in_hand(tables, settings, series)
    measures["Orders in hand"] = orders
    measures["Consumed by other periods"] = consumed_by_other_periods(
        agreed, orders, settings.consume_backward, settings.consume_forward)
    return Opinions(measures, objects, spread, agreed)


def selling_periods(series: pd.DataFrame, settings: Settings) -> np.ndarray:
    """S x T: whether the item is sold in the period: active, and between its first and last sales period."""
    first = positions_of(series["first_sales_period"], settings)[:, None]
    last = positions_of(series["last_sales_period"], settings)
    last = np.where((series["last_sales_period"] == "") | np.isnan(last), np.inf, last)[:, None]
    period = np.arange(settings.horizon)
    active = (series["status"] == "active").to_numpy(bool)[:, None]
    return np.asarray(active & ~(period < first) & (period <= last))
