"""Stock policies of nodes: safety stock, lots, holding and order cost, and stock limits period by period."""

from __future__ import annotations

import numpy as np
import pandas as pd

from sopxl.prices import positions_of
from sopxl.schema import FindingList, Tables
from sopxl.settings import Settings
from sopxl.standard_cost import standard_cost
from sopxl.steps.supply.places import Places, positions
from sopxl.steps.supply.tables import LOT_RULES, STOCK_POLICIES

POLICY_COLUMNS = tuple(name for name in STOCK_POLICIES.column_names if name not in STOCK_POLICIES.key)
"""Everything that a stock policy says; days stay days, but for safety_time, which nodes have in periods."""


def node_policies(tables: Tables, settings: Settings, places: Places, node_places: np.ndarray) -> pd.DataFrame:
    """The policy of each node (POLICY_COLUMNS), its unit_cost, and storage_units, fulfilment and family of its item.

    A policy for the location wins over one for all locations. Holding cost that is not given is the setting's
    share of standard cost a year, spread over the periods.
    """
    policies = _match(tables["stock_policies"], places, node_places)
    items = pd.Index(places.item_of(node_places))
    unit_cost = standard_cost(tables, items)
    usual = settings.holding_cost / 100.0 * unit_cost / settings.periods.season_length
    policies["unit_cost"] = unit_cost
    policies["safety_time"] = settings.periods.offset(policies["safety_time"].to_numpy(float))
    known = tables["items"].drop_duplicates("item").set_index("item")
    policies["storage_units"] = known["storage_units"].reindex(items).fillna(1.0).to_numpy(float)
    for name in ("fulfilment", "family"):
        policies[name] = known[name].reindex(items).fillna("").to_numpy(object)
    policies["holding_cost"] = np.where(policies["holding_cost"].isna(), usual, policies["holding_cost"])
    return policies


def _match(policies: pd.DataFrame, places: Places, node_places: np.ndarray) -> pd.DataFrame:
    """Row for row the policy of each node: of the place, else of the item everywhere, else the defaults."""
    place = places.of(policies["item"], policies["location"])
    item = np.where(policies["location"] == "", places.item_numbers(policies["item"]), -1)
    local = pd.Series(np.arange(len(policies)), index=place)
    general = pd.Series(np.arange(len(policies)), index=item)
    local, general = (rows[(rows.index >= 0) & ~rows.index.duplicated()] for rows in (local, general))
    found = local.reindex(node_places).to_numpy(float)
    everywhere = general.reindex(node_places // max(len(places.locations), 1)).to_numpy(float)
    row = np.where(np.isnan(found), everywhere, found)
    chosen = policies.reset_index(drop=True)[list(POLICY_COLUMNS)].reindex(np.where(np.isnan(row), -1, row).astype(int))
    for name in POLICY_COLUMNS:
        default = STOCK_POLICIES.column(name).default
        if default is not None:
            chosen[name] = chosen[name].fillna(default)
    return chosen.reset_index(drop=True)


def stock_limits(
    tables: Tables, settings: Settings, places: Places, node_places: np.ndarray, policies: pd.DataFrame
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Minimum stock (0 where none), maximum stock (inf where none) and order cost: nodes x periods each."""
    ones = np.ones(settings.horizon)
    minimum = np.zeros((len(node_places), settings.horizon))
    maximum = np.outer(policies["maximum_stock"].fillna(np.inf).to_numpy(float), ones)
    order_cost = np.outer(policies["order_cost"].to_numpy(float), ones)
    changes = tables["stock_policy_changes"]
    node = positions(places.of(changes["item"], changes["location"]), node_places)
    period = positions_of(changes["period"], settings)
    inside = (node >= 0) & (period >= 0) & (period < settings.horizon)
    for values, column in ((minimum, "minimum_stock"), (maximum, "maximum_stock"), (order_cost, "order_cost")):
        given = inside & changes[column].notna().to_numpy()
        values[node[given], period[given].astype(int)] = changes.loc[given, column]
    return minimum, maximum, order_cost


def find_unknown_rules(tables: Tables, findings: FindingList) -> None:
    """Add a finding for each stock policy whose lot rule is none."""
    rules = tables["stock_policies"]["lot_rule"].to_numpy(object)
    for row in np.flatnonzero(~np.isin(rules, LOT_RULES)):
        findings.add("error", f"'{rules[row]}' is no lot rule.", f"Choose {' or '.join(LOT_RULES)}.",
                     table="stock_policies", column="lot_rule", row=int(row))


def places_to_keep_stocked(tables: Tables, places: Places) -> np.ndarray:
    """Places whose own policy asks for stock, whether or not anything is sold from there.

    A service level or fill rate asks for it where the deviation of demand is stated too; where it is not, there is
    stock for what draws on the place, which brings it into the network anyhow.
    """
    policies = tables["stock_policies"]
    service = policies[["service_level", "fill_rate"]].notna().any(axis=1)
    asked = (policies["safety_stock"] > 0) | (service & (policies["demand_deviation"] > 0))
    wanted = asked & (policies["location"] != "")
    changes = tables["stock_policy_changes"]
    needed = changes["minimum_stock"] > 0
    chosen = np.concatenate([
        places.of(policies.loc[wanted, "item"], policies.loc[wanted, "location"]),
        places.of(changes.loc[needed, "item"], changes.loc[needed, "location"]),
    ])
    return np.asarray(np.unique(chosen[chosen >= 0]))
