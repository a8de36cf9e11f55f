"""Build plan workbooks: a blank one, and the demo company's.

``python -m sopxl.build`` writes both into ``workbooks/``.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING

from sopxl.pipeline import Step
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


def build_kept(folder: Path) -> None:
    """Write the workbooks that the repository keeps, with a fixed time of the run, so that they can be compared."""
    build_blank(folder / "plan.xlsm")
    build_demo(folder / "adventure_works.xlsm", started=KEPT_RUN)


if __name__ == "__main__":
    build_kept(Path("workbooks"))
