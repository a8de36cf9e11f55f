"""The results of a consolidation as tables with computed formulas: lines, pairs, eliminations, translation, proofs."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

import numpy as np
import pandas as pd

from sopxl.consolidation.accounts import COST_LINE, DIFFERENCES, REVENUE_LINES, SHIPMENTS, STOCK_LINE, TRADE_DEBTS
from sopxl.consolidation.cash_tables import BALANCE_CHANGES, CASH, GROUP_CASH_FLOW
from sopxl.consolidation.settings import GroupSettings
from sopxl.consolidation.tables import (
    ELIMINATIONS,
    ELIMINATIONS_PART,
    GROUP_BALANCE,
    GROUP_GRIDS,
    GROUP_PLAN,
    GROUP_RATES,
    GROUP_TABLES,
    INTERCOMPANY,
    PARTS,
    PLAN,
    PROOF,
    TRANSLATION,
    UNIT_LINES,
    UNIT_PLANS,
    UNIT_PROOF,
    records_of,
)
from sopxl.consolidation.unit_reading import UnitReading
from sopxl.consolidation.unit_trade import pair_name
from sopxl.consolidation.volume_tables import GROUP_ITEMS, ITEM_LINES, VOLUMES
from sopxl.formulas import compute, round_half_up
from sopxl.grids import carry_inputs, objects_with_inputs, stack, take
from sopxl.periods import is_label
from sopxl.schema import Tables, conform_all

SALES, DEBTS, UNREALISED = "Sales between units", "Debts between units", "Profit not yet earned"


def empty_results(inputs: Tables, settings: GroupSettings, currencies: Iterable[str]) -> Tables:
    """All tables of the group without a result: its inputs, with a block of rates for each currency."""
    tables = {**conform_all(GROUP_TABLES, inputs)}
    tables[GROUP_RATES.name] = rates_for(tables[GROUP_RATES.name], settings, currencies)
    return _computed(tables, settings)


def rates_for(existing: pd.DataFrame, settings: GroupSettings, currencies: Iterable[str]) -> pd.DataFrame:
    """The grid of rates: what was entered, and an empty block for each currency that lacks one."""
    labels = settings.periods.labels
    kept = objects_with_inputs(GROUP_RATES, existing)["currency"].tolist()
    wanted = sorted({name for name in (*kept, *currencies) if name and name != settings.currency.upper()})
    objects = pd.DataFrame({"currency": pd.Series(wanted, dtype="str")})
    opening = existing.drop_duplicates("currency").set_index("currency")["opening_rate"]
    objects["opening_rate"] = opening.reindex(wanted).to_numpy(float)
    entered = carry_inputs(GROUP_RATES, existing, objects, labels)
    earlier = sorted(name for name in existing.columns if is_label(str(name)) and name < labels[0])
    if earlier:  # the group plan begins later now: what was in force holds on
        before = carry_inputs(GROUP_RATES, existing, objects, earlier)
        in_force = {name: pd.DataFrame(values).ffill(axis=1).to_numpy(float)[:, -1] for name, values in before.items()}
        for name, values in entered.items():
            first_cells = np.where(np.isnan(values[:, 0]), in_force[name], values[:, 0])
            entered[name] = np.column_stack([first_cells, values[:, 1:]])
        closing = in_force["Closing"]
        objects["opening_rate"] = np.where(np.isnan(closing), objects["opening_rate"], closing)
    return stack(GROUP_RATES, objects, entered, labels)


def results_of(
    inputs: Tables, settings: GroupSettings, readings: Sequence[UnitReading], shares: Mapping[str, float]
) -> Tables:
    """Every table of the group after a consolidation. ``inputs`` hold the rates that all units need."""
    tables = {**inputs}
    tables["unit_lines"] = _unit_lines(readings, settings)
    tables["intercompany"] = _intercompany(tables, settings, readings)
    tables["eliminations"] = _eliminations(tables, settings)
    units = pd.DataFrame({"unit": pd.Series([reading.unit for reading in readings], dtype="str")})
    labels = settings.periods.labels
    tables["unit_plans"] = stack(UNIT_PLANS, units, {}, labels)
    tables["translation"] = _translation(tables, settings, readings, shares)
    parts = pd.DataFrame({"part": list(PARTS)})
    tables["group_plan"] = stack(GROUP_PLAN, parts, {}, labels)
    tables["group_balance"] = stack(GROUP_BALANCE, parts, {}, labels)
    tables["balance_changes"] = _balance_changes(tables, settings, readings)
    tables["group_cash_flow"] = _group_cash_flow(tables["balance_changes"], parts, labels)
    tables["proof"] = stack(PROOF, pd.DataFrame({"group": [settings.group_name]}), {}, labels)
    tables["unit_proof"] = _unit_proof(units, settings, readings)
    tables["item_lines"] = _item_lines(tables["intercompany"]["pair"].unique(), settings, readings)
    items = tables["item_lines"][["group_item"]].drop_duplicates().sort_values("group_item", ignore_index=True)
    tables["group_items"] = stack(GROUP_ITEMS, items, {}, labels)
    return _computed(tables, settings)


def _computed(tables: Tables, settings: GroupSettings) -> Tables:
    """The tables with every formula row filled."""
    current = dict(tables)
    for grid in GROUP_GRIDS:
        current[grid.name] = compute(grid, current[grid.name], settings.periods.labels, current)
    return current


def _unit_lines(readings: Sequence[UnitReading], settings: GroupSettings) -> pd.DataFrame:
    """The grid of all lines of all units, in local currency."""
    rows = [(reading, line) for reading in readings for line in reading.lines]
    objects = pd.DataFrame({
        "unit": [reading.unit for reading, _ in rows],
        **{name: [getattr(line, name) for _, line in rows]
           for name in ("role", "pair", "account", "family", "market", "section", "source")},
        "currency": [reading.currency for reading, _ in rows],
        "rate_kind": ["none" if reading.currency == settings.currency.upper() else line.rate_kind
                      for reading, line in rows],
        "rows_added": [float(line.rows_added) for _, line in rows],
    })
    local = np.array([line.cents for _, line in rows]).reshape(len(rows), settings.horizon) / 100.0
    return stack(UNIT_LINES, objects, {"Local": local}, settings.periods.labels)


def _intercompany(tables: Tables, settings: GroupSettings, readings: Sequence[UnitReading]) -> pd.DataFrame:
    """A block for each pair of trading units that are both in the group plan."""
    here = {reading.unit.lower(): reading for reading in readings}
    pairs = tables["intercompany_pairs"]
    pairs = pairs[pairs["seller"].str.lower().isin(here) & pairs["buyer"].str.lower().isin(here)]
    objects = []
    for row in records_of(pairs.drop_duplicates(["seller", "buyer"])):
        pair, buyer = pair_name(row.seller, row.buyer), here[row.buyer.lower()]
        rate = opening_rate(tables["group_rates"], buyer.currency, settings)
        stock = round_half_up(buyer.opening_stock.get(pair, 0) / 100.0 * rate, 2)
        objects.append({"pair": pair, "margin": row.margin, "opening_stock": float(stock),
                        "opening_unrealised": float(round_half_up(stock * row.margin, 2))})
    frame = pd.DataFrame(objects, columns=INTERCOMPANY.column_names)
    return stack(INTERCOMPANY, frame, {}, settings.periods.labels)


def _eliminations(tables: Tables, settings: GroupSettings) -> pd.DataFrame:
    """What is eliminated of each pair: the account, and how often it takes which amount of the pair."""
    rows = [
        {"pair": pair, "reason": reason, "account": account, weight: factor}
        for pair in tables["intercompany"]["pair"].unique()
        for reason, account, weight, factor in (
            *((SALES, name, "takes_account", -1.0) for name in (SHIPMENTS.name, *REVENUE_LINES)),
            (SALES, COST_LINE, "takes_sales", -1.0),
            *((DEBTS, name, "takes_account", -1.0) for name in TRADE_DEBTS),
            (DEBTS, DIFFERENCES, "takes_differences", 1.0),
            (UNREALISED, COST_LINE, "takes_change", 1.0),
            (UNREALISED, STOCK_LINE, "takes_unrealised", -1.0),
        )
    ]
    frame = pd.DataFrame(rows, columns=ELIMINATIONS.column_names)
    numbers = [name for name in ELIMINATIONS.column_names if name.startswith("takes_")]
    frame[numbers] = frame[numbers].astype(float).fillna(0.0)
    return stack(ELIMINATIONS, frame, {}, settings.periods.labels)


def _translation(
    tables: Tables, settings: GroupSettings, readings: Sequence[UnitReading], shares: Mapping[str, float]
) -> pd.DataFrame:
    """A block for each unit, from its opening equity at historical rates (where it is given) or at the opening rate."""
    given = tables["group_sources"].set_index("unit")["opening_equity"]
    opening = []
    for reading in readings:
        rate = opening_rate(tables["group_rates"], reading.currency, settings)
        at_opening = float(round_half_up(reading.opening_equity / 100.0 * rate, 2))
        historical = float(given.get(reading.unit, np.nan))
        opening.append(at_opening if np.isnan(historical) else float(round_half_up(historical, 2)))
    owned = [shares[reading.unit] for reading in readings]
    objects = pd.DataFrame({"unit": [reading.unit for reading in readings], "ownership": owned,
                            "others": [round(1.0 - share, 12) for share in owned], "opening_equity": opening})
    return stack(TRANSLATION, objects, {}, settings.periods.labels)


def opening_rate(rates: pd.DataFrame, currency: str, settings: GroupSettings) -> float:
    """The closing rate before the first period: as entered, else the first closing rate; 1 for the group's currency."""
    if currency == settings.currency.upper():
        return 1.0
    rows = rates[rates["currency"] == currency]
    entered = rows["opening_rate"].dropna()
    if len(entered):
        return float(entered.iloc[0])
    return float(take(GROUP_RATES, rows, "Closing", settings.periods.labels).to_numpy(float)[0, 0])


def _balance_changes(tables: Tables, settings: GroupSettings, readings: Sequence[UnitReading]) -> pd.DataFrame:
    """A block for each line of each unit's balance sheet, and for each debt between units of the group."""
    here = set(tables["intercompany"]["pair"])
    rows: dict[tuple[str, ...], float] = {}
    for reading in readings:
        kind = "none" if reading.currency == settings.currency.upper() else "average"
        for line in reading.lines:
            if line.section in ("asset", "debt") or (line.account in TRADE_DEBTS and line.pair in here):
                key = (reading.unit, line.role, line.pair, line.account, line.section, reading.currency, kind)
                rows[key] = rows.get(key, 0.0) + line.opening / 100.0
    names = [column.name for column in BALANCE_CHANGES.columns]
    objects = pd.DataFrame(list(rows), columns=names[:7])
    rates = {reading.currency: opening_rate(tables["group_rates"], reading.currency, settings) for reading in readings}
    objects["opening_local"] = list(rows.values())
    objects["opening"] = round_half_up(objects["opening_local"] * objects["currency"].map(rates), 2)
    return stack(BALANCE_CHANGES, objects, {}, settings.periods.labels)


def _group_cash_flow(changes: pd.DataFrame, parts: pd.DataFrame, labels: list[str]) -> pd.DataFrame:
    """The grid of the group's cash flow, from the cash of all units at the start."""
    first = changes[(changes["measure"] == BALANCE_CHANGES.measure_names[0]) & (changes["account"] == CASH)]
    opening = float(round_half_up(first.loc[first["role"] == PLAN, "opening"].sum(), 2))
    has_cash = parts["part"] != ELIMINATIONS_PART
    return stack(GROUP_CASH_FLOW, parts.assign(opening_cash=np.where(has_cash, opening, 0.0)), {}, labels)


def _item_lines(pairs: Iterable[str], settings: GroupSettings, readings: Sequence[UnitReading]) -> pd.DataFrame:
    """The grid of volumes by item; only pairs of units that are both in the group plan are between units."""
    rows = [(reading.unit, volumes) for reading in readings for volumes in reading.items]
    spelled: dict[str, str] = {}
    objects = pd.DataFrame({
        "unit": pd.Series([unit for unit, _ in rows], dtype="str"),
        **{name: pd.Series([getattr(volumes, name) for _, volumes in rows], dtype="str")
           for name in ("item", "group_item", "source")},
        "factor": pd.Series([volumes.factor for _, volumes in rows], dtype=float),
    })
    objects["group_item"] = [spelled.setdefault(name.casefold(), name) for name in objects["group_item"]]
    here, nothing = set(pairs), np.zeros(settings.horizon)
    measures = {}
    for volume in VOLUMES:
        whole = [volumes.amounts.get(volume.name, nothing) for _, volumes in rows]
        measures[volume.name] = np.array(whole).reshape(len(rows), settings.horizon)
        if volume.between_units:
            parts = [sum((amounts for (pair, name), amounts in volumes.between.items()
                          if name == volume.name and pair in here), nothing) for _, volumes in rows]
            measures[volume.between_units] = np.array(parts).reshape(len(rows), settings.horizon)
    return stack(ITEM_LINES, objects, measures, settings.periods.labels)


def _unit_proof(units: pd.DataFrame, settings: GroupSettings, readings: Sequence[UnitReading]) -> pd.DataFrame:
    """A block for each unit with the totals of its file."""
    nothing = np.zeros(settings.horizon, np.int64)
    names = [name.removesuffix(" (file)") for name in UNIT_PROOF.measure_names if name.endswith(" (file)")]
    measures = {f"{name} (file)": np.array([reading.totals.get(name, nothing) for reading in readings]) / 100.0
                for name in names}
    return stack(UNIT_PROOF, units, measures, settings.periods.labels)
