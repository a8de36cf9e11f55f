"""Plan grids as frames: put measures together into a grid, take a measure out, carry the planner's inputs over.

In frames a grid is wide: keys, attributes, ``measure``, then one column per period; all measures of one object
stand together in declared order.
"""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import pandas as pd

from sopxl.schema import PlanGrid, Table


def stack(
    grid: PlanGrid, objects: pd.DataFrame, measures: Mapping[str, np.ndarray], periods: list[str]
) -> pd.DataFrame:
    """The grid's frame from its objects and the values of its measures.

    ``objects``: one row per object with the grid's keys and attributes (an attribute may be left out: it is
    empty then). ``measures``: name -> array
    (objects x periods); a measure that is not given stays empty (formulas are computed later).
    Raises KeyError for a measure that the grid does not declare.
    """
    unknown = set(measures) - set(grid.measure_names)
    if unknown:
        raise KeyError(f"{grid.name} has no measures {sorted(unknown)}")
    count = len(grid.measures)
    cube = np.full((len(objects), count, len(periods)), np.nan)
    for position, name in enumerate(grid.measure_names):
        if name in measures:
            cube[:, position, :] = measures[name]
    left_out = {column.name: column.empty for column in grid.columns if column.name not in {*objects, *grid.key}}
    frame = objects.assign(**left_out)[grid.column_names].reset_index(drop=True)
    frame = frame.loc[frame.index.repeat(count)].reset_index(drop=True)
    frame["measure"] = pd.Series(grid.measure_names * len(objects), dtype="str")
    values = pd.DataFrame(cube.reshape(-1, len(periods)), columns=periods)
    return pd.concat([frame, values], axis=1)


def take(grid: PlanGrid, frame: pd.DataFrame, measure: str, periods: list[str]) -> pd.DataFrame:
    """One measure of a grid: objects (indexed by the grid's keys) x periods.

    A period that the frame does not have is empty. Raises KeyError for a measure that is not declared.
    """
    grid.measure(measure)
    rows = frame[frame["measure"] == measure] if "measure" in frame else frame
    return rows.set_index(list(grid.key)).reindex(columns=periods).astype("float64")


def carry_inputs(
    grid: PlanGrid, existing: pd.DataFrame, objects: pd.DataFrame, periods: list[str]
) -> dict[str, np.ndarray]:
    """What people typed into the grid, lined up with the objects: input measure -> array (objects x periods)."""
    wanted = pd.MultiIndex.from_frame(objects[list(grid.key)])
    inputs = {}
    for measure in grid.owned_by("input"):
        rows = take(grid, existing, measure.name, periods)
        index = rows.index if isinstance(rows.index, pd.MultiIndex) else pd.MultiIndex.from_arrays([rows.index])
        rows.index = index
        inputs[measure.name] = rows[~index.duplicated()].reindex(wanted).to_numpy(float)
    return inputs


def carry_by_hand(table: Table, existing: pd.DataFrame, frame: pd.DataFrame) -> pd.DataFrame:
    """The frame of a list with what people wrote into its columns ``by_hand``, found again by the table's key."""
    columns = [column.name for column in table.columns if column.by_hand]
    key = list(table.key)
    typed = existing[[*key, *columns]].drop_duplicates(key)
    return frame.drop(columns=columns, errors="ignore").merge(typed, on=key, how="left")[
        [name for name in table.column_names if name in {*frame.columns, *columns}]]


def objects_with_inputs(grid: PlanGrid, existing: pd.DataFrame) -> pd.DataFrame:
    """Keys of the objects that carry something typed: they stay in the grid even when nothing else needs them."""
    names = [measure.name for measure in grid.owned_by("input")]
    if "measure" not in existing:
        return existing[list(grid.key)].head(0)
    rows = existing[existing["measure"].isin(names)]
    periods = [name for name in rows.columns if name not in grid.column_names and name != "measure"]
    return rows.loc[rows[periods].notna().any(axis=1), list(grid.key)].drop_duplicates().reset_index(drop=True)


def in_order(grid: PlanGrid, frame: pd.DataFrame, periods: list[str]) -> pd.DataFrame:
    """The frame with all measures of every object, in declared order, whatever a planner's sorting has done.

    Objects keep the order of their first row; a missing row is added empty, an unknown measure left out.
    """
    if frame.empty or _is_in_order(grid, frame):
        return frame
    objects = frame.drop_duplicates(list(grid.key))
    wanted = pd.MultiIndex.from_frame(objects[list(grid.key)])
    measures = {}
    for name in grid.measure_names:
        rows = take(grid, frame, name, periods)
        index = pd.MultiIndex.from_frame(rows.index.to_frame())
        measures[name] = rows.set_axis(index)[~index.duplicated()].reindex(wanted).to_numpy(float)
    return stack(grid, objects, measures, periods)


def _is_in_order(grid: PlanGrid, frame: pd.DataFrame) -> bool:
    """Whether every object has all measures in declared order, one below the other."""
    count = len(grid.measures)
    if list(frame["measure"]) != grid.measure_names * (len(frame) // count):
        return False
    keys = frame[list(grid.key)].to_numpy(object).reshape(-1, count, len(grid.key))
    return bool((keys == keys[:, :1]).all())
