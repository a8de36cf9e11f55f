"""Low-level codes: how deep below the customer each node stands, and bills of material that contain themselves."""

from __future__ import annotations

import numpy as np


def low_level_codes(count: int, users: np.ndarray, used: np.ndarray) -> np.ndarray:
    """Level of each of ``count`` nodes: 0 for those that nothing uses, else one below the deepest user.

    ``users`` and ``used`` are the ends of the arcs: from parent to component and from receiving to sending
    location. Source: Orlicky, *Material Requirements Planning* (1975), low-level coding.
    Raises ValueError where the arcs run in a circle.
    """
    level = np.zeros(count, int)
    for _ in range(count + 1):
        deeper = level.copy()
        np.maximum.at(deeper, used, level[users] + 1)
        if np.array_equal(deeper, level):
            return level
        level = deeper
    raise ValueError("the arcs of the network run in a circle")


def without_loops(users: np.ndarray, used: np.ndarray, more_users: np.ndarray, more_used: np.ndarray) -> np.ndarray:
    """Which of the further arcs can be added to arcs that run in no circle, so that none arises (flags)."""
    circling = _arcs_in_loops(np.concatenate([users, more_users]), np.concatenate([used, more_used]))
    fits = np.ones(len(more_users), bool)
    fits[circling[circling >= len(users)] - len(users)] = False
    return fits


def find_loops(parents: np.ndarray, components: np.ndarray) -> list[list[int]]:
    """Loops in bills of material, each as the items on the way round; one for each group of items in a loop."""
    loops = []
    while len(circling := _arcs_in_loops(parents, components)):
        loop = _walk(parents[circling], components[circling])
        loops.append(loop)
        keep = ~np.isin(parents, loop)
        parents, components = parents[keep], components[keep]
    return loops


def _arcs_in_loops(parents: np.ndarray, components: np.ndarray) -> np.ndarray:
    """Positions of the arcs that remain when those that lead to or come from a dead end are taken off."""
    left = np.arange(len(parents))
    while True:
        stays = np.isin(components[left], parents[left]) & np.isin(parents[left], components[left])
        if stays.all():
            return left
        left = left[stays]


def _walk(parents: np.ndarray, components: np.ndarray) -> list[int]:
    """Follow arcs, all of which go on, until an item comes a second time; the items from there on."""
    next_of = dict(zip(parents.tolist(), components.tolist(), strict=True))
    path: list[int] = [int(parents[0])]
    seen = {path[0]: 0}
    while (item := next_of[path[-1]]) not in seen:
        seen[item] = len(path)
        path.append(item)
    return path[seen[item]:]
