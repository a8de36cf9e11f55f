"""The plans of many units joined into a group plan: read, translated, eliminated and proved.

From Python: ``group_workbook.consolidate_plans`` (files in, a workbook out), ``group_workbook.write_group`` (input
tables in, a workbook out) and ``group.consolidate`` (tables in, tables out).
"""
