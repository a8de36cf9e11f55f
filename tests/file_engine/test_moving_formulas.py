"""References move as Excel moves them when a formula is copied."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from openpyxl.formula.translate import Translator

from sopxl.file_engine.formulas import move_formula


@pytest.mark.parametrize(
    ("formula", "moved"),
    [
        ("A1+$A1+A$1+$A$1", "B3+$A3+B$1+$A$1"),
        ("SUM(A1:B2,C:C,3:3,$D:$D,$4:$4)", "SUM(B3:C4,D:D,5:5,$D:$D,$4:$4)"),
        ("Plan!A1+'My B2 sheet'!C3+'it''s A1'!A1", "Plan!B3+'My B2 sheet'!D5+'it''s A1'!B3"),
        ('"A1 ""B2"" "&A1', '"A1 ""B2"" "&B3'),
        ("items[A1]+items[[#This Row],[B2:C3]]+items['[A1']]", "items[A1]+items[[#This Row],[B2:C3]]+items['[A1']]"),
        ("[1]Sheet1!A1+[Book1.xlsx]A1!A1", "[1]Sheet1!B3+[Book1.xlsx]A1!B3"),
        ("LOG10(A1)+ATAN2(A1,B1)+_xlfn.A1(2)", "LOG10(B3)+ATAN2(B3,C3)+_xlfn.A1(2)"),
        ("rate1_A1+tax.B2+ABCD12+XFE1+my_A1", "rate1_A1+tax.B2+ABCD12+XFE1+my_A1"),
        ("#REF!+A1+#N/A", "#REF!+B3+#N/A"),
        ("XFD1+A1048576", "#REF!+#REF!"),
        ("a1+1E5+A1%", "B3+1E5+B3%"),
        ("A1#", "B3#"),
        ("IF(A1:A9=1,{1,2;3,4})", "IF(B3:B11=1,{1,2;3,4})"),
    ],
)
def test_relative_references_move_and_all_else_stays(formula: str, moved: str) -> None:
    assert move_formula(formula, 2, 1) == moved


@given(
    st.lists(
        st.tuples(
            st.sampled_from(["", "Plan!", "'A 1'!"]),
            st.booleans(),
            st.integers(1, 99),
            st.booleans(),
            st.integers(1, 99),
        ),
        min_size=1,
        max_size=4,
    ),
    st.integers(0, 50),
    st.integers(0, 50),
)
def test_openpyxl_moves_plain_references_the_same_way(
    references: list[tuple[str, bool, int, bool, int]], rows: int, columns: int
) -> None:
    from openpyxl.utils import get_column_letter

    formula = "+".join(
        f"{sheet}{'$' * fixed_column}{get_column_letter(column)}{'$' * fixed_row}{row}"
        for sheet, fixed_column, column, fixed_row, row in references
    )
    expected = Translator(f"={formula}", "A1").translate_formula(f"{get_column_letter(columns + 1)}{rows + 1}")
    assert f"={move_formula(formula, rows, columns)}" == expected
