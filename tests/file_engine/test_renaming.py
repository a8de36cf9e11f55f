"""Renamed columns: every formula that names one follows, and keeps its value."""

from __future__ import annotations

from pathlib import Path

import pytest
import xlsxwriter
from hypothesis import given
from hypothesis import strategies as some

from sopxl.file_engine import NotFoundError, WriteRefusedError, open_book
from sopxl.file_engine.renaming import renamed

RENAMINGS = {"plan": {"2026-12": "2027-01", "2027-01": "2027-02", "it'[em": "x"}}


@pytest.mark.parametrize(
    ("formula", "follows"),
    [
        ("=SUM(plan[2026-12])", "=SUM(plan[2027-01])"),
        ("=plan[2026-12]+PLAN[2027-01]", "=plan[2027-01]+PLAN[2027-02]"),
        ("=plan[[#This Row],[2026-12]]", "=plan[[#This Row],[2027-01]]"),
        ("=SUM(plan[[2026-12]:[2027-01]])", "=SUM(plan[[2027-01]:[2027-02]])"),
        ("=plan[[#Headers],[2026-12]]", "=plan[[#Headers],[2027-01]]"),
        ("=plan[it'[em]", "=plan[x]"),
        ('="plan[2026-12]"&plan[#All]', '="plan[2026-12]"&plan[#All]'),
        ("='plan[2026-12]'!A1+other[2026-12]", "='plan[2026-12]'!A1+other[2026-12]"),
        ("=myplan[2026-12]+a.plan[2026-12]", "=myplan[2026-12]+a.plan[2026-12]"),
        ("=IF(plan[2028-12]=1,2,3)", "=IF(plan[2028-12]=1,2,3)"),
    ],
)
def test_a_formula_follows_the_new_headers_and_nothing_else_of_it_changes(formula: str, follows: str) -> None:
    assert renamed(formula, RENAMINGS) == follows


@given(some.text(alphabet="plan[]2026-1'\"!,:#A ", max_size=60))
def test_no_text_is_lost_from_a_strange_formula(formula: str) -> None:
    assert renamed(renamed(formula, {"plan": {}}), {}) == formula


def book_with_two_tables(path: Path) -> Path:
    with xlsxwriter.Workbook(path) as book:
        plan = book.add_worksheet("Plan")
        plan.add_table(
            "A1:C3",
            {
                "name": "plan",
                "data": [["a", 1, 2], ["b", 3, 4]],
                "columns": [{"header": "Item"}, {"header": "2026-12"}, {"header": "2027-01"}],
            },
        )
        notes = book.add_worksheet("Notes")
        notes.write_formula("A1", "=SUM(plan[2026-12])", None, 4)
        notes.write_formula("A2", "=SUM(plan[[2026-12]:[2027-01]])", None, 10)
        notes.write_array_formula("C1:C2", "{=plan[2027-01]*2}", None, 4)
        notes.write_formula("A3", "=A1*2", None, 8)
        book.define_name("first", "=plan[2026-12]")
    return path


def test_tables_formulas_and_names_follow_in_one_go_and_results_stay(tmp_path: Path) -> None:
    path = book_with_two_tables(tmp_path / "a.xlsx")
    with open_book(path) as book:
        book.sheets["Notes"].range("C1:C2").clear_contents()
        book.api.rename_columns({"plan": ["Item", "2027-01", "2027-02"]})
        book.save()
    with open_book(path) as book:
        notes = book.sheets["Notes"]
        assert [row[0] for row in notes.range("A1:A3").formula] == [
            "=SUM(plan[2027-01])",
            "=SUM(plan[[2027-01]:[2027-02]])",
            "=A1*2",
        ]
        assert notes.range("A1:A3").value == [4, 10, 8]
        assert book.names["first"].refers_to == "=plan[2027-01]"
        assert book.sheets["Plan"].range("A1:C1").value == ["Item", "2027-01", "2027-02"]


def test_an_array_formula_that_names_the_column_is_refused_by_its_cell(tmp_path: Path) -> None:
    with open_book(book_with_two_tables(tmp_path / "a.xlsx")) as book:
        with pytest.raises(WriteRefusedError, match="cell C1"):
            book.api.rename_columns({"plan": ["Item", "2027-01", "2027-02"]})
        with pytest.raises(NotFoundError):
            book.api.rename_columns({"plain": ["x"]})
