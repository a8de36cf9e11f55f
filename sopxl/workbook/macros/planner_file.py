"""Puts buttons, macros and the ribbon tab into a workbook that a planner already has.

The workbook gains one sheet with the buttons; its own sheets, macros and ribbon stay. What a button is,
buttons.py says; what the sheet looks like, button_sheet.py.
"""

import re
from pathlib import Path

from lxml import etree

from sopxl.workbook.macros.button_sheet import add_button_sheet
from sopxl.workbook.macros.parts import Parts
from sopxl.workbook.macros.project import (
    CODE_NAME,
    Project,
    build_vba_project,
    code_names,
    reserved_names,
)
from sopxl.workbook.macros.project import donor_modules as modules_of_xlwings
from sopxl.workbook.macros.ribbon import put_ribbon
from sopxl.workbook.macros.sources import (
    CHARTSHEET_BASE,
    WORKSHEET_BASE,
    MacroError,
    Module,
    document_module,
    own_modules,
    workbook_module,
)

MAIN = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
OFFICE = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
PLAIN_WORKBOOK = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet.main+xml"
MACRO_WORKBOOK = "application/vnd.ms-excel.sheet.macroEnabled.main+xml"
PROJECT_KIND = "http://schemas.microsoft.com/office/2006/relationships/vbaProject"
PROJECT_TYPE = "application/vnd.ms-office.vbaProject"
_SIGNED_MACROS = (
    "The macros of {} are signed, which buttons beside them would break; remove the signature in the Visual Basic "
    "editor (Tools, Digital Signature) first."
)
BASES = {"worksheet": WORKSHEET_BASE, "chartsheet": CHARTSHEET_BASE}

_START_TAG = rb"<(?:[\w.-]+:)?%s(?=[\s/>])(?:[^>\"']|\"[^\"]*\"|'[^']*')*>"
_ROOT = re.compile(_START_TAG % rb"(?:worksheet|chartsheet)")
_PROPERTIES = re.compile(rb"\s*(" + _START_TAG % rb"sheetPr" + rb")")
_CODE_NAME = re.compile(rb"\scodeName\s*=\s*(?:\"([^\"]*)\"|'([^']*)')")
_EVENT = re.compile(r"^[ \t]*(?:Private |Public )?Sub[ \t]+(Workbook_\w+)[ \t]*\(.*?^[ \t]*End Sub", re.M | re.S | re.I)


def add_buttons(source: Path, target: Path) -> None:
    """Writes a copy of a planner's workbook with sopxl's buttons, macros and ribbon tab to `target` (.xlsm).

    `source` is an .xlsx or .xlsm and may be the target itself. Parts that need not change stay byte for byte;
    own macros keep their sources. Doing it again brings sopxl's macros up to date and adds no second sheet.
    Raises MacroError when the workbook's macros are protected by a password or signed, or hold a module of
    the same name as one that is needed; FileEngineError when a file cannot be read or written.
    """
    if target.suffix.lower() != ".xlsm":
        raise MacroError(f"{target.name} must end in .xlsm: Excel keeps macros in no other kind of workbook.")
    parts = Parts.of(source)
    workbook = _main_part(parts, source.name)
    _refuse_signed(parts, source.name)
    project_part = parts.related(workbook, "/vbaProject")
    add_button_sheet(parts, workbook)
    if project_part is None:
        _add_project(parts, workbook)
    else:
        _merge_project(parts, workbook, project_part, source.name)
    parts.declare(workbook, MACRO_WORKBOOK)
    put_ribbon(parts)
    parts.save(target)


def _main_part(parts: Parts, file_name: str) -> str:
    workbook = parts.related("", "/officeDocument")
    if workbook is None or parts.content_type(workbook) not in (PLAIN_WORKBOOK, MACRO_WORKBOOK):
        raise MacroError(f"{file_name} is no .xlsx or .xlsm workbook (a template, an add-in or an .xlsb, perhaps); "
                         "save it from Excel as .xlsx first.")
    if etree.QName(parts.tree(workbook)).namespace != MAIN:
        raise MacroError(f"{file_name} is a Strict Open XML workbook; save it as an ordinary .xlsx first.")
    return workbook


def _refuse_signed(parts: Parts, file_name: str) -> None:
    if any(part.startswith("_xmlsignatures/") for part in parts.names()):
        raise MacroError(f"{file_name} is signed; buttons would break the signature. Remove it in Excel first.")
    if any("vbaprojectsignature" in part.lower() for part in parts.names()):
        raise MacroError(_SIGNED_MACROS.format(file_name))


def _add_project(parts: Parts, workbook: str) -> None:
    """A workbook without macros gets a project of sopxl's own."""
    root = parts.tree(workbook)
    _workbook_properties(root).set("codeName", "ThisWorkbook")
    parts.put_tree(workbook, root)
    part = parts.unused("xl/vbaProject{}.bin") if "xl/vbaProject.bin" in parts else "xl/vbaProject.bin"
    sheets = _named_sheets(parts, workbook, set())
    project = Project(build_vba_project([]))
    for name, base in sheets:
        project.put(document_module(name, base))
    parts.put(part, project.to_bytes())
    parts.declare(part, PROJECT_TYPE)
    parts.relate(workbook, PROJECT_KIND, part)


def _merge_project(parts: Parts, workbook: str, project_part: str, file_name: str) -> None:
    """A workbook with macros keeps them and gets sopxl's modules beside them."""
    project = Project(parts.read(project_part))
    if project.has_password():
        raise MacroError(
            f"The macros of {file_name} are protected by a password; take it off in the Visual Basic editor first."
        )
    if project.is_signed():
        raise MacroError(_SIGNED_MACROS.format(file_name))
    for module in (*modules_of_xlwings(), *own_modules()):
        _refuse_foreign(project, module, file_name)
        project.put(module)
    for name, base in _named_sheets(parts, workbook, {each.lower() for each in project.names()}):
        if project.source(name) is None:
            project.put(document_module(name, base))
    _put_events(parts, workbook, project)
    parts.put(project_part, project.to_bytes())


def _refuse_foreign(project: Project, module: Module, file_name: str) -> None:
    """A module of the planner's own is never overwritten: ours and xlwings' are known by words they all hold."""
    present = project.source(module.name)
    words = {"xlwings": "XLWINGS_VERSION", "Dictionary": "VBA-Dictionary"}.get(module.name, "' Part of sopxl")
    if present is not None and words not in present:
        raise MacroError(
            f"{file_name} has a macro module of its own named {module.name}, which sopxl needs; rename it first."
        )


def _put_events(parts: Parts, workbook: str, project: Project) -> None:
    """sopxl's event procedures go after the planner's own code; one that the planner has stays the only one."""
    name = project.document_of_workbook()
    root = parts.tree(workbook)
    properties = _workbook_properties(root)
    if name is None:
        name = "ThisWorkbook"
    if properties.get("codeName") != name:
        properties.set("codeName", name)
        parts.put_tree(workbook, root)
    ours, theirs = workbook_module(name), project.source(name)
    if theirs is None or not _has_code(theirs):
        project.put(ours)
        return
    taken = {match.group(1).lower() for match in _EVENT.finditer(theirs)}
    missing = [m.group(0) for m in _EVENT.finditer(ours.source) if m.group(1).lower() not in taken]
    if missing:
        text = theirs.rstrip("\r\n") + "\r\n" + "".join(f"\r\n{procedure}\r\n" for procedure in missing)
        project.put(Module(name, ours.kind, text))


def _has_code(source: str) -> bool:
    lines = (line.strip() for line in source.splitlines())
    return any(line and not line.startswith("Attribute ") for line in lines)


def _workbook_properties(root: etree._Element) -> etree._Element:
    found = root.find(f"{{{MAIN}}}workbookPr")
    if found is not None:
        return found
    properties = etree.Element(f"{{{MAIN}}}workbookPr")
    before = [f"{{{MAIN}}}fileVersion", f"{{{MAIN}}}fileSharing"]
    root.insert(sum(1 for child in root if child.tag in before), properties)
    return properties


def _named_sheets(parts: Parts, workbook: str, modules: set[str]) -> list[tuple[str, str]]:
    """The code name and class of every sheet; sheets without a usable code name are given one.

    `modules` are the lower-case names of the modules there are already; a given code name is none of them.
    """
    kinds = {each.identifier: each for each in parts.relationships(workbook)}
    sheets = []
    for sheet in parts.tree(workbook).iter(f"{{{MAIN}}}sheet"):
        related = kinds.get(sheet.get(f"{{{OFFICE}}}id", ""))
        kind = related.kind.rsplit("/", 1)[-1] if related else ""
        if related is not None and kind in BASES:
            sheets.append((sheet.get("name", ""), related.target, BASES[kind]))
    known = {part: _code_name(parts.read(part)) for _, part, _ in sheets}
    taken = {name.lower() for name in known.values() if name} | modules
    named = []
    for title, part, base in sheets:
        name = known[part]
        if not name or (not modules and not _is_free(name)):
            name = code_names([title], taken)[0]
            taken.add(name.lower())
            parts.put(part, _with_code_name(parts.read(part), name, parts.file_name))
        named.append((name, base))
    return named


def _is_free(name: str) -> bool:
    return bool(CODE_NAME.match(name)) and name.lower() not in reserved_names()


def _code_name(sheet: bytes) -> str:
    root = _ROOT.search(sheet)
    properties = _PROPERTIES.match(sheet, root.end()) if root else None
    found = _CODE_NAME.search(properties.group(1)) if properties else None
    return (found.group(1) or found.group(2) or b"").decode() if found else ""


def _with_code_name(sheet: bytes, name: str, file_name: str) -> bytes:
    """The sheet with that code name; nothing else of it changes. Raises MacroError for a sheet in UTF-16."""
    root = _ROOT.search(sheet)
    if root is None:
        raise MacroError(f"A sheet of {file_name} is written in a way that only Excel can change; open it there, save "
                         "it and try again.")
    attribute = f' codeName="{name}"'.encode()
    properties = _PROPERTIES.match(sheet, root.end())
    if properties is None:
        prefix = re.match(rb"<((?:[\w.-]+:)?)", root.group(0))
        element = b"<" + (prefix.group(1) if prefix else b"") + b"sheetPr" + attribute + b"/>"
        return sheet[: root.end()] + element + sheet[root.end() :]
    tag = _CODE_NAME.sub(b"", properties.group(1))
    tag = re.sub(rb"^(<[\w.:-]+)", lambda match: match.group(1) + attribute, tag)
    return sheet[: properties.start(1)] + tag + sheet[properties.end(1) :]
