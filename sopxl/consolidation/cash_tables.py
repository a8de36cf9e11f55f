"""The group's cash flow, and what it is made from: how each line of the units' balance sheets moved, and why.

A line moves by its unit's plan, in local currency; that is a flow, at the average rate of its period. What it moved
beyond that, in the group's currency, is what rates did to it; of cash that is a line of its own (IAS 7.25 to 28).
"""

from __future__ import annotations

from sopxl.consolidation.accounts import ASSETS, DEBTS, DIFFERENCES, STOCK_LINE, TRADE_DEBTS
from sopxl.schema import Column, Measure, PlanGrid
from sopxl.steps.finance.lines import lines_of

_MONEY = "{currency}"
CASH, FIXED_ASSETS, LOANS = "Cash", "Fixed assets", "Loans"
OPERATING = tuple(account.name for account in (*ASSETS, *DEBTS) if account.name not in (CASH, FIXED_ASSETS, LOANS))
"""The lines of the balance sheet whose changes belong to operations."""

BALANCE_CHANGES = PlanGrid(
    "balance_changes",
    "How each line of the units' balance sheets moved: by the plan at the average rate, and by what rates did to it.",
    "plans",
    (
        Column("unit", "text", "Unit."),
        Column("role", "text", "Line of the plan, or part of it that is between units."),
        Column("pair", "text", "Seller and buyer, for debts between units."),
        Column("account", "text", "Account of the group."),
        Column("section", "text", "Asset, debt, or between units."),
        Column("currency", "text", "Currency of the unit."),
        Column("rate_kind", "text", "Average rate, or none in the group's currency."),
        Column("opening_local", "money", "At the start, in local currency.", unit="local currency", default=0.0),
        Column("opening", "money", "At the start, in the group's currency.", unit=_MONEY, default=0.0),
    ),
    key=("unit", "role", "pair", "account"),
    measures=(
        Measure("Local", "formula", "At the end of the period, as the unit plans it.", "money", "local currency",
                formula="{unit_lines:Local by unit,role,pair,account}", detail=True),
        Measure("Translated", "formula", "At the closing rate.", "money", _MONEY,
                formula="{unit_lines:Translated by unit,role,pair,account}"),
        Measure("Rate", "formula", "Average rate of the period.", unit="rate of exchange", detail=True,
                formula='IF({#rate_kind}="average",{group_rates:Average rate by currency},1)'),
        Measure("Flow", "formula", "Its change by the plan, at the average rate.", "money", _MONEY,
                first="ROUND(({Local}-{#opening_local})*{Rate},2)", formula="ROUND(({Local}-{Local@-1})*{Rate},2)"),
        Measure("Effect of rates", "formula", "What it changed beyond that.", "money", _MONEY,
                first="{Translated}-{#opening}-{Flow}", formula="{Translated}-{Translated@-1}-{Flow}"),
    ),
)


def _change(account: str, sign: str, description: str, eliminated: str) -> Measure:
    """What a line frees (binds) of cash: the units' flows, and what is eliminated of them."""
    flow = f"{{balance_changes:Flow by role=plan,account={account}}}"
    return Measure(f"Change in {account.lower()}", "formula", description, "money", _MONEY,
                   formula=f'{sign}(IF({{#part}}="Eliminations",0,{flow})-IF({{#part}}="Sum of units",0,{eliminated}))')


def _between(account: str) -> str:
    return f"{{balance_changes:Flow by role=between units,account={account}}}"


def _changes() -> tuple[Measure, ...]:
    """The operating lines; debts between units come off, and stands for them what does not agree."""
    eliminated = {STOCK_LINE: "{intercompany:Change in unrealised profit}",
                  **{name: _between(name) for name in TRADE_DEBTS}}
    assets = {account.name for account in ASSETS}
    differences = "".join(f"{'-' if sign > 0 else '+'}{_between(name)}" for name, sign in TRADE_DEBTS.items())
    return (
        *(_change(name, "0-" if name in assets else "", "Cash that it binds is below 0, cash that it frees above.",
                  eliminated.get(name, "0")) for name in OPERATING),
        Measure(f"Change in {DIFFERENCES[0].lower()}{DIFFERENCES[1:]}", "formula",
                "Debts between units that do not agree: money and goods under way.", "money", _MONEY,
                formula=f'IF({{#part}}="Sum of units",0,{differences})'),
    )


def _total(name: str, description: str, parts: tuple[str, ...]) -> Measure:
    return Measure(name, "formula", description, "money", _MONEY,
                   formula=f"SUM({','.join(f'{{{part}}}' for part in parts)})")


_CHANGES = _changes()
_NON_CASH = tuple(line.name for line in lines_of(paid="never"))
_OPERATIONS, _INVESTMENT = "Cash flow from operations", "Cash flow from investment"
_FINANCING, _RATES = "Cash flow from financing", "Effect of rates on cash"

GROUP_CASH_FLOW = PlanGrid(
    "group_cash_flow",
    "Cash flow of the group, the indirect way: from the net result to the change of cash (IAS 7).",
    "plans",
    (
        Column("part", "text", "Group, sum of the units, or eliminations."),
        Column("opening_cash", "money", "Cash at the start, at opening rates.", unit=_MONEY, default=0.0),
    ),
    key=("part",),
    measures=(
        Measure("Net result", "formula", "As in the group plan.", "money", _MONEY,
                formula="{group_plan:Net result by part}"),
        *(Measure(name, "formula", "Added back: no money moves for it.", "money", _MONEY,
                  formula=f"{{group_plan:{name} by part}}") for name in _NON_CASH),
        *_CHANGES,
        Measure("Other movements", "formula", "What plans do not explain, and the cents of rounding at rates.", "money",
                _MONEY, formula='IF({#part}="Eliminations",0,{balance_changes:Flow by role=plan,section=asset}'
                                "-{balance_changes:Flow by role=plan,section=debt}-{translation:Net result})"),
        _total(_OPERATIONS, "Of all that is bought, made and sold.",
               ("Net result", *_NON_CASH, *(measure.name for measure in _CHANGES), "Other movements")),
        Measure(_INVESTMENT, "formula", "Fixed assets: their change and their depreciation.", "money", _MONEY,
                formula=f'IF({{#part}}="Eliminations",0,0-{{balance_changes:Flow by role=plan,account={FIXED_ASSETS}}})'
                        + "".join(f"-{{{name}}}" for name in _NON_CASH)),
        Measure(_FINANCING, "formula", "Loans taken less loans paid back.", "money", _MONEY,
                formula=f'IF({{#part}}="Eliminations",0,{{balance_changes:Flow by role=plan,account={LOANS}}})'),
        Measure(_RATES, "formula", "What rates of exchange did to the cash that units hold (IAS 7.28).", "money",
                _MONEY, formula='IF({#part}="Eliminations",0,'
                                f"{{balance_changes:Effect of rates by role=plan,account={CASH}}})"),
        _total("Change in cash", "All of it.", (_OPERATIONS, _INVESTMENT, _FINANCING, _RATES)),
        Measure("Opening cash", "formula", "Cash at the start of the period.", "money", _MONEY,
                first="{#opening_cash}", formula="{Closing cash@-1}"),
        Measure("Closing cash", "formula", "Cash in the group's balance sheet.", "money", _MONEY,
                formula=f"{{group_balance:{CASH} by part}}"),
        Measure("Difference", "formula", "Closing less opening cash and the change: 0 where the cash flow ties.",
                "money", _MONEY, formula="ROUND({Closing cash}-{Opening cash}-{Change in cash},2)"),
    ),
)
