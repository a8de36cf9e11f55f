"""The register of checks that look at more than one cell: how they are entered, run and cut where there are very many.

``@check`` joins tables and needs cells that are sound; ``@row_check`` compares the cells of one row, finds nothing in
cells that cannot be read, and so runs also while other cells are faulty. Their homes are :mod:`sopxl.plan_checks`,
:mod:`sopxl.demand_checks` and :mod:`sopxl.supply_checks`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import replace
from itertools import islice

import numpy as np
import pandas as pd

from sopxl.schema import Finding, Severity, Tables
from sopxl.settings import Settings

MOST_PER_CHECK = 50

Check = Callable[[Tables, Settings], Iterator[Finding]]
CHECKS: dict[str, Check] = {}
ROW_CHECKS: dict[str, Check] = {}


def check(function: Check) -> Check:
    """Enter a check in the list."""
    CHECKS[function.__name__] = function
    return function


def row_check(function: Check) -> Check:
    """Enter a check of the cells of one row in both lists."""
    ROW_CHECKS[function.__name__] = function
    return check(function)


def told(
    tables: Tables, table: str, column: str, mask: pd.Series | np.ndarray, message: str, remedy: str,
    severity: Severity = "error",
) -> Iterator[Finding]:
    """A finding for each row of the mask; ``{column}`` in the sentences is the row's cell of that column."""
    frame = tables[table]
    for row in np.flatnonzero(np.asarray(mask, dtype=bool)):
        cells = {str(name): f"{value:g}" if isinstance(value, float) else str(value)
                 for name, value in frame.iloc[int(row)].items()}
        yield Finding(severity, message.format(**cells), remedy.format(**cells), table=table, column=column,
                      row=int(row))


def findings_of(checks: Iterable[Check], tables: Tables, settings: Settings) -> list[Finding]:
    """What the checks find in conformed tables; of very many findings of one check the first are told."""
    return [finding for one in checks for finding in _at_most(one(tables, settings))]


def _at_most(findings: Iterator[Finding]) -> list[Finding]:
    """The findings, cut where there are very many."""
    found = list(islice(findings, MOST_PER_CHECK + 1))
    if len(found) > MOST_PER_CHECK:
        found[-1] = replace(found[-1], message="There are more faults of this kind.",
                            remedy="Mend these first, then check again.")
    return found
