"""The VBA modules that go into a workbook: sopxl's own from sources/, xlwings' from the installed package.

To add a module, put its .bas (standard) or .cls (document) file into sources/ and its name into OWN_MODULES.
"""

import hashlib
import importlib.util
import zipfile
from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum
from functools import cache
from pathlib import Path

SOURCES = Path(__file__).parent / "sources"
OWN_MODULES = ("Sopxl.bas", "SopxlRibbon.bas", "SopxlSheets.bas", "SopxlView.bas")
DONOR_FILE = "quickstart_standalone.xlsm"
DONOR_MODULES = ("xlwings", "Dictionary")

WORKBOOK_BASE = "0{00020819-0000-0000-C000-000000000046}"
WORKSHEET_BASE = "0{00020820-0000-0000-C000-000000000046}"
CHARTSHEET_BASE = "0{00020821-0000-0000-C000-000000000046}"


class Kind(StrEnum):
    """What a module is, by the word that declares it in the PROJECT stream ([MS-OVBA] 2.3.1.7)."""

    STANDARD = "Module"
    CLASS = "Class"
    DOCUMENT = "Document"


@dataclass(frozen=True)
class Module:
    """A VBA module: its name, its kind and its whole source, Attribute lines too, lines ending in CR LF."""

    name: str
    kind: Kind
    source: str


class MacroError(Exception):
    """A VBA project that cannot be read, may not be changed or cannot be made; the text is for the planner."""


class DonorError(MacroError):
    """The installed xlwings has no VBA project that sopxl can take over."""


def own_modules() -> tuple[Module, ...]:
    """sopxl's standard modules, as in sources/."""
    return tuple(Module(Path(name).stem, Kind.STANDARD, source_text(name)) for name in OWN_MODULES)


def workbook_module(code_name: str = "ThisWorkbook") -> Module:
    """The module behind the workbook with sopxl's event procedures, under the workbook's code name."""
    source = source_text("ThisWorkbook.cls").replace('"ThisWorkbook"', f'"{code_name}"', 1)
    return Module(code_name, Kind.DOCUMENT, source)


def document_module(code_name: str, base: str = WORKSHEET_BASE) -> Module:
    """An empty module behind a sheet; `base` is the class of the sheet ([MS-OVBA] 2.3.4.3, VB_Base)."""
    lines = (
        f'Attribute VB_Name = "{code_name}"',
        f'Attribute VB_Base = "{base}"',
        "Attribute VB_GlobalNameSpace = False",
        "Attribute VB_Creatable = False",
        "Attribute VB_PredeclaredId = True",
        "Attribute VB_Exposed = True",
        "Attribute VB_TemplateDerived = False",
        "Attribute VB_Customizable = True",
    )
    return Module(code_name, Kind.DOCUMENT, "".join(line + "\r\n" for line in lines))


def source_text(file_name: str) -> str:
    """A source file with VBA's line ends, however the checkout wrote them."""
    text = (SOURCES / file_name).read_text(encoding="ascii")
    return "\r\n".join(text.splitlines()) + "\r\n"


@cache
def donor_project() -> bytes:
    """vbaProject.bin of the standalone quickstart file that the installed xlwings carries.

    Raises DonorError when xlwings is not installed or does not carry it. xlwings itself is not imported.
    """
    found = importlib.util.find_spec("xlwings")
    if found is None or found.origin is None:
        raise DonorError("xlwings is not installed, so the buttons have no way to start Python.")
    path = Path(found.origin).parent / DONOR_FILE
    try:
        with zipfile.ZipFile(path) as package:
            return package.read("xl/vbaProject.bin")
    except (OSError, KeyError, zipfile.BadZipFile) as problem:
        raise DonorError(f"The installed xlwings has no usable {DONOR_FILE}: {problem}") from problem


def fingerprint(modules: Iterable[Module]) -> str:
    """SHA-256 over names and sources of the modules, whatever their order."""
    digest = hashlib.sha256()
    for module in sorted(modules, key=lambda each: each.name):
        digest.update(f"{module.name}\0{module.source}\0".encode())
    return digest.hexdigest()
