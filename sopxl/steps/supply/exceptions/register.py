"""What all exceptions of the supply steps share: their register, the choice of the dearest, and how they are told."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np
import pandas as pd

from sopxl.exceptions import MOST_PER_KIND, ExceptionRegister
from sopxl.steps.supply.costed_moves import Move
from sopxl.steps.supply.plan_view import PlanView

SMALLEST = 1e-6

SUPPLY_EXCEPTIONS: ExceptionRegister[PlanView] = ExceptionRegister()
exception = SUPPLY_EXCEPTIONS.kind


def dearest(rows: pd.DataFrame) -> pd.DataFrame:
    """The dearest rows, then the largest, as many as are told."""
    return rows.sort_values(["money", "quantity"], ascending=False, kind="stable").head(MOST_PER_KIND)


def first_period(view: PlanView, found: np.ndarray) -> np.ndarray:
    """Label of the first period in which the flag (rows x periods) holds."""
    return np.asarray(view.labels[found.argmax(axis=1)])


def tell(
    view: PlanView, rows: pd.DataFrame, message: Callable[[pd.Series], str],
    moves: Callable[[pd.Series], Sequence[Move]], otherwise: str,
) -> pd.DataFrame:
    """The rows with a message and up to three moves each, the cheapest for what it cures as the remedy.

    ``otherwise`` is the remedy where no move is possible in this network.
    """
    texts = []
    for _, row in rows.iterrows():
        quantity = float(row["quantity"])
        ranked = sorted(moves(row), key=lambda move, whole=quantity: move.rank(whole))  # type: ignore[misc]
        told = [move.told(quantity, view.settings.currency) for move in ranked[:3]] or [otherwise]
        texts.append([message(row), *told, "", ""][:4])
    columns = ["message", "remedy", "second_move", "third_move"]
    return rows.assign(**{name: [text[at] for text in texts] for at, name in enumerate(columns)})
