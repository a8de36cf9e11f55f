"""The effects of all signals on all series that have any, and which of them are sure enough to plan with."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
import pandas as pd

from sopxl.steps.demand.forecasting.seasons import pooled_profile
from sopxl.steps.demand.history import History
from sopxl.steps.demand.influences.pooling import Effects, pool
from sopxl.steps.demand.influences.regression import Fit, fit
from sopxl.steps.demand.influences.signals import OTHERS, Signal
from sopxl.steps.demand.influences.trial import error_saved, forecast_error_saved

CERTAIN = 0.975
FAIRLY_CERTAIN = 0.9
SMALLEST_SAVED = 1e-6
CLEARLY_SAVED = 0.01
"""Share of the forecast error that a lasting driver must take away from every origin: chance takes away less."""
LARGEST_ANSWER = float(np.log(10.0))
"""No signal moves demand by more than a factor of ten, whatever it was in the past."""


@dataclass(frozen=True)
class Model:
    """Signals of R series (strength R x (T + H) each) and their effects R x K, with which of them are used.

    ``certainty``: probability that an effect has the sign that it shows. ``saved``: K, share of the error that the
    signal takes away in a trial on the past (0: could not be tried). ``base``: R x T demand without the signals.
    """

    signals: list[Signal]
    effects: Effects
    certainty: np.ndarray
    saved: np.ndarray
    used: np.ndarray
    base: np.ndarray

    def parts(self) -> np.ndarray:
        """K x R x (T + H): logarithm by which each used signal moves demand; their sum keeps to LARGEST_ANSWER."""
        parts = np.stack([signal.strength * np.where(self.used[:, place], self.effects.mean[:, place], 0.0)[:, None]
                          for place, signal in enumerate(self.signals)])
        total = np.abs(parts.sum(axis=0))
        return np.asarray(parts * np.where(total > LARGEST_ANSWER, LARGEST_ANSWER / np.maximum(total, 1e-9), 1.0))


def estimate(history: History, rows: np.ndarray, signals: list[Signal]) -> Model:
    """The effects of the signals (strength R x (T + H)) on these rows of the history.

    Where promotions leave other items of a family and market alone, what they take from these is estimated too.
    """
    evidence = _Evidence.of(history, rows, signals, _profile(history, rows, signals))
    fitted = evidence.fit()
    others = promoted_others(history, rows, signals, evidence.pool(fitted), fitted.base)
    if others is not None:
        signals = [*signals, others]
        evidence = _Evidence.of(history, rows, signals, evidence.profile)
        fitted = evidence.fit()
    return _model(signals, evidence, fitted)


@dataclass(frozen=True)
class _Evidence:
    """What effects are fitted and tried on: demand and seasonal profile R x T, strengths R x T x K, and what is known
    of the rows (``families``) and of the signals (``widest``, ``elastic``) beforehand.
    """

    demand: np.ndarray
    profile: np.ndarray
    season: int
    strength: np.ndarray
    families: np.ndarray
    widest: np.ndarray
    elastic: np.ndarray

    @classmethod
    def of(cls, history: History, rows: np.ndarray, signals: list[Signal], profile: np.ndarray) -> _Evidence:
        """What these rows say of these signals."""
        demand = history.quantity[rows]
        return cls(
            demand, profile, history.season,
            np.stack([one.strength[:, : demand.shape[1]] * (not one.seasonal) for one in signals], axis=2),
            history.series["family"].iloc[rows].astype("category").cat.codes.to_numpy(int),
            np.array([signal.widest for signal in signals]), np.array([signal.is_elasticity for signal in signals]),
        )

    def fit(self) -> Fit:
        """Each series by itself."""
        return fit(self.demand, self.profile, self.season, self.strength, self.widest)

    def pool(self, fitted: Fit) -> Effects:
        """Each series with its family and all others."""
        return pool(fitted, self.families, self.widest, self.elastic)

    def saved(self, lasting: np.ndarray) -> np.ndarray:
        """K: share of the error that each signal takes away, by the trial for what lasts or for what comes and goes."""
        result = np.zeros(len(lasting))
        for which, trial in ((~lasting, error_saved), (lasting, forecast_error_saved)):
            if which.any():
                result[which] = trial(self.demand, self.profile, self.season, self.strength, self.families, self.widest,
                                      self.elastic)[which]
        return result


def promoted_others(
    history: History, rows: np.ndarray, signals: list[Signal], effects: Effects, base: np.ndarray
) -> Signal | None:
    """Units that promotions bring to other items of the same family and market, per unit of demand of the items left.

    None where no promotion leaves an item alone. The effect of this signal is minus the share that is taken away.
    """
    promotions = [place for place, one in enumerate(signals) if one.nature in ("promotion", "cut")]
    if not promotions:
        return None
    lift = sum(signals[place].strength * effects.mean[:, place, None] for place in promotions)
    promoted = np.any([signals[place].strength != 0 for place in promotions], axis=0)
    demand = pd.DataFrame(history.quantity[rows]).ffill(axis=1).to_numpy(float)
    level = np.nan_to_num(np.broadcast_to(history.mean_demand[rows][:, None], promoted.shape)).copy()
    level[:, : base.shape[1]] = np.where(np.isnan(demand), 0.0, base)
    brought = np.where(promoted, level * np.expm1(np.clip(lift, 0.0, LARGEST_ANSWER)), 0.0)
    left = np.where(promoted, 0.0, level)
    codes = groups(history, rows)
    brought, left = (_sum(values, codes)[codes] for values in (brought, left))
    values = np.where(promoted | (left <= 0), 0.0, np.minimum(brought / np.where(left > 0, left, 1.0), 1.0))
    return Signal(OTHERS, "others", values) if values.any() else None


def units_of(model: Model, base: np.ndarray, group: np.ndarray) -> np.ndarray:
    """Units that each used driver adds to ``base`` (R x (T + H)), K x R x (T + H); ``group``: R, family and market.

    Their sum is exactly what all of them add together (logarithmic mean decomposition, Ang, Energy Policy 32 (2004)
    1131-1139), but that promotions take no more from other items of their group than they bring.
    """
    parts = model.parts()
    total = parts.sum(axis=0)
    small = np.abs(total) < 1e-9
    units = np.asarray(parts * np.where(small, 1.0, np.expm1(total) / np.where(small, 1.0, total)) * base)
    natures = np.array([signal.nature for signal in model.signals])
    others = np.flatnonzero(natures == "others")
    if len(others):
        brought = np.maximum(units[np.isin(natures, ("promotion", "cut", "depth"))].sum(axis=0), 0.0)
        lost = _sum(-units[others[0]], group)
        allowed = np.minimum(_sum(brought, group) / np.where(lost > 0, lost, 1.0), 1.0)
        units[others[0]] *= np.where(lost > 0, allowed, 1.0)[group]
    return units


def groups(history: History, rows: np.ndarray) -> np.ndarray:
    """Numbers of the family and market of each row: among these a promotion takes from its like."""
    return np.asarray(history.series.iloc[rows].groupby(["family", "market"], sort=False).ngroup().to_numpy(int))


def _sum(values: np.ndarray, codes: np.ndarray) -> np.ndarray:
    """Sums of the rows of each group."""
    result = np.zeros((int(codes.max(initial=-1)) + 1, values.shape[1]))
    np.add.at(result, codes, values)
    return result


def _model(signals: list[Signal], evidence: _Evidence, fitted: Fit) -> Model:
    """Pool, try, and choose which effects are used."""
    effects = _as_the_price(signals, evidence.pool(fitted))
    saved = evidence.saved(np.array([signal.is_lasting for signal in signals]))
    saved = _as_the_price(signals, Effects(saved[None], saved[None])).mean[0]
    below = effects.below_zero()
    certainty = np.maximum(below, 1.0 - below)
    used = _used(signals, effects, certainty, saved)
    limited = np.where([one.nature == "others" for one in signals], np.maximum(effects.mean, -1.0), effects.mean)
    return Model(signals, replace(effects, mean=limited), certainty, saved, used, fitted.base)


def _as_the_price(signals: list[Signal], effects: Effects) -> Effects:
    """Discounts of kinds that have never been work as the price does."""
    natures = [signal.nature for signal in signals]
    if "price" in natures and "cut" in natures:
        price = natures.index("price")
        cut = np.array(natures) == "cut"
        return Effects(np.where(cut, effects.mean[:, [price]], effects.mean),
                       np.where(cut, effects.deviation[:, [price]], effects.deviation))
    return effects


def _used(signals: list[Signal], effects: Effects, certainty: np.ndarray, saved: np.ndarray) -> np.ndarray:
    """R x K: effects that are fairly certain and helped in their trial, and of a sign that can be.

    What comes and goes must have been tried: on a single occasion it cannot be told from what else happened then. What
    lasts may, where history is too short to try it, be certain instead. More is not sold because the price is higher
    or other items are promoted, nor less because there are more working days. What comes in the same periods every
    year is the season's.
    """
    lasting = np.array([signal.is_lasting for signal in signals])
    helped = saved >= np.where(lasting, CLEARLY_SAVED, SMALLEST_SAVED)
    sure = ((certainty >= FAIRLY_CERTAIN) & helped) | ((certainty >= CERTAIN) & lasting & (saved == 0))
    falling = np.array([signal.nature in ("price", "cut", "others") for signal in signals])
    rising = np.array([signal.nature == "working days" for signal in signals])
    absurd = (falling & (effects.mean > 0)) | (rising & (effects.mean < 0))
    seasonal = np.array([signal.seasonal for signal in signals])
    return _with_their_promotion(signals, sure & ~seasonal & ~absurd)


def _with_their_promotion(signals: list[Signal], used: np.ndarray) -> np.ndarray:
    """R x K: dips, depths and what is taken from others count only where the promotions that cause them do."""
    names = [signal.name for signal in signals]
    promotions = [place for place, signal in enumerate(signals) if signal.nature in ("promotion", "cut")]
    result = used.copy()
    for place, signal in enumerate(signals):
        if signal.nature in ("after", "depth"):
            result[:, place] &= used[:, names.index(signal.name.split(": ", 1)[1])]
        if signal.nature == "others":
            result[:, place] &= bool(used[:, promotions].any())
    return result


def _profile(history: History, rows: np.ndarray, signals: list[Signal]) -> np.ndarray:
    """Seasonal index of the rows, R x T, from a history in which a line replaces what promotions moved."""
    values = history.quantity[rows]
    count = values.shape[1]
    if not count:
        return np.ones(values.shape)
    moved = np.zeros(values.shape, dtype=bool)
    for signal in signals:
        if signal.nature in ("promotion", "after"):
            moved |= signal.strength[:, :count] != 0
    calm = pd.DataFrame(np.where(moved, np.nan, values)).interpolate(axis=1, limit_direction="both").to_numpy(float)
    values = np.where(moved & ~np.isnan(values), calm, values)
    codes = [np.unique(level[rows], return_inverse=True)[1] for level in history.groups()]
    profile = pooled_profile(values, history.season, codes)
    return np.asarray(profile[:, np.arange(count) % history.season])


