"""Cleansing of the sales history: proposals for planners to accept, change or refuse, and the history that follows.

What is proposed is found in :mod:`sopxl.steps.demand.suspicions`; here it becomes rows of ``history_corrections`` and
their decisions become quantities. A new reason needs its detector there and its sentence in SENTENCES here.
"""

from __future__ import annotations

import calendar
from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np
import pandas as pd

from sopxl.periods import Periods
from sopxl.prices import positions_of, price_matrix
from sopxl.schema import Tables, conform, counted
from sopxl.settings import Settings
from sopxl.steps.demand.history import History, history_labels, rows_of_pairs
from sopxl.steps.demand.suspicions import DETECTORS, Usual, usual_demand
from sopxl.steps.demand.tables import HISTORY_CORRECTIONS

MOST_PROPOSALS = 500
"""Undecided proposals that are shown; the others wait until these are decided."""
DECIMALS = 2
CAUGHT_UP = 2.0
BY_HAND = "by hand"
CELL = ["item", "market", "period"]


def propose_corrections(
    history: History, tables: Tables, settings: Settings, explained: np.ndarray | None = None
) -> pd.DataFrame:
    """Rows of ``history_corrections``, the dearest first.

    ``history``: as sold. ``explained``: S x T periods that promotions or drivers explain, in which nothing is
    proposed. A row that carries a decision or an own value stays while its period is in the history, also when it
    would no longer be proposed; of the others the MOST_PROPOSALS dearest are shown, and the last of them says how many
    are not. Raises PlanError where a price is in a currency without a rate.
    """
    existing = tables["history_corrections"]
    position = positions_of(existing["period"], settings)
    decided = existing[_is_decided(existing) & (position < 0) & (position >= -history.quantity.shape[1])]
    if not history.quantity.size:
        return conform(HISTORY_CORRECTIONS, decided)
    found = _find(history, settings, explained)
    price = price_matrix(tables, settings, history.series[["item", "market"]]).mean(axis=1)
    settled = pd.MultiIndex.from_frame(found.rows[CELL]).isin(pd.MultiIndex.from_frame(decided[CELL]))
    undecided = conform(HISTORY_CORRECTIONS, found.rows[~settled])
    rows = pd.concat([
        _valued(_as_found_now(decided, found), history, settings, price),
        _dearest(_valued(undecided, history, settings, price), found),
    ])
    return conform(HISTORY_CORRECTIONS, rows.sort_values("money", ascending=False, kind="stable", na_position="last"))


def with_corrections(history: History, corrections: pd.DataFrame, settings: Settings) -> History:
    """The history with ``quantity`` replaced where a correction is in force; ``sold`` stays as it was.

    ``corrections``: rows of ``history_corrections``. An own value counts before the decision; an accepted proposal
    is used, a refused one is not, an undecided one as the setting ``corrections`` says. Rows of other series or
    periods change nothing; of two rows for one period the first counts.
    """
    used = _used(corrections, settings)
    rows, columns = _place(history, corrections, settings)
    last_to_first = np.flatnonzero((rows >= 0) & (columns >= 0) & ~np.isnan(used))[::-1]
    quantity = history.quantity.copy()
    quantity[rows[last_to_first], columns[last_to_first]] = used[last_to_first]
    return replace(history, quantity=quantity)


def _is_decided(corrections: pd.DataFrame) -> np.ndarray:
    """Which rows a planner has answered."""
    return np.asarray((corrections["decision"] != "") | corrections["own_value"].notna(), dtype=bool)


def _used(corrections: pd.DataFrame, settings: Settings) -> np.ndarray:
    """Units that each row puts in the place of what was sold; NaN where it changes nothing."""
    decision = corrections["decision"].to_numpy(dtype="object")
    accepted = (decision == "accept") | ((decision != "refuse") & (settings.corrections == "unless refused"))
    own = corrections["own_value"].to_numpy(float)
    return np.where(np.isnan(own), np.where(accepted, corrections["proposed"].to_numpy(float), np.nan), own)


def _place(history: History, rows: pd.DataFrame, settings: Settings) -> tuple[np.ndarray, np.ndarray]:
    """Row and column of the history for each correction; -1 where it has none."""
    total = history.quantity.shape[1]
    column = positions_of(rows["period"], settings) + total
    inside = (column >= 0) & (column < total)
    row = rows_of_pairs(history.series, rows[["item", "market"]])
    return row, np.where(inside, column, -1).astype(int)


def _valued(rows: pd.DataFrame, history: History, settings: Settings, price: np.ndarray) -> pd.DataFrame:
    """The rows with what was sold, what is used, and the difference in money; ``price``: S."""
    row, column = _place(history, rows, settings)
    known = (row >= 0) & (column >= 0)
    sold = np.where(known, history.sold[np.maximum(row, 0), np.maximum(column, 0)], rows["sold"].to_numpy(float))
    used = _used(rows, settings)
    own = rows["own_value"].to_numpy(float)
    wanted = np.where(np.isnan(own), rows["proposed"].to_numpy(float), own)
    money = np.abs(wanted - np.nan_to_num(sold)) * np.where(known, price[np.maximum(row, 0)], np.nan)
    return rows.assign(sold=sold, used=np.where(np.isnan(used), sold, used), money=money)


def _as_found_now(decided: pd.DataFrame, found: _Found) -> pd.DataFrame:
    """Decided rows, with today's proposal where the same is still proposed; what planners added says so."""
    now = found.rows.reset_index().set_index([*CELL, "reason"])[["index", "proposed"]]
    fresh = now.reindex(pd.MultiIndex.from_frame(decided[[*CELL, "reason"]]))
    still = fresh["proposed"].notna().to_numpy()
    added = (decided["reason"] == "").to_numpy()
    explanation = np.where(added & (decided["explanation"] == ""), "Entered by hand.", decided["explanation"])
    explanation[still] = found.sentences(fresh.loc[still, "index"].to_numpy(int))
    return decided.assign(
        reason=np.where(added, BY_HAND, decided["reason"]),
        proposed=np.where(still, fresh["proposed"], decided["proposed"]).astype(float),
        explanation=explanation,
    )


def _dearest(proposals: pd.DataFrame, found: _Found) -> pd.DataFrame:
    """The dearest proposals with their sentences; the last of them says how many more there are."""
    shown = proposals.sort_values("money", ascending=False, kind="stable").head(MOST_PROPOSALS)
    sentences = found.sentences(shown.index.to_numpy(int))
    more = len(proposals) - len(shown)
    if more:
        sentences[-1] += f" {counted(more, 'more proposal')} of less money will be shown when these are decided."
    return shown.assign(explanation=sentences)


@dataclass(frozen=True)
class _Proposal:
    """One proposal while its sentence is made."""

    usual: Usual
    row: int
    column: int
    periods: Periods
    proposed: float

    @property
    def sold(self) -> str:
        """What was sold, as planners read it."""
        return _units(self.usual.sold[self.row, self.column])

    @property
    def about(self) -> str:
        """What it would have been, as planners read it."""
        return _units(self.proposed)

    @property
    def season(self) -> str:
        """The time of the year: June, week 23, quarter 2."""
        text = self.periods.labels[self.column]
        number = int(text[-2:].lstrip("Q"))
        return calendar.month_name[number] if self.periods.bucket == "month" else f"{self.periods.bucket} {number}"


def _outlier(proposal: _Proposal) -> str:
    if not proposal.usual.steady[proposal.row]:
        return f"Sold {proposal.sold} at once, where a sale is usually about {proposal.about}."
    base = proposal.usual.noise[proposal.row, proposal.column]
    away = abs(proposal.usual.sold[proposal.row, proposal.column] - proposal.proposed) / base
    return (f"Sold {proposal.sold}, usually about {proposal.about} in {proposal.season}; "
            f"{away:,.0f} times the usual deviation.")


def _stock_out(proposal: _Proposal) -> str:
    usual, row, column = proposal.usual, proposal.row, proposal.column
    sold = f"Only {proposal.sold} sold" if usual.sold[row, column] > 0 else "Nothing sold"
    later = usual.deviation[row, column + 1 : column + 2]
    caught_up = " The next period sold more than usual: part may have come later." if (later > CAUGHT_UP).any() else ""
    return f"{sold}, usually about {proposal.about} in {proposal.season}: probably out of stock.{caught_up}"


def _calendar(proposal: _Proposal) -> str:
    days = proposal.usual.days
    same = days[proposal.column % proposal.usual.season :: proposal.usual.season].mean()
    return (f"{days[proposal.column]} working days, on average {same:.1f} in {proposal.season}; sales of this channel "
            f"move with them. With as many as on average it would have been about {proposal.about}.")


SENTENCES: dict[str, Callable[[_Proposal], str]] = {
    "outlier": _outlier, "stock-out": _stock_out, "calendar": _calendar,
}


@dataclass(frozen=True)
class _Found:
    """What is proposed for the history as it stands: undecided ``rows``, with ``row`` and ``column`` of the history."""

    usual: Usual
    periods: Periods
    rows: pd.DataFrame

    def sentences(self, chosen: np.ndarray) -> list[str]:
        """Explanations of the chosen rows, by position."""
        columns = (self.rows[name].to_numpy()[chosen].tolist() for name in ("reason", "row", "column", "proposed"))
        return [
            SENTENCES[reason](_Proposal(self.usual, row, column, self.periods, proposed))
            for reason, row, column, proposed in zip(*columns, strict=True)
        ]


def _find(history: History, settings: Settings, explained: np.ndarray | None) -> _Found:
    """Run every detector over the history as it was sold."""
    total = history.sold.shape[1]
    periods = Periods(settings.bucket, history_labels(settings, total)[0], total)
    fixed = np.zeros(history.sold.shape, dtype=bool) if explained is None else explained
    usual = usual_demand(history.sold, history.season, history.groups(), periods.working_days, fixed)
    whole = (np.nan_to_num(history.sold) % 1 == 0).all(axis=1)[:, None]
    taken = np.zeros(history.sold.shape, dtype=bool)
    parts = []
    for reason, detect in DETECTORS.items():
        proposed = detect(usual)
        proposed = np.where(whole, np.round(proposed), np.round(proposed, DECIMALS))
        row, column = np.nonzero(~np.isnan(proposed) & (proposed != history.sold) & ~taken)
        taken[row, column] = True
        frame = history.series.iloc[row][["item", "name", "market"]].assign(
            period=np.array(periods.labels, dtype=object)[column], reason=reason, proposed=proposed[row, column],
            row=row, column=column,
        )
        parts.append(frame)
    return _Found(usual, periods, pd.concat(parts, ignore_index=True))


def _units(value: float) -> str:
    """Units as planners read them."""
    return f"{value:,.0f}" if value >= 100 or value % 1 == 0 else f"{value:.3g}"
