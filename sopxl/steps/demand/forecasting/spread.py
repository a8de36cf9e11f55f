"""How far demand strays from its forecast: the spread of the errors by series and period ahead, from the backtest.

The errors of a series are few, so its own spread is drawn to that of its kind; the pool also says how fast errors
grow with the periods ahead, beyond those that were tested, and how alike the errors of one origin are. The share
constants were set on the public monthly sets (M1, tourism, hospital, stallion) and hold with each of them left out.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from sopxl.steps.demand.forecasting.panel import row_mean

OWN_POINTS = 24.0
"""Tested points at which a series' own spread counts as much as that of its kind."""
FEW_SERIES = 5.0
"""Series at which the pool's spread counts as much as TYPICAL_STRETCH."""
TYPICAL_STRETCH = 0.92
TYPICAL_GROWTH, GREATEST_GROWTH = 0.2, 0.6
TYPICAL_LEVEL_SHARE = np.log(0.2)
"""Log of the spread over the level, where no backtest says more."""
NEW_ITEM_SHARE = 0.5
"""Spread of an item without history, as a share of its forecast."""
UNSEEN = 1.5
"""Correlation of the errors of later periods over that in the backtest."""
TYPICAL_NEAR, TYPICAL_FAR = 0.45, 0.25
"""Usual correlation of the errors of neighbouring and of distant periods; a third of what is reckoned with."""
LARGEST_ERROR = 4.0
SMALL = 1e-9


@dataclass(frozen=True)
class Tested:
    """A backtest: ``actual`` and ``forecast`` S x P (NaN: no point), ``ahead`` and ``origin`` of the P columns."""

    actual: np.ndarray
    forecast: np.ndarray
    ahead: np.ndarray
    origin: np.ndarray

    @property
    def error(self) -> np.ndarray:
        """S x P: demand minus forecast."""
        return np.asarray(self.actual - self.forecast)

    def rows(self, mask: np.ndarray) -> Tested:
        """The series of the mask only."""
        return Tested(self.actual[mask], self.forecast[mask], self.ahead, self.origin)


@dataclass(frozen=True)
class Likeness:
    """Correlation of the errors of one origin: ``lasting`` + (1 - lasting) x ``fading`` ** (periods between)."""

    lasting: float
    fading: float

    def matrix(self, periods: int) -> np.ndarray:
        """periods x periods correlations; positive definite."""
        between = np.abs(np.subtract.outer(np.arange(periods), np.arange(periods)))
        return np.asarray(self.lasting + (1 - self.lasting) * self.fading**between)


def steady_spread(forecast: np.ndarray, values: np.ndarray, season: int, tested: Tested) -> np.ndarray:
    """S x H: scale of the errors' Student distribution for series that sell in most periods, in units.

    ``forecast`` S x H, ``values`` the history S x T; all of a size near 1 (squares must not overflow). What is
    forecast to sell nothing any more is taken at its word.
    """
    if not forecast.size:
        return np.zeros(forecast.shape)
    growth = error_growth(values, season, tested)
    error = tested.error / np.maximum(tested.ahead, 1) ** growth
    base = _log_base(forecast, values, season)
    spread = np.exp(_drawn_log_spread(error, base))
    spread *= _stretch(error, base, tested.origin)
    new = np.isnan(values).all(axis=1)
    spread = np.where(new, np.maximum(spread, NEW_ITEM_SHARE * forecast.mean(axis=1)), spread)
    steps = np.arange(1, forecast.shape[1] + 1) ** growth
    ended = (forecast == 0).all(axis=1)
    return np.where(ended, 0.0, spread)[:, None] * steps


def error_growth(values: np.ndarray, season: int, tested: Tested) -> float:
    """Power of the periods ahead with which errors grow: 0 for a stable level, 0.5 for a random walk.

    Mean of the growth in the backtest, which is too short and too kind, and of the growth of the yearly change from
    one year to two, which is not the chosen method's.
    """
    found = [growth for growth in (_tested_growth(tested), _yearly_growth(values, season)) if growth is not None]
    return float(np.clip(np.mean(found), 0.0, GREATEST_GROWTH)) if found else TYPICAL_GROWTH


def likeness(tested: Tested) -> Likeness:
    """How alike the errors of one origin are, by the periods between them, pooled over the series.

    A method is chosen for having been right on the whole, so the backtest hides most of what errors share: UNSEEN.
    """
    size = _root_mean_square(tested.error)
    usable = np.nan_to_num(size) > 0
    error = tested.error[usable] / size[usable, None]
    scaled = np.clip(np.nan_to_num(error), -LARGEST_ERROR, LARGEST_ERROR)
    known = (~np.isnan(error)).astype(float)
    square = (scaled**2).sum() / max(known.sum(), 1.0)
    between = np.abs(tested.ahead[:, None] - tested.ahead[None])
    between = np.where(tested.origin[:, None] == tested.origin[None], between, 0)
    lags = max(int(between.max(initial=0)), 1)
    product, count = (np.bincount(between.ravel(), part.ravel(), lags + 1)[1:]
                      for part in (scaled.T @ scaled, known.T @ known))
    far = slice(lags // 2, None)
    near = _correlation(product[0], count[0] * square, TYPICAL_NEAR)
    lasting = min(_correlation(product[far].sum(), count[far].sum() * square, TYPICAL_FAR), near)
    return Likeness(lasting, (near - lasting) / (1 - lasting))


def _correlation(product: float, square: float, typical: float) -> float:
    """Correlation to be expected from the sums of products and of squares in the backtest."""
    found = UNSEEN * product / square if square > 0 else typical
    return float(np.clip((2 * found + typical) / 3, 0.0, 0.95))


def student_quantile(level: np.ndarray) -> np.ndarray:
    """Quantiles of Student's t with five degrees of freedom.

    The scaled errors of all the public sets have its shape. Its distribution function in closed form: Abramowitz and
    Stegun, Handbook of Mathematical Functions (1972), 26.7.3.
    """
    angle = np.concatenate([np.linspace(0, 1.5, 3000), np.pi / 2 - np.geomspace(0.07, 1e-4, 1000)])
    below = 0.5 + (angle + np.sin(angle) * np.cos(angle) * (1 + 2 / 3 * np.cos(angle) ** 2)) / np.pi
    upper = np.interp(np.maximum(level, 1 - level), below, np.sqrt(5) * np.tan(angle))
    return np.asarray(np.where(level < 0.5, -upper, upper))


def _tested_growth(tested: Tested) -> float | None:
    """Slope, within series, of the log absolute error over the log of the periods ahead; None without points."""
    error = np.abs(tested.error)
    known = ~np.isnan(error)
    size = _root_mean_square(error)
    known &= (size > 0)[:, None]
    if not known.any():
        return None
    log_error = np.log(np.where(known, error, 1.0) + 0.001 * np.where(size > 0, size, 1.0)[:, None])
    log_ahead = np.broadcast_to(np.log(np.maximum(tested.ahead, 1)), error.shape)
    count = np.maximum(known.sum(axis=1), 1)[:, None]
    away = np.where(known, log_ahead - (log_ahead * known).sum(axis=1, keepdims=True) / count, 0.0)
    total = (away**2).sum()
    return float((away * np.where(known, log_error, 0.0)).sum() / total) if total > 0 else None


def _yearly_growth(values: np.ndarray, season: int) -> float | None:
    """Mean power by which the change over two years is larger than over one; between 0 and 0.5; None if unknown."""
    one, two = _change(values, season), _change(values, 2 * season)
    known = np.nan_to_num(np.minimum(one, two)) > 0
    return float(np.clip(np.log2(two[known] / one[known]).mean(), 0.0, 0.5)) if known.any() else None


def _log_base(forecast: np.ndarray, values: np.ndarray, season: int) -> np.ndarray:
    """S: what the spread is measured by before there is a backtest: log of root (change from year to year x level).

    Where a year's change is not known, the change from period to period; where neither is, the level alone.
    """
    recent = values[:, -2 * season :]
    level = np.where(np.isnan(recent).all(axis=1), forecast.mean(axis=1), _row_mean(np.abs(recent)))
    level = np.maximum(level, SMALL)
    change = _change(values, season)
    change = np.where(np.isnan(change), _change(values, 1), change)
    usable = np.nan_to_num(change) > 0
    log_change = np.log(np.where(usable, change, 1.0))
    typical = float(np.median((log_change - np.log(level))[usable])) if usable.any() else 0.0
    return np.asarray(np.log(level) + 0.5 * np.where(usable, log_change - np.log(level), typical))


def _drawn_log_spread(error: np.ndarray, base: np.ndarray) -> np.ndarray:
    """S: log of each series' root mean squared error, drawn to what its base says in this panel."""
    points = (~np.isnan(error)).sum(axis=1)
    own = np.log(np.maximum(np.nan_to_num(_root_mean_square(error)), SMALL * np.exp(base)))
    usable = (points > 0) & (own > base + np.log(SMALL))
    ratio = float(np.median((own - base)[usable])) if usable.any() else TYPICAL_LEVEL_SHARE
    weight = np.where(points > 0, points / (points + OWN_POINTS), 0.0)
    return np.asarray(weight * own + (1 - weight) * (base + ratio))


def _stretch(error: np.ndarray, base: np.ndarray, origin: np.ndarray) -> float:
    """Scale of the Student distribution that holds 80 % of the errors over a spread that did not see them.

    Each origin's errors are measured by the spread that the other origins give.
    """
    parts = [np.abs(error[:, origin == one]) / np.exp(_drawn_log_spread(error[:, origin != one], base))[:, None]
             for one in np.unique(origin)]
    pooled = np.concatenate(parts, axis=1) if parts else np.zeros((len(base), 0))
    pooled = pooled[~np.isnan(pooled)]
    if not len(pooled):
        return TYPICAL_STRETCH
    found = float(np.quantile(pooled, 0.8) / student_quantile(np.array(0.9)))
    weight = len(base) / (len(base) + FEW_SERIES)
    return float(np.exp(weight * np.log(max(found, 0.1)) + (1 - weight) * np.log(TYPICAL_STRETCH)))


def _change(values: np.ndarray, lag: int) -> np.ndarray:
    """S: root mean squared change over ``lag`` periods; NaN where unknown."""
    if values.shape[1] <= lag:
        return np.full(len(values), np.nan)
    return _root_mean_square(values[:, lag:] - values[:, :-lag])


def _root_mean_square(values: np.ndarray) -> np.ndarray:
    """S: root of the mean square of the known values; NaN where none is known."""
    return np.asarray(np.sqrt(_row_mean(values**2)))


def _row_mean(values: np.ndarray) -> np.ndarray:
    """S: mean of the known values; NaN where none is known."""
    return np.asarray(np.where((~np.isnan(values)).any(axis=1), row_mean(values), np.nan))
