"""The job schedule: the plan of the near weeks as jobs in their order on machines.

``jobs`` and ``feeding`` say what is to be done, ``timing`` and ``changeovers`` how long it takes, ``placing``,
``dispatch``, ``exact`` and ``sequence`` find the order, ``review`` writes the table.
"""
