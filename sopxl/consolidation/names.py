"""The group's names for what a unit calls otherwise: accounts, families, markets, items, units of measure."""

from __future__ import annotations

import pandas as pd

from sopxl.consolidation.accounts import ACCOUNTS
from sopxl.consolidation.tables import records_of
from sopxl.schema import Finding, PlanError


class GroupNames:
    """The mappings of one unit; names without one are collected and told all at once."""

    def __init__(self, unit: str, mappings: pd.DataFrame, file: str) -> None:
        """``mappings``: the table unit_mappings; a row for this unit goes before one for every unit."""
        rows = mappings[(mappings["unit"] == "") | (mappings["unit"].str.lower() == unit.lower())]
        rows = rows.sort_values("unit", kind="stable")
        self.unit, self.file = unit, file
        self._known = {str(kind): {row.from_name.lower(): (row.to_name, float(row.factor)) for row in records_of(part)}
                       for kind, part in rows.groupby("kind")}
        self._unmapped: dict[tuple[str, str], tuple[str, str]] = {}

    @property
    def scales_quantities(self) -> bool:
        """Whether quantities are counted in another unit of measure than the group's."""
        return "unit of measure" in self._known

    def of(self, kind: str, name: str, sheet: str, cell: str) -> str:
        """The group's family or market. Where the unit has mappings of this kind, each of its names needs one."""
        known = self._known.get(kind)
        if known is None or not name:
            return name
        if name.lower() not in known:
            self._unmapped.setdefault((kind, name), (sheet, cell))
            return name
        return known[name.lower()][0] or name

    def item(self, name: str, family: str, sheet: str, cell: str) -> tuple[str, float]:
        """The group's item, and what the unit's quantities of it are multiplied with: 1 there is as for its family."""
        factor = self._known.get("item", {}).get(name.lower(), ("", 1.0))[1]
        return self.of("item", name, sheet, cell), factor if factor != 1.0 else self.quantity_factor(family)

    def account(self, name: str, sheet: str, cell: str) -> tuple[str, float]:
        """The group's account and factor of a line; lines that the group knows by their names need no mapping."""
        target, factor = self._known.get("account", {}).get(name.lower(), ("", 1.0))
        if (target or name) not in ACCOUNTS:
            self._unmapped.setdefault(("account", name), (sheet, cell))
        return target or name, factor

    def quantity_factor(self, family: str) -> float:
        """What the unit's quantities of a family are multiplied with."""
        known = self._known.get("unit of measure", {})
        found = known.get(family.lower()) or known.get("")
        return found[1] if found else 1.0

    def raise_unmapped(self) -> None:
        """Raise PlanError with every name that has no mapping."""
        if self._unmapped:
            raise PlanError(
                Finding("error", f"{self.unit}: the {kind} '{name}' is not mapped to the group.",
                        f"Add a row to Unit mappings: unit {self.unit}, kind {kind}, from {name}, to what the group "
                        "calls it.", sheet=f"[{self.file}]{sheet}", cell=cell)
                for (kind, name), (sheet, cell) in self._unmapped.items())
