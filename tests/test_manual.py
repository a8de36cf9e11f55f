"""The manual says what the product has, no more and no less."""

from __future__ import annotations

import pytest

from sopxl.manual.reference import CHAPTERS, PAGE, reference


def test_the_reference_page_is_up_to_date() -> None:
    assert PAGE.read_text(encoding="utf-8") == reference(), "run: python -m sopxl.manual.reference"


@pytest.mark.parametrize("chapter", CHAPTERS)
def test_no_line_of_the_reference_lacks_its_explanation(chapter: str) -> None:
    rows = [line for line in CHAPTERS[chapter]() if line.startswith("| ")]
    assert len(rows) > 1
    for row in rows:
        cells = [cell.strip() for cell in row.strip("|").split(" | ")]
        assert len(cells) >= 2
        assert cells[0], row
        assert any(cells[1:]), row
