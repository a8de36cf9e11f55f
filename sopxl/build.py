"""Build plan workbooks: a blank one, and the demo company's.

``python -m sopxl.build`` writes both into ``workbooks/``.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING

import pandas as pd

from sopxl.pipeline import Step
from sopxl.schema import Tables
from sopxl.settings import Settings
from sopxl.workbook.template import build_workbook

if TYPE_CHECKING:
    from sopxl.runner import RunReport

KEPT_RUN = datetime(2026, 11, 22, 12, 0)


def build_blank(path: Path) -> None:
    """Write a plan workbook without data: .xlsm with buttons, any other ending without macros."""
    build_workbook(path, {}, Settings(), macros=path.suffix.lower() == ".xlsm")


def build_demo(
    path: Path, progress: Callable[[Step], None] | None = None, started: datetime | None = None
) -> RunReport:
    """Write the demo company's workbook with all its plans; ``started``: the time that it shows for the run."""
    from sopxl.demo.adventure_works import adventure_works
    from sopxl.runner import plan_workbook

    return plan_workbook(path, adventure_works(), progress, started)


def build_units(folder: Path, progress: Callable[[str], None] | None = None) -> list[Path]:
    """Write the demo company as three units that trade, each with its plan, and a group workbook that joins them.

    ``progress`` is called with the name of each file before it is written. Gives the files, the group's the last.
    """
    from sopxl.demo.adventure_works import adventure_works
    from sopxl.demo.units import UNITS, planned_units
    from sopxl.pipeline import run
    from sopxl.runner import plan_workbook

    folder.mkdir(parents=True, exist_ok=True)
    company = run(adventure_works(plan_mode="requirements"))
    units = planned_units(company)
    tell = progress or (lambda name: None)
    files = [folder / f"{unit.group}.xlsx" for unit in UNITS]
    for unit, path in zip(UNITS, files, strict=True):
        tell(path.name)
        plan_workbook(path, units[unit.name])
    group = folder / "Group.xlsx"
    tell(group.name)
    _write_group(group, company, files)
    return [*files, group]


def _write_group(path: Path, company: Tables, files: list[Path]) -> None:
    """The group workbook that joins the units of the demo company."""
    from sopxl.consolidation.group import group_inputs
    from sopxl.consolidation.group_workbook import write_group
    from sopxl.consolidation.settings import GroupSettings
    from sopxl.demo.units import UNITS, intercompany_pairs, rates_of_group
    from sopxl.settings import read_settings

    settings = read_settings(company["settings"])
    group = GroupSettings(group_name=settings.company, currency=settings.currency, bucket=settings.bucket,
                          first_period=settings.first_period, horizon=settings.horizon)
    sources = pd.DataFrame({"unit": [unit.name for unit in UNITS], "path": [file.name for file in files]})
    write_group(path, group_inputs(sources, group, rates=rates_of_group(company), pairs=intercompany_pairs()))


def build_kept(folder: Path) -> None:
    """Write the workbooks that the repository keeps, with a fixed time of the run, so that they can be compared."""
    build_blank(folder / "plan.xlsm")
    build_demo(folder / "adventure_works.xlsm", started=KEPT_RUN)


if __name__ == "__main__":
    build_kept(Path("workbooks"))
