"""The jobs of the near weeks: the lots that the plan starts, on the resources that the plan has them on.

What a job is made of and when it may start and shall be done is said here; when it is done is for ``sequence``.
Open production orders come from ``open_orders``. All times are hours since the first day of the plan begins.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from itertools import pairwise
from typing import NamedTuple

import numpy as np

from sopxl.steps.supply.calendars import HOURS_PER_DAY
from sopxl.steps.supply.network import Network
from sopxl.steps.supply.plan_view import PlanView
from sopxl.steps.supply.schedule.open_orders import Order, find_orders
from sopxl.steps.supply.schedule.timing import Machinery
from sopxl.steps.supply.schedule.ways import Instead, Operation, Ways, read_ways

MOST_LOTS = 100
"""Most jobs that one period's production of an item is broken into."""
MOST_JOBS = 20_000
"""Planned jobs beyond which lots of one item and period are run together as one job."""
PLANNED_PRIORITY = 1.0
"""Planned lots count as much as open orders whose priority nobody changed."""
NEGLIGIBLE = 1e-6
NO_ROUTING = "Not scheduled: it has no routing."


@dataclass
class Job:
    """A lot to be made. ``started``: units that the first operation works on; ``quantity``: good units.

    ``make``: row of the network's makes, -1 for an order of what the plan does not make. ``period``: in which it
    starts, for an order in which it is due; ``received``: in which the plan has it in stock. ``fault``: why it cannot
    be scheduled; empty: it can. ``after``: jobs that it waits for because they make its components; ``waits_for``:
    the component whose receipt puts off its release from its ``planned_start``.
    """

    number: int
    order: str
    item: str
    location: str
    make: int
    quantity: float
    started: float
    period: int
    received: int
    planned_start: float
    due: float
    priority: float = PLANNED_PRIORITY
    is_open: bool = False
    fault: str = ""
    waits_for: str = ""
    after: list[int] = field(default_factory=list)
    operations: list[Operation] = field(default_factory=list)
    release: float = field(init=False)

    def __post_init__(self) -> None:
        """It may start when the plan has it, until it is known what it waits for."""
        self.release = self.planned_start

    @property
    def code(self) -> str:
        """The job's number as planners see it."""
        return f"J{self.number + 1:04d}"


class Part(NamedTuple):
    """A share of what a make starts in a period, made on the same resources and received in the same period."""

    make: int
    period: int
    received: int
    started: float
    lots: float
    instead: Instead


def find_jobs(view: PlanView, machinery: Machinery, window: float) -> list[Job]:
    """The jobs that start or are due in the periods that begin within the window (hours), operations filled in."""
    starts = period_starts(view)
    ways = read_ways(view)
    orders = [_open_job(view, ways, machinery, order) for order in find_orders(view, starts, window)]
    jobs = [*orders, *_planned_jobs(view, ways, machinery, starts, window)]
    jobs.sort(key=lambda job: (not job.is_open, job.due, job.priority, job.item, job.location, job.order))
    for number, job in enumerate(jobs):
        job.number = number
        job.fault = "" if job.operations else NO_ROUTING
    return jobs


def period_starts(view: PlanView) -> np.ndarray:
    """When each period starts, and when the last ends: hours."""
    return np.concatenate([[0.0], np.cumsum(view.settings.periods.days)]) * HOURS_PER_DAY


def _open_job(view: PlanView, ways: Ways, machinery: Machinery, order: Order) -> Job:
    """An open order as a job; what it is made of is issued already."""
    way = ways.usual(order.item, order.location)
    job = Job(0, order.code, order.item, order.location, way if 0 <= way < len(view.network.makes) else -1,
              order.quantity, order.quantity / max(ways.yield_rate(way), NEGLIGIBLE), order.period, order.period, 0.0,
              order.due, order.priority, True)
    job.operations = ways.operations(way, job.started, {}, machinery)
    return job


def _planned_jobs(
    view: PlanView, ways: Ways, machinery: Machinery, starts: np.ndarray, window: float
) -> list[Job]:
    """The lots of production that starts within the window, due by the end of the period in which the plan has them
    in stock; what has no routing is one job a period."""
    makes = view.network.makes
    item, location = makes["item"].to_numpy(object), makes["location"].to_numpy(object)
    good = makes["yield_rate"].fillna(1.0).to_numpy(float)
    size = _lot_sizes(view.network)
    parts = _parts(view, int((starts[:-1] < window).sum()), size)
    most = _most_lots(parts, size)
    jobs = []
    for part in parts:
        make, release, due = part.make, float(starts[part.period]), float(starts[part.received + 1])
        lots = lots_of(part.started, part.lots, size[make], most if ways.is_routed(make) else 1)
        jobs += [
            Job(0, "", str(item[make]), str(location[make]), make, started * float(good[make]), started, part.period,
                part.received, release, due,
                operations=ways.operations(make, started, part.instead, machinery))
            for started in lots
        ]
    return jobs


def _lot_sizes(network: Network) -> np.ndarray:
    """The fixed lot of each make, NaN where there is none."""
    nodes = network.nodes.iloc[network.makes["node"].to_numpy(int)]
    fixed = (nodes["lot_rule"] == "fixed").to_numpy()
    return np.where(fixed, nodes["lot_size"].to_numpy(float), np.nan)


def _most_lots(parts: list[Part], size: np.ndarray) -> int:
    """Into how many jobs a period's production of an item may be broken, so that there are not too many in all."""
    fixed = size[[part.make for part in parts]]
    units = np.array([part.started for part in parts], float)
    count = np.where(fixed > 0, np.ceil(units / np.where(fixed > 0, fixed, 1.0)), [part.lots for part in parts])
    count = np.maximum(np.nan_to_num(count, nan=1.0), 1.0)
    most = MOST_LOTS
    while most > 1 and np.minimum(count, most).sum() > MOST_JOBS:
        most -= 1
    return most


def lots_of(quantity: float, count: float, size: float, most: int = MOST_LOTS) -> list[float]:
    """A quantity in at most so many jobs: lots of the usual size and a rest, several lots together where there are
    too many; else ``count`` lots of equal size (whole units where the whole is)."""
    if size > 0:
        together = max(int(np.ceil(quantity / size / most - NEGLIGIBLE)), 1) * size
        whole = int(quantity / together + NEGLIGIBLE)
        rest = quantity - whole * together
        return [together] * whole + ([rest] if rest > NEGLIGIBLE * quantity else [])
    number = 1 if count != count else int(min(max(round(count), 1), most))
    if quantity == round(quantity) and quantity >= number:
        low, more = divmod(int(quantity), number)
        return [float(low + 1)] * more + [float(low)] * (number - more)
    return [quantity / number] * number


def _parts(view: PlanView, near: int, size: np.ndarray) -> list[Part]:
    """What is started in the near periods, by the period in which it is received and the resources that do it."""
    flows, alternates = view.planned, _Alternates(view)
    lead = view.network.makes["lead"].to_numpy(int)
    last = flows.make_start.shape[1] - 1
    parts = []
    for make, period in np.argwhere(flows.make_start[:, :near] > NEGLIGIBLE).tolist():
        units, lots = float(flows.make_start[make, period]), float(flows.make_lots[make, period])
        for received, share in _receipts_of(view, make, period, min(period + int(lead[make]), last)):
            parts += [Part(make, period, received, own, lots * own / units, instead)
                      for own, instead in alternates.split(make, period, units * share, float(size[make]))]
    return parts


def _receipts_of(view: PlanView, make: int, period: int, usual: int) -> list[tuple[int, float]]:
    """When a start is received, and the share of it: what should have started before the plan comes in sooner."""
    flows = view.planned
    units, late = float(flows.make_start[make, period]), float(flows.make_past_due[make])
    if period or not late > NEGLIGIBLE:
        return [(usual, 1.0)]
    good = float(view.network.makes["yield_rate"].to_numpy(float)[make])
    came = flows.make_receipt[make, :usual] / good
    sooner = [(int(at), float(came[at]) / units) for at in np.flatnonzero(came > NEGLIGIBLE)]
    rest = 1.0 - sum(share for _, share in sooner)
    if rest < -NEGLIGIBLE:
        return [(0, 1.0)]
    return [*sooner, *([(usual, rest)] if rest > NEGLIGIBLE else [])]


class _Alternates:
    """How the plan divides operations between their own resource and those that take over."""

    def __init__(self, view: PlanView) -> None:
        self.flows, operations, alternates = view.planned, view.network.operations, view.network.alternates
        given = view.planned.alternate_hours
        self.hours = np.zeros((len(alternates), view.planned.make_start.shape[1])) if given is None else given
        self.operation = alternates["operation"].to_numpy(int)
        self.resource = alternates["resource"].to_numpy(int)
        self.factor = alternates["hours_factor"].fillna(1.0).to_numpy(float)
        self.unit = operations["hours_per_unit"].fillna(0.0).to_numpy(float)
        self.setup = operations["setup_hours"].fillna(0.0).to_numpy(float)
        self.of_make: dict[int, list[int]] = {}
        make = operations["make"].to_numpy(int)[self.operation]
        for number in np.flatnonzero((self.hours > NEGLIGIBLE).any(axis=1)).tolist():
            self.of_make.setdefault(int(make[number]), []).append(number)

    def split(self, make: int, period: int, units: float, lot: float) -> list[tuple[float, Instead]]:
        """The units by who does their operations: in each operation its own resource has the first of them.

        ``lot``: size of fixed lots, else NaN. Where there are several they stay whole, and whole units do.
        """
        shares = self._shares(make, period)
        if not shares:
            return [(units, {})]
        grain = lot if units >= 2 * lot else 1.0 if units == round(units) and units >= 2 else NEGLIGIBLE * units

        def at(share: float) -> float:
            return min(round(share * units / grain) * grain, units)

        spans = [(number, at(first), at(last)) for number, first, last in shares]
        cuts = sorted({0.0, units, *(cut for _, first, last in spans for cut in (first, last))})
        return [
            (high - low, {
                int(self.operation[number]): (int(self.resource[number]), float(self.factor[number]))
                for number, begin, end in spans if begin <= low and high <= end
            })
            for low, high in pairwise(cuts)
        ]

    def _shares(self, make: int, period: int) -> list[tuple[int, float, float]]:
        """Each alternate that takes part, and where its share of the units begins and ends (0 to 1)."""
        found, filled = [], dict[int, float]()
        for number in reversed(self.of_make.get(make, [])):
            row = int(self.operation[number])
            all_hours = self.flows.make_start[make, period] * self.unit[row]
            all_hours += self.flows.make_lots[make, period] * self.setup[row]
            share = float(self.hours[number, period]) / max(float(all_hours), NEGLIGIBLE)
            end = filled.get(row, 1.0)
            filled[row] = begin = max(end - share, 0.0)
            found.append((number, begin, end))
        return found
