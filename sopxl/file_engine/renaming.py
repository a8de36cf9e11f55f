"""Other headers for the columns of tables, in the tables and in every formula and name that refers to them."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

from sopxl.file_engine.addresses import split_address
from sopxl.file_engine.errors import NotFoundError, WriteRefusedError
from sopxl.file_engine.formulas import end_of_bracket

if TYPE_CHECKING:
    from sopxl.file_engine.sheet import SheetPart
    from sopxl.file_engine.tables import TablePart
    from sopxl.file_engine.workbook import Workbook

Renamings = dict[str, dict[str, str]]
"""Table in small letters -> old header, escaped and in small letters -> new header, escaped."""

_STARTS = re.compile(r'"(?:[^"]|"")*"|\'(?:[^\']|\'\')*\'|(?<![\w.\\])([^\W\d][\w.]*)\[')
_ESCAPES = re.compile("'.", re.DOTALL)
_SPECIFIER = re.compile(r"\[((?:'.|[^'\[\]])*)\]", re.DOTALL)


def rename_columns(workbook: Workbook, headers: Mapping[str, Sequence[str]]) -> None:
    """Give all columns of tables new headers, from left to right (table -> headers), as Excel does.

    Formulas and names anywhere in the book follow; results stay as they are.

    Raises:
        NotFoundError: there is no such table.
        WriteRefusedError: too many or too few headers, empty or repeated ones, or an array formula names one of them.
    """
    found = {table.name.lower(): (sheet, table) for sheet, table in workbook.tables()}
    for name in headers:
        if name.lower() not in found:
            raise NotFoundError("no_such_table", f"{workbook.file_name} has no table {name}.")
        _refuse_bad_headers(found[name.lower()][1], headers[name])
    wanted = {name.lower(): list(new) for name, new in headers.items()}
    renamings = {name: _renaming(found[name][1], new) for name, new in wanted.items()}
    renamings = {name: pairs for name, pairs in renamings.items() if pairs}
    if not renamings:
        return
    workbook.refuse_signed()
    for sheet in workbook.sheets:
        _rename_in_sheet(sheet, renamings)
    for defined in workbook.names:
        if (follows := renamed(defined.refers_to, renamings)) != defined.refers_to:
            workbook.put_name(defined.name, follows, defined.sheet)
    for _, each in workbook.tables():
        each.change_formulas(lambda formula: renamed(formula, renamings))
    for table_name in renamings:
        sheet, table = found[table_name]
        if table.header:
            sheet.write_headers(table.header, wanted[table_name])
        table.rename_columns(wanted[table_name])


def renamed(formula: str, renamings: Renamings) -> str:
    """The formula with the new headers. Text and quoted sheet names are left alone."""
    pieces: list[str] = []
    place = 0
    for match in _STARTS.finditer(formula):
        if match.start() < place or not match[1] or match[1].lower() not in renamings:
            continue
        start = match.end() - 1
        end = end_of_bracket(formula, start)
        pieces += [formula[place:start], _renamed_specifier(formula[start:end], renamings[match[1].lower()])]
        place = end
    return "".join((*pieces, formula[place:]))


def _renamed_specifier(bracket: str, pairs: dict[str, str]) -> str:
    """What stands in brackets behind a table's name: one header, or several specifiers in brackets of their own."""
    if "[" not in _ESCAPES.sub("", bracket[1:]):
        return f"[{pairs.get(bracket[1:-1].lower(), bracket[1:-1])}]"
    inner = _SPECIFIER.sub(lambda match: f"[{pairs.get(match[1].lower(), match[1])}]", bracket[1:-1])
    return f"[{inner}]"


def _renaming(table: TablePart, headers: list[str]) -> dict[str, str]:
    pairs = zip((column.name for column in table.columns), headers, strict=True)
    return {_escaped(old).lower(): _escaped(new) for old, new in pairs if old != new}


def _escaped(header: str) -> str:
    return re.sub(r"(['#\[\]])", r"'\1", header)


def _refuse_bad_headers(table: TablePart, headers: Sequence[str]) -> None:
    distinct = {header.lower() for header in headers}
    if len(headers) != len(table.columns) or len(distinct) != len(headers) or not all(headers):
        raise WriteRefusedError(
            "headers", f"The table {table.name} needs {len(table.columns)} different headers, none of them empty."
        )


def _rename_in_sheet(sheet: SheetPart, renamings: Renamings) -> None:
    """Write the formulas of a sheet that change; those that share or fill an area are taken apart or refused."""
    needles = [f"{name}[" for name in renamings]
    changed: dict[tuple[int, int], str] = {}
    for address, formula in sheet.all_formulas():
        if any(needle in formula.lower() for needle in needles) and (new := renamed(formula, renamings)) != formula:
            changed[split_address(address)] = new
    for block in sheet.groups.blocks:
        if block.master in changed:
            why = f"its {block.kind} formula names a column that is renamed; change the formula in Excel first"
            raise sheet.refuse("header_in_use", *block.master, why)
    sheet.replace_formulas(changed)
