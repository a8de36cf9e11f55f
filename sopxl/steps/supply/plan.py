"""The supply steps: procurement, production and distribution, planned together over one network."""

from __future__ import annotations

from dataclasses import replace

from sopxl.schema import Tables
from sopxl.settings import Settings
from sopxl.steps.supply.exceptions import find_exceptions
from sopxl.steps.supply.figures import without_noise
from sopxl.steps.supply.network import Flows, Network, build_network
from sopxl.steps.supply.requirements import plan_requirements
from sopxl.steps.supply.results import write_grids
from sopxl.steps.supply.safety import safety_stock
from sopxl.steps.supply.segment_stock import with_segment_stock


def plan_supply(tables: Tables, settings: Settings) -> Tables:
    """The plan grids of procurement, production and distribution (formula rows empty) and their exceptions.

    ``tables``: every declared table, conformed, formula rows computed. What is needed without limits is always
    told; what is planned follows the setting 'Plan mode'. Raises PlanError where the network or the plan is
    impossible.
    """
    network = with_segment_stock(build_network(tables, settings), tables)
    required = plan_requirements(network)
    gross = required.gross_requirements
    if gross is not None:
        safety = safety_stock(network.nodes, gross, network.minimum_stock, settings.bucket)
        network = replace(network, safety_stock=safety)
    planned = without_noise(_plan(network, required))
    exceptions = find_exceptions(network, required, planned)
    return {**write_grids(tables, network, required, planned), "exceptions": exceptions}


def _plan(network: Network, required: Flows) -> Flows:
    """The flows by the way of planning that the settings ask for."""
    if network.settings.plan_mode == "requirements":
        return required
    from sopxl.steps.supply.balance import balance

    return balance(network)
