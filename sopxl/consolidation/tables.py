"""Tables of a group workbook: what a controller fills, what a consolidation writes. Add a column here, nowhere else.

The lines of the statements follow from the accounts (``accounts.py``). All that is arithmetic is a live formula over
``unit_lines``, which holds what was read from the units, a block of three rows for each line.
"""

from __future__ import annotations

from typing import Any

import pandas as pd

from sopxl.consolidation.accounts import (
    ACCOUNTS,
    OTHER_MOVEMENTS,
    PURCHASES,
    REVENUE_LINES,
    STOCK_FROM_SISTERS,
    TRADE_DEBTS,
    balance_measures,
    result_measures,
)
from sopxl.consolidation.cash_tables import BALANCE_CHANGES, GROUP_CASH_FLOW
from sopxl.consolidation.settings import GROUP_SETTINGS
from sopxl.consolidation.volume_tables import GROUP_ITEMS, ITEM_LINES
from sopxl.records import FINDINGS, RUN_LOG
from sopxl.schema import Column, Measure, PlanGrid, Table

_MONEY, _RATE = "{currency}", "rate of exchange"
_CENTS, _LOCAL_CENTS = "{currency} per period", "local currency per period"
"""Units of money that is shown with its cents."""
_UNIT = Column("unit", "text", "Unit.")
GROUP, UNITS, ELIMINATIONS_PART = "Group", "Sum of units", "Eliminations"
PARTS = (GROUP, UNITS, ELIMINATIONS_PART)
PLAN, BETWEEN_UNITS = "plan", "between units"

GROUP_SOURCES = Table(
    "group_sources",
    "The units of the group and where their plan workbooks are.",
    "inputs",
    (
        Column("unit", "text", "Name of the unit in the group.", required=True),
        Column("path", "text", "Its plan workbook; a relative path starts at the folder of this workbook.",
               required=True),
        Column("ownership", "percent", "Share that its parent holds.", default=1.0, minimum=0, maximum=1),
        Column("parent", "text", "Unit that holds the share; empty: the group itself.", refers_to="group_sources.unit"),
        Column("include", "flag", "Whether it is consolidated now.", default=True),
        Column("calendar", "text", "Fiscal calendar of its periods (see fiscal_calendars); empty: the ordinary one."),
        Column("opening_equity", "money", "Net assets at the start at historical rates; empty: at the opening rate.",
               unit=_MONEY),
    ),
    key=("unit",),
)

GROUP_RATES = PlanGrid(
    "group_rates",
    "Rates of exchange: what one unit of a currency is worth in the group's currency.",
    "inputs",
    (
        Column("currency", "text", "Currency of a unit."),
        Column("opening_rate", "number", "Closing rate before the first period; empty: that of the first period.",
               unit=_RATE, by_hand=True),
    ),
    key=("currency",),
    measures=(
        Measure("Average", "input", "Average rate from this period on; empty: as in the period before.",
                unit=_RATE, minimum=0),
        Measure("Closing", "input", "Rate at the end of the period; empty: as in the period before.",
                unit=_RATE, minimum=0),
        Measure("Average rate", "formula", "Average rate in force.", unit=_RATE, first="{Average}",
                formula="IF({Average?},{Average rate@-1},{Average})"),
        Measure("Closing rate", "formula", "Closing rate in force.", unit=_RATE, first="{Closing}",
                formula="IF({Closing?},{Closing rate@-1},{Closing})"),
    ),
)

UNIT_MAPPINGS = Table(
    "unit_mappings",
    "What units call otherwise than the group. A unit with rows for families (markets, items) needs one for each.",
    "inputs",
    (
        Column("unit", "text", "Unit; empty: every unit."),
        Column("kind", "text", "What is named: an account (line of the plan), a family, a market, an item, or the "
               "family (empty: all) whose quantities are counted in another unit of measure.", required=True,
               choices=("account", "family", "market", "item", "unit of measure")),
        Column("from_name", "text", "Name in the unit's plan."),
        Column("to_name", "text", "Name in the group plan."),
        Column("factor", "number", "What accounts and quantities are multiplied with: 12 where the unit counts "
               "dozens and the group pieces. An item with 1 is counted as its family.", default=1.0),
    ),
    key=("unit", "kind", "from_name"),
)

FISCAL_CALENDARS = Table(
    "fiscal_calendars",
    "Periods that are not calendar weeks, months or quarters: 4-4-5 calendars and other years.",
    "inputs",
    (
        Column("calendar", "text", "Calendar.", required=True),
        Column("period", "text", "Label of the period, like 2026-12.", required=True),
        Column("first_day", "date", "First day of the period.", required=True),
        Column("last_day", "date", "Last day of the period.", required=True),
    ),
    key=("calendar", "period"),
)

INTERCOMPANY_PAIRS = Table(
    "intercompany_pairs",
    "Which units trade with each other: as which market one sells, as which supplier the other buys.",
    "inputs",
    (
        Column("seller", "text", "Unit that sells.", required=True, refers_to="group_sources.unit"),
        Column("market", "text", "What its plan calls the buyer: a planning market.", required=True),
        Column("buyer", "text", "Unit that buys.", required=True, refers_to="group_sources.unit"),
        Column("supplier", "text", "What the buyer's plan calls the seller: a supplier.", required=True),
        Column("margin", "percent", "Seller's margin in the price: its share of the buyer's stock is not yet earned.",
               default=0.0, minimum=0, maximum=1),
    ),
    key=("seller", "buyer", "market", "supplier"),
)

UNIT_STATUS = Table(
    "unit_status",
    "The plan that each unit sent: its version, when it was run, and what speaks against it.",
    "reviews",
    (
        _UNIT,
        Column("file", "text", "File of the plan."),
        Column("company", "text", "Unit as its plan names itself."),
        Column("state", "text", "Read, or why not."),
        Column("attention", "text", "Missing, stale, not locked, open, with errors."),
        Column("last_run", "date", "When it was planned last."),
        Column("age", "number", "How long ago.", unit="days"),
        Column("run_status", "text", "How that run ended."),
        Column("version", "text", "Version of sopxl that planned it."),
        Column("errors", "integer", "Errors that its sheet Findings names."),
        Column("locked", "flag", "Whether it is marked as final.", default=False),
        Column("currency", "text", "Currency of the plan."),
        Column("periods", "text", "Its periods."),
        Column("ownership", "percent", "Share of the group in it, through all parents.", default=1.0),
        Column("fingerprint", "text", "SHA-256 of the file as it was read."),
    ),
    key=("unit",),
    owner="result",
)

UNIT_LINES = PlanGrid(
    "unit_lines",
    "What was read from each unit, its rate, and what it is in the group's currency.",
    "plans",
    (
        _UNIT,
        Column("role", "text", "Line of the plan, or what it says of the business between units."),
        Column("pair", "text", "Seller and buyer, for business between units.", or_empty=True),
        Column("account", "text", "Account of the group."),
        Column("family", "text", "Product family."),
        Column("market", "text", "Market."),
        Column("section", "text", "Quantity, result, asset, debt or equity."),
        Column("currency", "text", "Currency of the amounts as they were read."),
        Column("rate_kind", "text", "Average rate, closing rate or none."),
        Column("source", "text", "File, sheet and first cell that it was read from."),
        Column("rows_added", "integer", "How many rows of that sheet were added up.", default=1.0),
    ),
    key=("unit", "role", "pair", "account", "family", "market"),
    measures=(
        Measure("Local", "result", "As the unit plans it, to the cent.", "money", _LOCAL_CENTS),
        Measure("Rate", "formula", "Rate of its currency.", unit=_RATE,
                formula='IF({#rate_kind}="average",{group_rates:Average rate by currency},'
                        'IF({#rate_kind}="closing",{group_rates:Closing rate by currency},1))', detail=True),
        Measure("Translated", "formula", "In the group's currency, to the cent.", "money", _CENTS,
                formula="ROUND({Local}*{Rate},2)"),
    ),
)

_REVENUE = "".join(f"{'+' if sign > 0 else '-'}{{unit_lines:Translated by pair,account={name}}}"
                   for name, sign in REVENUE_LINES.items()).removeprefix("+")
_DEBTS = "".join(f"{'+' if sign > 0 else '-'}{{{name}}}" for name, sign in TRADE_DEBTS.items()).removeprefix("+")

INTERCOMPANY = PlanGrid(
    "intercompany",
    "Business between units as seller and buyer plan it, where they differ, and the profit that is not yet earned.",
    "plans",
    (
        Column("pair", "text", "Seller and buyer."),
        Column("margin", "percent", "Seller's margin in the price.", default=0.0),
        Column("opening_stock", "money", "Buyer's stock from the seller at the start.", unit=_MONEY, default=0.0),
        Column("opening_unrealised", "money", "Profit not yet earned at the start.", unit=_MONEY, default=0.0),
    ),
    key=("pair",),
    measures=(
        Measure("Sales", "formula", "What the seller sells to the buyer, net.", "money", _MONEY, formula=_REVENUE),
        Measure("Purchases", "formula", "What the buyer is billed by the seller.", "money", _MONEY,
                formula=f"{{unit_lines:Translated by pair,account={PURCHASES}}}"),
        Measure("Difference in sales", "formula", "Sales less purchases: goods under way, rates, or a fault.", "money",
                _CENTS, formula="{Sales}-{Purchases}"),
        *(Measure(name, "formula", f"{name} between the two.", "money", _MONEY, detail=True,
                  formula=f"{{unit_lines:Translated by pair,account={name}}}") for name in TRADE_DEBTS),
        Measure("Difference in debts", "formula", "What the seller is owed less what the buyer owes.", "money", _CENTS,
                formula=_DEBTS),
        Measure("Stock", "formula", "Buyer's stock of what it buys from the seller.", "money", _MONEY,
                formula=f"{{unit_lines:Translated by pair,account={STOCK_FROM_SISTERS}}}"),
        Measure("Unrealised profit", "formula", "Seller's margin in that stock (IFRS 10 B86c).", "money", _MONEY,
                formula="ROUND({Stock}*{#margin},2)"),
        Measure("Change in unrealised profit", "formula", "Against the period before: it comes off the result.",
                "money", _MONEY, first="{Unrealised profit}-{#opening_unrealised}",
                formula="{Unrealised profit}-{Unrealised profit@-1}"),
    ),
)

ELIMINATIONS = PlanGrid(
    "eliminations",
    "What comes off the sum of the units, account by account (IFRS 10 B86c).",
    "plans",
    (
        Column("reason", "text", "Why: sales, debts, or profit not yet earned."),
        Column("pair", "text", "Seller and buyer."),
        Column("account", "text", "Account of the group."),
        Column("takes_account", "number", "How often the account's own line between units.", default=0.0),
        Column("takes_sales", "number", "How often the sales.", default=0.0),
        Column("takes_differences", "number", "How often the difference in debts.", default=0.0),
        Column("takes_unrealised", "number", "How often the unrealised profit.", default=0.0),
        Column("takes_change", "number", "How often its change.", default=0.0),
    ),
    key=("reason", "pair", "account"),
    measures=(
        Measure("Amount", "formula", "What is added to the sum of the units.", "money", _MONEY,
                formula="{#takes_account}*{unit_lines:Translated by pair,account,role=between units}"
                        "+{#takes_sales}*{intercompany:Sales by pair}"
                        "+{#takes_differences}*{intercompany:Difference in debts by pair}"
                        "+{#takes_unrealised}*{intercompany:Unrealised profit by pair}"
                        "+{#takes_change}*{intercompany:Change in unrealised profit by pair}"),
    ),
)

UNIT_PLANS = PlanGrid(
    "unit_plans",
    "Profit and loss of each unit in the group's currency, before eliminations.",
    "plans",
    (_UNIT,),
    key=("unit",),
    measures=result_measures("{{unit_lines:Translated by unit,role=plan,account={}}}"),
)

TRANSLATION = PlanGrid(
    "translation",
    "Equity of each unit at history, the difference that translating it makes, and what others own of it (IAS 21.39).",
    "plans",
    (
        _UNIT,
        Column("ownership", "percent", "Share of the group, through all parents.", default=1.0),
        Column("others", "percent", "Share of others (non-controlling interests).", default=0.0),
        Column("opening_equity", "money", "Net assets at the start, at historical rates.", unit=_MONEY, default=0.0),
    ),
    key=("unit",),
    measures=(
        Measure("Net assets", "formula", "Assets less debts at closing rates.", "money", _MONEY,
                formula="{unit_lines:Translated by unit,role=plan,section=asset}"
                        "-{unit_lines:Translated by unit,role=plan,section=debt}"),
        Measure("Net result", "formula", "Result of the period at average rates.", "money", _MONEY,
                formula="{unit_plans:Net result by unit}"),
        Measure("Other movements", "formula", "Other movements of equity at average rates: mostly rounding.", "money",
                _MONEY, formula=f"{{unit_lines:Translated by unit,role=plan,account={OTHER_MOVEMENTS}}}", detail=True),
        Measure("Equity at history", "formula", "Opening equity and what was added since, at the rates of its time.",
                "money", _MONEY, first="{#opening_equity}+{Net result}+{Other movements}",
                formula="{Equity at history@-1}+{Net result}+{Other movements}"),
        Measure("Translation reserve", "formula", "Net assets less equity at history: what rates did to it.", "money",
                _MONEY, formula="{Net assets}-{Equity at history}"),
        Measure("Others' share of result", "formula", "Part of the result that others own.", "money", _MONEY,
                formula="ROUND({Net result}*{#others},2)"),
        Measure("Others' share of net assets", "formula", "Part of the net assets that others own.", "money", _MONEY,
                formula="ROUND({Net assets}*{#others},2)"),
    ),
)

_SUM = (f'IF({{{{#part}}}}="{ELIMINATIONS_PART}",0,{{{{unit_lines:Translated by role=plan,account={{0}}}}}})'
        f'+IF({{{{#part}}}}="{UNITS}",0,{{{{eliminations:Amount by account={{0}}}}}})')
_PART = Column("part", "text", "Group, sum of the units, or eliminations.")


def _of_units(formula: str) -> str:
    """A formula that is nought in the part of eliminations."""
    return f'IF({{#part}}="{ELIMINATIONS_PART}",0,{formula})'


def _of_eliminations(formula: str) -> str:
    """A formula that is nought in the sum of units."""
    return f'IF({{#part}}="{UNITS}",0,{formula})'


GROUP_PLAN = PlanGrid(
    "group_plan",
    "Profit and loss of the group: what the units add up to, what is eliminated, and what is left.",
    "plans",
    (_PART,),
    key=("part",),
    measures=(
        *result_measures(_SUM),
        Measure("Others' share", "formula", "Part of the net result that belongs to others than the group.", "money",
                _MONEY, formula=_of_units("{translation:Others' share of result}")),
        Measure("Group's share", "formula", "Part of the net result that belongs to the group's owners.", "money",
                _MONEY, formula="{Net result}-{Others' share}"),
    ),
)

GROUP_BALANCE = PlanGrid(
    "group_balance",
    "Balance sheet of the group, with the reserve from translation and what others own.",
    "plans",
    (_PART,),
    key=("part",),
    measures=(
        *balance_measures(_SUM),
        Measure("Equity at history", "formula", "Opening equity and results since, at the rates of their time.",
                "money", _MONEY, formula=_of_units("{translation:Equity at history}")),
        Measure("Translation reserve", "formula", "What changes of rates did to it.", "money", _MONEY,
                formula=_of_units("{translation:Translation reserve}")),
        Measure("Profit not yet earned", "formula", "Margin of sister units in stock.", "money", _MONEY,
                formula=_of_eliminations("0-{intercompany:Unrealised profit}")),
        Measure("Equity", "formula", "All of the equity.", "money", _MONEY,
                formula="SUM({Equity at history},{Translation reserve},{Profit not yet earned})"),
        Measure("Others' share", "formula", "Part of the equity that others own (non-controlling interests).", "money",
                _MONEY, formula=_of_units("{translation:Others' share of net assets}")),
        Measure("Group's share", "formula", "Part of the equity that the group's owners own.", "money", _MONEY,
                formula="{Equity}-{Others' share}"),
        Measure("Difference", "formula", "Net assets less equity: 0 where the books balance.", "money", _MONEY,
                formula="ROUND({Net assets}-{Equity},2)"),
    ),
)


def records_of(frame: pd.DataFrame) -> list[Any]:
    """The rows of a table, each with its columns as attributes."""
    return list(frame.itertuples())


def _statement(account: str) -> str:
    """The grid of the group that an account stands in."""
    return GROUP_PLAN.name if account in GROUP_PLAN.measure_names else GROUP_BALANCE.name


def _proof_of(account: str) -> tuple[Measure, ...]:
    """Both sides of one account and their difference."""
    return (
        Measure(f"{account} (units)", "formula", "Unit by unit, added up.", "money", _CENTS, detail=True,
                formula=(f"{{unit_plans:{account}}}" if _statement(account) == GROUP_PLAN.name
                         else f"{{unit_lines:Translated by role=plan,account={account}}}")),
        Measure(f"{account} (eliminations)", "formula", "Pair by pair, added up.", "money", _CENTS, detail=True,
                formula=f"{{eliminations:Amount by account={account}}}"),
        Measure(f"{account} (group)", "formula", "As the group plan says.", "money", _CENTS, detail=True,
                formula=f"{{{_statement(account)}:{account} by part={GROUP}}}"),
        Measure(f"{account} (difference)", "formula", "0 where it ties.", "money", _CENTS,
                formula=f"ROUND({{{account} (units)}}+{{{account} (eliminations)}}-{{{account} (group)}},2)"),
    )


_PROVED = tuple(ACCOUNTS)

PROOF = PlanGrid(
    "proof",
    "Account by account: the units as translated, plus eliminations, are the group; to the cent.",
    "reviews",
    (Column("group", "text", "Group."),),
    key=("group",),
    measures=(
        Measure("Largest difference", "formula", "Of accounts, balance sheet and cash flow; 0 proves the group plan.",
                "money", _CENTS, formula="MAX({0},ABS({{group_balance:Difference by part={1}}}),"
                "ABS({{group_cash_flow:Difference by part={1}}}))".format(
                    ",".join(f"ABS({{{name} (difference)}})" for name in _PROVED), GROUP)),
        *(measure for name in _PROVED for measure in _proof_of(name)),
    ),
)

UNIT_PROOF = PlanGrid(
    "unit_proof",
    "Unit by unit in its own currency: the lines that were read are the total in its file; to the cent.",
    "reviews",
    (_UNIT,),
    key=("unit",),
    measures=(
        Measure("Largest difference", "formula", "Of all accounts; 0 proves that all of the plan was read.", "money",
                _LOCAL_CENTS, formula="MAX({})".format(",".join(f"ABS({{{name} (difference)}})"
                                                                    for name in _PROVED))),
        *(measure for name in _PROVED for measure in (
            Measure(f"{name} (file)", "result", "Total in the unit's file.", "money", _LOCAL_CENTS, detail=True),
            Measure(f"{name} (lines)", "formula", "Lines that were read, added up.", "money", _LOCAL_CENTS,
                    detail=True, formula=f"{{unit_lines:Local by unit,role=plan,account={name}}}"),
            Measure(f"{name} (difference)", "formula", "0 where it ties.", "money", _LOCAL_CENTS,
                    formula=f"ROUND({{{name} (file)}}-{{{name} (lines)}},2)"),
        )),
    ),
)

GROUP_INPUTS: tuple[Table, ...] = (
    GROUP_SETTINGS, GROUP_SOURCES, GROUP_RATES, UNIT_MAPPINGS, FISCAL_CALENDARS, INTERCOMPANY_PAIRS,
)
GROUP_RESULTS: tuple[Table, ...] = (
    GROUP_PLAN, GROUP_BALANCE, GROUP_CASH_FLOW, GROUP_ITEMS, UNIT_PLANS, TRANSLATION, INTERCOMPANY, ELIMINATIONS,
    BALANCE_CHANGES, UNIT_LINES, ITEM_LINES,
    PROOF, UNIT_PROOF, UNIT_STATUS,
)
GROUP_TABLES: dict[str, Table] = {
    table.name: table for table in (*GROUP_INPUTS, *GROUP_RESULTS, FINDINGS, RUN_LOG)
}
GROUP_GRIDS: tuple[PlanGrid, ...] = (
    GROUP_RATES, UNIT_LINES, INTERCOMPANY, ELIMINATIONS, UNIT_PLANS, TRANSLATION, GROUP_PLAN, GROUP_BALANCE,
    BALANCE_CHANGES, GROUP_CASH_FLOW, PROOF, UNIT_PROOF, ITEM_LINES, GROUP_ITEMS,
)
"""The grids in the order in which their formulas need one another."""
