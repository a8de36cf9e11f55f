"""Accuracy with drivers beside the same forecast without them, on 350 series of beer sold by agency and article.

Run: ``python -m tests.benchmarks.driver_accuracy [folder] [file]``; the folder holds ``stallion_monthly.parquet``,
which pandas reads by pyarrow. Every series is forecast six months ahead from several origins, by the automatic choice
from the history as it was, and by the same choice from the history without what drivers did, plus what they will do.
Prices and holidays of the six months are known to the plan; the discount and the volume of the whole market only where
a line says so. Agencies are markets, an article is an item and a family of its own.
"""

from __future__ import annotations

import sys
import time
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import pandas as pd

from sopxl.prices import price_matrix
from sopxl.schema import Tables, conform_all
from sopxl.settings import Settings, settings_frame
from sopxl.steps.demand.drivers import Influences, fit_drivers
from sopxl.steps.demand.forecasting.measures import MEASURES, benchmark
from sopxl.steps.demand.forecasting.selection import choose
from sopxl.steps.demand.history import read_history
from sopxl.tables import TABLES

AHEAD = 6
BACKTEST = 6
ORIGINS = ("2016-01", "2016-07", "2017-01", "2017-07")
EVENTS = ("easter_day", "new_year", "christmas", "labor_day", "independence_day", "revolution_day_memorial",
          "regional_games", "beer_capital", "music_fest")
DEAREST = 10_000
KNOWN = {
    "regular price, events": ("price_regular", ()),
    "actual price, events": ("price_actual", ()),
    "regular price, discount, events": ("price_regular", ("discount_in_percent",)),
    "the same and market volume": ("price_regular", ("discount_in_percent", "industry_volume")),
}


@dataclass(frozen=True)
class Outcome:
    """Test demand S x H and its forecasts without and with drivers, what was learnt, and the CPU seconds it took."""

    actual: np.ndarray
    without: np.ndarray
    with_drivers: np.ndarray
    history: np.ndarray
    influences: Influences
    seconds: float


def tables_of(records: pd.DataFrame, settings: Settings, price: str, drivers: tuple[str, ...]) -> Tables:
    """The plan's tables: sales before the plan, prices and drivers before and in it."""
    sold = records[records["month"] < settings.first_period]
    priced = records[(records[price] > 0) & (records[price] < DEAREST)]
    common = records.drop_duplicates("month")
    events = [common[common[name] > 0].assign(driver=name, value=1.0, item="", market="") for name in EVENTS]
    measured = [records.assign(driver=name, value=records[name]) for name in drivers]
    lines = pd.concat([*events, *measured], ignore_index=True).rename(columns={"month": "period"})
    agencies = records["market"].unique()
    given = {
        "settings": settings_frame(settings),
        "items": pd.DataFrame({"item": records["item"].unique()}).assign(family=lambda items: items["item"]),
        "markets": pd.DataFrame({"market": agencies, "channel": "Beer", "ship_from": "P"}),
        "sales_history": sold.assign(period=sold["month"], quantity=sold["y"], revenue=sold["y"] * sold[price]),
        "prices": priced.assign(from_period=priced["month"], price=priced[price]),
        "drivers": lines,
    }
    return conform_all(TABLES, given)


def outcome(records: pd.DataFrame, origin: str, price: str, drivers: tuple[str, ...]) -> Outcome:
    """Forecast AHEAD months from the origin, without and with drivers."""
    settings = Settings(first_period=origin, horizon=AHEAD, market_level="market")
    tables = tables_of(records, settings, price, drivers)
    history = read_history(tables, settings)
    begun = time.process_time()
    influences = fit_drivers(history, tables, settings)
    spent = time.process_time() - begun
    base = replace(history, quantity=history.quantity - influences.past)
    forecast = choose(base, AHEAD, BACKTEST).forecast
    prices = price_matrix(tables, settings, history.series[["item", "market"]])
    planned = influences.plan(forecast, prices)
    plain = choose(history, AHEAD, BACKTEST).forecast
    test = records.pivot_table("y", ["item", "market"], "month")[settings.periods.labels]
    actual = test.reindex(pd.MultiIndex.from_frame(history.series[["item", "market"]])).to_numpy(float)
    return Outcome(actual, plain, forecast + planned.effect, history.quantity, influences, spent)


def measured(actual: np.ndarray, forecast: np.ndarray, history: np.ndarray) -> dict[str, float]:
    """Absolute error as a share of all demand, and the means of MASE and sMAPE over the series."""
    scale = benchmark(history, 12)
    return {"wMAPE": float(np.abs(actual - forecast).sum() / actual.sum()),
            **{name: float(np.nanmean(MEASURES[name](actual, forecast, scale))) for name in ("mase", "smape")}}


def learnt(influences: Influences) -> str:
    """The effects that are used, in a line."""
    model = influences.model
    if model is None:
        return "nothing"
    return "; ".join(
        f"{signal.name} {model.effects.mean[:, place].mean():+.3f} ({model.used[:, place].mean():.0%} used, "
        f"{model.saved[place]:+.3f} saved)" for place, signal in enumerate(model.signals))


def main(folder: str = "../shared/series", name: str = "stallion_monthly.parquet") -> None:
    """Print the measures of each set of known drivers at each origin, and what was learnt at the last."""
    path = Path(folder) / name
    records = pd.read_parquet(path) if path.suffix == ".parquet" else pd.read_csv(path, parse_dates=["ds"])
    records = records.assign(month=records["ds"].dt.strftime("%Y-%m"), item=records["sku"], market=records["agency"])
    print("| known to the plan | from | forecast | wMAPE | MASE | sMAPE | CPU s |\n|---|---|---|--:|--:|--:|--:|")
    for label, (price, drivers) in KNOWN.items():
        for origin in ORIGINS:
            found = outcome(records, origin, price, drivers)
            for which, forecast in (("without drivers", found.without), ("with drivers", found.with_drivers)):
                measures = measured(found.actual, forecast, found.history)
                print(f"| {label} | {origin} | {which} | {measures['wMAPE']:.2%} | {measures['mase']:.3f} | "
                      f"{measures['smape']:.2%} | {found.seconds:.2f} |", flush=True)
        print(f"\n{learnt(found.influences)}\n")


if __name__ == "__main__":
    main(*sys.argv[1:])
