"""From flows to plan grids: what is needed and what is planned, side by side. One function a grid."""

from __future__ import annotations

import numpy as np
import pandas as pd

from sopxl import grids
from sopxl.schema import PlanGrid, Tables
from sopxl.standard_cost import cost_elements
from sopxl.steps.supply import tables as declared
from sopxl.steps.supply.contracts import paid_for_shortfall
from sopxl.steps.supply.figures import NOISE, add_rows, co_product_receipts
from sopxl.steps.supply.lots import count_lots
from sopxl.steps.supply.network import Flows, Network
from sopxl.steps.supply.plan_view import PlanView
from sopxl.steps.supply.price_breaks import mean_prices
from sopxl.steps.supply.promise import promises_of_plan


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
        self.view = PlanView(tables, network, required, planned)
        self.figures = self.view.plan

    def stack(self, grid: PlanGrid, objects: pd.DataFrame, measures: dict[str, np.ndarray]) -> pd.DataFrame:
        """The grid, its objects in the order of family and key."""
        if "item" in objects:
            objects = objects.assign(name=self.view.name_of(objects["item"]))
        keys = [name for name in ("family", *grid.key) if name in objects]
        ranked = objects.assign(family=self.view.family_of(objects["item"])) if "item" in objects else objects
        order = ranked.sort_values([*(["family"] if "item" in objects else []), *keys], kind="stable").index
        measures = {name: values[order] for name, values in measures.items()}
        return grids.stack(grid, objects.loc[order].reset_index(drop=True), measures, self.periods)

    def requirements(self) -> pd.DataFrame:
        """The material requirements record of every node; co-products count as planned receipts."""
        network, flows = self.network, self.required
        receipts = self._by_node(flows.make_receipt, flows.buy_receipt, flows.move_arrival)
        add_rows(receipts, network.co_products["node"].to_numpy(int), co_product_receipts(network, flows.make_receipt))
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
        for node, values in ((self.network.makes["node"], made), (self.network.buys["node"], bought),
                             (self.network.moves["to_node"], moved)):
            add_rows(total, node.to_numpy(int), values)
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
        objects = objects.assign(family=self.view.family_of(objects["item"]))
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
        """Hours, extra shifts, workers and the value of one more hour of each resource."""
        planned, found = self.planned, self.figures
        hired_for = np.isnan(planned.workers)
        return self.stack(declared.CAPACITY_PLAN, self.network.resources, {
            "Regular hours": found.regular_hours, "Overtime limit": found.overtime_limit,
            "Hours taken over": found.hours_taken_over, "Hours given away": found.hours_given_away,
            "Extra shifts": np.zeros_like(found.hours) if planned.extra_shifts is None else planned.extra_shifts,
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
            "Expedited": planned.buy_expedited, "Price": mean_prices(self.network, planned.buy_receipt),
        })

    def distribution_plan(self) -> pd.DataFrame:
        """Transfers by item and lane."""
        moves, cost = self.network.moves, self.network.nodes["unit_cost"].fillna(0.0).to_numpy(float)
        objects = moves.assign(past_due=self.required.move_past_due, under_way=self.network.open_transfers.sum(axis=1),
                               standard_cost=cost[moves["to_node"].to_numpy(int)])
        return self.stack(declared.DISTRIBUTION_PLAN, objects, {
            "Required arrivals": self.required.move_arrival, "Planned shipments": self.planned.move_shipment,
            "Arrivals": self.network.open_transfers + self.planned.move_arrival,
        })

    def inventory_plan(self) -> pd.DataFrame:
        """Stock of every item at every location."""
        nodes = self.network.nodes
        objects = nodes[["item", "location", "on_hand", "unit_cost", "storage_units"]].assign(
            family=self.view.family_of(nodes["item"]))
        safety = self.network.safety_stock
        return self.stack(declared.INVENTORY_PLAN, objects, {
            "Receipts": self.figures.receipts, "Internal use": self.figures.internal_use,
            "Shipments": self.figures.shipments,
            "Safety stock": np.zeros_like(self.figures.receipts) if safety is None else safety,
            "Available to promise": self._available_to_promise(),
        })

    def _available_to_promise(self) -> np.ndarray:
        """What can still be promised out of each node, where customers are served from it; else empty."""
        node = self.network.demands["node"].to_numpy(int)
        promise = promises_of_plan(self.network, self.figures)
        served = np.isin(np.arange(len(promise)), node)[:, None]
        return np.where(served, promise, np.nan)

    def backlog_plan(self) -> pd.DataFrame:
        """Demand, shipments and what waits, by item and planning market."""
        demands = self.network.demands
        costs = cost_elements(self.tables, demands["item"]).set_axis(demands.index)
        objects = demands.assign(family=self.view.family_of(demands["item"]), **costs)
        return self.stack(declared.BACKLOG_PLAN, objects, {
            "Demand": self.network.demand, "Shipments": self.planned.shipment, "Lost sales": self.planned.lost,
            "Price": self.network.price, "Orders in hand": self._orders(),
            "Waiting orders": waiting_orders(self._orders(), self.planned.shipment, self.figures.backlog),
        })

    def _orders(self) -> np.ndarray:
        """Customers' orders within the demand: D x T."""
        orders = self.network.orders_in_hand
        return np.zeros_like(self.network.demand) if orders is None else orders

    def supplier_plan(self) -> pd.DataFrame:
        """Every supplier of the procurement plan with what it can deliver."""
        known = self.tables["suppliers"].drop_duplicates("supplier").set_index("supplier")
        contracts = self.network.contracts["supplier"]
        objects = pd.concat([self.network.buys["supplier"], contracts]).drop_duplicates().to_frame("supplier")
        objects = objects.reset_index(drop=True)
        found = known.reindex(pd.Index(objects["supplier"]))
        objects = objects.assign(name=found["name"].fillna("").to_numpy(object))
        suppliers = pd.Index(objects["supplier"])
        shortfall = np.zeros((len(objects), len(self.periods)))
        add_rows(shortfall, suppliers.get_indexer(pd.Index(contracts)), paid_for_shortfall(
            self.network, self.planned.buy_receipt))
        return self.stack(declared.SUPPLIER_PLAN, objects, {
            "Capacity": self._every_period(found["capacity"]), "Contract shortfall": shortfall,
            "Value of one more unit": self._limit_value("supplier_capacity", self.network.suppliers["supplier"],
                                                        suppliers),
        })

    def _every_period(self, values: pd.Series) -> np.ndarray:
        """The same value in every period."""
        return np.repeat(values.to_numpy(float)[:, None], len(self.periods), axis=1)

    def _limit_value(self, name: str, limited: pd.Series, objects: pd.Index) -> np.ndarray:
        """What one more unit of a limit would save for each object, NaN where it has none or it is not told."""
        values = self.planned.limit_values.get(name)
        if values is None:
            return np.full((len(objects), len(self.periods)), np.nan)
        row = pd.Index(limited).get_indexer(objects)
        return np.asarray(np.concatenate([values, np.full((1, len(self.periods)), np.nan)])[row])

    def lane_plan(self) -> pd.DataFrame:
        """Every lane of the distribution plan, with what it can carry and its loads."""
        ends, moves = ["from_location", "to_location"], self.network.moves
        objects = moves[ends].drop_duplicates(ignore_index=True)
        lanes = objects.merge(self.network.lanes.drop_duplicates(ends).rename_axis("row").reset_index(), on=ends,
                              how="left")
        units = np.zeros((len(objects), len(self.periods)))
        at = pd.MultiIndex.from_frame(objects).get_indexer(pd.MultiIndex.from_frame(moves[ends]))
        add_rows(units, at, self.planned.move_shipment)
        return self.stack(declared.LANE_PLAN, lanes.fillna({"load_size": 0.0, "load_cost": 0.0}), {
            "Capacity": self._every_period(lanes["total_capacity"]), "Loads": self._loads(lanes, units),
        })

    def _loads(self, lanes: pd.DataFrame, units: np.ndarray) -> np.ndarray:
        """Loads of lanes (with their row in the network's lanes), as planned, else as few as carry the units."""
        size = lanes["load_size"].to_numpy(float)[:, None]
        counted = size > 0
        loads = np.where(counted, np.ceil(units / np.where(counted, size, 1.0) - NOISE), np.nan)
        planned, row = self.planned.lane_loads, lanes["row"].to_numpy(float)
        if planned is not None:
            told = np.flatnonzero(~np.isnan(row) & counted[:, 0])
            loads[told] = planned[row[told].astype(int)]
        return loads

    def storage_plan(self) -> pd.DataFrame:
        """Every location that holds stock, with its places."""
        objects, storage = self.network.nodes[["location"]].drop_duplicates(ignore_index=True), self.network.storage
        locations = pd.Index(objects["location"])
        capacity = storage.set_index("location")["storage_capacity"].reindex(locations)
        return self.stack(declared.STORAGE_PLAN, objects, {
            "Capacity": self._every_period(capacity),
            "Value of one more place": self._limit_value("storage", storage["location"], locations),
        })

    def backlog_summary(self) -> pd.DataFrame:
        """Every customer group of the backlog plan."""
        objects = self.network.demands[["market", "priority"]].drop_duplicates("market", ignore_index=True)
        return self.stack(declared.BACKLOG_SUMMARY, objects, {})


def waiting_orders(orders: np.ndarray, shipment: np.ndarray, backlog: np.ndarray) -> np.ndarray:
    """Customers' orders that wait at the end of each period (all arrays demands x periods).

    Orders are served before forecast, first due first; what is lost is lost of the forecast before the orders.
    """
    waiting, before = np.zeros_like(shipment), np.zeros(len(shipment))
    for period in range(shipment.shape[1]):
        due = np.maximum(before + orders[:, period] - shipment[:, period], 0.0)
        before = waiting[:, period] = np.minimum(due, np.maximum(backlog[:, period], 0.0))
    return waiting
