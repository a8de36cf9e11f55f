"""Volumes by item: what of a unit's plan they are read from, and the two grids of the group that hold them.

To add a volume, add it to VOLUMES: both grids get a row for it, in the unit's unit of measure and in the group's.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from sopxl.schema import Column, Measure, PlanGrid


@dataclass(frozen=True)
class Volume:
    """A quantity by item: the grid and measure of a unit's plan, and whether some of it is for sister units."""

    name: str
    description: str
    grid: str
    measure: str
    kind: Literal["flow", "balance"]
    between_units: str = ""
    """What the part of it that is for sister units is called."""


VOLUMES: tuple[Volume, ...] = (
    Volume("Demand", "Demand of customers and sister units.", "backlog_plan", "Demand", "flow",
           "Demand of sister units"),
    Volume("Shipments", "Shipped to customers and sister units.", "backlog_plan", "Shipments", "flow",
           "Shipments to sister units"),
    Volume("Production", "Good units made.", "production_plan", "Good output", "flow"),
    Volume("Closing stock", "Stock at all locations at the end.", "inventory_plan", "Closing stock", "balance"),
)
VOLUME_GRIDS = frozenset(volume.grid for volume in VOLUMES)
"""The tables of a unit's plan that hold volumes by item."""
_PLAIN, _GROUP = "unit's unit of measure", "group's unit of measure"


def in_group_units(name: str) -> str:
    """How a volume in the group's unit of measure is called."""
    return f"{name} in group units"


def _read() -> tuple[Measure, ...]:
    """Each volume and its part for sister units, as the unit counts it."""
    return tuple(
        measure for volume in VOLUMES for measure in (
            Measure(volume.name, "result", volume.description, unit=_PLAIN),
            *((Measure(volume.between_units, "result", f"Part of {volume.name.lower()} that is for units of the group.",
                       unit=_PLAIN, detail=True),) if volume.between_units else ()),
        ))


def _of_group(volume: Volume) -> tuple[Measure, ...]:
    """A volume of the group: the sum of the units, and without what is between them where that is known."""
    total = f"{{item_lines:{in_group_units(volume.name)} by group_item}}"
    if not volume.between_units:
        return (Measure(volume.name, "formula", volume.description, unit=_GROUP, formula=total),)
    units, between = f"{volume.name} of units", volume.between_units
    return (
        Measure(units, "formula", f"{volume.name} of all units, added up.", unit=_GROUP, formula=total, detail=True),
        Measure(between, "formula", "Part of it that is between units of the group.", unit=_GROUP, detail=True,
                formula=f"{{item_lines:{in_group_units(between)} by group_item}}"),
        Measure(volume.name, "formula", f"{volume.name} without what is between units: that of customers.",
                unit=_GROUP, formula=f"{{{units}}}-{{{between}}}"),
    )


ITEM_LINES = PlanGrid(
    "item_lines",
    "Volumes of each unit by item, in its own unit of measure and in the group's. Setting Items switches it on.",
    "plans",
    (
        Column("unit", "text", "Unit."),
        Column("item", "text", "Item as the unit calls it."),
        Column("group_item", "text", "Item as the group calls it."),
        Column("factor", "number", "How many of the group's units of measure one of the unit's is.", default=1.0),
        Column("source", "text", "File, sheets and first cells that it was read from."),
    ),
    key=("unit", "item"),
    measures=(
        *_read(),
        *(Measure(in_group_units(measure.name), "formula", f"{measure.name} times the factor.", unit=_GROUP,
                  formula=f"{{{measure.name}}}*{{#factor}}", detail=measure.detail) for measure in _read()),
    ),
)

GROUP_ITEMS = PlanGrid(
    "group_items",
    "Volumes of the group by item: the units added up, without what they ship to each other.",
    "plans",
    (Column("group_item", "text", "Item as the group calls it."),),
    key=("group_item",),
    measures=tuple(measure for volume in VOLUMES for measure in _of_group(volume)),
)
