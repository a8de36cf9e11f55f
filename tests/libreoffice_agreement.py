"""Whether the values that a workbook holds for its formulas are those that LibreOffice computes from scratch.

``assert_agrees(path)`` for one workbook, ``assert_agrees(first, second, …)`` for many in one start of LibreOffice
(a start costs about two seconds: prefer one call with many files).
"""

from __future__ import annotations

from pathlib import Path

import pytest

from sopxl.workbook.formula_cells import CalculatedCell, Value, WorkbookParts
from sopxl.workbook.libreoffice import find_libreoffice, recalculated_values_of_all, same_value

SHOWN = 20
Difference = tuple[Path, CalculatedCell, Value]

needs_libreoffice = pytest.mark.skipif(find_libreoffice() is None, reason="LibreOffice is not installed")


def assert_agrees(
    *paths: Path | str, relative: float = 1e-9, absolute: float = 1e-6, timeout: float = 1200.0
) -> int:
    """Fail where a formula's cached value differs from what LibreOffice computes; the number of formulas compared.

    Skips the test where LibreOffice is not installed. A workbook without any formula fails: there was nothing to
    compare. The message names the first cells with formula and both values.
    """
    if find_libreoffice() is None:
        pytest.skip("LibreOffice is not installed")
    files = [Path(path) for path in paths]
    recalculated = recalculated_values_of_all(files, timeout)
    compared = 0
    differences: list[Difference] = []
    for path, values in zip(files, recalculated, strict=True):
        assert values, f"{path.name} holds no formula: there is nothing to compare"
        compared += len(values)
        differences += [
            (path, cell, values.get(cell.address))
            for cell in WorkbookParts(path).formula_cells()
            if not same_value(cell.value, values.get(cell.address), relative, absolute)
        ]
    assert not differences, _message(differences, compared)
    return compared


def _message(differences: list[Difference], compared: int) -> str:
    lines = [
        f"{path.name} {cell.sheet}!{cell.cell}: the file says {cell.value!r}, LibreOffice {value!r}, ={cell.formula}"
        for path, cell, value in differences[:SHOWN]
    ]
    more = len(differences) - len(lines)
    head = f"{len(differences)} of {compared} formulas disagree with LibreOffice:"
    return "\n".join([head, *lines, *([f"… and {more} more"] if more > 0 else [])])
