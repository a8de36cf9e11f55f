"""Standard costs that add up over the bills of material, from source costs that do not.

In the source a bike costs as little as 45 % of its components (they stand at spare-part cost) and parts cost
nothing. Here, from bikes downwards, every component is valued beside its hours at its source cost times the
smallest share that any of its parents can carry; so no component costs more than a parent, and what a parent
costs beyond hours and components is its production cost: material that the bill does not list, and overhead.
"""

from __future__ import annotations

import pandas as pd

from sopxl.demo.assumptions import OVERHEAD_SHARE_OF_PRODUCTION_COST, PACK_SIZE
from sopxl.demo.source import Source


def standard_costs(source: Source) -> pd.DataFrame:
    """Standard costs in USD per unit, indexed by item.

    Columns: ``cost`` = ``material`` + ``conversion`` (over all levels); ``hours_cost`` (of this level's
    routing), ``components`` (at their cost) and ``production_cost`` (the rest of this level).
    """
    hours_cost = (source.hours["hours"] * source.hours["rate"]).groupby(source.hours["sku"]).sum()
    hours_cost = hours_cost.reindex(source.items.index).fillna(0.0)
    all_hours = _rolled_up(source, hours_cost)
    worth = _worth_beside_hours(source, all_hours)
    cost = _scaled_to_parents(source, all_hours, worth)
    components = pd.Series(
        {item: sum(quantity * cost[part] for part, quantity in source.parts.get(item, [])) for item in cost.index}
    )
    made = cost.index.isin(list(source.parts))
    production_cost = (cost - components - hours_cost).where(made, 0.0).clip(lower=0.0)
    conversion = _rolled_up(source, hours_cost + production_cost * OVERHEAD_SHARE_OF_PRODUCTION_COST)
    return pd.DataFrame({
        "cost": cost, "material": (cost - conversion).clip(lower=0.0), "conversion": conversion,
        "hours_cost": hours_cost, "components": components, "production_cost": production_cost,
    })


def unit_prices(source: Source) -> pd.Series:
    """Suppliers' prices per unit of the bill of material (a pack's price by its assumed content), by sourcing row."""
    return source.sourcing["price"] / source.sourcing["order_unit"].map(PACK_SIZE)


def average_prices(source: Source) -> pd.Series:
    """Price per unit of each bought item, its suppliers weighted by their share of purchases."""
    share = source.sourcing["share_of_purchases"].fillna(0.0).clip(lower=1e-9)
    weighted = (unit_prices(source) * share).groupby(source.sourcing["component_sku"]).sum()
    return weighted / share.groupby(source.sourcing["component_sku"]).sum()


def _rolled_up(source: Source, own: pd.Series) -> pd.Series:
    """An item's own value plus that of all that goes into it, over all levels."""
    total = own.to_dict()
    for item in reversed(source.parents_first):
        total[item] += sum(quantity * total[part] for part, quantity in source.parts.get(item, []))
    return pd.Series(total).reindex(own.index)


def _worth_beside_hours(source: Source, all_hours: pd.Series) -> pd.Series:
    """What each item is worth beside its hours: source cost, else purchase price, else that of its parts."""
    price = average_prices(source)
    stated = source.items["standard_cost"]
    worth: dict[str, float] = {}
    for item in reversed(source.parents_first):
        if stated[item] > 0:
            worth[item] = max(stated[item] - all_hours[item], 0.0)
        elif item in source.parts:
            worth[item] = sum(quantity * worth[part] for part, quantity in source.parts[item])
        else:
            worth[item] = price[item]
    return pd.Series(worth)


def _scaled_to_parents(source: Source, all_hours: pd.Series, worth: pd.Series) -> pd.Series:
    """Cost of each item: its hours and its worth, scaled to the parent that can carry least of it."""
    share = dict.fromkeys(source.items.index, 1.0)
    cost: dict[str, float] = {}
    for item in source.parents_first:
        beside_hours = worth[item] * share[item]
        cost[item] = all_hours[item] + beside_hours
        parts = source.parts.get(item, [])
        asked = sum(quantity * worth[part] for part, quantity in parts)
        for part, _ in parts:
            share[part] = min(share[part], beside_hours / asked)
    return pd.Series(cost).reindex(source.items.index)
