"""Seasonal profiles: what share of an average period falls on each phase of the year, pooled over families.

A profile is found in two passes: first from ratios to the centred moving average, which knows nothing of the last half
year, then with the level of the values without their season at both ends. Late years count more than early ones,
outliers are cut, and what is noise is drawn to the profile of the family, and of all series above it.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from sopxl.steps.demand.forecasting.panel import first_known, row_mean

LEAST_INDEX = 0.02
COVERAGE = 0.7
QUARTERS = 4
FADING = 0.75
"""Weight of a year's ratios against those of the year after it."""
NEIGHBOURS = 26
"""A year of so many phases for each of the phases next to it on which a phase's own index leans (weeks: two)."""
OUTLIER = 4.0
"""Ratios are cut at so many standard deviations (by the median absolute deviation) from the median of their phase."""
DOUBT = 1 / 52
"""By so much per phase the noise is held to be larger than it looks: of many phases some fit by chance."""
JAGGED = 0.75
"""The noise in one year of indices is so much of their roughness, for a true season is rough too."""
LASTING = 0.5
"""What is taken to last of one year's indices where no second year shows it."""
MOST_GROWTH = 4.0
FAINT = 1e-9


def moving_average(values: np.ndarray, season: int) -> np.ndarray:
    """S x T centred moving average over one season (2 x season where it is even); NaN where too little is known.

    Source: Makridakis, Wheelwright, Hyndman, Forecasting: Methods and Applications (1998), section 3/2.
    """
    half = season // 2
    weights = np.ones(2 * half + 1)
    if season % 2 == 0:
        weights[[0, -1]] = 0.5
    padded = np.pad(values, ((0, 0), (half, half)), constant_values=np.nan)
    known = ~np.isnan(padded)
    filled = np.where(known, padded, 0.0)
    total, covered = _weighted_windows(filled, weights), _weighted_windows(known.astype(float), weights)
    count = values.shape[1]
    inside = known[:, :count] & known[:, 2 * half : 2 * half + count]
    enough = (covered >= COVERAGE * weights.sum()) & inside
    return np.where(enough, total / np.where(covered > 0, covered, 1.0), np.nan)


def _weighted_windows(values: np.ndarray, weights: np.ndarray) -> np.ndarray:
    """Weighted sums over windows as long as the weights, one for each column at which one begins."""
    count = values.shape[1] - len(weights) + 1
    total = np.zeros((len(values), count))
    with np.errstate(over="ignore", invalid="ignore"):
        for lag, weight in enumerate(weights):
            total += weight * values[:, lag : lag + count]
    return total


def short_average(values: np.ndarray, reach: int) -> np.ndarray:
    """S x T mean of the known values at most ``reach`` columns away; NaN where none is known."""
    padded = np.pad(values, ((0, 0), (reach, reach)), constant_values=np.nan)
    known = ~np.isnan(padded)
    window = np.ones(2 * reach + 1)
    total, count = _weighted_windows(np.where(known, padded, 0.0), window), _weighted_windows(known * 1.0, window)
    return np.where(count > 0, total / np.maximum(count, 1), np.nan)


def by_cycle(values: np.ndarray, season: int) -> np.ndarray:
    """S x cycles x season from S x T, the last cycle filled up with NaN."""
    cycles = -(-values.shape[1] // season)
    padded = np.pad(values, ((0, 0), (0, cycles * season - values.shape[1])), constant_values=np.nan)
    return np.asarray(padded.reshape(len(values), cycles, season))


def seasonal_indices(values: np.ndarray, season: int) -> np.ndarray:
    """S x season: classical multiplicative indices by phase, with mean 1; 1 where unknown.

    Source: Hyndman and Athanasopoulos, Forecasting: Principles and Practice (2021), section 3.4.
    """
    ratios = by_cycle(_quotient(values, moving_average(values, season)), season)
    known = (~np.isnan(ratios)).sum(axis=1)
    mean = np.where(np.isnan(ratios), 0.0, ratios).sum(axis=1) / np.maximum(known, 1)
    return _centred(np.where(known > 0, mean, np.nan))


def shrunk_indices(
    ratios: np.ndarray, parent: np.ndarray, fading: float = FADING, lasting: float = 0.0
) -> np.ndarray:
    """S x season: multiplicative indices, drawn towards ``parent`` (S x season) as far as they are noise.

    ``ratios``: S x cycles x season, value over level; each year weighs ``fading`` times the year after it. The share
    of a series' own indices is 1 - noise / variance between phases, at least 0. The noise, with some DOUBT, is what the
    scatter within phases explains; over one year only, their roughness or what is not ``lasting`` of them, whichever
    is less.
    Source: James and Stein (1961); Miller and Williams, International Journal of Forecasting 19 (2003) 669-684.
    """
    ratios = _without_outliers(ratios)
    known = ~np.isnan(ratios)
    weights = known * (fading ** np.arange(ratios.shape[1])[::-1])[None, :, None]
    weight = weights.sum(axis=1)
    usable = weight > 0
    mean = _weighted_phase_mean(ratios, weights)
    noise = _noise(ratios, weights, mean, parent, lasting)
    phases = np.maximum(usable.sum(axis=1), 1)
    between = (np.where(usable, mean - parent, 0.0) ** 2).sum(axis=1) / phases
    noise = (1 + DOUBT * ratios.shape[2]) * np.where(np.isnan(noise), between, noise)
    share = np.where(noise < between, 1 - noise / np.where(between > 0, between, 1.0), 0.0)[:, None]
    return _centred(np.where(usable, share * mean + (1 - share) * parent, parent))


def _noise(
    ratios: np.ndarray, weights: np.ndarray, mean: np.ndarray, parent: np.ndarray, lasting: float
) -> np.ndarray:
    """S: variance of the phases' means by scatter within phases; in one full year by roughness over the parent's."""
    weight = weights.sum(axis=1)
    usable = weight > 0
    count = weight**2 / np.maximum((weights**2).sum(axis=1), FAINT)
    within = (weights * np.where(np.isnan(ratios), 0.0, ratios - mean[:, None]) ** 2).sum(axis=(1, 2))
    free = np.where(usable, weight * (1 - 1 / np.maximum(count, 1)), 0.0).sum(axis=1)
    typical = np.maximum(count.sum(axis=1) / np.maximum(usable.sum(axis=1), 1), 1)
    scatter = within / np.where(free > FAINT, free, 1.0) / typical
    single = np.minimum(JAGGED * _roughness(mean - parent), (1 - lasting) * mean.var(axis=1))
    single = np.where(usable.all(axis=1), single, np.nan)
    return np.asarray(np.where(free > FAINT, scatter, single))


def _weighted_phase_mean(ratios: np.ndarray, weights: np.ndarray) -> np.ndarray:
    """S x season from S x cycles x season."""
    total = (weights * np.where(np.isnan(ratios), 0.0, ratios)).sum(axis=1)
    return np.asarray(total / np.maximum(weights.sum(axis=1), FAINT))


def _without_outliers(ratios: np.ndarray) -> np.ndarray:
    """Ratios cut at OUTLIER deviations from the median of their phase, where three years are known."""
    known = ~np.isnan(ratios)
    middle = _median(ratios, axis=1)
    spread = 1.4826 * _median(np.abs(ratios - middle).reshape(len(ratios), -1), axis=1)[:, :, None]
    reach = np.where(known.sum(axis=1, keepdims=True) >= 3, OUTLIER * spread, np.inf)
    return np.asarray(np.clip(ratios, middle - reach, middle + reach))


def _median(values: np.ndarray, axis: int) -> np.ndarray:
    """Median of the known values, the axis kept; 0 where none is known."""
    count = (~np.isnan(values)).sum(axis=axis, keepdims=True)
    if not values.shape[axis]:
        return np.zeros(count.shape)
    ordered = np.sort(values, axis=axis)
    low = np.take_along_axis(ordered, np.maximum(count - 1, 0) // 2, axis=axis)
    high = np.take_along_axis(ordered, np.minimum(count // 2, values.shape[axis] - 1), axis=axis)
    return np.where(count > 0, 0.5 * low + 0.5 * high, 0.0)


def _roughness(indices: np.ndarray) -> np.ndarray:
    """S: variance of the noise in one year of indices, by their second differences (a season is smooth).

    Source: von Neumann, Kent, Bellinson, Hart, Annals of Mathematical Statistics 12 (1941) 153-162, at order two.
    """
    bend = np.roll(indices, 1, axis=1) - 2 * indices + np.roll(indices, -1, axis=1)
    return np.asarray((bend**2).mean(axis=1) / 6)


def pooled_profile(values: np.ndarray, season: int, groups: Sequence[np.ndarray]) -> np.ndarray:
    """S x season: seasonal profile of each series, drawn towards its groups'.

    ``groups``: group numbers of the series (each S), the coarsest first. Each group's profile is drawn towards the
    group's above; last comes the series itself. A group is compared like for like: in each period only series that
    were sold a half year before and after count, so that launches and ends are not taken for season.
    """
    if not values.size:
        return np.ones((len(values), season))
    largest = max(float(np.nan_to_num(values).max()), np.finfo(float).tiny)
    values = while_sold(values / largest, season)
    level, lasting = moving_average(values, season), 0.0
    if season <= values.shape[1]:
        line = last_year_line(values, season)
        lasting = persistence(values, line, season)
        young = values.shape[1] - first_known(values) < 2 * season
        level = np.where(np.isnan(level) & young[:, None], line, level)
    first = _profile_at(values, level, season, groups, lasting, last=False)
    return _profile_at(values, _level_to_the_ends(values, level, first, season), season, groups, lasting, last=True)


def _profile_at(
    values: np.ndarray, level: np.ndarray, season: int, groups: Sequence[np.ndarray], lasting: float, *, last: bool
) -> np.ndarray:
    """S x season: profiles of S x T values whose level without season is S x T (NaN: not known).

    The cycle within the quarter is looked for in the ``last`` pass only.
    """
    phases = np.arange(values.shape[1]) % season
    profile = np.ones((len(values), season))
    own = np.arange(len(values))
    levels = [codes for codes, above in zip(groups, [own, *groups], strict=False) if not np.array_equal(codes, above)]
    for codes in (*levels, own):
        year = _year(_group_ratios(values, level, codes), _group_mean(profile, codes), season, lasting)[codes]
        profile = year * quarter_cycle(values / year[:, phases], season, codes) if last else year
        profile = profile / profile.mean(axis=1, keepdims=True)
    return profile


def _year(ratios: np.ndarray, parent: np.ndarray, season: int, lasting: float) -> np.ndarray:
    """S x season: indices of S x T ratios, drawn to ``parent`` (S x season).

    Those of weeks are drawn to the indices of the weeks around first, for one week in a few years is mostly noise.
    """
    reach = season // NEIGHBOURS
    if reach:
        parent = shrunk_indices(by_cycle(short_average(ratios, reach), season), parent, lasting=lasting)
    return shrunk_indices(by_cycle(ratios, season), parent, lasting=lasting)


def _level_to_the_ends(values: np.ndarray, level: np.ndarray, profile: np.ndarray, season: int) -> np.ndarray:
    """S x T level, where the moving average is not known by the mean of a half year around without its season.

    Of series with less than three years it stays unknown: so few ratios at the ends would weigh too much.
    """
    phases = np.arange(values.shape[1]) % season
    around = short_average(values / profile[:, phases], max(1, season // 4))
    long = values.shape[1] - first_known(values) >= 3 * season
    return np.where(np.isnan(level) & ~np.isnan(values) & long[:, None], around, level)


def last_year_line(values: np.ndarray, season: int) -> np.ndarray:
    """S x T: level through the last year of each series that was sold through all of it; NaN elsewhere.

    It grows as fast as the periods known two years running did, of one such period by half that. It stands in for the
    moving average of series with less than two years of history.
    """
    recent, earlier, later = values[:, -season:], values[:, :-season], values[:, season:]
    whole = (~np.isnan(recent)).all(axis=1) & (np.nan_to_num(recent[:, :1]) > 0).any(axis=1)
    both = ~np.isnan(earlier) & ~np.isnan(later)
    before, after = (np.where(both, part, 0.0).sum(axis=1) for part in (earlier, later))
    growth = _quotient(after[:, None], before[:, None])[:, 0]
    growth = np.log(np.clip(np.where(growth > 0, growth, 1.0), 1 / MOST_GROWTH, MOST_GROWTH))
    slope = both.sum(axis=1) / (both.sum(axis=1) + 1) * growth / season
    line = np.full(values.shape, np.nan)
    steps = slope[:, None] * (np.arange(season) - (season - 1) / 2)
    line[:, -season:] = np.where(whole[:, None], row_mean(recent)[:, None] * (1 + steps), np.nan)
    return line


def persistence(values: np.ndarray, line: np.ndarray, season: int) -> float:
    """How much of what one year shows as a season comes again, between 0 and 1, from all series together.

    Regression (through the origin) of what the year before the last year shows, as far as it is known, on what the
    last year shows, both in logarithms. LASTING where nothing is known of the year before.
    """
    overlap = min(values.shape[1] - season, season)
    if overlap < 1:
        return LASTING
    last = _quotient(values, line)[:, -season:][:, season - overlap :]
    before = _quotient(values[:, -season - overlap : -season], row_mean(values[:, -season:])[:, None])
    both = (last > 0) & (before > 0)
    shown, again = (np.log(np.clip(np.where(both, part, 1.0), LEAST_INDEX, 1 / LEAST_INDEX)) for part in (last, before))
    return float(np.clip((shown * again).sum() / max((shown**2).sum(), FAINT), 0.0, 1.0))


def while_sold(values: np.ndarray, season: int) -> np.ndarray:
    """S x T values, unknown after the last sale of what has not been sold for a half year."""
    sold = np.nan_to_num(values) > 0
    later = np.flip(np.maximum.accumulate(np.flip(sold, axis=1), axis=1), axis=1)
    ended = ~sold[:, -max(1, season // 2) :].any(axis=1)
    return np.where(ended[:, None] & ~later, np.nan, values)


def quarter_cycle(values: np.ndarray, season: int, codes: np.ndarray) -> np.ndarray:
    """S x season: cycle within the quarter that is left in the groups of S x T values without their year's season.

    A cycle of three months shows in one year of history, when the year's season does not show yet. It is drawn
    towards none as far as it is noise.
    """
    length = season // QUARTERS
    if season % QUARTERS or length < 2:
        return np.ones((len(values), season))
    ratios = by_cycle(_group_ratios(values, moving_average(values, length), codes), length)
    return np.asarray(np.tile(shrunk_indices(ratios, np.ones((len(ratios), length)), fading=1.0), QUARTERS)[codes])


def _group_ratios(values: np.ndarray, level: np.ndarray, codes: np.ndarray) -> np.ndarray:
    """Groups x T: sum of the values over sum of their levels, of series for which both are known."""
    both = ~np.isnan(values) & ~np.isnan(level)
    value, around = (_group_sum(np.where(both, numbers, 0.0), codes) for numbers in (values, level))
    return _quotient(value, around)


def _group_mean(profile: np.ndarray, codes: np.ndarray) -> np.ndarray:
    """Groups x season: mean profile of the groups' series."""
    count = _group_sum(np.ones((len(profile), 1)), codes)
    return np.asarray(_group_sum(profile, codes) / np.maximum(count, 1))


def _group_sum(rows: np.ndarray, codes: np.ndarray) -> np.ndarray:
    """Groups x N: sums of S x N rows by their group numbers."""
    groups = int(codes.max(initial=-1)) + 1
    if groups == len(rows) and np.array_equal(codes, np.arange(groups)):
        return rows
    order = np.argsort(codes, kind="stable")
    present, first = np.unique(codes[order], return_index=True)
    total = np.zeros((groups, rows.shape[1]))
    total[present] = np.add.reduceat(rows[order], first, axis=0) if len(codes) else 0.0
    return total


def _quotient(values: np.ndarray, level: np.ndarray) -> np.ndarray:
    """Values over their level; NaN where that is not above 0 or not known."""
    with np.errstate(divide="ignore", invalid="ignore", over="ignore"):
        ratio = np.where(level > 0, values / level, np.nan)
    return np.where(np.isfinite(ratio), ratio, np.nan)


def _centred(indices: np.ndarray) -> np.ndarray:
    """Indices with mean 1, none below LEAST_INDEX before that; neutral where unknown or without a mean."""
    known = ~np.isnan(indices)
    mean = row_mean(indices)[:, None]
    scaled = np.where(known & (mean > 0), indices / np.where(mean > 0, mean, 1.0), 1.0)
    kept = np.maximum(scaled, LEAST_INDEX)
    return np.asarray(kept / kept.mean(axis=1, keepdims=True))
