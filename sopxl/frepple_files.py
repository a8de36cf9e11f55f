"""The files of frePPLe as frames: a folder of CSV files, or one workbook with a sheet for each table.

frePPLe heads its columns with the names of its database (``sizeminimum``) or with words (``size minimum``), and says
durations in seconds or as days and clock (``7 00:00:00``). A heading that is neither joins COLUMNS, a table TABLES.
"""

from __future__ import annotations

import re
from pathlib import Path

import numpy as np
import pandas as pd

from sopxl.schema import Finding, PlanError

NEEDED = {"item": ("name",), "location": ("name",), "demand": ("item", "location", "due", "quantity")}
"""The tables that no plan can do without, and their columns that it cannot do without."""
TABLES = {"salesorder": "demand", "salesorders": "demand"}
"""Tables by what frePPLe's screens call them, without spaces."""
COLUMNS = {"durationperunit": "duration_per", "durationper": "duration_per", "maximumcalendar": "maximum_calendar"}
"""Columns by their headings without spaces, where that is not their name."""
DURATIONS = ("leadtime", "duration", "duration_per")
"""Columns that become one of days: ``leadtime_days``."""
BUCKETS = ("week", "month", "quarter")
ENDINGS = (".csv", ".csv.gz")
SECONDS_PER_DAY = 86400.0
CLOCK = re.compile(r"^(?:(\d+(?:\.\d+)?)\s+)?(?:(?:(\d+):)?(\d+):)?(\d+(?:\.\d+)?)$")


def read_frames(path: Path) -> dict[str, pd.DataFrame]:
    """Every table by its name, columns by theirs.

    Raises PlanError where a file cannot be read, or a table or column of NEEDED is not there.
    """
    frames = _of_folder(path) if path.is_dir() else _of_workbook(path)
    frames = {name: _with_days(frame.rename(columns=_column)) for name, frame in frames.items()}
    missing = [name for name in NEEDED if name not in frames]
    if missing:
        raise _told(f"{path.name} holds no frePPLe table {' and no table '.join(missing)}.",
                    "Export the tables item, location and demand too: one CSV file for each, or one workbook with a "
                    "sheet for each.")
    for name, needed in NEEDED.items():
        lacking = [column for column in needed if column not in frames[name]]
        if lacking:
            raise _told(f"The frePPLe table {name} has no column {' and no column '.join(lacking)}.",
                        f"Export it whole; its columns are {', '.join(map(str, frames[name].columns))} at present.")
    return frames


def check_bucket(bucket: str) -> None:
    """Raises PlanError where there are no such periods; empty text is left to the reader."""
    if bucket and bucket not in BUCKETS:
        raise _told(f"'{bucket}' is no bucket.", f"Buckets are {', '.join(BUCKETS)}.")


def days_of(duration: object) -> float:
    """Days of one of frePPLe's durations: seconds, or ``[days] [hours:[minutes:]]seconds``; NaN for none of these."""
    found = CLOCK.match(str(duration).strip())
    if not found:
        return np.nan
    days, hours, minutes, seconds = (float(part or 0.0) for part in found.groups())
    return days + (hours * 3600.0 + minutes * 60.0 + seconds) / SECONDS_PER_DAY


def _of_folder(path: Path) -> dict[str, pd.DataFrame]:
    files = [file for file in sorted(path.iterdir()) if file.name.lower().endswith(ENDINGS)]
    if not files:
        raise _told(f"The folder {path.name} holds no CSV file.", "Name the folder that frePPLe's tables stand in.")
    return {_table(file.name.split(".")[0]): _of_file(file) for file in files}


def _of_file(file: Path) -> pd.DataFrame:
    """One CSV file; frePPLe separates by commas, in Europe by semicolons."""
    try:
        frame = pd.read_csv(file)
        return pd.read_csv(file, sep=";") if ";" in str(frame.columns[0]) else frame
    except pd.errors.EmptyDataError:
        return pd.DataFrame()
    except (ValueError, pd.errors.ParserError, OSError) as fault:
        raise _told(f"{file.name} cannot be read as a table ({fault}).", "Export it again, as CSV in UTF-8.") from fault


def _of_workbook(path: Path) -> dict[str, pd.DataFrame]:
    try:
        sheets = pd.read_excel(path, sheet_name=None)
    except Exception as fault:  # every reader of a spreadsheet has faults of its own
        raise _told(f"{path.name} is no workbook.",
                    "Name an .xlsx workbook of frePPLe's tables, or the folder of its CSV files.") from fault
    return {_table(str(name)): frame for name, frame in sheets.items()}


def _table(name: str) -> str:
    plain = _plain(name)
    return TABLES.get(plain, plain)


def _column(heading: object) -> str:
    name = str(heading).strip().lower()
    if name.endswith("_days"):
        return name
    return COLUMNS.get(_plain(name), _plain(name))


def _plain(name: str) -> str:
    return name.lower().replace(" ", "").replace("_", "")


def _with_days(frame: pd.DataFrame) -> pd.DataFrame:
    """The frame with durations in days beside those in frePPLe's own way, where it says them so."""
    days = {f"{name}_days": frame[name].map(days_of) for name in DURATIONS
            if name in frame and f"{name}_days" not in frame}
    return frame.assign(**days)


def _told(message: str, remedy: str) -> PlanError:
    return PlanError([Finding("error", message, remedy)])
