"""How much demand at each node may differ from its forecast: from the demand tables, through bills and lanes.

Errors of series and of periods count as independent: mean, variance and third moment add up (cumulants), and one unit
of a user takes ``quantity`` units of a component: times quantity, its square, its cube.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

from sopxl import grids
from sopxl.schema import Tables
from sopxl.steps.demand.tables import DEMAND_BASELINE
from sopxl.steps.supply.netting import list_sources
from sopxl.steps.supply.network import Network

PAIR = ["item", "market"]
LIMIT = 1.2815515655446004
"""Standard normal value that one of ten cases exceeds: what the rows Low and High of the baseline mean."""
BASES = ("forecast quantiles", "forecast errors of the backtest", "demand's own swing", "stated deviation")
QUANTILES, BACKTEST, SWING, STATED = (1 << place for place in range(4))


@dataclass(frozen=True)
class DemandSpread:
    """Demand at N nodes in T periods, dependent demand included: mean, variance and third central moment, N x T each.

    bases: N bit masks of where the spread comes from (BASES in order).
    """

    mean: np.ndarray
    variance: np.ndarray
    third: np.ndarray
    bases: np.ndarray

    @property
    def usual(self) -> np.ndarray:
        """N: mean demand of one period."""
        return np.asarray(self.mean.mean(axis=1) if self.mean.shape[1] else np.zeros(len(self.mean)))

    def over(self, periods: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Variance and third moment of demand in the next so many periods (N, or N x K), fractions included."""
        return _first(self.variance, periods), _first(self.third, periods)

    def basis(self, node: int) -> str:
        """Where the spread of a node comes from, in words."""
        return " and ".join(name for place, name in enumerate(BASES) if self.bases[node] >> place & 1)


def demand_spread(network: Network, tables: Tables) -> DemandSpread:
    """The spread of demand at every node; a stated deviation of a node wins over what its demand would give."""
    nodes, periods = len(network.nodes), network.demand.shape[1]
    node = network.demands["node"].to_numpy(int)
    variance, third, basis = _of_demands(network, tables)
    found = [np.zeros((nodes, periods)) for _ in range(3)]
    for total, values in zip(found, (network.demand, variance, third), strict=True):
        np.add.at(total, node, values)
    bases = np.zeros(nodes, int)
    np.bitwise_or.at(bases, node, basis)
    spread = DemandSpread(found[0], found[1], found[2], bases)
    _pass_on(network, spread)
    return spread


def usual_arcs(network: Network) -> pd.DataFrame:
    """Who draws on whom by the usual sources: user and supplier (nodes), quantity of it for one unit of the user."""
    table = list_sources(network).table
    usual = table[table["order"] == 0]
    made = usual.loc[usual["kind"] == "make", "position"].to_numpy(int)
    parts = network.components[network.components["make"].isin(made)]
    makes = network.makes.iloc[parts["make"].to_numpy(int)]
    moves = network.moves.iloc[usual.loc[usual["kind"] == "move", "position"].to_numpy(int)]
    arcs = pd.DataFrame({
        "user": np.concatenate([makes["node"], moves["to_node"]]).astype(int),
        "supplier": np.concatenate([parts["node"], moves["from_node"]]).astype(int),
        "quantity": np.concatenate([
            parts["quantity"].to_numpy(float) / makes["yield_rate"].to_numpy(float), np.ones(len(moves))]),
    })
    return arcs.groupby(["user", "supplier"], sort=True)["quantity"].sum().reset_index()


def _pass_on(network: Network, spread: DemandSpread) -> None:
    """Add dependent demand, level by level from customers back; stated deviations replace what has come together."""
    level = network.nodes["level"].to_numpy(int)
    stated = network.nodes["demand_deviation"].to_numpy(float)
    arcs = usual_arcs(network)
    at = level[arcs["user"].to_numpy(int)]
    for number in range(int(level.max(initial=-1)) + 1):
        here = (level == number) & ~np.isnan(stated)
        spread.variance[here] = np.square(stated[here])[:, None]
        spread.third[here] = 0.0
        spread.bases[here] = STATED
        chosen = arcs[at == number]
        user, supplier = chosen["user"].to_numpy(int), chosen["supplier"].to_numpy(int)
        quantity = chosen["quantity"].to_numpy(float)[:, None]
        for power, moments in enumerate((spread.mean, spread.variance, spread.third), start=1):
            np.add.at(moments, supplier, quantity**power * moments[user])
        np.bitwise_or.at(spread.bases, supplier, spread.bases[user])


def _of_demands(network: Network, tables: Tables) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Variance and third moment of each demand (D x T), and the bit of where they come from.

    A market that several places serve shares its error out as independent errors are: by their share of demand.
    """
    demands = network.demands
    total = network.demand.sum(axis=1)
    of_pair = pd.Series(total).groupby([demands["item"].to_numpy(), demands["market"].to_numpy()]).transform("sum")
    share = _ratio(total, of_pair.to_numpy(float), 1.0)[:, None]
    variance, third, known = _between_limits(network, tables)
    backtest = _of_backtest(demands, tables, total)
    swing = network.demand.var(axis=1, ddof=1) if network.demand.shape[1] > 1 else np.zeros(len(demands))
    other = np.where(backtest > 0, backtest, swing)[:, None]
    basis = np.where(known, QUANTILES, np.where(backtest > 0, BACKTEST, SWING))
    return np.where(known[:, None], variance * share, other), np.where(known[:, None], third * share, 0.0), basis


def _between_limits(network: Network, tables: Tables) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Variance, third moment (D x T) and whether they are known, from the limits of the baseline.

    The polynomial of safety_factors is laid through Low, High and the mean: so the stock for 90 % is just High.
    """
    pairs = pd.MultiIndex.from_frame(network.demands[PAIR])
    labels = network.settings.periods.labels[: network.demand.shape[1]]
    rows = [grids.take(DEMAND_BASELINE, tables["demand_baseline"], name, labels)
            for name in ("Low", "High", "Baseline forecast")]
    low, high, mean = (frame[~frame.index.duplicated()].reindex(pairs).to_numpy(float) for frame in rows)
    straight = np.maximum(high - low, 0.0) / (2.0 * LIMIT)
    bend = ((low + high) / 2.0 - mean) / (LIMIT**2 - 1.0)
    bend = np.clip(np.nan_to_num(bend), -straight / (2.0 * LIMIT), straight / (2.0 * LIMIT))
    known = np.isfinite(straight).any(axis=1)
    straight, bend = np.nan_to_num(straight), np.nan_to_num(bend)
    variance = np.square(straight) + 2.0 * np.square(bend)
    return variance, 6.0 * np.square(straight) * bend + 8.0 * bend**3, known


def _of_backtest(demands: pd.DataFrame, tables: Tables, total: np.ndarray) -> np.ndarray:
    """Variance of each demand by its share of the item's error in the backtest; 0 where that is not known."""
    deviation = tables["segments"].drop_duplicates("item").set_index("item")["deviation"]
    known = deviation.reindex(demands["item"]).fillna(0.0).to_numpy(float)
    of_item = pd.Series(total).groupby(demands["item"].to_numpy()).transform("sum").to_numpy(float)
    return np.asarray(np.square(known) * _ratio(total, of_item, 0.0))


def _ratio(part: np.ndarray, whole: np.ndarray, otherwise: float) -> np.ndarray:
    return np.asarray(np.where(whole > 0, part / np.where(whole > 0, whole, 1.0), otherwise))


def _first(values: np.ndarray, periods: np.ndarray) -> np.ndarray:
    """Sum of the first so many periods of each row (N, or N x K), a part of the last; beyond the end it goes on."""
    count, length = values.shape
    if not length:
        return np.zeros(np.shape(periods))
    wanted = periods if periods.ndim == 2 else periods[:, None]
    total = np.concatenate([np.zeros((count, 1)), values.cumsum(axis=1)], axis=1)
    inside = np.clip(wanted, 0.0, length)
    whole = np.minimum(inside.astype(int), length - 1)
    rows = np.arange(count)[:, None]
    summed = total[rows, whole] + (inside - whole) * values[rows, whole]
    summed = summed + np.maximum(wanted - length, 0.0) * values[:, [-1]]
    return np.asarray(summed if periods.ndim == 2 else summed[:, 0])
