"""The settings of a plan: one row each of the ``settings`` table, declared once here.

To add a setting, add a field to Settings: the template, the reader, the checks and the manual follow.
"""

from __future__ import annotations

from dataclasses import Field, dataclass, field, fields
from functools import cached_property
from typing import Any, TypeVar

import pandas as pd

from sopxl.periods import Periods, parse
from sopxl.schema import Column, FindingList, Table, one_of, read_flag, read_text

SETTINGS = Table(
    "settings",
    "How this plan is made: its periods, its currency and the rules of its steps.",
    "cycle",
    (
        Column("setting", "text", "Name of the setting; do not change it.", required=True),
        Column("value", "text", "The value in force."),
        Column("unit", "text", "Unit of the value, or the words that may be chosen."),
        Column("meaning", "text", "What the setting does."),
    ),
    key=("setting",),
)


def setting(
    default: Any,
    meaning: str,
    unit: str = "",
    choices: tuple[str, ...] = (),
    minimum: float | None = None,
    maximum: float | None = None,
) -> Any:
    """A field of a class of settings, with what the table says of it."""
    metadata = {"meaning": meaning, "unit": unit, "choices": choices, "minimum": minimum, "maximum": maximum}
    return field(default=default, metadata=metadata)


@dataclass(frozen=True)
class Settings:
    """The settings in force. A field's name in words is the setting's name (``first_period`` -> First period)."""

    company: str = setting("My company", "Name of the unit whose plan this is; it heads the review pages.")
    bucket: str = setting("month", "Length of a period.", choices=("week", "month", "quarter"))
    first_period: str = setting("2026-12", "First period of the plan, like 2026-12, 2026-W49 or 2026-Q4.")
    horizon: int = setting(12, "How many periods are planned.", "periods", minimum=1, maximum=104)
    currency: str = setting("USD", "Currency of the plan; all money is shown in it.", "ISO code")
    market_level: str = setting(
        "group", "Plan by market group and channel, or finer by each market.", choices=("group", "market")
    )
    missing_history: str = setting(
        "zero", "What a period without a sales record means: nothing was sold, or not known.", choices=("zero", "gap")
    )
    backtest_periods: int = setting(
        6, "Last periods of history that are forecast again to measure the error.", "periods", minimum=1, maximum=52
    )
    returns: str = setting(
        "net", "Negative sales (returns): netted with the sales of their period, or told as faults.",
        choices=("net", "reject"),
    )
    corrections: str = setting(
        "when accepted", "Which proposals to clean the history are used: those accepted, or all that nobody refused.",
        choices=("when accepted", "unless refused"),
    )
    reconciliation: str = setting(
        "automatic",
        "How the forecasts of items, families, markets and the total are made to add up: from below, from above, from "
        "the families, by what has been surest (minimum trace), or the better of the first and last in the backtest.",
        choices=("automatic", "bottom-up", "top-down", "middle-out", "minimum trace"),
    )
    sensing: str = setting(
        "when it helps", "Whether the latest sales correct the next periods: when the backtest says so, always, never.",
        choices=("when it helps", "always", "never"),
    )
    consensus_rule: str = setting(
        "last word",
        "How opinions become the consensus: finance over marketing over sales (last word), by the weights below, by "
        "the weights that their track record earns, or one role decides.",
        choices=("last word", "weights", "track record", "sales", "marketing", "finance"),
    )
    sales_weight: float = setting(1.0, "Weight of sales' opinion; the baseline's is 1.", minimum=0, maximum=100)
    marketing_weight: float = setting(1.0, "Weight of marketing's opinion; the baseline's is 1.", minimum=0,
                                       maximum=100)
    finance_weight: float = setting(1.0, "Weight of finance's opinion; the baseline's is 1.", minimum=0, maximum=100)
    consume_backward: int = setting(
        0, "How many earlier periods' forecasts an order may consume when its own is used up.", "periods",
        minimum=0, maximum=52,
    )
    consume_forward: int = setting(
        0, "How many later periods' forecasts an order may consume after that.", "periods", minimum=0, maximum=52
    )
    snapshot_lags: int = setting(
        4, "How many periods ahead plans are kept to measure their accuracy.", "periods", minimum=1, maximum=13
    )
    snapshot_cycles: int = setting(12, "How many plans are kept.", "plans", minimum=0, maximum=120)
    plan_mode: str = setting(
        "balance",
        "How supply is planned: balance keeps to capacity and materials at least cost; requirements shows what "
        "would be needed, limits or not.",
        choices=("balance", "requirements"),
    )
    unmet_demand: str = setting(
        "wait", "Whether demand that cannot be served in time waits or is lost.", choices=("wait", "lost")
    )
    late_cost: float = setting(
        3.0, "Cost of letting demand wait one period.", "% of price per period", minimum=0, maximum=1000
    )
    final_backlog: str = setting(
        "allowed", "Whether demand may still be waiting at the end of the horizon.", choices=("allowed", "none")
    )
    holding_cost: float = setting(
        20.0, "Cost of holding stock, where a stock policy gives none.", "% of standard cost a year",
        minimum=0, maximum=1000,
    )
    safety_stock_cost: float = setting(
        2.0, "Cost of standing below safety stock for one period.", "% of standard cost per period",
        minimum=0, maximum=1000,
    )
    whole_workers: bool = setting(False, "Hire and lay off whole workers only.", "yes / no")
    whole_lots: bool = setting(
        False, "Keep to lot sizes, minimum lots and order costs exactly in balance mode (slower).", "yes / no"
    )
    keep_capacity: bool = setting(True, "Balance keeps to the hours of resources.", "yes / no")
    keep_material: bool = setting(True, "Balance keeps to what suppliers and lanes can deliver.", "yes / no")
    keep_lead_times: bool = setting(True, "Balance keeps to lead times.", "yes / no")
    keep_storage: bool = setting(True, "Balance keeps to storage capacity and maximum stocks.", "yes / no")
    keep_frozen: bool = setting(True, "The plan keeps to the frozen and slushy periods.", "yes / no")
    frozen_periods: int = setting(
        0, "First periods in which production stays as the last plan had it, where a stock policy says nothing.",
        "periods", minimum=0, maximum=104,
    )
    slushy_periods: int = setting(
        0, "Periods after the frozen ones in which production may change a little.", "periods", minimum=0, maximum=104
    )
    slushy_change: float = setting(
        20.0, "How far production may change in slushy periods, up or down.", "% of the last plan", minimum=0,
        maximum=100,
    )
    stay_close: bool = setting(
        True, "Among plans that cost the same, take the one nearest to the last plan.", "yes / no"
    )
    compare_strategies: bool = setting(
        False, "Plan level, chase and mixed strategies too, to show them side by side (slower).", "yes / no"
    )
    fair_share: str = setting(
        "priority", "Who gets what when there is not enough: by priority, equal days of supply, or quotas.",
        choices=("priority", "equal days", "quotas"),
    )
    safety_placement: str = setting(
        "local", "Where safety stock stands: each stock covers its own risk, or where it costs least along the network "
        "(guaranteed service).",
        choices=("local", "guaranteed service"),
    )
    excess_periods: int = setting(
        12, "Stock beyond the need of so many periods is excess.", "periods", minimum=1, maximum=104
    )
    obsolete_days: int = setting(365, "Stock older than this is obsolete.", "days", minimum=1, maximum=36500)
    schedule_days: int = setting(28, "Days for which jobs are scheduled; 0: no schedule.", "days", minimum=0,
                                  maximum=366)
    schedule_seconds: float = setting(5.0, "Longest time that improving the schedule may take.", "seconds",
                                       minimum=0.1, maximum=3600)
    time_limit: float = setting(60.0, "Longest time that balancing may take.", "seconds", minimum=1, maximum=86400)
    receivable_days: float = setting(
        30.0, "Days from a sale until the customer pays, where payment terms say nothing.", "days", minimum=0,
        maximum=365,
    )
    payable_days: float = setting(
        30.0, "Days from a receipt until the supplier is paid, where payment terms say nothing.", "days", minimum=0,
        maximum=365,
    )
    tax_rate: float = setting(0.0, "Tax on profit; losses are carried forward.", "% of EBIT", minimum=0, maximum=100)
    tax_payment_periods: int = setting(
        1, "Periods after which the tax of a period is paid.", "periods", minimum=0, maximum=104
    )
    fiscal_year_start: int = setting(
        1, "Month in which the fiscal year starts.", "month, 1 to 12", minimum=1, maximum=12
    )
    kept_plans: int = setting(
        2, "How many earlier plans are kept in money, to compare the plan with the last one.", "plans", minimum=1,
        maximum=24,
    )
    project_basis: str = setting(
        "committed",
        "Which development projects the plan counts: none; committed ones in full; those under way by their "
        "probability (expected); all that are not stopped, in full.",
        choices=("none", "committed", "expected", "all"),
    )
    initiative_basis: str = setting(
        "full", "How initiatives count that are switched on: in full, or by their probability (expected).",
        choices=("full", "expected"),
    )
    discount_rate: float = setting(
        10.0, "Rate at which later cash is worth less, for present values.", "% a year", minimum=0, maximum=1000
    )
    compare_initiatives: bool = setting(
        False, "Make the plan anew without each initiative, to see what it is worth (slower: a plan each).", "yes / no"
    )

    @cached_property
    def periods(self) -> Periods:
        """The periods of the plan."""
        return Periods(self.bucket, self.first_period, self.horizon)


AnySettings = TypeVar("AnySettings")


def setting_name(setting: Field[Any]) -> str:
    """The setting's name as the table shows it."""
    return setting.name.replace("_", " ").capitalize()


def settings_frame(settings: Any) -> pd.DataFrame:
    """The settings (a dataclass of :func:`setting` fields) as the rows of their table."""
    rows = [
        {
            "setting": setting_name(declared),
            "value": _as_text(getattr(settings, declared.name)),
            "unit": declared.metadata["unit"] or " / ".join(declared.metadata["choices"]),
            "meaning": declared.metadata["meaning"],
        }
        for declared in fields(settings)
    ]
    return pd.DataFrame(rows).astype("str")


def read_settings(frame: pd.DataFrame) -> Settings:
    """The settings of a plan from their table (see :func:`read_settings_as`)."""
    return read_settings_as(Settings, frame, "settings")


def read_settings_as(kind: type[AnySettings], frame: pd.DataFrame, table: str) -> AnySettings:
    """Settings of some kind from their table; a setting that is not there has its default.

    ``kind``: a dataclass of :func:`setting` fields, among them bucket and first_period; ``table``: its table's name.
    Raises PlanError that names every unknown setting and every value that cannot be.
    """
    findings = FindingList()
    declared = {setting_name(one).lower(): one for one in fields(kind)}  # type: ignore[arg-type]
    values = {}
    for row, (name, text) in enumerate(zip(frame["setting"], frame["value"], strict=True)):
        if not read_text(name):
            continue
        known = declared.get(read_text(name).lower())
        if known is None:
            findings.add("error", f"'{name}' is no setting.", f"Use one of: {', '.join(sorted(declared))}.",
                         table=table, column="setting", row=row)
        elif read_text(text):
            values[known.name] = _read_value(known, read_text(text), findings, table, row)
    findings.raise_errors()
    settings = kind(**values)
    _check_first_period(settings, frame, findings, table)
    findings.raise_errors()
    return settings


def _read_value(declared: Field[Any], text: str, findings: FindingList, table: str, row: int) -> Any:
    """One value in its kind, or its default and a finding."""
    place = {"table": table, "column": "value", "row": row}
    limits = declared.metadata
    if isinstance(declared.default, str):
        value = text.lower() if limits["choices"] else text
        if limits["choices"] and value not in limits["choices"]:
            findings.add("error", f"{setting_name(declared)} cannot be '{text}'.",
                         f"Choose {one_of(limits['choices'])}.", **place)
        return value
    if isinstance(declared.default, bool):
        if text.lower() not in {"yes", "no", "true", "false", "0", "1"}:
            findings.add("error", f"{setting_name(declared)} cannot be '{text}'.", "Enter yes or no.", **place)
        return read_flag(text)
    try:
        number = float(text)
    except ValueError:
        findings.add("error", f"{setting_name(declared)} must be a number, not '{text}'.", "Enter a number.", **place)
        return declared.default
    low, high = limits["minimum"], limits["maximum"]
    if (low is not None and number < low) or (high is not None and number > high) or number != number:
        upper = "" if high is None else f" and at most {high:g}"
        findings.add("error", f"{setting_name(declared)} cannot be {text}.",
                     f"Enter a number of at least {low:g}{upper}.", **place)
        return declared.default
    return int(number) if isinstance(declared.default, int) else number


def _check_first_period(settings: Any, frame: pd.DataFrame, findings: FindingList, table: str) -> None:
    """A finding where the first period is no period of the bucket."""
    try:
        parse(settings.first_period, settings.bucket)
    except ValueError as fault:
        names = [read_text(name).lower() for name in frame["setting"]]
        row = names.index("first period") if "first period" in names else None
        findings.add("error", f"First period: {fault}.", "Enter the first period of the plan in that form.",
                     table=table, column="value", row=row)


def _as_text(value: Any) -> str:
    """A setting's value as the table shows it."""
    if isinstance(value, bool):
        return "yes" if value else "no"
    return f"{value:g}" if isinstance(value, float) else str(value)
