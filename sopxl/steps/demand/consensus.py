"""From baseline and opinions to the consensus: which rule and weights hold, and what the plan's formulas make of them.

The rules themselves are the formulas of ``SALES_PLAN``; a new rule is a line there and a choice of the setting
``consensus_rule``.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

import numpy as np
import pandas as pd

from sopxl.formulas import compute
from sopxl.grids import stack, take
from sopxl.settings import Settings
from sopxl.steps.demand.tables import ROLES, SALES_PLAN

_UP_TO_CONSENSUS = replace(
    SALES_PLAN, measures=SALES_PLAN.measures[: SALES_PLAN.measure_names.index("Consensus") + 1]
)


def consensus_attributes(
    series: pd.DataFrame, settings: Settings, trust: Mapping[str, float] | None = None
) -> pd.DataFrame:
    """The columns of the sales plan that say by which rule and weights opinions count; one row per series.

    ``trust``: role -> weight that its track record earns, the baseline's being 1 (:func:`earned_trust`). The rule
    'track record' is 'weights' with these; a role without a record has the weight of the settings. The other rules
    take the settings' weights.
    """
    by_record = settings.consensus_rule == "track record"
    attributes: dict[str, object] = {"consensus_rule": "weights" if by_record else settings.consensus_rule}
    for role in ROLES:
        weight = float(getattr(settings, f"{role}_weight"))
        earned = (trust or {}).get(role, float("nan"))
        attributes[f"{role}_weight"] = weight if not by_record or np.isnan(earned) else max(float(earned), 0.0)
    return pd.DataFrame(attributes, index=series.index)


def earned_trust(value_added: pd.DataFrame) -> dict[str, float]:
    """Role -> the weight that it has earned, from the table of forecast value added; roles without one are left out."""
    roles = value_added[value_added["stage"].isin(ROLES) & (value_added["author"] == "") & value_added["trust"].notna()]
    return dict(zip(roles["stage"], roles["trust"], strict=True))


def consensus(objects: pd.DataFrame, measures: Mapping[str, np.ndarray], periods: list[str]) -> np.ndarray:
    """S x H units that the formulas of the sales plan come to.

    ``objects``: the series with :func:`consensus_attributes`; ``measures``: name -> S x H with the baseline and what
    people typed or overrides were spread to, empty (NaN) where nobody did. Measures that come after the consensus
    are of no account.
    """
    known = {name: values for name, values in measures.items() if name in _UP_TO_CONSENSUS.measure_names}
    frame = compute(_UP_TO_CONSENSUS, stack(_UP_TO_CONSENSUS, objects, known, periods), periods, {})
    return take(_UP_TO_CONSENSUS, frame, "Consensus", periods).to_numpy(float)
