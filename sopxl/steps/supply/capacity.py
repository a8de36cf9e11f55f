"""Resources and their hours: regular time and overtime, period by period."""

from __future__ import annotations

import numpy as np
import pandas as pd

from sopxl.prices import positions_of
from sopxl.schema import Tables
from sopxl.settings import Settings
from sopxl.steps.supply.calendars import hours_by_period

RESOURCE_COLUMNS = [
    "resource", "location", "machines", "hourly_cost", "overtime_cost", "overtime_share", "most_extra_shifts",
    "extra_shift_hours", "extra_shift_cost", "workers", "worker_hours", "wage", "hiring_cost", "layoff_cost",
    "least_workers", "most_workers", "most_hired", "most_laid_off", "overall_share",
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

    The hours of its calendar for each machine, or hours a day times days, times efficiency; where workers are planned,
    those at the start times their hours, and where only some periods prescribe workers, these times their hours. The
    resource calendar's hours replace all these, and downtime is taken off. Overtime is a share of what is then left,
    unless the resource calendar gives it in hours. A resource without any of these has no hours.
    """
    resources = tables["resources"].drop_duplicates("resource").reset_index(drop=True)
    regular = _usual_hours(tables, resources, settings)
    unplanned = (resources["workers"].isna() | resources["worker_hours"].isna()).to_numpy()[:, None]
    of_workers = _changes(tables, settings, "workers") * resources["worker_hours"].to_numpy(float)[:, None]
    for hours in (np.where(unplanned, of_workers, np.nan), _changes(tables, settings, "available_hours")):
        regular = np.where(np.isnan(hours), regular, hours)
    row, period, inside = _cells(tables, settings)
    downtime = np.nan_to_num(tables["resource_calendar"]["downtime"].to_numpy(float))
    np.subtract.at(regular, (row[inside], period[inside]), downtime[inside])
    regular = np.maximum(regular, 0.0)
    usual = regular * resources["overtime_limit"].to_numpy(float)[:, None]
    overtime = _changes(tables, settings, "overtime_limit")
    return regular, np.where(np.isnan(overtime), usual, overtime)


def prescribed_workers(tables: Tables, settings: Settings) -> np.ndarray | None:
    """Workers that shall be employed (R x T), NaN where the plan finds them or plans none; None: nowhere prescribed."""
    planned = read_resources(tables)["workers"].notna().to_numpy()[:, None]
    prescribed = np.where(planned, _changes(tables, settings, "workers"), np.nan)
    return None if np.isnan(prescribed).all() else prescribed


def _changes(tables: Tables, settings: Settings, column: str) -> np.ndarray:
    """What the resource calendar says in a column: resources x periods, NaN where it says nothing."""
    row, period, inside = _cells(tables, settings)
    given = tables["resource_calendar"][column].to_numpy(float)
    changes = np.full((tables["resources"]["resource"].nunique(), settings.horizon), np.nan)
    known = inside & ~np.isnan(given)
    changes[row[known], period[known]] = given[known]
    return changes


def _cells(tables: Tables, settings: Settings) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Resource and period of each row of the resource calendar, and whether the row is inside the plan."""
    calendar = tables["resource_calendar"]
    row = pd.Index(tables["resources"]["resource"].drop_duplicates()).get_indexer(calendar["resource"])
    period = positions_of(calendar["period"], settings)
    inside = (row >= 0) & (period >= 0) & (period < settings.horizon)
    return row, np.where(inside, period, 0).astype(int), inside


def _usual_hours(tables: Tables, resources: pd.DataFrame, settings: Settings) -> np.ndarray:
    """Regular hours without the resource calendar: resources x periods."""
    periods = settings.periods
    days = np.where((resources["days"] == "working").to_numpy()[:, None], periods.working_days, periods.days)
    per_day = (resources["hours_per_day"].fillna(0.0) * resources["efficiency"]).to_numpy(float)
    by_calendar = hours_by_period(tables, resources["calendar"], settings)
    by_calendar *= (resources["machines"] * resources["efficiency"]).to_numpy(float)[:, None]
    hours = np.where((resources["calendar"] != "").to_numpy()[:, None], by_calendar, per_day[:, None] * days)
    of_workers = (resources["workers"] * resources["worker_hours"]).to_numpy(float)[:, None]
    return np.asarray(np.where(np.isnan(of_workers), hours, of_workers), float)
