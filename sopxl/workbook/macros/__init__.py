"""Buttons, ribbon and macros of a sopxl workbook, written from the sources in this folder.

`buttons.py` lists the buttons, `sources/` holds the VBA, `project.py` writes vbaProject.bin, `ribbon.py`
the ribbon tab, `planner_file.py` puts all of it into a workbook that a planner already has.
"""
