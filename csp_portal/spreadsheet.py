"""CSV files for people who open them in a spreadsheet: readable there, and harmless."""

import csv
from collections.abc import Iterable, Iterator, Sequence

from django.http import StreamingHttpResponse
from django.utils.http import content_disposition_header

# A cell that begins like a formula would be run by the spreadsheet (OWASP, "CSV injection").
_FORMULA = ("=", "+", "-", "@", "\t", "\r", "\n", "＝", "＋", "－", "＠")


def defused(cell: object) -> str:
    """The cell's text; what would be a formula is text behind an apostrophe."""
    text = "" if cell is None else str(cell)
    return f"'{text}" if text.startswith(_FORMULA) else text


class _Echo:
    """A file that hands back what was written."""

    def write(self, text: str) -> str:
        return text


def csv_answer(name: str, *, header: Sequence[object], rows: Iterable[Sequence[object]]) -> StreamingHttpResponse:
    """A download of this name that is sent while its rows are read."""
    answer = StreamingHttpResponse(_lines(header, rows), content_type="text/csv; charset=utf-8")
    answer["Content-Disposition"] = content_disposition_header(True, f"{name}.csv") or "attachment"
    return answer


def _lines(header: Sequence[object], rows: Iterable[Sequence[object]]) -> Iterator[str]:
    """Every cell is defused and quoted; the byte order mark tells spreadsheets that it is UTF-8."""
    writer = csv.writer(_Echo(), quoting=csv.QUOTE_ALL)
    yield "\ufeff" + writer.writerow([defused(cell) for cell in header])
    for row in rows:
        yield writer.writerow([defused(cell) for cell in row])
