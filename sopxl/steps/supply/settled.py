"""Production that is settled before anything is planned: the planner's firm quantities, and the fences.

In frozen periods production stays as the last plan had it; in slushy periods it changes by no more than the setting
allows. The planner's quantity wins over both, and a fence over nothing: where the last plan has no quantity for a
period, production is free.
"""

from __future__ import annotations

import numpy as np

from sopxl.steps.supply.network import Network


def settled_starts(network: Network) -> np.ndarray:
    """Units that each make starts in any case (M x T): firm, frozen, and the least of slushy periods."""
    least = np.where(is_slushy(network), _last(network) * (1.0 - _change(network)), 0.0)
    return np.asarray(np.where(is_fixed(network), fixed_starts(network), least))


def room_for_starts(network: Network) -> np.ndarray:
    """Most units that each make may start beyond what is settled (M x T): inf where nothing stands in the way."""
    change = _change(network)
    room = np.where(is_slushy(network), _last(network) * (1.0 + change - (1.0 - change)), np.inf)
    room = np.where(is_fixed(network), 0.0, room)
    return room if network.make_open is None else np.where(network.make_open, room, 0.0)


def fixed_starts(network: Network) -> np.ndarray:
    """Starts that are fixed exactly (M x T): the planner's, else those of frozen periods; NaN where there are none."""
    firm = network.firm_production
    if network.frozen is None or network.last_production is None or not network.settings.keep_frozen:
        return firm
    return np.asarray(np.where(np.isnan(firm) & network.frozen, network.last_production, firm))


def is_fixed(network: Network) -> np.ndarray:
    """Flag (M x T): whether starts are fixed exactly."""
    return np.asarray(~np.isnan(fixed_starts(network)))


def is_slushy(network: Network) -> np.ndarray:
    """Flag (M x T): whether starts may differ from the last plan's by the setting 'Slushy change' only."""
    if network.slushy is None or network.last_production is None or not network.settings.keep_frozen:
        return np.zeros(network.firm_production.shape, bool)
    slushy = network.slushy & ~np.isnan(network.last_production) & ~is_fixed(network)
    return np.asarray(slushy if network.make_open is None else slushy & network.make_open)


def _last(network: Network) -> np.ndarray:
    """What the last plan started (M x T), 0 where it says nothing."""
    last = network.last_production
    return np.zeros(network.firm_production.shape) if last is None else np.nan_to_num(last)


def _change(network: Network) -> float:
    """Share by which slushy production may change, up or down."""
    return min(network.settings.slushy_change / 100.0, 1.0)
