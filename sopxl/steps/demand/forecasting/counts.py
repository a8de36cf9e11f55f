"""What may be sold of items that sell now and then: distributions of counts, learnt from the whole kind.

A series' own past is too short to tell its future, so its own recent periods are joined with what followed, in the
past, when a series of the same kind had sold as often as this one now: its nearest neighbours.
"""

from __future__ import annotations

import numpy as np

from sopxl.steps.demand.forecasting.methods_intermittent import faded_mean
from sopxl.steps.demand.forecasting.panel import row_mean

FADING = 0.85
"""Weight of a period of a series' own past over that of the period after it."""
NEIGHBOURS = 12.0
"""Own recent periods that what followed the neighbours counts as much as."""
HELD_OUT = (12, 8, 4)
"""Periods before the end of history at which the neighbours are looked for."""
GROUPS, LEAST_FOLLOWED = 30, 200
"""At most so many groups of neighbours, and at least so many periods that followed in each."""
NEIGHBOUR_ATOMS = 100


def count_atoms(values: np.ndarray, levels: np.ndarray) -> np.ndarray:
    """S x N sorted quantities, at the N ``levels``, of what one period may sell after the history S x T.

    Whole numbers where the history is. One more period without a sale counts among a series' own, as in the method
    ``fading mean``.
    """
    values = np.maximum(values, 0.0)
    parts = [_own(values), _neighbours(values)]
    atoms, weights = (np.concatenate(part, axis=1) for part in zip(*parts, strict=True))
    return weighted_quantiles(atoms, weights, levels)


def _own(values: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """S x (T + 1) quantities of the past and one period without a sale, and their weights."""
    weight = np.where(np.isnan(values), 0.0, FADING ** np.arange(values.shape[1])[::-1])
    past = np.nan_to_num(values)
    total = weight.sum(axis=1)
    idle = (weight * (past == 0)).sum(axis=1) / np.where(total > 0, total, 1.0)
    return np.column_stack([past, np.zeros(len(past))]), np.column_stack([weight, idle])


def _neighbours(values: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """S x 2 NEIGHBOUR_ATOMS quantities that followed the two nearest groups of neighbours, and their weights."""
    size = typical_sizes(values)
    rate = faded_mean(values) / size
    group_rate, group_atoms = neighbour_groups(values, size)
    below, share = _place(rate, group_rate)
    above = np.minimum(below + 1, len(group_rate) - 1)
    atoms = np.concatenate([group_atoms[below], group_atoms[above]], axis=1)
    atoms *= (size * _beyond(rate, group_rate))[:, None]
    past = np.nan_to_num(values)
    whole = (past == np.round(past)).all(axis=1)[:, None]
    atoms = np.where(whole & (atoms > 0), np.maximum(np.round(atoms), 1.0), atoms)
    weight = np.column_stack([1 - share, share]) * NEIGHBOURS / NEIGHBOUR_ATOMS
    return atoms, np.repeat(weight, NEIGHBOUR_ATOMS, axis=1)


def typical_sizes(values: np.ndarray) -> np.ndarray:
    """S: mean quantity of a period with a sale, drawn to the panel's as far as the panel's sizes are alike.

    1 for what was never sold.

    Empirical Bayes on the logs (Efron and Morris, Journal of the American Statistical Association 70 (1975) 311-319):
    weight of the panel = variance within series over variance between them.
    """
    sold = np.nan_to_num(values) > 0
    count = sold.sum(axis=1)
    mean = row_mean(np.where(sold, values, np.nan))
    log_mean = np.log(np.where(count > 0, mean, 1.0))
    if not (count > 0).any():
        return np.asarray(np.exp(log_mean))
    panel = log_mean[count > 0].mean()
    log_size = np.log(np.where(sold, values, 1.0))
    centre = (log_size * sold).sum(axis=1) / np.maximum(count, 1)
    within = (np.where(sold, log_size - centre[:, None], 0.0) ** 2).sum() / max(np.maximum(count - 1, 0).sum(), 1)
    between = centre[count > 0].var() - within * (1 / count[count > 0]).mean()
    pull = np.where(count > 0, within / max(between, 0.01), 0.0)
    return np.asarray(np.exp((np.maximum(count, 1) * log_mean + pull * panel) / (np.maximum(count, 1) + pull)))


def neighbour_groups(values: np.ndarray, size: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Mean rate of each group of past panels' series, rising, and what followed: G and G x NEIGHBOUR_ATOMS, in sizes.

    A history too short to have a past and what followed is its own neighbour, at its own rate.
    """
    rates: list[np.ndarray] = []
    later: list[np.ndarray] = []
    for held_out in (*HELD_OUT, 0):
        past, future = values[:, : values.shape[1] - held_out], values[:, values.shape[1] - held_out :]
        if not held_out and not any(map(len, rates)):
            past = future = values
        known = ~np.isnan(future) & (~np.isnan(past)).any(axis=1)[:, None]
        rates.append(np.broadcast_to((faded_mean(past) / size)[:, None], known.shape)[known])
        later.append((future / size[:, None])[known])
    rate, followed = np.concatenate(rates), np.concatenate(later)
    if not len(rate):
        return np.zeros(1), np.zeros((1, NEIGHBOUR_ATOMS))
    count = int(np.clip(len(rate) // LEAST_FOLLOWED, 1, GROUPS))
    parts = np.array_split(np.argsort(rate, kind="stable"), count)
    levels = (np.arange(NEIGHBOUR_ATOMS) + 0.5) / NEIGHBOUR_ATOMS
    atoms = [np.quantile(followed[part], levels, method="inverted_cdf") for part in parts]
    return np.array([rate[part].mean() for part in parts]), np.array(atoms)


def weighted_quantiles(atoms: np.ndarray, weights: np.ndarray, levels: np.ndarray) -> np.ndarray:
    """S x N quantiles at rising ``levels`` of each row's weighted atoms: the least atom with that weight up to it."""
    order = np.argsort(atoms, axis=1, kind="stable")
    below = np.cumsum(np.take_along_axis(weights, order, axis=1), axis=1)
    total = below[:, -1:]
    share = np.where(total > 0, below / np.where(total > 0, total, 1.0), 1.0)
    rows = np.arange(len(atoms))[:, None]
    found = np.searchsorted((share + 2 * rows).ravel(), (levels - 1e-9 + 2 * rows).ravel())
    column = np.minimum(found.reshape(len(atoms), len(levels)) - rows * atoms.shape[1], atoms.shape[1] - 1)
    return np.asarray(np.take_along_axis(np.take_along_axis(atoms, order, axis=1), column, axis=1))


def trusted_shape(forecast: np.ndarray, values: np.ndarray, season: int) -> np.ndarray:
    """S x H forecasts of counts, drawn to their mean unless the panel's sales return in the same season.

    The share of the ups and downs that is kept is twice the correlation of sales with those of the year before, of
    all series at once, at most 1: a single item sells too seldom to tell, and most of its season is noise.
    """
    centred = values - row_mean(values)[:, None]
    spread = np.sqrt(row_mean(centred**2))[:, None]
    scaled = np.where(spread > 0, centred / np.where(spread > 0, spread, 1.0), np.nan)
    returned = (scaled[:, season:] * scaled[:, :-season]).ravel()
    known = ~np.isnan(returned)
    share = float(np.clip(2 * returned[known].mean(), 0.0, 1.0)) if known.any() else 0.0
    level = row_mean(forecast)[:, None]
    return np.asarray(level + share * (forecast - level))


def thinned(atoms: np.ndarray, levels: np.ndarray, ratio: np.ndarray) -> np.ndarray:
    """S x H x N sorted atoms whose mean is ``ratio`` (S x H) times that of ``atoms`` (S x N): sold more or less often.

    A share ``ratio`` of the sales takes place (Teunter, Syntetos, Babai 2011: the chance of a sale carries the change);
    above 1, the lower part of the distribution gives way as long as it is zeros, and beyond that sizes grow.
    """
    mean = atoms.mean(axis=1)
    often = np.minimum(ratio, (1 / np.maximum((atoms > 0).mean(axis=1), 1 / len(levels)))[:, None])
    place = 1 - (1 - levels) / np.maximum(often, 1e-12)[:, :, None]
    column = np.clip(np.floor(place * len(levels)), 0, len(levels) - 1).astype(int)
    rows = np.arange(len(atoms))[:, None, None]
    result = np.where(place > 0, atoms[rows, column], 0.0)
    larger = np.where((ratio > often) & (often > 0), ratio / np.maximum(often, 1e-12), 1.0)
    return np.asarray(np.where(mean[:, None, None] > 0, result * larger[:, :, None], 0.0))


def _place(rate: np.ndarray, group_rate: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """S: group below each rate, and the share of the group above it."""
    position = np.interp(rate, group_rate, np.arange(len(group_rate)))
    below = np.floor(position).astype(int)
    return below, position - below


def _beyond(rate: np.ndarray, group_rate: np.ndarray) -> np.ndarray:
    """S: how many times the highest group's rate a rate is; 1 within the groups."""
    return np.asarray(np.where((rate > group_rate[-1]) & (group_rate[-1] > 0), rate / max(group_rate[-1], 1e-12), 1.0))
