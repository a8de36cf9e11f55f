"""The independent twin of balancing: the same plan written in PuLP with plain loops, straight from the textbook
formulation (stock, demand, hours, lots, agreements), for small networks. It shares no code with the program under test.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
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
    plan.add_fences()
    plan.add_agreements()
    plan.add_finance()
    plan.add_quotas()
    if network.settings.whole_lots:
        plan.add_lots()
    problem += pulp.lpSum(plan.costs)
    problem.solve(pulp.PULP_CBC_CMD(msg=False, gapRel=1e-9))
    return None if problem.status != pulp.LpStatusOptimal else float(pulp.value(problem.objective) or 0.0)


def _records(frame: pd.DataFrame) -> list[tuple[int, dict[str, Any]]]:
    """The records of a frame with their numbers."""
    return list(enumerate({str(name): value for name, value in record.items()} for record in frame.to_dict("records")))


def _raised(ranked: list[tuple[int, float, float]]) -> list[float]:
    """Values of (group, order, value), each a little above all that come before it in its group."""
    raised = [0.0] * len(ranked)
    for at in sorted(range(len(ranked)), key=lambda one: ranked[one][1]):
        group, order, value = ranked[at]
        before = [raised[one] for one, other in enumerate(ranked) if other[0] == group and other[1] < order]
        raised[at] = max([value, *(1.001 * other for other in before)])
    return raised


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
        beyond = self._beyond_cost_of_making()
        for m, make in _records(self.network.makes):
            for t in self.periods:
                self.costs.append((make["production_cost"] + beyond[m]) * self.variables["make"][m, t])
                if t + make["lead"] >= len(self.periods):
                    self.problem += self.variables["make"][m, t] == 0
        self._add_purchases()
        moved = self._ranked_moves()
        for v, move in _records(self.network.moves):
            beyond_cost = moved[v] - move["unit_cost"] - self._cheapest(move["from_node"])
            for t in self.periods:
                self.costs.append((move["unit_cost"] + beyond_cost) * self.variables["move"][v, t])
                if t + move["lead"] >= len(self.periods):
                    self.problem += self.variables["move"][v, t] == 0

    def _add_purchases(self) -> None:
        ranked = self._ranked_buys()
        for b, buy in _records(self.network.buys):
            for t in self.periods:
                receipt = self.variables["buy"][b, t]
                self.costs += [self._paid(b, t), (ranked[b] - buy["unit_price"]) * receipt]
                if not math.isnan(buy["capacity"]):
                    self.problem += receipt <= buy["capacity"]
                if t < buy["lead"] and math.isnan(buy["expedite_price"]):
                    self.problem += receipt == 0
                elif t < buy["lead"]:
                    self.costs.append(buy["expedite_price"] * receipt)

    def _paid(self, b: int, t: int) -> Any:
        """What a receipt costs: by its price list, piece by piece, where lots are whole."""
        receipt, price = self.variables["buy"][b, t], self.network.buys["unit_price"][b]
        breaks = [one for _, one in _records(self.network.price_breaks) if one["buy"] == b]
        if not breaks or not self.network.settings.whole_lots:
            return price * receipt
        starts = [0.0, *(one["from_quantity"] for one in breaks)]
        prices = [price, *(one["unit_price"] for one in breaks)]
        chosen, pieces, paid, full = [], [], [], 0.0
        for s, (start, price) in enumerate(zip(starts, prices, strict=True)):
            end = starts[s + 1] if s + 1 < len(starts) else BIG
            piece = pulp.LpVariable(f"piece_{b}_{t}_{s}", 0)
            is_chosen = pulp.LpVariable(f"in_{b}_{t}_{s}", cat="Binary")
            self.problem += piece >= start * is_chosen
            self.problem += piece <= end * is_chosen
            for_all = s == 0 or breaks[s - 1]["all_units"]
            paid.append(price * piece + (0.0 if for_all else full - price * start) * is_chosen)
            full += price * (end - start)
            chosen.append(is_chosen)
            pieces.append(piece)
        self.problem += pulp.lpSum(chosen) <= 1
        self.problem += pulp.lpSum(pieces) == receipt
        return pulp.lpSum(paid)

    def _ranked_buys(self) -> list[float]:
        """Prices as they steer: a worse supplier is taken to cost no less than a better one."""
        return _raised([(buy["node"], buy["priority"], buy["unit_price"]) for _, buy in _records(self.network.buys)])

    def _ranked_moves(self) -> list[float]:
        """Cost of the unit and its way as it steers."""
        return _raised([(move["to_node"], move["priority"], move["unit_cost"] + self._cheapest(move["from_node"]))
                        for _, move in _records(self.network.moves)])

    def _beyond_cost_of_making(self) -> list[float]:
        """What starting a unit by a worse routing is taken to cost beyond its cost."""
        cost = [self._cost_of_making(m) for m in range(len(self.network.makes))]
        ranked = _raised([(make["node"], make["priority"], cost[m]) for m, make in _records(self.network.makes)])
        return [(ranked[m] - cost[m]) * make["yield_rate"] for m, make in _records(self.network.makes)]

    def add_fences(self) -> None:
        """Frozen production stays as the last plan had it, slushy production near it."""
        last, change = self.network.last_production, self.network.settings.slushy_change / 100
        if last is None or self.network.frozen is None or self.network.slushy is None:
            return
        for (m, t), start in self.variables["make"].items():
            if self.network.frozen[m, t]:
                self.problem += start == last[m, t]
            elif self.network.slushy[m, t]:
                self.problem += start >= (1 - change) * last[m, t]
                self.problem += start <= (1 + change) * last[m, t]

    def add_quotas(self) -> None:
        """What is missing to an agreed share costs just more than to get it from there."""
        network = self.network
        for name, frame, end, ranked in (("buy", network.buys, "node", self._ranked_buys()),
                                         ("move", network.moves, "to_node", self._ranked_moves())):
            records = _records(frame)
            for at, record in records:
                if math.isnan(record["quota"]):
                    continue
                rivals = [other for other, one in records if one[end] == record[end]]
                come = {other: pulp.lpSum(self.variables[name][other, t] for t in self.periods) for other in rivals}
                missing = pulp.LpVariable(f"missing_{name}_{at}", 0)
                self.problem += come[at] + missing >= record["quota"] * pulp.lpSum(come.values())
                beyond = ranked[at] - min(ranked[other] for other in rivals)
                self.costs.append((1.001 * beyond + 0.001 * max(ranked[at], 1.0)) * missing)

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
        at_end = self._ranked_demands([2 * self._worth(d) for d in range(len(self.network.demands))])
        for d, demand in _records(self.network.demands):
            waiting: Any = demand["opening_backlog"]
            for t in self.periods:
                price = self.network.price[d, t]
                late = self._ranked_demands([self._late(one, t) for one in range(len(self.network.demands))])[d]
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
            self.costs.append(at_end[d] * waiting)

    def _late(self, d: int, t: int) -> float:
        """Cost of a unit that waits, by the stock policy or the setting."""
        stated = self.network.nodes["backlog_cost"][self.network.demands["node"][d]]
        return float(self.network.price[d, t] * self.network.settings.late_cost / 100 if math.isnan(stated) else stated)

    def _worth(self, d: int) -> float:
        node, freight = (self.network.demands[name].to_numpy()[d] for name in ("node", "freight_cost"))
        return float(max(*self.network.price[d], self._supply_cost(int(node)) + freight))

    def _ranked_demands(self, cost: list[float]) -> list[float]:
        """Costs of waiting: a better customer's is no less than a worse one's."""
        return _raised([(demand["node"], -demand["priority"], cost[d])
                        for d, demand in _records(self.network.demands)])

    def _supply_cost(self, n: int) -> float:
        """Cheapest way to one more unit, or the standard cost where that is more."""
        return max(float(self.network.nodes["unit_cost"][n]), self._cheapest(n))

    def _cheapest(self, n: int) -> float:
        ways = [buy["unit_price"] for _, buy in _records(self.network.buys) if buy["node"] == n]
        ways += [self._cost_of_making(m) for m, make in _records(self.network.makes) if make["node"] == n]
        ways += [move["unit_cost"] + self._cheapest(move["from_node"])
                 for _, move in _records(self.network.moves) if move["to_node"] == n]
        return float(min(ways))

    def _cost_of_making(self, m: int) -> float:
        make = self.network.makes.loc[m]
        parts = self.network.components[self.network.components["make"] == m]
        hours = self.network.operations[self.network.operations["make"] == m]
        return float((
            make["production_cost"]
            + sum(part["quantity"] * self._cheapest(part["node"]) for _, part in _records(parts))
            + sum(one["hours_per_unit"] * self.network.resources["hourly_cost"][one["resource"]]
                  for _, one in _records(hours))) / make["yield_rate"])

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
                whole = network.settings.whole_lots
                loads = pulp.LpVariable(f"loads_{number}_{t}", 0, cat="Integer" if whole else "Continuous")
                moved = [self.variables["move"][v, t] for v, move in _records(network.moves) if move["lane"] == number]
                self.problem += pulp.lpSum(moved) <= lane["load_size"] * loads
                self.problem += pulp.lpSum(moved) <= lane["total_capacity"]
                self.costs.append(lane["load_cost"] * loads)
                if whole:
                    runs = pulp.LpVariable(f"runs_{number}_{t}", cat="Binary")
                    self.problem += pulp.lpSum(moved) >= lane["minimum_load"] * runs
                    self.problem += pulp.lpSum(moved) <= BIG * runs
        for _, store in _records(network.storage):
            for t in self.periods:
                self.problem += pulp.lpSum(
                    node["storage_units"] * self.variables["stock"][n, t] for n, node in _records(network.nodes)
                    if node["location"] == store["location"]) <= store["storage_capacity"]

    def add_finance(self) -> None:
        """Budgets of overtime, caps on the worth of stock and least margins, for each period or for all together."""
        for _, terms in _records(self.network.financial_limits):
            span = range(terms["first"], terms["last"] + 1)
            for periods in [span] if terms["in_total"] else [[t] for t in span]:
                self._keep_to(terms, periods)

    def _keep_to(self, terms: dict[str, Any], periods: Sequence[int]) -> None:
        nodes = [n for n, node in _records(self.network.nodes) if terms["family"] in ("", node["family"])]
        if terms["limit"] == "overtime budget":
            self.problem += pulp.lpSum(
                resource["overtime_cost"] * self.variables["overtime"][r, t]
                for r, resource in _records(self.network.resources) for t in periods) <= terms["amount"]
        elif terms["limit"] == "stock value":
            self.problem += pulp.lpSum(
                self.network.nodes["unit_cost"][n] * self.variables["stock"][n, t] for n in nodes for t in periods
            ) <= max(terms["amount"], self._worth_at_start(nodes, periods[-1]))
        else:
            amount, share = (0.0 if math.isnan(terms[name]) else terms[name] for name in ("amount", "share"))
            self.problem += pulp.lpSum(
                (self.network.price[d, t] * (1 - share) - self.network.nodes["unit_cost"][demand["node"]]
                 - demand["freight_cost"]) * self.variables["ship"][d, t]
                for d, demand in _records(self.network.demands) if demand["node"] in nodes for t in periods) >= amount

    def _worth_at_start(self, nodes: list[int], t: int) -> float:
        """What stock on hand and on order is worth that customers have not taken."""
        left = self.network.nodes["on_hand"].to_numpy(float) + self.network.scheduled_receipts[:, :t + 1].sum(axis=1)
        for d, demand in _records(self.network.demands):
            left[demand["node"]] -= self.network.demand[d, :t + 1].sum() + demand["opening_backlog"]
        cost = self.network.nodes["unit_cost"].to_numpy(float)
        return float(sum(cost[n] * max(0.0, left[n]) for n in nodes))

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
