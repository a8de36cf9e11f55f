"""What a finished plan tells of its items."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pandas as pd

from tests.steps.supply.explained_plans import view_of, workshop


def test_items_are_told_by_name_and_family_in_the_order_asked() -> None:
    items = pd.DataFrame({"item": ["Bike", "Wheel", "Bike"], "name": ["A bike", np.nan, "Twice"],
                          "family": ["Bikes", np.nan, "Twice"]})
    view = replace(view_of(workshop([[1.0]], "requirements")), tables={"items": items})
    assert view.name_of(["Wheel", "Bike", "Bike", "Unknown"]).tolist() == ["", "A bike", "A bike", ""]
    assert view.family_of(["Wheel", "Bike", "Unknown"]).tolist() == ["(no family)", "Bikes", "(no family)"]


def test_no_items_have_no_names() -> None:
    view = view_of(workshop([[1.0]], "requirements"))
    assert view.name_of([]).tolist() == []
    assert view.family_of(pd.Series([], dtype=object)).tolist() == []
