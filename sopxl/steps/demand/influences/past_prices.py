"""Net prices of the past, in steps that can be trusted: from the price list, else from what customers paid.

Revenue over quantity moves with the mix of customers, with rounding and with every error in the quantity, and such an
error lowers the price when it raises the quantity: an elasticity that is not there (division bias, Borjas, Journal of
Human Resources 15 (1980) 409-423). So a paid price counts only in *steps* that last: the level before and after must
differ by more than the noise around them for at least STEP_PERIODS periods, and each step has one price, its median,
in which the error of a single period has no say.
"""

from __future__ import annotations

import dataclasses

import numpy as np
import pandas as pd

from sopxl.formulas import NOUGHT
from sopxl.prices import listed_prices, positions_of
from sopxl.schema import Tables
from sopxl.settings import Settings
from sopxl.steps.demand.history import History, history_labels, planning_market_of, rows_of_pairs

STEP_PERIODS = 3
SMALLEST_STEP = 0.01
NOISE_MULTIPLE = 4.0
SPREAD_OF_MEDIAN = 1.4826 / np.sqrt(2.0)


def price_signal(history: History, tables: Tables, settings: Settings, off: np.ndarray) -> np.ndarray:
    """Price against today's as a logarithm, S x (T + H): 0 is today's price, 0.1 is about 10 % dearer.

    ``off``: S x T periods whose paid price says nothing of the regular price (promotions). A series whose price list
    moved in the past takes the list; the others take the steps of the paid price. The plan's prices count where the
    list names them. A series without either is 0. Raises PlanError where a listed currency has no rate.
    """
    count = history.quantity.shape[1]
    listed = listed_through(history, tables, settings)
    paid = np.where(off, np.nan, paid_prices(history, tables, settings))
    past = listed[:, :count]
    from_list = np.nanmax(past, axis=1, initial=0.0) > np.nanmin(past, axis=1, initial=np.inf)
    with np.errstate(divide="ignore"):
        level = np.where(from_list[:, None], _filled(np.log(past)), steps(np.log(paid)))
        future = np.log(np.where(listed[:, count:] > 0, listed[:, count:], np.nan))
    last = level[:, -1] if count else np.full(len(listed), np.nan)
    today = np.log(past[:, -1]) if count else last
    today = np.where(np.isnan(today), last, today)
    return np.asarray(np.nan_to_num(np.concatenate([level - last[:, None], future - today[:, None]], axis=1)))


def listed_through(history: History, tables: Tables, settings: Settings) -> np.ndarray:
    """Listed prices from the first period of history to the end of the plan, S x (T + H); NaN where none holds."""
    count = history.quantity.shape[1]
    first = history_labels(settings, count)[0] if count else settings.first_period
    through = dataclasses.replace(settings, first_period=first, horizon=count + settings.horizon)
    listed = listed_prices(tables, through, history.series[["item", "market"]])
    return np.asarray(np.where(listed > 0, listed, np.nan))


def paid_prices(history: History, tables: Tables, settings: Settings) -> np.ndarray:
    """Revenue over quantity, S x T; NaN where nothing was sold for money."""
    records = tables["sales_history"]
    records = records.assign(market=records["market"].map(planning_market_of(tables, settings)),
                             position=positions_of(records["period"], settings) + history.quantity.shape[1])
    sums = records.groupby(["item", "market", "position"])[["quantity", "revenue"]].sum().reset_index()
    sums = sums[(sums["quantity"] > NOUGHT) & (sums["revenue"] > NOUGHT)]
    rows = rows_of_pairs(history.series, sums[["item", "market"]])
    columns = sums["position"].to_numpy(float)
    inside = (rows >= 0) & (columns >= 0) & (columns < history.quantity.shape[1])
    price = np.full(history.quantity.shape, np.nan)
    price[rows[inside], columns[inside].astype(int)] = (sums["revenue"] / sums["quantity"])[inside]
    return price


def steps(logarithm: np.ndarray) -> np.ndarray:
    """S x T logarithms of prices as steps that last: the median of each step, NaN where nothing is known."""
    filled = _filled(logarithm)
    level = np.repeat(_row_median(logarithm)[:, None], logarithm.shape[1], axis=1)
    begins = _beginnings(filled)
    for row in np.flatnonzero(begins.any(axis=1)):
        pieces = np.split(np.arange(logarithm.shape[1]), np.flatnonzero(begins[row]))
        for piece in pieces:
            known = logarithm[row, piece][~np.isnan(logarithm[row, piece])]
            level[row, piece] = np.median(known) if len(known) else np.median(filled[row, piece])
    return level


def _beginnings(filled: np.ndarray) -> np.ndarray:
    """S x T: whether a new price begins there and lasts."""
    rows, count = filled.shape
    change = np.zeros((rows, count))
    if count < 2 * STEP_PERIODS:
        return change > 0
    windows = np.lib.stride_tricks.sliding_window_view(filled, STEP_PERIODS, axis=1)
    medians = np.median(windows, axis=2)
    change[:, STEP_PERIODS : count - STEP_PERIODS + 1] = np.abs(medians[:, STEP_PERIODS:] - medians[:, :-STEP_PERIODS])
    noise = SPREAD_OF_MEDIAN * _row_median(np.abs(np.diff(filled, axis=1)))
    enough = change > np.maximum(SMALLEST_STEP, NOISE_MULTIPLE * np.nan_to_num(noise))[:, None]
    jump = np.abs(np.diff(filled, axis=1, prepend=filled[:, :1]))
    return np.asarray(enough & (_score(change, jump) >= _largest_near(_score(change, jump))))


def _score(change: np.ndarray, jump: np.ndarray) -> np.ndarray:
    """How much a period looks like the first of a new price: change of level and jump in it; ties to the earlier."""
    earlier_first = np.arange(change.shape[1], 0, -1) * 1e-9
    return np.asarray(np.nan_to_num(change) + np.nan_to_num(jump) + earlier_first)


def _largest_near(score: np.ndarray) -> np.ndarray:
    """Largest score within STEP_PERIODS - 1 periods to either side."""
    reach = STEP_PERIODS - 1
    padded = np.pad(score, ((0, 0), (reach, reach)), constant_values=-np.inf)
    return np.asarray(np.lib.stride_tricks.sliding_window_view(padded, 2 * reach + 1, axis=1).max(axis=2))


def _filled(values: np.ndarray) -> np.ndarray:
    """Gaps filled with the value before them, those at the start with the first value; NaN where a row has none."""
    return pd.DataFrame(values).ffill(axis=1).bfill(axis=1).to_numpy(float)


def _row_median(values: np.ndarray) -> np.ndarray:
    """S: median of the known values; NaN where a row has none."""
    return np.asarray(pd.DataFrame(values).median(axis=1).to_numpy(float))


