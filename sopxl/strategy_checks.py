"""Checks of what is entered for the strategic plans: development projects, initiatives and their effects.

Add one as a generator of findings under ``@check`` or ``@row_check`` (see :mod:`sopxl.check_register`).
"""

from __future__ import annotations

import difflib
from collections.abc import Iterator

import numpy as np
import pandas as pd

from sopxl.check_register import check, row_check, told
from sopxl.schema import Finding, Tables, one_of
from sopxl.settings import Settings
from sopxl.steps.demand.tables import planning_markets
from sopxl.steps.strategy.dates import moved
from sopxl.steps.strategy.effects import EFFECTS
from sopxl.steps.strategy.initiatives import needed, read_initiatives
from sopxl.steps.strategy.projects import Project, read_projects

SPANS = (("project_stages", "from_period", "until_period"), ("initiatives", "start_period", "end_period"),
         ("initiative_effects", "from_period", "until_period"))
WORKED_ON = ("active", "committed")
NO_SLIP = 0.0


@row_check
def strategy_ends_before_it_starts(tables: Tables, settings: Settings) -> Iterator[Finding]:
    """A stage, an initiative or an effect that ends before it starts."""
    for table, start, end in SPANS:
        frame = tables[table]
        none = pd.Series(NO_SLIP, index=frame.index)
        before = moved(frame[end], none, settings) < moved(frame[start], none, settings)
        yield from told(tables, table, end, before, f"It ends in {{{end}}}, before it starts in {{{start}}}.",
                        "Correct one of the two periods.")


@row_check
def project_that_launches_nothing(tables: Tables, settings: Settings) -> Iterator[Finding]:
    """A project under way without launch item or launch period: no demand comes of it."""
    projects = tables["development_projects"]
    worked_on = projects["status"].isin([*WORKED_ON, "launched"])
    yield from told(tables, "development_projects", "launch_item", worked_on & (projects["launch_item"] == ""),
                    "{project} launches no item: the plan has its cost, but no demand.", "Enter the launch item.",
                    "warning")
    undated = worked_on & (projects["launch_item"] != "") & (projects["launch_period"] == "")
    yield from told(tables, "development_projects", "launch_period", undated,
                    "{project} has no launch period: {launch_item} is never sold.", "Enter the launch period.",
                    "warning")


@check
def launch_in_the_past(tables: Tables, settings: Settings) -> Iterator[Finding]:
    """A project that should have been launched before the plan starts."""
    projects = tables["development_projects"]
    launch = moved(projects["launch_period"], projects["slip"], settings)
    late = projects["status"].isin(WORKED_ON) & (launch < 0)
    yield from told(tables, "development_projects", "launch_period", late,
                    "{project} is {status}, but its launch in {launch_period} is past.",
                    "Enter by how many periods it has slipped, or set its status to launched.", "warning")


@row_check
def project_that_follows_itself(tables: Tables, settings: Settings) -> Iterator[Finding]:
    """A launch item that is to sell like itself, or to replace itself."""
    projects = tables["development_projects"]
    for column, does in (("like_item", "sell like"), ("replaces", "replace")):
        itself = (projects["launch_item"] != "") & (projects[column] == projects["launch_item"])
        yield from told(tables, "development_projects", column, itself, f"{{launch_item}} cannot {does} itself.",
                        "Enter another item, or none.")


@row_check
def project_without_a_size(tables: Tables, settings: Settings) -> Iterator[Finding]:
    """A launch of which nobody says how much it will sell."""
    projects = tables["development_projects"]
    starts = (projects["launch_item"] != "") & ~projects["status"].isin(["idea", "stopped"])
    unlike = (projects["like_item"] == "") & (projects["replaces"] == "")
    silent = starts & unlike & (projects["potential"].isna() | (projects["curve"] == "like item"))
    yield from told(tables, "development_projects", "potential", silent,
                    "It is not said how much {launch_item} will sell.",
                    "Enter a like item, or a potential with the curve ramp or bass.", "warning")


@check
def launched_item_without_price(tables: Tables, settings: Settings) -> Iterator[Finding]:
    """A launch item with neither a price nor a price target: it brings no net sales."""
    projects = tables["development_projects"]
    priced = {*tables["prices"]["item"], *tables["sales_history"]["item"]}
    free = (projects["launch_item"] != "") & ~projects["launch_item"].isin(priced) & projects["price_target"].isna()
    yield from told(tables, "development_projects", "price_target", free & (projects["status"] != "stopped"),
                    "{launch_item} has no price: its launch brings no net sales.",
                    "Enter a price target, or add the item to prices.", "warning")


@check
def launched_item_cannot_be_had(tables: Tables, settings: Settings) -> Iterator[Finding]:
    """A launch item that the plan sells, but that can be neither made nor bought."""
    had = {*tables["bills_of_material"]["parent"], *tables["routings"]["item"], *tables["sourcing"]["item"],
           *tables["co_products"]["co_product"]}
    selling = {one.name for one in read_projects(tables, settings) if one.weight(settings.project_basis) > 0}
    projects = tables["development_projects"]
    lost = (projects["launch_item"] != "") & ~projects["launch_item"].isin(had) & projects["project"].isin(selling)
    yield from told(tables, "development_projects", "launch_item", lost,
                    "{launch_item} is to be sold, but can be neither made nor bought.",
                    "Give it a bill of material, a routing or a supplier in sourcing; or let the project not count.")


@check
def launch_told_twice(tables: Tables, settings: Settings) -> Iterator[Finding]:
    """An item that two projects launch in a market, or a project and a row of launches."""
    projects = tables["development_projects"]
    key = pd.MultiIndex.from_frame(projects[["launch_item", "launch_market"]])
    launches = tables["launches"][tables["launches"]["kind"] != "end"]
    named = (projects["launch_item"] != "") & (projects["status"] != "stopped")
    twice = np.zeros(len(projects), bool)
    twice[named.to_numpy(bool)] = key[named.to_numpy(bool)].duplicated()
    yield from told(tables, "development_projects", "launch_item", twice,
                    "Another project launches {launch_item} there too; the first of them holds.",
                    "Set one of them to stopped, or give them different markets.", "warning")
    entered = named & key.isin(pd.MultiIndex.from_frame(launches[["item", "market"]]))
    yield from told(tables, "development_projects", "launch_item", entered,
                    "Launches have a row for {launch_item} too: that row holds, not the project.",
                    "Take the row out of launches.", "warning")


@check
def stages_that_overlap(tables: Tables, settings: Settings) -> Iterator[Finding]:
    """A stage that begins before an earlier gate is due, and a gate that is due only after the launch."""
    for project in read_projects(tables, settings):
        for stage in project.stages:
            gates = [one for one in project.stages if one.gate < stage.gate and one.last >= stage.first]
            if gates:
                yield _of_stage(tables, project, stage.name, "from_period",
                                f"{stage.name} begins before the gate of {gates[-1].name} is due.",
                                "Correct the periods, if they are not meant to overlap.")
            if stage.last > project.launch and project.row["status"] not in ("launched", "stopped"):
                yield _of_stage(tables, project, stage.name, "until_period",
                                f"{project.name} is launched before the gate of {stage.name} is due.",
                                "Correct the launch period or the stage.")


@check
def gates_out_of_order(tables: Tables, settings: Settings) -> Iterator[Finding]:
    """Gates passed before earlier ones, gates that were due, and committed projects that wait for one."""
    for project in read_projects(tables, settings):
        if project.row["status"] not in WORKED_ON:
            continue
        waiting = [stage for stage in project.stages if not stage.passed]
        for stage in project.stages:
            if stage.passed and any(one.gate < stage.gate for one in waiting):
                yield _of_stage(tables, project, stage.name, "passed",
                                f"{stage.name} has passed its gate, but an earlier gate has not been passed.",
                                "Mark the earlier gates as passed, or take this mark out.")
            if not stage.passed and stage.last < 0:
                yield _of_stage(tables, project, stage.name, "passed",
                                f"The gate of {stage.name} was due before the plan starts.",
                                "Mark it as passed, move the project by its slip, or stop it.")
        if project.row["status"] == "committed" and not project.is_committed:
            yield _of_stage(tables, project, waiting[0].name, "passed",
                            f"{project.name} is committed, but the gate of {waiting[0].name} has not been passed: it "
                            "does not count as committed.", "Mark the gate as passed, or set the status to active.")


def _of_stage(tables: Tables, project: Project, stage: str, column: str, message: str, remedy: str) -> Finding:
    """A warning at a stage of a project."""
    frame = tables["project_stages"]
    rows = np.flatnonzero((frame["project"] == project.name) & (frame["stage"] == stage))
    return Finding("warning", message, remedy, table="project_stages", column=column, row=int(rows[0]))


@check
def hours_of_nothing(tables: Tables, settings: Settings) -> Iterator[Finding]:
    """Hours for a stage that the project does not have, or of neither a resource nor a pool."""
    needs, stages = tables["project_resources"], tables["project_stages"]
    key = pd.MultiIndex.from_frame(stages[["project", "stage"]])
    lost = ~pd.MultiIndex.from_frame(needs[["project", "stage"]]).isin(key)
    yield from told(tables, "project_resources", "stage", lost & (needs["stage"] != ""),
                    "{project} has no stage '{stage}'.", "Correct it, or add the stage to project stages.")
    known = {*tables["resources"]["resource"], *tables["project_pools"]["pool"]}
    for name in needs.loc[~needs["resource"].isin({*known, ""}), "resource"].unique():
        yield from told(tables, "project_resources", "resource", needs["resource"] == name,
                        "'{resource}' is neither a resource nor a pool.",
                        f"Correct it, or add it to project pools.{_near(name, known)}")


@check
def pool_named_like_a_resource(tables: Tables, settings: Settings) -> Iterator[Finding]:
    """A pool with the code of a resource."""
    pools = tables["project_pools"]
    yield from told(tables, "project_pools", "pool", pools["pool"].isin(set(tables["resources"]["resource"])),
                    "{pool} is a resource; its hours are those of the plan.", "Give the pool another name.")


@check
def initiatives_in_a_circle(tables: Tables, settings: Settings) -> Iterator[Finding]:
    """Initiatives that wait for one another, and those that wait for one that there is not."""
    frame = tables["initiatives"]
    needs = dict(zip(frame["initiative"], frame["depends_on"].map(needed), strict=True))
    for row, (name, text) in enumerate(zip(frame["initiative"], frame["depends_on"], strict=True)):
        for other in needed(text):
            if other not in needs:
                yield Finding("error", f"'{other}' is not in initiatives.",
                              f"Correct it, or add it to initiatives.{_near(other, set(needs))}", table="initiatives",
                              column="depends_on", row=row)
            elif _waits_for(needs, other, name):
                yield Finding("error", f"{name} and {other} wait for one another: neither can ever count.",
                              "Take one of them out of 'Depends on'.", table="initiatives", column="depends_on",
                              row=row)


def _waits_for(needs: dict[str, list[str]], start: str, goal: str) -> bool:
    """Whether one initiative depends on another, directly or through others."""
    seen, frontier = {start}, {start}
    while frontier:
        if goal in frontier:
            return True
        frontier = {other for name in frontier for other in needs.get(name, [])} - seen
        seen |= frontier
    return False


@check
def initiative_on_before_its_time(tables: Tables, settings: Settings) -> Iterator[Finding]:
    """An initiative that is on, but needs others that are off or begin later."""
    frame = tables["initiatives"]
    known = {one.name: one for one in read_initiatives(tables, settings)}
    for row, (name, on) in enumerate(zip(frame["initiative"], frame["switched_on"], strict=True)):
        needs = [known[other] for other in needed(frame["depends_on"].iloc[row]) if other in known]
        off = [other.name for other in needs if other.weight == 0 and not other.row["switched_on"]]
        late = [other.name for other in needs if name in known and other.start > known[name].start]
        if on and off:
            yield Finding("warning", f"{name} is on, but needs {', '.join(off)}, which is off: it does not count.",
                          "Switch on what it needs, or switch it off.", table="initiatives", column="switched_on",
                          row=row)
        if on and late:
            yield Finding("warning", f"{name} begins before {', '.join(late)}, which it needs.",
                          "Correct the start periods or the slip.", table="initiatives", column="start_period", row=row)


@check
def initiative_bought_in_the_past(tables: Tables, settings: Settings) -> Iterator[Finding]:
    """An investment before the plan starts: the plan does not pay for it."""
    frame = tables["initiatives"]
    past = frame["switched_on"] & (frame["investment"] > 0) & (
        moved(frame["start_period"], frame["slip"], settings) < 0)
    yield from told(tables, "initiatives", "start_period", past,
                    "{initiative} starts before the plan: its investment is taken as made and is not in the plan.",
                    "Enter it in fixed assets, or correct the start period.", "warning")


@check
def stage_bought_in_the_past(tables: Tables, settings: Settings) -> Iterator[Finding]:
    """The investment of a stage that ends before the plan starts: the plan does not pay for it."""
    assets = set(tables["fixed_assets"]["asset"])
    for project in read_projects(tables, settings):
        for stage in project.stages:
            asset = f"{project.name}: {stage.name}"
            if (stage.investment > 0 and stage.last < 0 and project.row["status"] != "stopped"
                    and asset not in assets):
                yield _of_stage(tables, project, stage.name, "investment",
                                f"{stage.name} of {project.name} ends before the plan: its investment is taken as made "
                                "and is not in the plan.",
                                f"Enter it in fixed assets as '{asset}', or correct the period.")


@row_check
def effect_of_nothing(tables: Tables, settings: Settings) -> Iterator[Finding]:
    """An effect that does not name what it changes, changes it by nothing, or takes away more than there is."""
    frame = tables["initiative_effects"]
    for kind, effect in EFFECTS.items():
        rows = frame["effect"] == kind
        bare = rows & (frame[list(effect.needs)] == "").all(axis=1)
        yield from told(tables, "initiative_effects", effect.needs[0], bare,
                        f"The effect '{kind}' needs {one_of(effect.needs)}.", "Enter it, or choose another effect.")
    still = (frame["effect"] != "opens") & (frame["effect"] != "") & (frame["amount"].fillna(0.0) == 0)
    yield from told(tables, "initiative_effects", "amount", still, "The effect '{effect}' changes nothing.",
                    "Enter by how much.", "warning")
    beyond = (frame["counted_as"] == "percent") & (frame["amount"] < -100)
    yield from told(tables, "initiative_effects", "amount", beyond, "Nothing can fall by {amount} percent.",
                    "Enter at least -100.")


@check
def strategy_of_what_is_not_known(tables: Tables, settings: Settings) -> Iterator[Finding]:
    """A family that no item has, or a market without a plan of its own."""
    families = set(tables["items"]["family"])
    markets = set(planning_markets(tables["markets"], settings.market_level))
    for table, column, known, said in (
        ("initiative_effects", "family", families, "No item has the family '{family}'."),
        ("initiative_effects", "market", markets, "'{market}' is not a planning market."),
        ("development_projects", "launch_market", markets, "'{launch_market}' is not a planning market."),
    ):
        typed = tables[table][column]
        for name in typed[~typed.isin({*known, ""})].unique():
            yield from told(tables, table, column, typed == name, said, f"Correct it.{_near(str(name), known)}")


@check
def unit_cost_that_cannot_fall(tables: Tables, settings: Settings) -> Iterator[Finding]:
    """A unit cost of a made item that shall fall, though its cost is all hours and components."""
    frame = tables["initiative_effects"]
    costs = tables["costs"].drop_duplicates("item").set_index("item")["production_cost"]
    made = {*tables["routings"]["item"], *tables["bills_of_material"]["parent"]}
    no_own = frame["item"].map(costs).fillna(0.0) <= 0
    stuck = (frame["effect"] == "unit cost") & (frame["amount"] < 0) & frame["item"].isin(made) & no_own
    yield from told(tables, "initiative_effects", "item", stuck,
                    "{item} has no production cost: its unit cost is all hours and components and cannot fall.",
                    "Let the hourly cost of its resources or the purchase price of its components fall instead.",
                    "warning")


def _near(name: str, known: set[str]) -> str:
    """What may have been meant."""
    near = difflib.get_close_matches(name, known, 1)
    return f" Did you mean '{near[0]}'?" if near else ""
