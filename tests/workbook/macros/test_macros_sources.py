"""The VBA sources against the list of buttons, and against the rules that a compiler would hold them to."""

import re

import pytest
from pyopenvba.interpreter import parse_module  # type: ignore[import-untyped]

from sopxl.workbook.macros import BUTTONS, GROUPS, button
from sopxl.workbook.macros.project import donor_modules
from sopxl.workbook.macros.ribbon import CALLBACK
from sopxl.workbook.macros.sources import Module, own_modules, workbook_module

MODULES = (*own_modules(), workbook_module())
NAMES = [module.name for module in MODULES]
KEYS = {"Ctrl": "^", "Shift": "+"}


def code(module: Module) -> str:
    """The source without comments and without what stands in quotes."""
    lines = (re.sub(r'"(?:[^"]|"")*"', '""', line) for line in module.source.splitlines())
    return "\n".join(line.split("'")[0] for line in lines)


ALL_CODE = "\n".join(code(module) for module in MODULES)


def test_each_button_has_its_macro() -> None:
    for each in BUTTONS:
        assert len(re.findall(rf"^Public Sub {each.macro}\(\)$", ALL_CODE, re.MULTILINE)) == 1


def test_each_macro_that_a_planner_can_see_has_its_button() -> None:
    assert sorted(re.findall(r"^Public Sub (\w+)\(\)$", ALL_CODE, re.MULTILINE)) == sorted(b.macro for b in BUTTONS)


def test_each_planning_button_presses_its_own_python_function() -> None:
    source = next(module.source for module in MODULES if module.name == "Sopxl")
    pressed = dict(re.findall(r'Public Sub (\w+)\(\)\r\n    Press "(\w+)",', source))
    assert pressed == {each.macro: each.python_function for each in BUTTONS if each.python_function}


def test_the_python_functions_are_those_that_were_agreed() -> None:
    agreed = ["demand", "procurement", "production", "distribution", "finance", "run_all", "consolidate", "check"]
    assert [each.python_function for each in BUTTONS if each.python_function] == agreed


def test_each_shortcut_is_hooked_to_the_macro_of_its_button() -> None:
    source = next(module.source for module in MODULES if module.name == "SopxlSheets")
    hooked = {macro: keys for keys, macro in re.findall(r'EachShortcut wanted, "(.+?)", "(\w+)"', source)}
    wanted = {}
    for each in BUTTONS:
        if each.keys:
            *held, letter = each.keys.split("+")
            wanted[each.macro] = "".join(KEYS[key] for key in held) + letter.lower()
    assert hooked == wanted


def test_the_callback_of_the_ribbon_is_there() -> None:
    assert re.search(rf"^Public Sub {CALLBACK}\(control As IRibbonControl\)$", ALL_CODE, re.MULTILINE)


def test_buttons_say_what_they_do_and_belong_to_a_group() -> None:
    for each in BUTTONS:
        assert each.group in GROUPS
        assert each.tip.endswith(".")
        assert len(each.caption) <= 20
    assert len({each.macro for each in BUTTONS}) == len({each.caption for each in BUTTONS}) == len(BUTTONS)


def test_a_button_is_found_by_its_macro() -> None:
    assert button("SopxlRunAll").python_function == "run_all"
    with pytest.raises(KeyError, match="no such button"):
        button("SopxlNothing")


@pytest.mark.parametrize("module", MODULES, ids=NAMES)
def test_each_module_parses(module: Module) -> None:
    parse_module(module.source)


@pytest.mark.parametrize("module", MODULES, ids=NAMES)
def test_each_module_declares_its_variables_and_closes_its_blocks(module: Module) -> None:
    text = code(module)
    assert "Option Explicit" in text
    for word in ("Sub", "Function", "With", "Select"):
        opened = re.findall(rf"^\s*(?:Public |Private )?{word}\b(?! )?", text, re.MULTILINE)
        assert len(opened) == len(re.findall(rf"^\s*End {word}\b", text, re.MULTILINE)), word
    blocks = re.findall(r"^\s*If\b.*\bThen\s*$", text, re.MULTILINE)
    assert len(blocks) == len(re.findall(r"^\s*End If\b", text, re.MULTILINE))
    assert len(re.findall(r"^\s*#If\b", text, re.MULTILINE)) == len(re.findall(r"^\s*#End If\b", text, re.MULTILINE))


@pytest.mark.parametrize("module", MODULES, ids=NAMES)
def test_each_module_keeps_within_what_the_editor_takes(module: Module) -> None:
    assert module.source.isascii()
    assert "\t" not in module.source
    assert all(len(line) < 1000 for line in module.source.splitlines())
    assert max(map(len, re.findall(r"(?: _\r\n.*)+", module.source) or [""])) < 24 * 200


@pytest.mark.parametrize("module", MODULES, ids=NAMES)
def test_procedures_that_other_modules_see_bear_our_name(module: Module) -> None:
    for name in re.findall(r"^(?:Public )?(?:Sub|Function) (\w+)", code(module), re.MULTILINE):
        assert name.startswith("Sopxl")


def test_every_procedure_of_ours_that_is_called_exists() -> None:
    defined = set(re.findall(r"\b(?:Sub|Function) (Sopxl\w+)", ALL_CODE))
    called = set(re.findall(r"\bSopxl\w+", ALL_CODE)) - set(NAMES)
    quoted = set(re.findall(r'"(Sopxl\w+)"', "\n".join(module.source for module in MODULES))) - set(NAMES)
    assert called | quoted <= defined


def test_no_macro_of_ours_reaches_for_what_is_proprietary() -> None:
    text = "\n".join(module.source for module in MODULES)
    assert "xlwings.pro" not in text
    assert "RunPython" in "".join(module.source for module in donor_modules())
