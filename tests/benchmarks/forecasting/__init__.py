"""Accuracy and speed of the forecast on series with a test part, beside other libraries: one command, one metric code.

``python -m tests.benchmarks.forecasting --help`` tells its use. ``series`` reads, ``measures`` judges, ``engine`` asks
sopxl, ``peers`` asks the other libraries in a process (and an environment) of their own, ``report`` writes the table.
"""
