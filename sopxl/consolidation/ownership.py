"""Who owns whom: the group's share in each unit through all its parents, and owners that go round in a circle."""

from __future__ import annotations

import pandas as pd

from sopxl.consolidation.tables import records_of
from sopxl.schema import Finding

CONTROL = 0.5
"""A group that holds no more than this share of the votes does not usually control a unit (IFRS 10.B35)."""


def group_shares(sources: pd.DataFrame) -> tuple[dict[str, float], list[Finding]]:
    """Unit -> the share of the group in it, the product along its parents; and what is wrong with the parents.

    ``sources``: the table group_sources. A unit whose parents go round in a circle has the share of its own row.
    """
    parent_of = {row.unit.lower(): row.parent.lower() for row in records_of(sources)}
    held = {row.unit.lower(): float(row.ownership) for row in records_of(sources)}
    findings: list[Finding] = []
    shares = {}
    for position, row in enumerate(records_of(sources)):
        share, chain = 1.0, [row.unit.lower()]
        while True:
            share *= held[chain[-1]]
            parent = parent_of[chain[-1]]
            if not parent or parent not in held:
                break
            if parent in chain:
                findings.append(_circle(position, row.unit, [*chain[chain.index(parent):], parent], sources))
                share = float(row.ownership)
                break
            chain.append(parent)
        shares[row.unit] = share
        if share <= CONTROL and not findings:
            findings.append(Finding(
                "warning", f"The group holds {share:.0%} of {row.unit}: without control it is no subsidiary.",
                "Keep it if the group controls it all the same (IFRS 10.7), or take it out with Include.",
                table="group_sources", column="ownership", row=position))
    return shares, findings


def _circle(position: int, unit: str, chain: list[str], sources: pd.DataFrame) -> Finding:
    spelled = {name.lower(): name for name in sources["unit"]}
    words = " is owned by ".join(spelled.get(name, name) for name in chain)
    return Finding("error", f"The owners of {unit} go round in a circle: {words}.",
                   "Correct a parent, so that the owners end at the group (an empty parent).",
                   table="group_sources", column="parent", row=position)
