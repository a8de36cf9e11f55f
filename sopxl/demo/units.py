"""The demo company as three units that trade with one another, for consolidation: a plant and two sales companies.

Adventure Works Europe and Adventure Works Pacific own the warehouses overseas. They buy from Adventure Works North
America at the standard cost and a mark-up, take over at the plant's dock and pay the freight from there. They plan
first; what they order is the plant's demand. Prices and costs are converted unrounded at the plan's average rate, so
that the units together are the one company.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

import pandas as pd

from sopxl.demo import assumptions
from sopxl.grids import stack, take
from sopxl.pipeline import run
from sopxl.schema import Table, Tables
from sopxl.settings import Settings, read_settings, settings_frame
from sopxl.steps.demand.tables import SALES_PLAN, planning_markets
from sopxl.steps.supply.tables import PROCUREMENT_PLAN
from sopxl.tables import TABLES

DOCK = "Bothell dock"
INTERCOMPANY = "Intercompany"


@dataclass(frozen=True)
class Unit:
    """One unit of the company."""

    name: str
    group: str
    """The market group that it sells to."""
    currency: str


PLANT_UNIT = Unit("Adventure Works North America", "North America", "USD")
SALES_UNITS = (Unit("Adventure Works Europe", "Europe", "EUR"), Unit("Adventure Works Pacific", "Pacific", "AUD"))
UNITS = (PLANT_UNIT, *SALES_UNITS)


def planned_units(company: Tables) -> dict[str, Tables]:
    """All tables of each unit, planned, by the unit's name.

    ``company``: the whole company, planned; its consensus is typed into the units' sales plans, as a group that
    plans its demand in one place would do.
    """
    planned = {unit.name: run(_sales_unit(company, unit)) for unit in SALES_UNITS}
    return {PLANT_UNIT.name: run(_plant_unit(company, planned)), **planned}


def intercompany_pairs() -> pd.DataFrame:
    """Who sells to whom, as the units' plans call one another, and the margin in the transfer price."""
    markup = assumptions.INTERCOMPANY_MARKUP
    return pd.DataFrame({
        "seller": PLANT_UNIT.name, "market": [f"{INTERCOMPANY} {unit.group}" for unit in SALES_UNITS],
        "buyer": [unit.name for unit in SALES_UNITS], "supplier": PLANT_UNIT.name, "margin": markup / (1.0 + markup),
    })


def rates_of_group(company: Tables) -> pd.DataFrame:
    """What the units' currencies are worth in the group plan: the plan's average rate throughout.

    With it for balances too, the group's profit is the one company's; type closing rates to see what they would do.
    """
    rates = [_rate(company, unit.currency) for unit in SALES_UNITS]
    first = read_settings(company["settings"]).first_period
    return pd.DataFrame({"currency": [unit.currency for unit in SALES_UNITS], "period": first, "average": rates,
                         "closing": rates})


def _sales_unit(company: Tables, unit: Unit) -> Tables:
    """What a sales company enters: its markets, its warehouse, and the plant as its supplier."""
    rate = _rate(company, unit.currency)
    warehouse = assumptions.WAREHOUSE_OF_GROUP[unit.group]
    tables = _of_markets(company, unit)
    stock = company["stock_on_hand"][company["stock_on_hand"]["location"] == warehouse]
    sold = sorted({*stock["item"], *tables["sales_history"]["item"]})
    lanes = company["lanes"]
    lanes = lanes[(lanes["to_location"] == warehouse) & lanes["item"].isin(sold)]
    items = company["items"][company["items"]["item"].isin(sold)]
    orders = company["open_orders"]
    coming = orders[(orders["kind"] == "transfer") & (orders["location"] == warehouse)].assign(supplier=DOCK)
    tables |= {
        **{name: tables[name][tables[name]["item"].isin(sold)] for name in ("prices", "promotions")},
        "items": items, "stock_on_hand": stock, "lanes": lanes.assign(from_location=DOCK),
        "locations": _locations(company, [warehouse], {"location": DOCK, "name": "Where the plant hands over"}),
        "open_orders": pd.concat([tables["open_orders"], coming], ignore_index=True),
        "suppliers": pd.DataFrame({"supplier": [PLANT_UNIT.name], "name": ["The group's plant"]}),
        "stock_policies": _policies_at(company, warehouse, sold),
        "costs": _transfer_prices(company, sold).rename("material_cost").reset_index(),
    }
    owed = _on_the_way(coming, company)
    tables["opening_balances"] = pd.DataFrame({"account": ["payables"], "amount": [owed]})
    tables = _in_currency(tables, rate)
    tables["operating_expenses"] = _expenses(company, unit, tables["markets"])
    tables["sourcing"] = pd.DataFrame({
        "item": tables["costs"]["item"], "location": DOCK, "supplier": PLANT_UNIT.name,
        "price": tables["costs"]["material_cost"],
    })
    return tables | {"settings": settings_frame(_settings(company, unit)), "exchange_rates": _rates(company, rate)}


def _plant_unit(company: Tables, sales_units: Mapping[str, Tables]) -> Tables:
    """What the plant enters: its own markets, all that makes, and the sales companies' orders."""
    tables = _of_markets(company, PLANT_UNIT)
    for name in ("items", "resources", "routings", "bills_of_material", "suppliers", "sourcing", "costs"):
        tables[name] = company[name]
    stock, orders = company["stock_on_hand"], company["open_orders"]
    ordered = [_orders_of(unit, sales_units[unit.name], company) for unit in SALES_UNITS]
    intercompany = pd.DataFrame({
        "market": [unit.name for unit in SALES_UNITS], "market_group": INTERCOMPANY, "territory": INTERCOMPANY,
        "channel": [unit.group for unit in SALES_UNITS], "ship_from": assumptions.PLANT,
    })
    costs = _transfer_prices(company, company["costs"]["item"].tolist()).rename("price").reset_index()
    transfers = orders[orders["kind"] == "transfer"]
    owed = [_on_the_way(transfers[transfers["location"] == assumptions.WAREHOUSE_OF_GROUP[unit.group]], company)
            for unit in SALES_UNITS]
    sisters = [f"{INTERCOMPANY} {unit.group}" for unit in SALES_UNITS]
    return tables | {
        "fixed_assets": company["fixed_assets"],
        "operating_expenses": _expenses(company, PLANT_UNIT, tables["markets"]),
        "payment_terms": pd.concat([tables["payment_terms"], pd.DataFrame({
            "partner": "customers", "market": sisters, "days": assumptions.PAYABLE_DAYS})], ignore_index=True),
        "opening_balances": pd.concat([company["opening_balances"], pd.DataFrame({
            "account": "receivables", "market": sisters, "amount": owed})], ignore_index=True),
        "settings": settings_frame(_settings(company, PLANT_UNIT)), "exchange_rates": company["exchange_rates"],
        "locations": _locations(company, [assumptions.PLANT]),
        "stock_on_hand": stock[stock["location"] == assumptions.PLANT],
        "stock_policies": _policies_at(company, assumptions.PLANT, company["items"]["item"].tolist()),
        "markets": pd.concat([tables["markets"], intercompany], ignore_index=True),
        "prices": pd.concat([tables["prices"], *(
            costs.assign(market=f"{INTERCOMPANY} {unit.group}") for unit in SALES_UNITS)], ignore_index=True),
        "open_orders": pd.concat([
            tables["open_orders"], orders[orders["kind"].isin(["purchase", "production"])], *ordered,
        ], ignore_index=True),
    }


def _of_markets(company: Tables, unit: Unit) -> Tables:
    """What belongs to the unit's own markets, with the company's consensus as the planner's word."""
    markets = company["markets"][company["markets"]["market_group"] == unit.group]
    level = read_settings(company["settings"]).market_level
    planning = planning_markets(markets, level)
    tables: Tables = {"markets": markets}
    for name in ("sales_history", "recent_sales"):
        tables[name] = company[name][company[name]["market"].isin(set(markets["market"]))]
    orders = company["open_orders"]
    tables["open_orders"] = orders[(orders["kind"] == "sale") & orders["market"].isin(set(markets["market"]))]
    for name in ("prices", "promotions", "budget", "payment_terms"):
        tables[name] = company[name][company[name]["market"].isin({"", *planning})]
    sold = tables["sales_history"].assign(market=tables["sales_history"]["market"].map(planning))
    return tables | {"sales_plan": _agreed_demand(company, sold[["item", "market"]].drop_duplicates())}


def _agreed_demand(company: Tables, sold: pd.DataFrame) -> pd.DataFrame:
    """The company's consensus as overrides: for what was ever sold to these markets, nothing where there is none."""
    labels = read_settings(company["settings"]).periods.labels
    consensus = take(SALES_PLAN, company["sales_plan"], "Consensus", labels)
    planned = consensus.reindex(pd.MultiIndex.from_frame(sold)).fillna(0.0)
    objects = sold.assign(name="", family="")
    return stack(SALES_PLAN, objects, {"Override": planned.to_numpy(float)}, labels)


def _orders_of(unit: Unit, tables: Tables, company: Tables) -> pd.DataFrame:
    """What a sales company orders from the plant, as customer's orders of the plant."""
    labels = read_settings(company["settings"]).periods.labels
    wanted = take(PROCUREMENT_PLAN, tables["procurement_plan"], "Planned receipts", labels)
    orders = wanted.reset_index().melt(["item"], labels, "due_period", "quantity")
    orders = orders[orders["quantity"] > 0]
    return pd.DataFrame({
        "order": unit.group + " " + orders["due_period"], "kind": "sale", "item": orders["item"],
        "market": unit.name, "due_period": orders["due_period"], "quantity": orders["quantity"],
    })


def _transfer_prices(company: Tables, items: list[str]) -> pd.Series:
    """What the sales companies pay for a unit: its standard cost and the mark-up. By item."""
    costs = company["costs"].set_index("item")
    standard = costs["material_cost"] + costs["conversion_cost"]
    return standard.reindex(items).fillna(0.0) * (1.0 + assumptions.INTERCOMPANY_MARKUP)


def _on_the_way(transfers: pd.DataFrame, company: Tables) -> float:
    """What a sales company owes for what was handed over and is not yet there, in the company's currency."""
    prices = _transfer_prices(company, transfers["item"].tolist()).to_numpy(float)
    return float(prices @ transfers["quantity"].to_numpy(float))


def _expenses(company: Tables, unit: Unit, markets: pd.DataFrame) -> pd.DataFrame:
    """The unit's part of fixed expenses; those by revenue arise with its own customers only."""
    expenses, rate = company["operating_expenses"], _rate(company, unit.currency)
    fixed = expenses[expenses["basis"] == "fixed"]
    share = assumptions.SHARE_OF_FIXED_EXPENSES[unit.group]
    level = read_settings(company["settings"]).market_level
    own = pd.DataFrame({"market": sorted(set(planning_markets(markets, level)))})
    by_revenue = expenses[expenses["basis"] == "percent"].drop(columns="market").merge(own, how="cross")
    return pd.concat([fixed.assign(amount=fixed["amount"] * share / rate), by_revenue], ignore_index=True)


def _settings(company: Tables, unit: Unit) -> Settings:
    """The company's settings under the unit's name and currency."""
    return replace(read_settings(company["settings"]), company=unit.name, currency=unit.currency)


def _rate(company: Tables, currency: str) -> float:
    """What one unit of a currency is worth in the company's currency."""
    rates = company["exchange_rates"].set_index("currency")["average_rate"]
    return float(rates[currency])


def _rates(company: Tables, rate: float) -> pd.DataFrame:
    """The company's exchange rates seen from a currency that is worth so much."""
    rates = company["exchange_rates"]
    return rates.assign(average_rate=rates["average_rate"] / rate, closing_rate=rates["closing_rate"] / rate)


def _locations(company: Tables, kept: list[str], *more: dict[str, str]) -> pd.DataFrame:
    """Some of the company's locations, and others that only store."""
    locations = company["locations"][company["locations"]["location"].isin(kept)]
    return pd.concat([locations, pd.DataFrame(more, columns=["location", "name"]).assign(kind="warehouse")],
                     ignore_index=True)


def _policies_at(company: Tables, location: str, items: list[str]) -> pd.DataFrame:
    """The company's stock policies, for one location only: the dock keeps no stock."""
    policies = company["stock_policies"]
    return policies[policies["item"].isin(items)].assign(location=location)


def _in_currency(tables: Tables, rate: float) -> Tables:
    """The tables with all money in a currency that is worth so much of the present one."""
    return {name: _converted(TABLES[name], frame, rate) for name, frame in tables.items()}


def _converted(table: Table, frame: pd.DataFrame, rate: float) -> pd.DataFrame:
    """One table with its columns of money converted."""
    money = [column.name for column in table.columns if column.kind == "money" and column.name in frame]
    return frame.assign(**{name: frame[name] / rate for name in money})
