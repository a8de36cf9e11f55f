"""Fixed assets: what is paid for them, straight-line depreciation in exact cents, and their opening book value.

Source: IAS 16.50 and 16.62 (depreciable amount in equal parts over the useful life).
"""

from __future__ import annotations

from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Decimal

import numpy as np
import pandas as pd

from sopxl.grids import stack
from sopxl.prices import positions_of
from sopxl.schema import Tables
from sopxl.settings import Settings
from sopxl.steps.finance.tables import ASSET_PLAN

CENT = Decimal("0.01")


@dataclass(frozen=True)
class Asset:
    """One asset; positions count periods from the first of the plan (below 0: before it), life in periods."""

    amount: Decimal
    residual: Decimal
    bought: float
    in_use: float
    life: float
    stated_book_value: Decimal | None

    @property
    def opening_book_value(self) -> Decimal:
        """Book value at the start: as stated, else cost less what was written off before; 0 where not yet bought."""
        if self.bought >= 0:
            return Decimal(0)
        if self.stated_book_value is not None:
            return self.stated_book_value
        return self.amount - self._written_off(max(0.0, -self.in_use))

    def depreciation(self, periods: int) -> list[Decimal]:
        """The charge of each period of the plan."""
        book = self.opening_book_value if self.bought < 0 else self.amount
        most = max(Decimal(0), book - self.residual)
        first = max(self.in_use, self.bought, 0.0)
        so_far = [min(most, self._written_off(max(0.0, period + 1 - first))) for period in range(periods)]
        return [now - before for before, now in zip([Decimal(0), *so_far], so_far, strict=False)]

    def _written_off(self, periods: float) -> Decimal:
        """What use of so many periods writes off, in cents."""
        whole = max(Decimal(0), self.amount - self.residual)
        if periods <= 0:
            return Decimal(0)
        if periods >= self.life:
            return whole
        return _cents(whole * Decimal(str(periods)) / Decimal(str(self.life)))


def read_assets(tables: Tables, settings: Settings) -> dict[str, Asset]:
    """The assets by name; one that was bought before the plan and says no period of use is in use from the first."""
    rows = tables["fixed_assets"].dropna(subset=["amount"]).drop_duplicates("asset")
    bought, in_use = (positions_of(rows[name], settings) for name in ("bought_period", "in_use_period"))
    in_use = np.where(rows["in_use_period"] == "", np.where(rows["bought_period"] == "", 0.0, bought), in_use)
    life = rows["life"].fillna(0.0).to_numpy(float) * settings.periods.season_length
    money = (rows[name].to_numpy(float) for name in ("amount", "residual", "opening_book_value"))
    return {
        name: Asset(_cents(amount), _cents(residual), paid, used, periods, None if np.isnan(book) else _cents(book))
        for name, amount, residual, book, paid, used, periods in zip(
            rows["asset"], *money, np.nan_to_num(bought), np.nan_to_num(in_use), life, strict=True)
    }


def asset_plan(tables: Tables, settings: Settings) -> pd.DataFrame:
    """The grid of fixed assets: capital expenditure, depreciation and opening book value of each."""
    assets = read_assets(tables, settings)
    spent = np.zeros((len(assets), settings.horizon))
    charges = np.zeros_like(spent)
    for place, asset in enumerate(assets.values()):
        if 0 <= asset.bought < settings.horizon:
            spent[place, int(asset.bought)] = float(asset.amount)
        charges[place] = [float(charge) for charge in asset.depreciation(settings.horizon)]
    objects = pd.DataFrame({
        "asset": pd.Series(list(assets), dtype="str"),
        "opening_book_value": [float(asset.opening_book_value) for asset in assets.values()],
    })
    return stack(ASSET_PLAN, objects, {"Capital expenditure": spent, "Depreciation": charges}, settings.periods.labels)


def _cents(money: float | Decimal) -> Decimal:
    """Money in exact cents."""
    return Decimal(str(money)).quantize(CENT, ROUND_HALF_UP)
