"""Buttons, ribbon and macros of a sopxl workbook, written from the sources in this folder.

`buttons.py` lists the buttons, `sources/` holds the VBA, `project.py` writes vbaProject.bin, `ribbon.py`
the ribbon tab, `planner_file.py` puts all of it into a workbook that a planner already has. For a new button
see buttons.py.
"""

from sopxl.workbook.macros.buttons import BUTTONS, GROUPS, Button, button
from sopxl.workbook.macros.planner_file import add_buttons
from sopxl.workbook.macros.project import build_vba_project, code_names, is_current
from sopxl.workbook.macros.ribbon import add_ribbon, ribbon_xml
from sopxl.workbook.macros.sources import DonorError, MacroError

HOME_MARKER = "sopxl_home"
PLAN_MARKER = "sopxl_plan"

__all__ = [
    "BUTTONS",
    "GROUPS",
    "HOME_MARKER",
    "PLAN_MARKER",
    "Button",
    "DonorError",
    "MacroError",
    "add_buttons",
    "add_ribbon",
    "build_vba_project",
    "button",
    "code_names",
    "is_current",
    "ribbon_xml",
]
