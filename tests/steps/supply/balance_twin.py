"""The independent twin of balancing: the same plan written in PuLP with plain loops, straight from the textbook
formulation (stock, demand, hours, lots, agreements), for small networks. It shares no code with the program under test.
"""

from __future__ import annotations

import math
from typing import Any

import pandas as pd
import pulp

from sopxl.steps.supply.network import Network

BIG = 10_000.0


def least_cost(network: Network) -> float | None:
    """Least cost of a plan by CBC, None where there is none."""
    problem = pulp.LpProblem("twin", pulp.LpMinimize)
    plan = _Plan(network, problem)
    plan.add_sources()
    plan.add_stock()
    plan.add_customers()
    plan.add_hours()
    plan.add_agreements()
    if network.settings.whole_lots:
        plan.add_lots()
    problem += pulp.lpSum(plan.costs)
    problem.solve(pulp.PULP_CBC_CMD(msg=False, gapRel=1e-9))
    return None if problem.status != pulp.LpStatusOptimal else float(pulp.value(problem.objective) or 0.0)


def _records(frame: pd.DataFrame) -> list[tuple[int, dict[str, Any]]]:
    """The records of a frame with their numbers."""
    return list(enumerate({str(name): value for name, value in record.items()} for record in frame.to_dict("records")))


class _Plan:
    """The plan's variables by (object, period), and its costs."""

    def __init__(self, network: Network, problem: Any) -> None:
        self.network = network
        self.problem = problem
        self.periods = range(network.minimum_stock.shape[1])
        self.costs: list[Any] = []
        self.variables = {name: self._family(name, count) for name, count in (
            ("make", len(network.makes)), ("buy", len(network.buys)), ("move", len(network.moves)),
            ("ship", len(network.demands)), ("wait", len(network.demands)), ("stock", len(network.nodes)),
            ("missing", len(network.nodes)), ("overtime", len(network.resources)),
        )}

    def _family(self, name: str, count: int) -> dict[tuple[int, int], Any]:
        return {(at, t): pulp.LpVariable(f"{name}_{at}_{t}", 0) for at in range(count) for t in self.periods}

    def add_sources(self) -> None:
        """Costs and limits of making, buying and moving."""
        for m, make in _records(self.network.makes):
            for t in self.periods:
                self.costs.append(make["production_cost"] * self.variables["make"][m, t])
                if t + make["lead"] >= len(self.periods):
                    self.problem += self.variables["make"][m, t] == 0
        self._add_purchases()
        for v, move in _records(self.network.moves):
            for t in self.periods:
                self.costs.append(move["unit_cost"] * self.variables["move"][v, t])
                if t + move["lead"] >= len(self.periods):
                    self.problem += self.variables["move"][v, t] == 0

    def _add_purchases(self) -> None:
        for b, buy in _records(self.network.buys):
            for t in self.periods:
                receipt = self.variables["buy"][b, t]
                self.costs.append(buy["unit_price"] * receipt)
                if not math.isnan(buy["capacity"]):
                    self.problem += receipt <= buy["capacity"]
                if t < buy["lead"] and math.isnan(buy["expedite_price"]):
                    self.problem += receipt == 0
                elif t < buy["lead"]:
                    self.costs.append(buy["expedite_price"] * receipt)

    def add_stock(self) -> None:
        """Stock of a node: what was there, what comes and what goes; its cost and its limits."""
        for n, node in _records(self.network.nodes):
            before: Any = node["on_hand"]
            for t in self.periods:
                stock = self.variables["stock"][n, t]
                self.problem += stock == before + self._comes(n, t) - self._goes(n, t)
                self.problem += stock >= self.network.minimum_stock[n, t]
                if self._is_to_order(n):
                    self.problem += stock <= self._left_at_start(n, t, before) + self._rest_of_lots(n)
                self.problem += self.variables["missing"][n, t] >= node["safety_stock"] - stock
                share = self.network.settings.safety_stock_cost / 100
                self.costs.append(node["holding_cost"] * stock)
                self.costs.append(share * node["unit_cost"] * self.variables["missing"][n, t])
                before = stock
            self.costs.append(1.2 * node["unit_cost"] * self.variables["missing"][n, self.periods[-1]])

    def _is_to_order(self, n: int) -> bool:
        """Whether no stock is built: made to order, not stocked by policy, and no co-product."""
        node = self.network.nodes.loc[n]
        stocked = node["safety_stock"] > 0 or self.network.minimum_stock[n].any()
        beside = n in self.network.co_products["node"].tolist()
        return node["fulfilment"] in ("make-to-order", "assemble-to-order") and not stocked and not beside

    def _left_at_start(self, n: int, t: int, before: Any) -> Any:
        """What was there at the start and is not used yet: by customers at once, elsewhere as it leaves."""
        drawing = [d for d, demand in _records(self.network.demands) if demand["node"] == n]
        if not drawing:
            return before + self.network.open_other[n, t]
        wanted = sum(self.network.demand[d, :t + 1].sum() + self.network.demands["opening_backlog"][d]
                     for d in drawing)
        return max(0.0, self.network.nodes["on_hand"][n] + self.network.open_other[n, :t + 1].sum() - wanted)

    def _rest_of_lots(self, n: int) -> float:
        """What may be left of a lot: the largest in which anything comes."""
        if not self.network.settings.whole_lots:
            return 0.0
        node = self.network.nodes.loc[n]
        orders = [max(buy["minimum_order"], buy["order_multiple"]) for _, buy in _records(self.network.buys)
                  if buy["node"] == n]
        sizes = [node["minimum_lot"], node["lot_multiple"], *orders]
        return max(0.0 if math.isnan(size) else float(size) for size in sizes)

    def _comes(self, n: int, t: int) -> Any:
        comes: list[Any] = [self.network.open_other[n, t]]
        comes += [make["yield_rate"] * self.variables["make"][m, t - make["lead"]]
                  for m, make in _records(self.network.makes) if make["node"] == n and t >= make["lead"]]
        for _, beside in _records(self.network.co_products):
            lead = self.network.makes["lead"][beside["make"]]
            if beside["node"] == n and t >= lead:
                comes.append(beside["quantity"] * self.variables["make"][beside["make"], t - lead])
        comes += [self.variables["buy"][b, t] for b, buy in _records(self.network.buys) if buy["node"] == n]
        comes += [self.variables["move"][v, t - move["lead"]] for v, move in _records(self.network.moves)
                  if move["to_node"] == n and t >= move["lead"]]
        return pulp.lpSum(comes)

    def _goes(self, n: int, t: int) -> Any:
        goes = [self.variables["ship"][d, t] for d, demand in _records(self.network.demands) if demand["node"] == n]
        goes += [part["quantity"] * self.variables["make"][part["make"], t]
                 for _, part in _records(self.network.components) if part["node"] == n]
        goes += [self.variables["move"][v, t] for v, move in _records(self.network.moves) if move["from_node"] == n]
        return pulp.lpSum(goes)

    def add_customers(self) -> None:
        """Demand is shipped, waits or is lost."""
        settings = self.network.settings
        for d, demand in _records(self.network.demands):
            stated = self.network.nodes["backlog_cost"][demand["node"]]
            waiting: Any = demand["opening_backlog"]
            for t in self.periods:
                price = self.network.price[d, t]
                late = price * settings.late_cost / 100 if math.isnan(stated) else stated
                ship, wait = self.variables["ship"][d, t], self.variables["wait"][d, t]
                lost: Any = 0.0
                if settings.unmet_demand == "lost":
                    lost = pulp.LpVariable(f"lost_{d}_{t}", 0)
                    self.problem += wait == 0
                    held = self._cheapest(int(demand["node"])) * (1 + settings.holding_cost / 100)
                    self.costs.append(max(price, held + demand["freight_cost"]) * lost)
                self.problem += wait == waiting + self.network.demand[d, t] - ship - lost
                self.costs += [late * wait, demand["freight_cost"] * ship]
                waiting = wait
            if settings.final_backlog == "none":
                self.problem += waiting == 0
            worth = max(*self.network.price[d], self._supply_cost(demand["node"]) + demand["freight_cost"])
            self.costs.append(2 * worth * waiting)

    def _supply_cost(self, n: int) -> float:
        """Cheapest way to one more unit, or the standard cost where that is more."""
        return max(float(self.network.nodes["unit_cost"][n]), self._cheapest(n))

    def _cheapest(self, n: int) -> float:
        ways = [buy["unit_price"] for _, buy in _records(self.network.buys) if buy["node"] == n]
        for m, make in _records(self.network.makes):
            if make["node"] == n:
                parts = self.network.components[self.network.components["make"] == m]
                hours = self.network.operations[self.network.operations["make"] == m]
                ways.append(
                    (make["production_cost"]
                    + sum(part["quantity"] * self._cheapest(part["node"]) for _, part in _records(parts))
                    + sum(one["hours_per_unit"] * self.network.resources["hourly_cost"][one["resource"]]
                          for _, one in _records(hours))) / make["yield_rate"])
        ways += [move["unit_cost"] + self._cheapest(move["from_node"])
                 for _, move in _records(self.network.moves) if move["to_node"] == n]
        return float(min(ways))

    def _own_resource(self, a: int) -> int:
        """The resource whose work an alternate takes over."""
        return int(self.network.operations["resource"][self.network.alternates["operation"][a]])

    def add_hours(self) -> None:
        """Hours fit into regular hours, extra shifts and overtime, and cost; alternates take over what they can."""
        self.moved = self._family("moved", len(self.network.alternates))
        for (a, t), hours in self.moved.items():
            work = self.network.operations.loc[self.network.alternates["operation"][a]]
            self.problem += hours <= work["hours_per_unit"] * self.variables["make"][work["make"], t]
            self.costs.append(0.001 * hours)
        for r, resource in _records(self.network.resources):
            for t in self.periods:
                regular = pulp.LpVariable(f"regular_{r}_{t}", 0)
                shifts = pulp.LpVariable(f"shifts_{r}_{t}", 0, resource["most_extra_shifts"])
                self.problem += regular <= self.network.regular_hours[r, t] + resource["extra_shift_hours"] * shifts
                self.costs.append(resource["extra_shift_cost"] * shifts)
                overtime = self.variables["overtime"][r, t]
                self.problem += overtime <= self.network.overtime_hours[r, t]
                load = [one["hours_per_unit"] * self.variables["make"][one["make"], t]
                        for _, one in _records(self.network.operations) if one["resource"] == r]
                load += [-hours for (a, at), hours in self.moved.items()
                         if at == t and self._own_resource(a) == r]
                load += [self.network.alternates["hours_factor"][a] * hours for (a, at), hours in self.moved.items()
                         if at == t and self.network.alternates["resource"][a] == r]
                self.problem += pulp.lpSum(load) == regular + overtime
                self.costs += [resource["hourly_cost"] * regular, resource["overtime_cost"] * overtime]

    def add_agreements(self) -> None:
        """What suppliers and lanes can deliver, what contracts ask for, loads, and the room in stores."""
        network = self.network
        for _, supplier in _records(network.suppliers):
            bought = [b for b, buy in _records(network.buys) if buy["supplier"] == supplier["supplier"]]
            for t in self.periods:
                self.problem += pulp.lpSum(self.variables["buy"][b, t] for b in bought) <= supplier["capacity"]
        for c, terms in _records(network.contracts):
            called = pulp.lpSum(self.variables["buy"][pair["buy"], t] for _, pair in _records(network.contract_buys)
                                for t in range(terms["first"], terms["last"] + 1) if pair["contract"] == c)
            missing = pulp.LpVariable(f"shortfall_{c}", 0)
            self.problem += called + missing >= terms["minimum"]
            self.problem += called <= terms["maximum"]
            self.costs.append(terms["shortfall_cost"] * missing)
        for number, lane in _records(network.lanes):
            for t in self.periods:
                loads = pulp.LpVariable(f"loads_{number}_{t}", 0)
                moved = [self.variables["move"][v, t] for v, move in _records(network.moves) if move["lane"] == number]
                self.problem += pulp.lpSum(moved) <= lane["load_size"] * loads
                self.problem += pulp.lpSum(moved) <= lane["total_capacity"]
                self.costs.append(lane["load_cost"] * loads)
        for _, store in _records(network.storage):
            for t in self.periods:
                self.problem += pulp.lpSum(
                    node["storage_units"] * self.variables["stock"][n, t] for n, node in _records(network.nodes)
                    if node["location"] == store["location"]) <= store["storage_capacity"]

    def add_lots(self) -> None:
        """Order costs, minimum lots and multiples of what is made, bought and moved."""
        frames = {"make": (self.network.makes, "node"), "buy": (self.network.buys, "node"),
                  "move": (self.network.moves, "to_node")}
        for source, (frame, end) in frames.items():
            for at, record in _records(frame):
                node = self.network.nodes.loc[record[end]]
                minimum = max(node["minimum_lot"], record.get("minimum_order", 0.0))
                multiple = record.get("order_multiple", math.nan)
                multiple = node["lot_multiple"] if math.isnan(multiple) else multiple
                for t in self.periods:
                    quantity = self.variables[source][at, t]
                    lot = pulp.LpVariable(f"lot_{source}_{at}_{t}", cat="Binary")
                    self.problem += quantity <= BIG * lot
                    self.problem += quantity >= minimum * lot
                    self.costs.append(self.network.order_cost[record[end], t] * lot)
                    if not math.isnan(multiple):
                        count = pulp.LpVariable(f"count_{source}_{at}_{t}", 0, cat="Integer")
                        self.problem += quantity == multiple * count
