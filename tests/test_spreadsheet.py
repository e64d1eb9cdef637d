"""CSV files: a cell that a spreadsheet would run as a formula is plain text."""

import csv
import io
from collections.abc import Iterator
from email.message import Message

import pytest

from csp_portal.spreadsheet import csv_answer, defused


@pytest.mark.parametrize("cell", ["=1+1", "+1", "-1", "@SUM(A1)", "\t=1", "\r=1", "\n=1", "＝1", "－1"])
def test_what_looks_like_a_formula_becomes_text(cell: str) -> None:
    assert defused(cell) == f"'{cell}"


def test_other_cells_stay_as_they_are() -> None:
    assert [defused(cell) for cell in ("Contoso", 7, None, "a=b", "")] == ["Contoso", "7", "", "a=b", ""]


def test_the_file_is_utf_8_with_its_mark_and_quotes_every_cell() -> None:
    answer = csv_answer(
        "customers", header=["名稱", "note"], rows=[["晨曦, 股份", '=HYPERLINK("x")'], ["two\nlines", 1]]
    )
    sent = answer.getvalue()
    text = sent.decode("utf-8-sig")
    assert sent.startswith(b"\xef\xbb\xbf")
    assert answer["Content-Disposition"] == 'attachment; filename="customers.csv"'
    assert text.splitlines()[0] == '"名稱","note"'
    assert list(csv.reader(io.StringIO(text))) == [
        ["名稱", "note"],
        ["晨曦, 股份", '\'=HYPERLINK("x")'],
        ["two\nlines", "1"],
    ]


def test_a_file_is_sent_while_its_rows_are_read() -> None:
    read: list[int] = []

    def rows() -> Iterator[list[object]]:
        for number in range(1_000_000):
            read.append(number)
            yield [number]

    lines = iter(csv_answer("long", header=["number"], rows=rows()))

    assert [next(lines) for _ in range(3)] == [b'\xef\xbb\xbf"number"\r\n', b'"0"\r\n', b'"1"\r\n']
    assert len(read) <= 3


@pytest.mark.parametrize("name", ['a"; filename=evil.html', "a\r\nSet-Cookie: x=y", "晨曦", "../../a"])
def test_a_name_in_the_header_stays_a_name(name: str) -> None:
    told = csv_answer(name, header=["x"], rows=[])["Content-Disposition"]

    assert told.startswith("attachment; filename")
    assert "\r" not in told and "\n" not in told
    message = Message()
    message["Content-Disposition"] = told
    assert not str(message.get_filename()).endswith(".html")
