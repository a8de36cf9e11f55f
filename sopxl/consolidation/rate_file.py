"""Rates of exchange from a CSV file: currency, period from which they hold, average, closing."""

from __future__ import annotations

import csv
from pathlib import Path

import pandas as pd

from sopxl.schema import Finding, PlanError

COLUMNS = ("currency", "period", "average", "closing")


def read_rates(path: Path) -> pd.DataFrame:
    """The rows of the file as :func:`sopxl.consolidation.group.group_inputs` takes them.

    Raises PlanError with every line that is none, OSError for a file that cannot be read.
    """
    with path.open(encoding="utf-8-sig", newline="") as stream:
        lines = list(csv.DictReader(stream))
    faults = []
    if not lines or any(column not in lines[0] for column in COLUMNS):
        raise PlanError([Finding("error", f"{path.name} has no columns {', '.join(COLUMNS)}.",
                                 "Head its columns so.", sheet=path.name)])
    for number, line in enumerate(lines, 2):
        for column in ("average", "closing"):
            try:
                float(line[column] or "nan")
            except (TypeError, ValueError):
                faults.append(Finding("error", f"'{line[column]}' is no {column} rate.", "Enter a number like 1.0825.",
                                      sheet=path.name, cell=f"line {number}"))
    if faults:
        raise PlanError(faults)
    frame = pd.DataFrame(lines)[list(COLUMNS)]
    return frame.assign(average=pd.to_numeric(frame["average"].replace("", None)),
                        closing=pd.to_numeric(frame["closing"].replace("", None)))
