"""Writes vbaProject.bin: a VBA project of sources only, which Excel compiles when it opens the workbook.

The container ([MS-CFB]) and the compression ([MS-OVBA] 2.4.1) are pyOpenVBA's; what a project of sopxl
consists of is settled here. To add a module to every workbook, see sources.py.
"""

import re
from collections.abc import Iterable, Sequence

from pyopenvba.cfb import CFB  # type: ignore[import-untyped]
from pyopenvba.exceptions import PyOpenVBAError  # type: ignore[import-untyped]
from pyopenvba.vba import (  # type: ignore[import-untyped]
    VBAModule,
    VBAModuleKind,
    compress,
    detect_signature,
    encode_mbcs,
    encoding_for_codepage,
    parse_vba_project,
    serialize_dir_stream,
    serialize_project_stream,
    serialize_projectwm,
)

from sopxl.workbook.macros.sources import (
    CHARTSHEET_BASE,
    DONOR_MODULES,
    WORKBOOK_BASE,
    WORKSHEET_BASE,
    DonorError,
    Kind,
    MacroError,
    Module,
    document_module,
    donor_project,
    fingerprint,
    own_modules,
    workbook_module,
)

# [MS-OVBA] 2.3.4.1: Reserved1, Version 0xFFFF and no PerformanceCache, so that Excel compiles anew.
NO_CACHE = bytes.fromhex("CC61FFFF000000")
STORAGE = "VBA"
WORKBOOK_CODE_NAME = "ThisWorkbook"
CODE_NAME = re.compile(r"[A-Za-z][A-Za-z0-9_]{0,30}\Z")


def build_vba_project(
    sheet_code_names: Sequence[str],
    modules: Iterable[Module] | None = None,
) -> bytes:
    """The bytes of vbaProject.bin for a workbook whose worksheets carry these code names, in their order.

    The workbook's own code name is ThisWorkbook.

    `modules` are the standard and class modules; left out, they are those of the installed xlwings
    and of sopxl. References, project id and protection records come from xlwings' own project.
    The same input gives the same bytes. Raises ValueError for a code name that VBA does not take or
    that occurs twice, DonorError when the installed xlwings has no project to take over.
    """
    chosen = (*donor_modules(), *own_modules()) if modules is None else tuple(modules)
    check_code_names((WORKBOOK_CODE_NAME, *sheet_code_names, *(module.name for module in chosen)))
    project = Project(donor_project())
    kept = {WORKBOOK_CODE_NAME, *(module.name for module in chosen)}
    for name in project.names():
        if name not in kept:
            project.remove(name)
    project.put(workbook_module())
    for code_name in sheet_code_names:
        project.put(document_module(code_name))
    for module in chosen:
        project.put(module)
    return project.to_bytes()


def donor_modules() -> tuple[Module, ...]:
    """The modules that RunPython needs: `xlwings` (BSD-3-Clause) and, for Macs, `Dictionary` (MIT).

    Raises DonorError when the donor lacks the xlwings module or its RunPython.
    """
    modules = {module.name: module for module in modules_of(donor_project())}
    runner = modules.get("xlwings")
    if runner is None or not re.search(r"^Public Function RunPython\(", runner.source, re.MULTILINE):
        raise DonorError("The installed xlwings carries no VBA module with RunPython.")
    return tuple(modules[name] for name in DONOR_MODULES if name in modules)


def is_current(project: bytes) -> bool:
    """True when a vbaProject.bin holds exactly the modules of this sopxl and of the installed xlwings.

    After an update of either it is false, and the workbook's macros are to be built anew.
    """
    wanted = (*donor_modules(), *own_modules())
    names = {module.name for module in wanted}
    return fingerprint(m for m in modules_of(project) if m.name in names) == fingerprint(wanted)


def modules_of(project: bytes) -> tuple[Module, ...]:
    """All modules of a vbaProject.bin, in its order."""
    parsed = parse_vba_project(CFB.from_bytes(project))
    return tuple(Module(each.name, _kind(each.kind, each.source), each.source) for each in parsed.modules)


def _kind(kind: VBAModuleKind, source: str) -> Kind:
    if kind == VBAModuleKind.standard:
        return Kind.STANDARD
    bases = (WORKBOOK_BASE, WORKSHEET_BASE, CHARTSHEET_BASE)
    return Kind.DOCUMENT if any(f'"{base}"' in source for base in bases) else Kind.CLASS


def check_code_names(names: Iterable[str]) -> None:
    """Raises ValueError when a name is no VBA name of at most 31 letters, digits and _, or occurs twice."""
    seen: set[str] = set()
    for name in names:
        if not CODE_NAME.match(name):
            raise ValueError(f"{name!r} is no VBA name: up to 31 letters A-Z, digits and _, a letter first.")
        if name.lower() in seen:
            raise ValueError(f"{name!r} is there twice; each module and sheet needs a code name of its own.")
        seen.add(name.lower())


def code_names(sheet_titles: Iterable[str], taken: Iterable[str] = ()) -> list[str]:
    """A code name for each sheet title: its letters and digits ("Sales plan" → "SalesPlan"), made unique.

    A title without Latin letters gives "Sheet". Never one of `taken` or of sopxl's and xlwings' modules.
    """
    used = reserved_names() | {name.lower() for name in taken}
    names = []
    for title in sheet_titles:
        words = re.findall(r"[A-Za-z0-9]+", title)
        stem = "".join(word[0].upper() + word[1:] for word in words)[:26]
        names.append(_unused(stem if CODE_NAME.match(stem) else f"Sheet{stem}"[:26], used))
    return names


def reserved_names() -> set[str]:
    """The names in lower case that no sheet may have as its code name: the workbook's and those of our modules."""
    modules = (*donor_modules(), *own_modules())
    return {WORKBOOK_CODE_NAME.lower(), *(module.name.lower() for module in modules)}


def _unused(stem: str, used: set[str]) -> str:
    name, number = stem, 1
    while name.lower() in used:
        number += 1
        name = f"{stem}{number}"
    used.add(name.lower())
    return name


class Project:
    """A VBA project that modules are put into and taken out of; `to_bytes` writes it without any cache."""

    def __init__(self, data: bytes) -> None:
        """Reads vbaProject.bin; raises MacroError when the bytes hold no readable VBA project."""
        try:
            self._container = CFB.from_bytes(data)
            self._project = parse_vba_project(self._container)
            for module in self._project.modules:
                _ = module.source  # read only when asked for, and a damaged one is to be refused here
            self._declarations = self._container.get_stream("PROJECT").rstrip() + b"\r\n"
        except (PyOpenVBAError, KeyError, ValueError) as problem:
            raise MacroError(f"The workbook's macros cannot be read: {problem}") from problem
        self._added: dict[str, Kind] = {}
        self._removed: set[str] = set()

    def names(self) -> list[str]:
        """The names of all modules, in the order of the project."""
        return [str(module.name) for module in self._project.modules]

    def source(self, name: str) -> str | None:
        """The whole source of a module, None when there is no module of that name (case does not count)."""
        found = self._find(name)
        return None if found is None else str(found.source)

    def document_of_workbook(self) -> str | None:
        """The name of the module behind the workbook, which need not be ThisWorkbook in every language."""
        for module in self._project.modules:
            if f'"{WORKBOOK_BASE}"' in module.source:
                return str(module.name)
        return None

    def has_password(self) -> bool:
        """True when the project is locked for viewing ([MS-OVBA] 2.3.1.16, ProjectPassword)."""
        protection = self._project.protection
        return bool(protection is not None and protection.has_password)

    def is_signed(self) -> bool:
        """True when the container itself holds a signature of the macros."""
        return bool(detect_signature(self._container).present)

    def put(self, module: Module) -> None:
        """Adds a module, or gives the module of that name the new source; one of another kind is replaced."""
        found = self._find(module.name)
        if found is not None and (found.kind == VBAModuleKind.standard) == (module.kind is Kind.STANDARD):
            if found.source != module.source:
                found.source, found.dirty = module.source, True
            return
        if found is not None:
            self.remove(found.name)
        standard = module.kind is Kind.STANDARD
        kind = VBAModuleKind.standard if standard else VBAModuleKind.other
        added = VBAModule(module.name, module.name, module.source, kind, dirty=True)
        added.name_unicode = added.stream_name_unicode = module.name
        self._project.modules.append(added)
        self._container.add_stream_to_storage(STORAGE, module.name, b"")
        self._added[module.name] = module.kind

    def remove(self, name: str) -> None:
        """Takes a module out; KeyError when there is none of that name."""
        found = self._find(name)
        if found is None:
            raise KeyError(name)
        self._project.modules.remove(found)
        self._container.remove_stream_in_storage(STORAGE, found.stream_name)
        if self._added.pop(found.name, None) is None:
            self._removed.add(found.name)

    def to_bytes(self) -> bytes:
        """The project as bytes: sources only, no cache of an earlier compilation anywhere."""
        for module in self._project.modules:
            self._write_source(module)
        self._write_lists()
        self._container.write_stream_in_storage(STORAGE, "_VBA_PROJECT", NO_CACHE)
        self._container.drop_streams_in_storage(STORAGE, lambda name: name.upper().startswith("__SRP_"))
        return bytes(self._container.to_bytes())

    def _write_source(self, module: VBAModule) -> None:
        """Only the compressed source stays in the stream; an unchanged one keeps its very bytes (2.3.4.3)."""
        page = self._project.code_page
        if module.dirty:
            data = compress(encode_mbcs(module.source, encoding_for_codepage(page)))
        else:
            data = self._container.get_stream_in_storage(STORAGE, module.stream_name)[module.text_offset :]
        self._container.write_stream_in_storage(STORAGE, module.stream_name, data)
        module.text_offset, module.prefix_bytes = 0, b""

    def _write_lists(self) -> None:
        """The three streams that list the modules: dir (2.3.4.2), PROJECT (2.3.1) and PROJECTwm (2.3.3)."""
        page = self._project.code_page
        # Terminator 0x0010 and four reserved bytes end it (2.3.4.2); pyOpenVBA 6.5 writes four bytes more.
        listing = serialize_dir_stream(self._project).rstrip(b"\0") + bytes(5)
        self._container.write_stream_in_storage(STORAGE, "dir", compress(listing))
        added = [(name, kind.value) for name, kind in self._added.items()]
        declarations = serialize_project_stream(
            self._declarations, {}, add_modules=added, delete_names=self._removed, code_page=page
        )
        self._container.write_stream("PROJECT", declarations)
        pairs = [(module.name, module.name_unicode or module.name) for module in self._project.modules]
        if "PROJECTwm" in self._container.list_streams():
            self._container.write_stream("PROJECTwm", serialize_projectwm(pairs, code_page=page))

    def _find(self, name: str) -> VBAModule | None:
        for module in self._project.modules:
            if module.name.lower() == name.lower():
                return module
        return None
