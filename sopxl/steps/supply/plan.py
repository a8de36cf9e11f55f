"""The supply steps: procurement, production and distribution, planned together over one network."""

from __future__ import annotations

from dataclasses import replace

from sopxl.schema import Tables, conform
from sopxl.settings import Settings
from sopxl.steps.supply import conflicts as _conflicts  # noqa: F401 - fills its review table
from sopxl.steps.supply import cost_review as _cost_review  # noqa: F401 - fills its review table
from sopxl.steps.supply import cost_roll_up as _cost_roll_up  # noqa: F401 - fills its review table
from sopxl.steps.supply import deployment as _deployment  # noqa: F401 - fills its review table
from sopxl.steps.supply import inventory_review as _inventory_review  # noqa: F401 - fills its review table
from sopxl.steps.supply import late_suppliers as _late_suppliers  # noqa: F401 - fills its review table
from sopxl.steps.supply import order_promises as _order_promises  # noqa: F401 - fills its review table
from sopxl.steps.supply import order_proposals as _order_proposals  # noqa: F401 - fills its review table
from sopxl.steps.supply import overloads as _overloads  # noqa: F401 - fills its review table
from sopxl.steps.supply import pegging as _pegging  # noqa: F401 - fills its review table
from sopxl.steps.supply import promised_lead_times as _promised_lead_times  # noqa: F401 - fills its review table
from sopxl.steps.supply import rough_cut as _rough_cut  # noqa: F401 - fills its review table
from sopxl.steps.supply import shadow_prices as _shadow_prices  # noqa: F401 - fills its review table
from sopxl.steps.supply import variants as _variants  # noqa: F401 - fills its review table
from sopxl.steps.supply.build_network import build_network
from sopxl.steps.supply.exceptions import find_exceptions
from sopxl.steps.supply.figures import without_noise
from sopxl.steps.supply.network import Flows, Network
from sopxl.steps.supply.plan_view import REVIEWS, PlanView
from sopxl.steps.supply.requirements import plan_requirements
from sopxl.steps.supply.results import write_grids
from sopxl.steps.supply.safety import safety_stock
from sopxl.steps.supply.schedule import review as _schedule  # noqa: F401 - fills its review table
from sopxl.steps.supply.tables import PLAN_GRIDS, SUPPLY_REVIEWS
from sopxl.steps.supply.targets import inventory_targets as _inventory_targets  # noqa: F401 - fills its review table
from sopxl.steps.supply.targets.stock_targets import with_targets
from sopxl.steps.supply.transfers import transfers_within_stock


def plan_supply(tables: Tables, settings: Settings) -> Tables:
    """The plan grids of procurement, production and distribution (formula rows empty), their reviews and exceptions.

    ``tables``: every declared table, conformed, formula rows computed. What is needed without limits is always
    told; what is planned follows the setting 'Plan mode'. Raises PlanError where the network or the plan is
    impossible.
    """
    network = with_targets(build_network(tables, settings), tables)
    required = plan_requirements(network)
    gross = required.gross_requirements
    if gross is not None:
        safety = safety_stock(network.nodes, gross, network.minimum_stock, settings.bucket)
        network = replace(network, safety_stock=safety)
    planned = without_noise(_plan(network, required))
    written = write_grids(tables, network, required, planned)
    view = PlanView({**tables, **written}, network, required, planned)
    return {**_review(view), **written, "exceptions": find_exceptions(view)}


def _plan(network: Network, required: Flows) -> Flows:
    """The flows by the way of planning that the settings ask for."""
    if network.settings.plan_mode == "requirements":
        return transfers_within_stock(network, required)
    from sopxl.steps.supply.balance import balance

    return balance(network)


def _review(view: PlanView) -> Tables:
    """Every grid and list of the supply steps that a review fills; empty where there is nothing to tell."""
    declared = {table.name: table for table in (*PLAN_GRIDS, *SUPPLY_REVIEWS)}
    return {
        name: conform(table, REVIEWS[name](view) if name in REVIEWS else table.empty_frame())
        for name, table in declared.items()
    }
