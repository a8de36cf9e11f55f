"""Receivables and payables: when what is billed is paid, by partner and period, and what is open at the start."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

from sopxl.steps.finance.terms import Days, Terms

MILLIONTHS = 6


@dataclass(frozen=True)
class Payments:
    """Of N partners over T periods: N x T each, the opening balances N."""

    prepaid: np.ndarray
    used: np.ndarray
    invoices_paid: np.ndarray
    opening_invoices: np.ndarray
    opening_prepaid: np.ndarray


def payments(
    billed: np.ndarray, past: np.ndarray, terms: Terms, days: Days, opening: tuple[np.ndarray, np.ndarray]
) -> Payments:
    """What is paid when.

    ``billed``: N x T. ``past``: N x ``days.before``, what was billed before the plan, the latest last. ``opening``:
    stated opening invoices and prepayments of each partner, NaN where none is stated: then what terms leave open of
    the past, and what deliveries of the plan have been paid in advance. Deliveries after the plan go on as in its last
    period.
    """
    prepaid, used, opening_prepaid = _prepayments(billed, terms, days, opening[1])
    opening_invoices, paid = np.zeros(len(billed)), np.zeros_like(billed)
    for (wait, day), rows in _alike(terms.days, terms.payment_day):
        shares = days.paid(wait, day)
        before, plan = shares[: days.before], shares[days.before : days.before + billed.shape[1], 1:-1]
        credit = past[rows] * (1.0 - terms.prepaid_share[rows, None])
        opening_invoices[rows], paid[rows] = _of_the_past(credit, before, opening[0][rows])
        paid[rows] += (billed[rows] - used[rows]) @ plan
    return Payments(*(np.round(values, MILLIONTHS) + 0.0
                      for values in (prepaid, used, paid, opening_invoices, opening_prepaid)))


def _of_the_past(credit: np.ndarray, shares: np.ndarray, stated: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Opening invoices (N) and when they are paid (N x T): as terms leave them open, scaled to what is stated.

    Where nothing is known of the past but a balance is stated, it is paid as a steady flow of bills would be.
    """
    steady = np.ones((1, len(shares))) @ shares
    still_open = credit @ shares
    estimate = still_open[:, 1:].sum(axis=1)
    balance = np.where(np.isnan(stated), estimate, stated)
    pattern = np.where(estimate[:, None] > 0, still_open, steady)[:, 1:]
    at_once = np.eye(1, pattern.shape[1])
    total = pattern.sum(axis=1, keepdims=True)
    pattern = np.where(total > 0, pattern / np.where(total > 0, total, 1.0), at_once)
    return balance, balance[:, None] * pattern[:, :-1]


def _prepayments(
    billed: np.ndarray, terms: Terms, days: Days, stated: np.ndarray
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Paid in advance and used of it (N x T), and what was paid before the plan (N)."""
    prepaid, used, opening = np.zeros_like(billed), np.zeros_like(billed), np.zeros(len(billed))
    go_on = np.concatenate([billed, np.repeat(billed[:, -1:], days.after, axis=1)], axis=1)
    for (wait,), rows in _alike(terms.prepayment_days):
        shares = days.prepaid(wait)[days.before :]
        asked = go_on[rows] * terms.prepaid_share[rows, None]
        prepaid[rows] = asked @ shares[:, 1:-1]
        before_plan = (asked * shares[:, 0])[:, : billed.shape[1]]
        own = asked[:, : billed.shape[1]] - before_plan
        # what was paid before for deliveries beyond the plan stays open
        beyond = (asked * shares[:, 0])[:, billed.shape[1] :].sum(axis=1)
        known = ~np.isnan(stated[rows])
        room = billed[rows] - own
        first_come = np.minimum(np.cumsum(room, axis=1), np.maximum(stated[rows], 0.0)[:, None])
        drawn = np.diff(first_come, axis=1, prepend=0.0)
        used[rows] = own + np.where(known[:, None], drawn, before_plan)
        opening[rows] = np.where(known, stated[rows], before_plan.sum(axis=1) + beyond)
    return prepaid, used, opening


def _alike(*values: np.ndarray) -> list[tuple[tuple[float, ...], np.ndarray]]:
    """The different combinations of values, each with the positions that have it."""
    if not len(values[0]):
        return []
    found, number = np.unique(np.array(values), axis=1, return_inverse=True)
    return [(tuple(found[:, place]), np.flatnonzero(number.ravel() == place)) for place in range(found.shape[1])]


def stated_balances(rows: pd.DataFrame, account: str, column: str, names: pd.Series, key: np.ndarray) -> np.ndarray:
    """Opening balance of each name (N), NaN where none is stated: of its own row, or its part of the row for all.

    ``rows``: the opening balances; ``key``: N, by which a row for all is spread over the names that have no own.
    """
    rows = rows[rows["account"] == account]
    own = rows[rows[column] != ""].groupby(column)["amount"].sum()
    stated = own.reindex(pd.Index(names)).to_numpy(float)
    for_all = rows.loc[rows[column] == "", "amount"]
    without = np.isnan(stated)
    if len(for_all) and without.any():
        weight = np.where(without, np.maximum(key, 0.0), 0.0)
        weight = weight if weight.sum() > 0 else without.astype(float)
        stated = np.where(without, float(for_all.sum()) * weight / weight.sum(), stated)
    return np.asarray(stated)
