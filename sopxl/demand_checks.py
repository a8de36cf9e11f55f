"""Checks of what people enter for the demand step: sales, drivers, promotions, launches, overrides, corrections.

Add one as a generator of findings under ``@check`` or ``@row_check`` (see :mod:`sopxl.check_register`).
"""

from __future__ import annotations

import difflib
from collections.abc import Iterable, Iterator

import numpy as np

from sopxl.check_register import check, row_check, told
from sopxl.checks import LARGEST_NUMBER
from sopxl.prices import positions_of
from sopxl.schema import Finding, Tables, counted
from sopxl.settings import Settings
from sopxl.steps.demand.tables import LONGEST_HISTORY, planning_markets

SPANS = (("items", "first_sales_period", "last_sales_period"), ("promotions", "from_period", "to_period"),
         ("overrides", "from_period", "to_period"))
BY_PLANNING_MARKET = (
    "prices", "budget", "drivers", "promotions", "launches", "overrides", "sales_deductions", "operating_expenses",
    "payment_terms", "opening_balances",
)


@row_check
def sales_below_zero(tables: Tables, settings: Settings) -> Iterator[Finding]:
    """Negative sales, where the setting 'Returns' says that they are faults."""
    if settings.returns == "reject":
        for table in ("sales_history", "recent_sales"):
            yield from told(tables, table, "quantity", tables[table]["quantity"] < 0,
                             "{quantity} units of {item} are below zero.",
                             "Correct the quantity, or set 'Returns' to net where customers returned it.")


@row_check
def end_before_start(tables: Tables, settings: Settings) -> Iterator[Finding]:
    """A promotion, an override or an item's sales that end before they start."""
    for table, start, end in SPANS:
        before = positions_of(tables[table][end], settings) < positions_of(tables[table][start], settings)
        yield from told(tables, table, end, before & (tables[table][end] != "").to_numpy(),
                         f"It ends in {{{end}}}, before it starts in {{{start}}}.", "Correct one of the two periods.")


@row_check
def promotion_of_nothing(tables: Tables, settings: Settings) -> Iterator[Finding]:
    """A promotion that names neither an item nor a family."""
    promotions = tables["promotions"]
    yield from told(tables, "promotions", "item", (promotions["item"] == "") & (promotions["family"] == ""),
                     "The promotion '{promotion}' names neither an item nor a family.", "Enter one of them.")


@row_check
def amount_that_cannot_be(tables: Tables, settings: Settings) -> Iterator[Finding]:
    """An override to less than nothing: below zero, or by more than 100 percent down."""
    kind, amount = tables["overrides"]["kind"], tables["overrides"]["amount"]
    yield from told(tables, "overrides", "amount", kind.str.startswith("set") & (amount < 0),
                     "Demand cannot be set to {amount}.", "Enter 0 or more, or choose a kind that adds.")
    yield from told(tables, "overrides", "amount", (kind == "add percent") & (amount < -100),
                     "{amount} percent would leave less than nothing.", "Enter -100 or more.")


@row_check
def override_entered_twice(tables: Tables, settings: Settings) -> Iterator[Finding]:
    """An override that stands twice, word for word: what adds would be added twice."""
    same = tables["overrides"].drop(columns=["entered", "reason"]).duplicated()
    yield from told(tables, "overrides", "amount", same, "The same override of {author} stands in an earlier row.",
                     "Take one of the two out if it is meant once.", "warning")


@row_check
def item_that_follows_itself(tables: Tables, settings: Settings) -> Iterator[Finding]:
    """An item that is its own like item or its own replacement."""
    for table, column, does in (("items", "like_item", "sell like"), ("launches", "like_item", "sell like"),
                                ("launches", "replaces", "replace")):
        itself = (tables[table][column] == tables[table]["item"]) & (tables[table]["item"] != "")
        yield from told(tables, table, column, itself, f"{{item}} cannot {does} itself.", "Enter another item.")


@row_check
def replacement_of_nothing(tables: Tables, settings: Settings) -> Iterator[Finding]:
    """A replacement that does not say what it replaces."""
    launches = tables["launches"]
    yield from told(tables, "launches", "replaces", (launches["kind"] == "replacement") & (launches["replaces"] == ""),
                     "It is not said what {item} replaces.", "Enter the item that it replaces, or choose launch.")


@row_check
def recent_sales_after_the_first_period(tables: Tables, settings: Settings) -> Iterator[Finding]:
    """Recent sales dated after the first period of the plan: it has moved on, or a date is mistyped."""
    dates = tables["recent_sales"]["date"]
    late = np.flatnonzero((dates > settings.periods.index[0].end_time).to_numpy(bool))
    if len(late):
        yield Finding("warning", f"{counted(len(late), 'record')} of recent sales dated after {settings.first_period}, "
                      f"the first of {dates.iloc[late[0]]:%Y-%m-%d}.",
                      "Correct the dates, or move 'First period' on.", table="recent_sales", column="date",
                      row=int(late[0]))


@check
def launch_without_a_size(tables: Tables, settings: Settings) -> Iterator[Finding]:
    """A launch whose curve has neither a like item nor a potential to follow."""
    launches = tables["launches"]
    like_of = tables["items"].drop_duplicates("item").set_index("item")["like_item"]
    like = (launches["like_item"] != "") | (launches["item"].map(like_of).fillna("") != "")
    starts = launches["kind"] == "launch"
    needs_like = starts & (launches["curve"] == "like item") & ~like
    yield from told(tables, "launches", "like_item", needs_like, "It is not said which item {item} will sell like.",
                     "Enter the like item, or choose another curve and its potential.")
    needs_size = starts & (launches["curve"] != "like item") & ~like & launches["potential"].isna()
    yield from told(tables, "launches", "potential", needs_size, "It is not said how much {item} will sell.",
                     "Enter its potential, or a like item.")


@check
def replacements_in_a_circle(tables: Tables, settings: Settings) -> Iterator[Finding]:
    """Items that, over some steps, replace one another."""
    launches = tables["launches"]
    rows = launches[(launches["replaces"] != "") & (launches["replaces"] != launches["item"])]
    replaced = {str(item): set(old) for item, old in rows.groupby("item")["replaces"]}
    circle = [_comes_back(replaced, old, item) for item, old in zip(rows["item"], rows["replaces"], strict=True)]
    yield from told(tables, "launches", "replaces", launches.index.isin(rows.index[circle]),
                     "{item} replaces {replaces}, which in the end replaces {item}.",
                     "Take one of the replacements out.")


def _comes_back(next_of: dict[str, set[str]], start: str, goal: str) -> bool:
    """Whether the goal can be reached from the start."""
    seen, frontier = {start}, {start}
    while frontier and goal not in frontier:
        frontier = {one for item in frontier for one in next_of.get(item, set())} - seen
        seen |= frontier
    return goal in frontier


@check
def launch_after_the_end(tables: Tables, settings: Settings) -> Iterator[Finding]:
    """An item that starts when it has ended: by its last sales period, or by another row of launches."""
    launches = tables["launches"].reset_index(names="row")
    start = positions_of(launches["start_period"], settings)
    last = tables["items"].drop_duplicates("item").set_index("item")["last_sales_period"]
    end = positions_of(launches["item"].map(last).fillna(""), settings)
    ended = (end < start) & (launches["item"].map(last).fillna("") != "").to_numpy()
    yield from told(tables, "launches", "start_period", ended,
                     "{item} starts or ends in {start_period}, after its last sales period.",
                     "Correct the period here or in items.")
    launches["start"] = start
    pairs = launches[launches["kind"] != "end"].merge(launches[launches["kind"] == "end"], on="item")
    same = (pairs["market_x"] == pairs["market_y"]) | (pairs["market_x"] == "") | (pairs["market_y"] == "")
    early = pairs.loc[same & (pairs["start_y"] <= pairs["start_x"]), "row_y"]
    yield from told(tables, "launches", "start_period", launches["row"].isin(early),
                     "{item} ends in {start_period}, before it has started.", "Correct one of the two start periods.")


@check
def family_or_channel_that_nobody_has(tables: Tables, settings: Settings) -> Iterator[Finding]:
    """A family or a channel that no item and no market has."""
    for table, column, where in (
        ("promotions", "family", "items"), ("overrides", "family", "items"), ("overrides", "channel", "markets"),
        ("sales_deductions", "family", "items"), ("sales_deductions", "channel", "markets"),
        ("operating_expenses", "family", "items"), ("budget", "family", "items"),
    ):
        known = set(tables[where][column])
        strange = ~tables[table][column].isin(known | {""})
        for name in tables[table].loc[strange, column].unique():
            yield from told(tables, table, column, tables[table][column] == name, f"No row of {where} has the "
                             f"{column} '{{{column}}}'.", f"Correct it.{_meant(str(name), known)}")


@check
def market_that_is_not_planned(tables: Tables, settings: Settings) -> Iterator[Finding]:
    """Prices, budgets, drivers or opinions of a market that has no plan of its own: they would count nowhere."""
    planning = planning_markets(tables["markets"], settings.market_level)
    planned, of_market = set(planning), planning.groupby(level=0).first().to_dict()
    level = "market group and channel" if settings.market_level == "group" else "market"
    for name in BY_PLANNING_MARKET:
        typed = tables[name]["market"]
        strange = typed[~typed.isin(planned | {""})]
        for row, market in strange.drop_duplicates().items():
            meant = of_market.get(market) or next(iter(difflib.get_close_matches(market, planned, 1)), "")
            example = f", like '{meant}'" if meant else ""
            yield Finding("error", f"'{market}' is not a planning market: the plan is by {level}.",
                          f"Enter {level}{example}.", table=name, column="market", row=int(str(row)))


@check
def nothing_fits_both(tables: Tables, settings: Settings) -> Iterator[Finding]:
    """An item with a family that is not its own, or a market with a channel that is not its own."""
    family_of = tables["items"].drop_duplicates("item").set_index("item")["family"]
    for table in ("promotions", "overrides"):
        rows = tables[table]
        own = rows["item"].map(family_of)
        yield from told(tables, table, "family", (rows["family"] != "") & own.notna() & (own != rows["family"]),
                         "{item} is not in the family {family}.", "Leave the family empty, or correct the item.")
    markets, rows = tables["markets"], tables["overrides"]
    fits = set(zip(planning_markets(markets, settings.market_level), markets["channel"], strict=True))
    both = (rows["channel"] != "") & (rows["market"] != "")
    wrong = np.array([pair not in fits for pair in zip(rows["market"], rows["channel"], strict=True)], dtype=bool)
    yield from told(tables, "overrides", "channel", both & wrong, "{market} does not sell in the channel {channel}.",
                     "Leave the channel empty, or correct the market.")


@check
def opinion_on_what_is_not_sold(tables: Tables, settings: Settings) -> Iterator[Finding]:
    """A promotion, launch, driver or override of a component, which is not forecast."""
    items = tables["items"]
    components = set(items.loc[items["status"] == "component", "item"])
    for table in ("promotions", "launches", "drivers", "overrides"):
        yield from told(tables, table, "item", tables[table]["item"].isin(components),
                         "{item} is a component: it is not forecast.",
                         "Set its status to active in items if it is sold, or name the item that it goes into.")


@check
def correction_of_nothing(tables: Tables, settings: Settings) -> Iterator[Finding]:
    """A decision on a correction whose item, market or period is not in the sales history, or on no usable proposal."""
    rows = tables["history_corrections"]
    decided = (rows["decision"] != "") | rows["own_value"].notna()
    planned = set(planning_markets(tables["markets"], settings.market_level))
    position = positions_of(rows["period"], settings)
    unknown = ~rows["item"].isin(tables["items"]["item"]) | ~rows["market"].isin(planned)
    unknown |= ~((position < 0) & (position >= -LONGEST_HISTORY * settings.periods.season_length))
    yield from told(tables, "history_corrections", "decision", decided & unknown,
                     "{item} in {market} has no history in '{period}': the decision changes nothing.",
                     "Correct item, market or period, or clear the decision.", "warning")
    accepted = (rows["decision"] == "accept") & rows["own_value"].isna() & ~unknown
    yield from told(tables, "history_corrections", "own_value", accepted & rows["proposed"].isna(),
                     "There is no proposal to accept.", "Enter your own value.", "warning")
    impossible = rows["proposed"].notna() & ~rows["proposed"].between(0, LARGEST_NUMBER)
    yield from told(tables, "history_corrections", "proposed", accepted & impossible,
                     "{proposed} cannot have been sold.", "Enter your own value, or refuse the proposal.")


@check
def sales_older_than_is_looked_at(tables: Tables, settings: Settings) -> Iterator[Finding]:
    """Sales so long ago that they are not used; a mistyped year shows here."""
    history = tables["sales_history"]
    position = positions_of(history["period"], settings)
    old = np.flatnonzero((position < -LONGEST_HISTORY * settings.periods.season_length) & (history["period"] != ""))
    if len(old):
        first = int(old[np.argmin(position[old])])
        yield Finding("note", f"{counted(len(old), 'record')} older than {LONGEST_HISTORY} years, the oldest of "
                      f"{history['period'].iloc[first]}; they are not used.", "Correct the period if it is mistyped.",
                      table="sales_history", column="period", row=first)


def _meant(text: str, known: Iterable[str]) -> str:
    """The known word that was probably meant, as a question for a sentence with places to fill."""
    near = difflib.get_close_matches(text, sorted(known), 1)
    return f" Did you mean '{near[0]}'?".replace("{", "{{").replace("}", "}}") if near else ""
