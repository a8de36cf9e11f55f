"""Segments: items by value (ABC) and by how well they can be forecast (XYZ), and the policy of each of the nine cells.

A policy that is not entered is that of DEFAULT_POLICIES: to change a default, change its line there.
"""

from __future__ import annotations

import numpy as np
import pandas as pd

from sopxl.prices import positions_of
from sopxl.schema import Tables, conform
from sopxl.settings import Settings
from sopxl.steps.demand.forecasting.measures import MEASURES, benchmark
from sopxl.steps.demand.forecasting.selection import demand_classes
from sopxl.steps.demand.history import History
from sopxl.steps.demand.tables import SEGMENT_POLICIES, SEGMENTS

A_SHARE, B_SHARE = 0.80, 0.95
X_ERROR, Y_ERROR = 0.20, 0.50
SIMPLE = "simple"

DEFAULT_POLICIES: dict[tuple[str, str], tuple[str, str]] = {
    ("A", "X"): ("automatic", "Little safety stock, frequent small lots."),
    ("A", "Y"): ("automatic", "Safety stock by service level, frequent small lots."),
    ("A", "Z"): ("review", "Short lead times before stock; make to order where customers wait."),
    ("B", "X"): ("automatic", "Little safety stock, lots by order cost."),
    ("B", "Y"): ("automatic", "Safety stock by service level, lots by order cost."),
    ("B", "Z"): ("review", "Safety stock by service level, or make to order."),
    ("C", "X"): ("automatic", "Large lots, seldom ordered."),
    ("C", "Y"): ("automatic", "Large lots with generous safety stock: it costs little."),
    ("C", "Z"): ("automatic", "Make to order, or drop from the range."),
}
"""Forecasting policy and stock rule by cell. They leave service levels empty and no forecast simple: a plan does not
change before someone says so."""


def default_policies() -> pd.DataFrame:
    """The nine cells of SEGMENT_POLICIES as they hold where nothing is entered."""
    rows = [{"abc": abc, "xyz": xyz, "forecast_policy": policy, "stock_rule": rule}
            for (abc, xyz), (policy, rule) in DEFAULT_POLICIES.items()]
    return conform(SEGMENT_POLICIES, pd.DataFrame(rows))


def policies_in_force(tables: Tables) -> pd.DataFrame:
    """One policy for each of the nine cells: as entered, else the default; a stock rule left empty is the default's."""
    usual = default_policies().set_index(["abc", "xyz"])
    entered = tables["segment_policies"].drop_duplicates(["abc", "xyz"]).set_index(["abc", "xyz"])
    result = entered.reindex(usual.index)
    result["stock_rule"] = result["stock_rule"].replace("", np.nan)
    return result.fillna(usual).reset_index()


def segment_items(
    history: History, actual: np.ndarray, backtest: np.ndarray, value: np.ndarray, tables: Tables, settings: Settings
) -> pd.DataFrame:
    """The table SEGMENTS, the most valuable items first.

    ``actual`` and ``backtest``: S x P units, NaN where there is no point; markets are added up before errors are
    taken, for stock is held for all of them. ``value``: S x H consensus at net price; its first year counts.
    Source of XYZ by forecast error, not by variation: Scholz-Reiter, Heger, Meinecke, Bergmann, International Journal
    of Productivity and Performance Management 61 (2012) 445-451.
    """
    items, row_of = np.unique(history.series["item"].to_numpy(dtype=str), return_inverse=True)
    known = ~np.isnan(actual) & ~np.isnan(backtest)
    sold, forecast = (_by_item(np.where(known, points, np.nan), row_of, len(items)) for points in (actual, backtest))
    total = _by_item(history.quantity, row_of, len(items))
    scale = benchmark(total, history.season)
    yearly = _by_item(value[:, : history.season].sum(axis=1, keepdims=True), row_of, len(items))[:, 0]
    facts = history.series.drop_duplicates("item").set_index("item").loc[items, ["name", "family"]]
    error = MEASURES["weighted_mape"](sold, forecast, scale)
    frame = pd.DataFrame({
        "item": items, "name": facts["name"].to_numpy(), "family": facts["family"].to_numpy(), "annual_value": yearly,
        "forecast_error": error, "deviation": MEASURES["root_mean_squared_error"](sold, forecast, scale),
        "xyz": np.select([error <= X_ERROR, error <= Y_ERROR], ["X", "Y"], "Z"),
        "demand_class": demand_classes(total, history.season),
    }).sort_values(["annual_value", "item"], ascending=[False, True], ignore_index=True)
    frame = frame.assign(**_value_classes(frame["annual_value"].to_numpy(float)))
    return conform(SEGMENTS, frame.merge(policies_in_force(tables), on=["abc", "xyz"], how="left"))


def simple_forecast_series(history: History, tables: Tables) -> np.ndarray:
    """S: whether the mean level is forecast, nothing finer: the policy in force for the item's last segment says so.

    The segments are those of the last run, so that a forecast does not decide on its own method.
    """
    last = tables["segments"][["item", "abc", "xyz"]]
    policy = last.merge(policies_in_force(tables), on=["abc", "xyz"])
    simple = set(policy.loc[policy["forecast_policy"] == SIMPLE, "item"])
    return history.series["item"].isin(simple).to_numpy(bool)


def last_baseline(history: History, tables: Tables, settings: Settings) -> np.ndarray:
    """S x H units that the newest plan before this one expected as its baseline; NaN where it did not say."""
    result = np.full((len(history.series), settings.horizon), np.nan)
    kept = tables["demand_snapshots"]
    kept = kept.assign(position=positions_of(kept["cycle"], settings))
    kept = kept[(kept["stage"] == "baseline") & (kept["position"] < 0)]
    kept = kept[kept["position"] == kept["position"].max()].drop_duplicates(["item", "market"])
    found = history.series[["item", "market"]].merge(kept, on=["item", "market"], how="left")
    lags = found[[name for name in found.columns if name.startswith("lag_")]].to_numpy(float)
    passed = int(-kept["position"].max()) if len(kept) else 0
    ahead = lags[:, passed:passed + settings.horizon]
    result[:, : ahead.shape[1]] = ahead
    return result


def _by_item(values: np.ndarray, row_of: np.ndarray, count: int) -> np.ndarray:
    """Items x columns: sums of the known values; NaN where none is known."""
    total, points = np.zeros((count, values.shape[1])), np.zeros((count, values.shape[1]))
    np.add.at(total, row_of, np.nan_to_num(values))
    np.add.at(points, row_of, ~np.isnan(values))
    return np.where(points > 0, total, np.nan)


def _value_classes(yearly: np.ndarray) -> dict[str, np.ndarray]:
    """Cumulative share and class of items in falling order of value; the item that crosses a limit is still in.

    Source: APICS Dictionary, 'ABC classification' (Pareto's law).
    """
    worth = np.maximum(yearly, 0.0)
    share = worth.cumsum() / (worth.sum() or 1.0)
    before = np.where(worth > 0, share - worth / (worth.sum() or 1.0), 1.0)
    return {"cumulative_share": share,
            "abc": np.select([before < A_SHARE - 1e-9, before < B_SHARE - 1e-9], ["A", "B"], "C")}
