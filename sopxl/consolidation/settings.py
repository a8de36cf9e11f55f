"""The settings of a group: one row each of the ``group_settings`` table. To add one, add a field to GroupSettings."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import pandas as pd

from sopxl.periods import Periods
from sopxl.schema import Table
from sopxl.settings import SETTINGS, read_settings_as, setting

GROUP_SETTINGS = Table(
    "group_settings",
    "How the plans of the units are joined: periods and currency of the group, and what stops a consolidation.",
    "cycle",
    SETTINGS.columns,
    key=SETTINGS.key,
)


@dataclass(frozen=True)
class GroupSettings:
    """The settings in force. A field's name in words is the setting's name (``first_period`` -> First period)."""

    group_name: str = setting("My group", "Name of the group; it heads the pages.")
    currency: str = setting("USD", "Currency of the group plan.", "ISO code")
    bucket: str = setting("month", "Length of a period of the group plan.", choices=("week", "month", "quarter"))
    first_period: str = setting("2026-12", "First period of the group plan, like 2026-12, 2026-W49 or 2026-Q4.")
    horizon: int = setting(12, "How many periods the group plan has.", "periods", minimum=1, maximum=104)
    calendar: str = setting("", "Fiscal calendar of the group (see fiscal_calendars); empty: the ordinary one.")
    detail: str = setting(
        "family", "How finely the lines of the units are kept in this workbook.",
        choices=("account", "family", "market", "family and market"),
    )
    items: bool = setting(
        False, "Volumes by item too: a row for each item of each unit, so many of them in a large group.", "yes / no")
    missing_units: str = setting(
        "refuse", "A unit whose file is missing, damaged or protected: refuse the group plan, or write it without.",
        choices=("refuse", "allow"),
    )
    missing_periods: str = setting(
        "refuse", "Periods of the group that a unit's plan does not cover: refuse, or take them as empty and say so.",
        choices=("refuse", "empty"),
    )
    open_files: str = setting(
        "refuse", "A unit's file that somebody has open: treat as missing, or read what was saved last.",
        choices=("refuse", "read"),
    )
    unlocked_units: str = setting(
        "tell", "A plan that its unit has not marked as final (File, Info, Protect Workbook): tell, or refuse.",
        choices=("tell", "refuse"),
    )
    stale_after_days: int = setting(
        14, "A plan that was run longer ago is stale, and named.", "days", minimum=1, maximum=3650
    )

    @cached_property
    def periods(self) -> Periods:
        """The periods of the group plan."""
        return Periods(self.bucket, self.first_period, self.horizon)

    @property
    def company(self) -> str:
        """The name that heads the pages."""
        return self.group_name


def read_group_settings(frame: pd.DataFrame) -> GroupSettings:
    """The settings of a group from their table. Raises PlanError with every fault."""
    return read_settings_as(GroupSettings, frame, GROUP_SETTINGS.name)
