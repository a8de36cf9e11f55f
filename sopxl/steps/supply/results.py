"""From flows to plan grids: what is needed and what is planned, side by side. One function a grid."""

from __future__ import annotations

import numpy as np
import pandas as pd

from sopxl import grids
from sopxl.schema import PlanGrid, Tables
from sopxl.steps.supply import tables as declared
from sopxl.steps.supply.figures import figures
from sopxl.steps.supply.lots import count_lots
from sopxl.steps.supply.network import Flows, Network
from sopxl.steps.supply.promise import available_to_promise


def write_grids(tables: Tables, network: Network, required: Flows, planned: Flows) -> Tables:
    """Every plan grid of the supply steps; formula rows stay empty.

    Rows are in the order of family, item and location or market.
    """
    writer = _Writer(tables, network, required, planned)
    return {
        "requirements": writer.requirements(), "production_plan": writer.production_plan(),
        "resource_load": writer.resource_load(), "capacity_plan": writer.capacity_plan(),
        "procurement_plan": writer.procurement_plan(), "distribution_plan": writer.distribution_plan(),
        "inventory_plan": writer.inventory_plan(), "backlog_plan": writer.backlog_plan(),
        "supplier_plan": writer.supplier_plan(), "lane_plan": writer.lane_plan(),
        "storage_plan": writer.storage_plan(), "backlog_summary": writer.backlog_summary(),
    }


class _Writer:
    """Holds what all grids are written from."""

    def __init__(self, tables: Tables, network: Network, required: Flows, planned: Flows) -> None:
        self.tables, self.network, self.required, self.planned = tables, network, required, planned
        self.periods = network.settings.periods.labels
        items = tables["items"].drop_duplicates("item").set_index("item")
        self.family_of, self.name_of = items["family"], items["name"]
        self.figures = figures(network, planned)

    def family(self, items: pd.Series) -> np.ndarray:
        """Family of each item."""
        known = self.family_of.reindex(pd.Index(items))
        return np.asarray(known.fillna("(no family)").to_numpy(object))

    def stack(self, grid: PlanGrid, objects: pd.DataFrame, measures: dict[str, np.ndarray]) -> pd.DataFrame:
        """The grid, its objects in the order of family and key."""
        if "item" in objects:
            objects = objects.assign(name=self.name_of.reindex(pd.Index(objects["item"])).fillna("").to_numpy(object))
        keys = [name for name in ("family", *grid.key) if name in objects]
        ranked = objects.assign(family=self.family(objects["item"])) if "item" in objects else objects
        order = ranked.sort_values([*(["family"] if "item" in objects else []), *keys], kind="stable").index
        measures = {name: values[order] for name, values in measures.items()}
        return grids.stack(grid, objects.loc[order].reset_index(drop=True), measures, self.periods)

    def requirements(self) -> pd.DataFrame:
        """The material requirements record of every node."""
        network, flows = self.network, self.required
        receipts = self._by_node(flows.make_receipt, flows.buy_receipt, flows.move_arrival)
        releases = self._by_node(flows.make_start, flows.buy_order, flows.move_shipment)
        past_due = self._by_node(flows.make_past_due, flows.buy_past_due, flows.move_past_due)
        objects = network.nodes[["item", "location", "level", "on_hand"]].assign(past_due=past_due)
        lots = self._by_node(*(self._lots(kind, values) for kind, values in (
            ("make", flows.make_receipt), ("buy", flows.buy_receipt), ("move", flows.move_arrival))))
        gross = flows.gross_requirements
        return self.stack(declared.REQUIREMENTS, objects, {
            "Gross requirements": np.zeros_like(receipts) if gross is None else gross,
            "Scheduled receipts": network.scheduled_receipts, "Planned order receipts": receipts,
            "Planned order releases": releases, "Planned lots": lots,
        })

    def _by_node(self, made: np.ndarray, bought: np.ndarray, moved: np.ndarray) -> np.ndarray:
        """Quantities of makes, buys and moves added up by the node that receives."""
        total = np.zeros((len(self.network.nodes), *made.shape[1:]))
        np.add.at(total, self.network.makes["node"].to_numpy(int), made)
        np.add.at(total, self.network.buys["node"].to_numpy(int), bought)
        np.add.at(total, self.network.moves["to_node"].to_numpy(int), moved)
        return total

    def _lots(self, kind: str, receipts: np.ndarray) -> np.ndarray:
        """Number of lots behind receipts of one kind of source."""
        node = {"make": self.network.makes["node"], "buy": self.network.buys["node"],
                "move": self.network.moves["to_node"]}[kind]
        table = self.network.nodes.iloc[node.to_numpy(int)]
        return count_lots(table["lot_rule"].to_numpy(object), receipts, table["lot_size"].to_numpy(float))

    def production_plan(self) -> pd.DataFrame:
        """Production by item and location, with the planner's firm quantities carried over."""
        grid, existing = declared.PRODUCTION_PLAN, self.tables["production_plan"]
        objects = self.network.makes[["item", "location", "routing", "yield_rate"]]
        typed = grids.objects_with_inputs(grid, existing).astype("object").assign(yield_rate=1.0)
        objects = pd.concat([objects, typed]).drop_duplicates(list(grid.key), ignore_index=True)
        objects = objects.assign(family=self.family(objects["item"]))
        more = ((0, len(objects) - len(self.network.makes)), (0, 0))
        measures = {
            "Required production": np.pad(self.required.make_start, more),
            "Required lots": np.pad(self.required.make_lots, more),
            "Planned production": np.pad(self.planned.make_start, more),
            "Planned lots": np.pad(self.planned.make_lots, more),
        }
        if "measure" in existing:
            measures |= grids.carry_inputs(grid, existing, objects, self.periods)
        return self.stack(grid, objects, measures)

    def resource_load(self) -> pd.DataFrame:
        """Who loads each resource: attributes only, the hours are formulas."""
        network = self.network
        makes = network.makes.iloc[network.operations["make"].to_numpy(int)].reset_index(drop=True)
        objects = network.operations[["operation", "hours_per_unit", "setup_hours"]].assign(
            item=makes["item"], location=makes["location"], routing=makes["routing"],
            resource=network.resources["resource"].to_numpy(object)[network.operations["resource"].to_numpy(int)],
        )
        return self.stack(declared.RESOURCE_LOAD, objects, {})

    def capacity_plan(self) -> pd.DataFrame:
        """Hours, workers and the value of one more hour of each resource."""
        planned = self.planned
        hired_for = np.isnan(planned.workers)
        return self.stack(declared.CAPACITY_PLAN, self.network.resources, {
            "Regular hours": self.figures.regular_hours, "Overtime limit": self.figures.overtime_limit,
            "Value of one more hour": planned.hour_value, "Workers": planned.workers,
            "Hired": np.where(hired_for, np.nan, planned.hired),
            "Laid off": np.where(hired_for, np.nan, planned.laid_off),
        })

    def procurement_plan(self) -> pd.DataFrame:
        """Purchases by item, location and supplier."""
        planned = self.planned
        objects = self.network.buys.assign(
            expedite_price=self.network.buys["expedite_price"].fillna(0.0), past_due=self.required.buy_past_due
        )
        return self.stack(declared.PROCUREMENT_PLAN, objects, {
            "Required receipts": self.required.buy_receipt, "Open orders": self.network.open_purchases,
            "Planned receipts": planned.buy_receipt, "Planned orders": planned.buy_order,
            "Expedited": planned.buy_expedited,
        })

    def distribution_plan(self) -> pd.DataFrame:
        """Transfers by item and lane."""
        objects = self.network.moves.assign(past_due=self.required.move_past_due)
        return self.stack(declared.DISTRIBUTION_PLAN, objects, {
            "Required arrivals": self.required.move_arrival, "Planned shipments": self.planned.move_shipment,
            "Arrivals": self.network.open_transfers + self.planned.move_arrival,
        })

    def inventory_plan(self) -> pd.DataFrame:
        """Stock of every item at every location."""
        nodes = self.network.nodes
        objects = nodes[["item", "location", "on_hand", "unit_cost"]].assign(family=self.family(nodes["item"]))
        safety = self.network.safety_stock
        return self.stack(declared.INVENTORY_PLAN, objects, {
            "Receipts": self.figures.receipts, "Internal use": self.figures.internal_use,
            "Shipments": self.figures.shipments,
            "Safety stock": np.zeros_like(self.figures.receipts) if safety is None else safety,
            "Available to promise": self._available_to_promise(),
        })

    def _available_to_promise(self) -> np.ndarray:
        """What can still be promised out of each node, where customers are served from it; else empty."""
        committed = self.figures.internal_use.copy()
        node, orders = self.network.demands["node"].to_numpy(int), self.network.orders_in_hand
        if orders is not None:
            np.add.at(committed, node, orders)
        on_hand = self.network.nodes["on_hand"].to_numpy(float)
        promise = available_to_promise(on_hand, self.figures.receipts, committed)
        served = np.isin(np.arange(len(on_hand)), node)[:, None]
        return np.where(served, promise, np.nan)

    def backlog_plan(self) -> pd.DataFrame:
        """Demand, shipments and what waits, by item and planning market."""
        demands = self.network.demands
        costs = self.tables["costs"].drop_duplicates("item").set_index("item").reindex(pd.Index(demands["item"]))
        objects = demands.assign(
            family=self.family(demands["item"]), material_cost=costs["material_cost"].fillna(0.0).to_numpy(),
            conversion_cost=costs["conversion_cost"].fillna(0.0).to_numpy(),
        )
        return self.stack(declared.BACKLOG_PLAN, objects, {
            "Demand": self.network.demand, "Shipments": self.planned.shipment, "Lost sales": self.planned.lost,
            "Price": self.network.price,
        })

    def supplier_plan(self) -> pd.DataFrame:
        """Every supplier of the procurement plan with what it can deliver."""
        known = self.tables["suppliers"].drop_duplicates("supplier").set_index("supplier")
        objects = self.network.buys[["supplier"]].drop_duplicates(ignore_index=True)
        found = known.reindex(pd.Index(objects["supplier"]))
        objects = objects.assign(name=found["name"].fillna("").to_numpy(object))
        capacity = np.repeat(found["capacity"].to_numpy(float)[:, None], len(self.periods), axis=1)
        return self.stack(declared.SUPPLIER_PLAN, objects, {"Capacity": capacity})

    def lane_plan(self) -> pd.DataFrame:
        """Every lane of the distribution plan."""
        objects = self.network.moves[["from_location", "to_location"]].drop_duplicates(ignore_index=True)
        return self.stack(declared.LANE_PLAN, objects, {})

    def storage_plan(self) -> pd.DataFrame:
        """Every location that holds stock, with its places."""
        objects = self.network.nodes[["location"]].drop_duplicates(ignore_index=True)
        storage = self.network.storage.set_index("location")["storage_capacity"]
        capacity = storage.reindex(pd.Index(objects["location"])).to_numpy(float)[:, None]
        return self.stack(declared.STORAGE_PLAN, objects, {"Capacity": np.repeat(capacity, len(self.periods), axis=1)})

    def backlog_summary(self) -> pd.DataFrame:
        """Every customer group of the backlog plan."""
        objects = self.network.demands[["market", "priority"]].drop_duplicates("market", ignore_index=True)
        return self.stack(declared.BACKLOG_SUMMARY, objects, {})
