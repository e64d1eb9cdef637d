"""CSV files: a cell that a spreadsheet would run as a formula is plain text."""

import csv
import io

import pytest

from csp_portal.spreadsheet import csv_answer, defused


@pytest.mark.parametrize("cell", ["=1+1", "+1", "-1", "@SUM(A1)", "\t=1", "\r=1", "\n=1", "＝1", "－1"])
def test_what_looks_like_a_formula_becomes_text(cell: str) -> None:
    assert defused(cell) == f"'{cell}"


def test_other_cells_stay_as_they_are() -> None:
    assert [defused(cell) for cell in ("Contoso", 7, None, "a=b", "")] == ["Contoso", "7", "", "a=b", ""]


def test_the_file_is_utf_8_with_its_mark_and_quotes_what_needs_quotes() -> None:
    answer = csv_answer(
        "customers", header=["名稱", "note"], rows=[["晨曦, 股份", '=HYPERLINK("x")'], ["two\nlines", 1]]
    )
    text = answer.content.decode("utf-8-sig")
    assert answer.content.startswith(b"\xef\xbb\xbf")
    assert answer["Content-Disposition"] == 'attachment; filename="customers.csv"'
    assert list(csv.reader(io.StringIO(text))) == [
        ["名稱", "note"],
        ["晨曦, 股份", '\'=HYPERLINK("x")'],
        ["two\nlines", "1"],
    ]
