"""Seasonal indices: of each series by classical decomposition, and pooled over families where history is short."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from sopxl.steps.demand.forecasting.panel import line_fit

LEAST_INDEX = 0.02
COVERAGE = 0.7
QUARTERS = 4
DOUBT = 1.5


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
    count = values.shape[1]
    total = np.zeros(values.shape)
    covered = np.zeros(values.shape)
    for lag, weight in enumerate(weights):
        total += weight * filled[:, lag : lag + count]
        covered += weight * known[:, lag : lag + count]
    inside = (~np.isnan(padded[:, :count])) & (~np.isnan(padded[:, 2 * half : 2 * half + count]))
    enough = (covered >= COVERAGE * weights.sum()) & inside
    return np.where(enough, total / np.where(covered > 0, covered, 1.0), np.nan)


def _roughness(indices: np.ndarray) -> np.ndarray:
    """S: variance of the noise in one year of indices, by their second differences (a season is smooth).

    Source: von Neumann, Kent, Bellinson, Hart, Annals of Mathematical Statistics 12 (1941) 153-162, at order two.
    """
    bend = np.roll(indices, 1, axis=1) - 2 * indices + np.roll(indices, -1, axis=1)
    return np.asarray((bend**2).mean(axis=1) / 6)


def by_cycle(values: np.ndarray, season: int) -> np.ndarray:
    """S x cycles x season from S x T, the last cycle filled up with NaN."""
    cycles = -(-values.shape[1] // season)
    padded = np.pad(values, ((0, 0), (0, cycles * season - values.shape[1])), constant_values=np.nan)
    return np.asarray(padded.reshape(len(values), cycles, season))


def seasonal_indices(values: np.ndarray, season: int, multiplicative: bool = True) -> np.ndarray:
    """S x season: classical seasonal indices by phase, with mean 1 (multiplicative) or 0; neutral where unknown."""
    trend = moving_average(values, season)
    away = _quotient(values, trend) if multiplicative else values - trend
    mean, _, known = _phase_means(by_cycle(away, season))
    return _centred(mean, known > 0, multiplicative)


def shrunk_indices(ratios: np.ndarray, parent: np.ndarray) -> np.ndarray:
    """S x season: multiplicative indices, drawn towards ``parent`` (S x season) as far as they are noise.

    ``ratios``: S x cycles x season, value over moving average. The share of a series' own indices is
    1 - DOUBT * noise / variance between phases, at least 0; the noise is what the scatter within phases (over one
    year only: their roughness) explains (James and Stein 1961; Miller and Williams, International Journal of
    Forecasting 19 (2003) 669-684, for seasonal indices; DOUBT was set on public series and the demo company).
    """
    mean, within, known = _phase_means(ratios)
    usable = known > 0
    phases = np.maximum(usable.sum(axis=1), 1)
    away = np.where(usable, mean - parent, 0.0)
    between = (away**2).sum(axis=1) / phases
    cycles = np.where(usable, known, 0).sum(axis=1) / phases
    free = np.maximum(known - 1, 0).sum(axis=1)
    scatter = np.where(free > 0, within.sum(axis=1) / np.maximum(free, 1), between)
    one_year = (free == 0) & usable.all(axis=1)
    noise = np.where(one_year, _roughness(mean), scatter / np.maximum(cycles, 1))
    believed = DOUBT * noise < between
    share = np.where(believed, 1 - DOUBT * noise / np.where(believed, between, 1.0), 0.0)
    mixed = np.where(usable, share[:, None] * mean + (1 - share[:, None]) * parent, parent)
    return _centred(mixed, np.ones_like(usable), multiplicative=True)


def pooled_profile(values: np.ndarray, season: int, groups: Sequence[np.ndarray]) -> np.ndarray:
    """S x season: seasonal profile of each series, drawn towards its groups'.

    ``groups``: group numbers of the series (each S), the coarsest first. Each group's profile is drawn towards the
    group's above; last comes the series itself. A group is compared like for like: in each period only series that
    were sold a half year before and after count, so that launches and ends are not taken for season.
    """
    values = while_sold(values, season)
    trend = moving_average(values, season)
    if season <= values.shape[1] < 2 * season:
        trend = np.where(np.isnan(trend), last_year_line(values, season), trend)
    phases = np.arange(values.shape[1]) % season
    profile = np.ones((len(values), season))
    for codes in (*groups, np.arange(len(values))):
        year = shrunk_indices(by_cycle(_group_ratios(values, trend, codes), season), _group_mean(profile, codes))[codes]
        profile = year * quarter_cycle(values / year[:, phases], season, codes)
        profile = profile / profile.mean(axis=1, keepdims=True)
    return profile


def last_year_line(values: np.ndarray, season: int) -> np.ndarray:
    """S x T: line through the last year of each series that was sold through all of it; NaN elsewhere.

    It stands in for the moving average while the plan has less than two years of history.
    """
    recent = values[:, -season:]
    whole = (~np.isnan(recent)).all(axis=1) & (np.nan_to_num(recent[:, :1]) > 0).any(axis=1)
    at_start, slope = line_fit(recent)
    line = np.full(values.shape, np.nan)
    line[:, -season:] = np.where(whole[:, None], at_start[:, None] + slope[:, None] * np.arange(season), np.nan)
    return line


def while_sold(values: np.ndarray, season: int) -> np.ndarray:
    """S x T values, unknown after the last sale of what has not been sold for a half year."""
    sold = np.nan_to_num(values) > 0
    later = np.flip(np.maximum.accumulate(np.flip(sold, axis=1), axis=1), axis=1)
    ended = ~sold[:, -(season // 2) :].any(axis=1)
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
    return np.asarray(np.tile(shrunk_indices(ratios, np.ones((len(ratios), length))), QUARTERS)[codes])


def _group_ratios(values: np.ndarray, trend: np.ndarray, codes: np.ndarray) -> np.ndarray:
    """Groups x T: sum of the values over sum of their moving averages, of series for which both are known."""
    both = ~np.isnan(values) & ~np.isnan(trend)
    totals = np.zeros((2, int(codes.max()) + 1 if len(codes) else 0, values.shape[1]))
    np.add.at(totals[0], codes, np.where(both, values, 0.0))
    np.add.at(totals[1], codes, np.where(both, trend, 0.0))
    return _quotient(totals[0], totals[1])


def _group_mean(profile: np.ndarray, codes: np.ndarray) -> np.ndarray:
    """Groups x season: mean profile of the groups' series."""
    total = np.zeros((int(codes.max()) + 1 if len(codes) else 0, profile.shape[1]))
    np.add.at(total, codes, profile)
    return np.asarray(total / np.maximum(np.bincount(codes, minlength=len(total)), 1)[:, None])


def _quotient(values: np.ndarray, trend: np.ndarray) -> np.ndarray:
    """Values over their trend; NaN where that is not above 0 or not known."""
    with np.errstate(divide="ignore", invalid="ignore", over="ignore"):
        ratio = np.where(trend > 0, values / trend, np.nan)
    return np.where(np.isfinite(ratio), ratio, np.nan)


def _phase_means(ratios: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """By phase: mean, sum of squares around it, and number of known ratios; each S x season."""
    usable = ~np.isnan(ratios)
    known = usable.sum(axis=1)
    filled = np.where(usable, ratios, 0.0)
    mean = filled.sum(axis=1) / np.maximum(known, 1)
    within = (np.where(usable, ratios - mean[:, None, :], 0.0) ** 2).sum(axis=1)
    return mean, within, known


def _centred(indices: np.ndarray, known: np.ndarray, multiplicative: bool) -> np.ndarray:
    """Indices with mean 1 (none below LEAST_INDEX) or mean 0; neutral where unknown."""
    neutral = 1.0 if multiplicative else 0.0
    count = np.maximum(known.sum(axis=1, keepdims=True), 1)
    centre = np.where(known, indices, 0.0).sum(axis=1, keepdims=True) / count
    if not multiplicative:
        return np.where(known, indices - centre, neutral)
    scaled = np.where(known & (centre > 0), indices / np.where(centre > 0, centre, 1.0), neutral)
    return np.maximum(scaled, LEAST_INDEX)
