"""Sales & Operations Planning inside an ordinary Excel workbook."""

__version__ = "0.3.0"
