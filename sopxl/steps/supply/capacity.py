"""Resources and their hours: regular time and overtime, period by period."""

from __future__ import annotations

import numpy as np
import pandas as pd

from sopxl.prices import positions_of
from sopxl.schema import Tables
from sopxl.settings import Settings

RESOURCE_COLUMNS = [
    "resource", "location", "hourly_cost", "overtime_cost", "overtime_share", "workers", "worker_hours", "wage",
    "hiring_cost", "layoff_cost", "overall_share",
]


def read_resources(tables: Tables) -> pd.DataFrame:
    """The resources, with overtime at 1.5 times the hourly cost where nothing else is given."""
    resources = tables["resources"].drop_duplicates("resource").reset_index(drop=True)
    overtime = resources["overtime_cost"].fillna(1.5 * resources["hourly_cost"])
    planned = resources["workers"].notna() & resources["worker_hours"].notna()
    resources = resources.assign(
        overtime_cost=overtime, overtime_share=resources["overtime_limit"],
        workers=resources["workers"].where(planned), worker_hours=resources["worker_hours"].where(planned),
    )
    return resources[RESOURCE_COLUMNS]


def available_hours(tables: Tables, settings: Settings) -> tuple[np.ndarray, np.ndarray]:
    """Regular hours and most overtime hours of each resource: resources x periods each.

    Hours a day times days times efficiency; where workers are planned, workers times their hours. The calendar's
    hours replace these, and downtime is taken off. Overtime is a share of what is then left, unless the calendar
    gives it in hours. A resource without any of these has no hours.
    """
    resources = tables["resources"].drop_duplicates("resource").reset_index(drop=True)
    regular = _usual_hours(resources, settings)
    overtime = np.full(regular.shape, np.nan)
    calendar = tables["resource_calendar"]
    row = pd.Index(resources["resource"]).get_indexer(calendar["resource"])
    period = positions_of(calendar["period"], settings)
    inside = (row >= 0) & (period >= 0) & (period < settings.horizon)
    for values, column in ((regular, "available_hours"), (overtime, "overtime_limit")):
        given = inside & calendar[column].notna().to_numpy()
        values[row[given], period[given].astype(int)] = calendar.loc[given, column]
    downtime = np.nan_to_num(calendar["downtime"].to_numpy(float))
    np.subtract.at(regular, (row[inside], period[inside].astype(int)), downtime[inside])
    regular = np.maximum(regular, 0.0)
    usual = regular * resources["overtime_limit"].to_numpy(float)[:, None]
    return regular, np.where(np.isnan(overtime), usual, overtime)


def _usual_hours(resources: pd.DataFrame, settings: Settings) -> np.ndarray:
    """Regular hours without the calendar: resources x periods."""
    periods = settings.periods
    days = np.where((resources["days"] == "working").to_numpy()[:, None], periods.working_days, periods.days)
    per_day = (resources["hours_per_day"].fillna(0.0) * resources["efficiency"]).to_numpy(float)
    of_workers = (resources["workers"] * resources["worker_hours"]).to_numpy(float)[:, None]
    return np.asarray(np.where(np.isnan(of_workers), per_day[:, None] * days, of_workers), float)
