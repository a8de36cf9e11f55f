"""The ribbon tab: its XML, and that a workbook gains it and loses nothing."""

import re
import zipfile
from collections.abc import Callable, Iterable
from pathlib import Path

import pytest
from lxml import etree

from sopxl.file_engine.package import Package
from sopxl.workbook.macros import BUTTONS, GROUPS, add_ribbon, ribbon_xml
from sopxl.workbook.macros.parts import Parts
from sopxl.workbook.macros.ribbon import CALLBACK, NAMESPACE, OLD_RELATIONSHIP, PART, RELATIONSHIP, put_ribbon
from sopxl.workbook.macros.sources import Module

OLD_NAMESPACE = "http://schemas.microsoft.com/office/2006/01/customui"
OWN_TAB = '<ribbon><tabs><tab id="mine" label="Mine"/></tabs></ribbon>'


@pytest.fixture
def workbook(written_workbook: Callable[[Iterable[Module] | None], Path]) -> Path:
    return written_workbook(None)


def contents(path: Path) -> dict[str, bytes]:
    with zipfile.ZipFile(path) as package:
        return {name: package.read(name) for name in package.namelist()}


def test_the_tab_has_each_button_once_in_its_group_with_its_macro_as_tag() -> None:
    root = etree.fromstring(ribbon_xml())
    found = [
        (group.get("label"), each.get("tag"), each.get("label"), each.get("onAction"))
        for group in root.iter(f"{{{NAMESPACE}}}group")
        for each in group
    ]
    wanted = [(b.group, b.macro, b.caption, CALLBACK) for group in GROUPS for b in BUTTONS if b.group == group]
    assert found == wanted


def test_no_id_is_there_twice_and_texts_are_within_what_office_takes() -> None:
    root = etree.fromstring(ribbon_xml())
    ids = [each.get("id") for each in root.iter() if each.get("id")]
    assert len(ids) == len(set(ids))
    for each in root.iter(f"{{{NAMESPACE}}}button"):
        assert len(each.get("supertip") or "") <= 1024
        assert re.fullmatch(r"[A-Z]\w+", each.get("imageMso") or "")


def test_the_ribbon_is_added_and_every_other_part_stays_byte_for_byte(workbook: Path) -> None:
    before = contents(workbook)
    add_ribbon(workbook)
    after = contents(workbook)
    assert after[PART] == ribbon_xml()
    assert {name for name in after if after[name] != before.get(name)} == {PART, "_rels/.rels"}
    assert RELATIONSHIP.encode() in after["_rels/.rels"]
    assert list(after)[: len(before)] == list(before)


def test_adding_it_twice_changes_nothing(workbook: Path) -> None:
    add_ribbon(workbook)
    once = workbook.read_bytes()
    add_ribbon(workbook)
    assert workbook.read_bytes() == once


@pytest.mark.parametrize(("relationship", "namespace"), [(RELATIONSHIP, NAMESPACE), (OLD_RELATIONSHIP, OLD_NAMESPACE)])
def test_a_ribbon_that_is_there_keeps_its_own_tab(workbook: Path, relationship: str, namespace: str) -> None:
    parts = Parts(Package(workbook.read_bytes(), workbook.name))
    parts.put("customUI/own.xml", f'<customUI xmlns="{namespace}">{OWN_TAB}</customUI>'.encode())
    parts.relate("", relationship, "customUI/own.xml")
    put_ribbon(parts)
    put_ribbon(parts)
    tabs = [tab.get("label") for tab in parts.tree("customUI/own.xml").iter(f"{{{namespace}}}tab")]
    assert tabs == ["Mine", "sopxl"]
    assert PART not in parts
