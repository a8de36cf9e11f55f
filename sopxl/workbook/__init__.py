"""The plan workbook: read its tables, write results into it, build it. The only place that knows sheets."""
