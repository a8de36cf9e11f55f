"""The template: a complete plan workbook, written new with XlsxWriter from the declared tables.

``build.py`` says which sheets there are; ``list_sheets.py`` and ``grid_sheets.py`` write the two shapes of table,
``home.py`` and ``dashboard.py`` the pages that are no table. Charts, drop-downs, colours, number formats and
conditional formats live here and nowhere else.
"""

from sopxl.workbook.template.build import build_workbook

__all__ = ["build_workbook"]
