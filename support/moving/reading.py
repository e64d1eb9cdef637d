"""Takes a file of another desk apart into rows or mails, in whatever encoding it is; or says why it can't be read."""

import csv
import json
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

from charset_normalizer import from_bytes
from django.utils.translation import gettext as _

from support.models import TicketImport
from support.moving.shapes import HEADERS, columns_of

Shape = TicketImport.Shape
MOST_ROWS = 20_000
LONGEST_ID = 250
# A mail begins at such a line; one within a mail's text is written with ">" before it (RFC 4155).
_MAIL_BEGINS = re.compile(rb"(?:\A|(?<=\n))From [^\r\n]*\d\d:\d\d[^\r\n]*\r?\n")
_ESCAPED = re.compile(rb"(?m)^>(>*From )")


class FileProblem(ValueError):
    """Nothing of the file can be used; the sentence says why and what to do."""


@dataclass(frozen=True, kw_only=True, slots=True)
class RawRow:
    """`place` is its line, or which object of the list it is, from 1."""

    place: int
    external_id: str
    cells: Mapping[str, Any]


def shape_of(content: bytes, *, name: str) -> TicketImport.Shape:
    """By what is in the file; its name decides where that says nothing."""
    begin = content.lstrip(b"\xef\xbb\xbf \r\n\t")[:200]
    if begin.startswith(b"From ") and _MAIL_BEGINS.match(begin):
        return Shape.MBOX
    is_json = begin[:1] in (b"[", b"{") or name.lower().endswith((".json", ".jsonl", ".ndjson"))
    return Shape.JSON if is_json else Shape.CSV


def rows_of(content: bytes, *, shape: TicketImport.Shape) -> list[RawRow]:
    """The rows of a CSV or JSON file, at most MOST_ROWS."""
    text = _decoded(content)
    rows = list(_json_rows(text) if shape == Shape.JSON else _csv_rows(text))
    if not rows:
        raise FileProblem(_("The file has no tickets. Look whether it is the right one."))
    if len(rows) > MOST_ROWS:
        words = _("The file has %(count)d tickets; one file may have %(most)d. Send it in several parts.")
        raise FileProblem(words % {"count": len(rows), "most": MOST_ROWS})
    return rows


def mails_of(content: bytes) -> list[bytes]:
    """The mails of an mbox file as they were before it was written."""
    begins = [*(found.span() for found in _MAIL_BEGINS.finditer(content)), (len(content), len(content))]
    if len(begins) - 1 > MOST_ROWS:
        words = _("The file has %(count)d mails; one file may have %(most)d. Send it in several parts.")
        raise FileProblem(words % {"count": len(begins) - 1, "most": MOST_ROWS})
    parts = (content[start:end] for (_begin, start), (end, _end) in pairwise(begins))
    mails = [_ESCAPED.sub(rb"\1", part).rstrip(b"\r\n") + b"\n" for part in parts if part.strip()]
    if not mails:
        raise FileProblem(_("The file has no mails. An mbox file begins with a line that says From, who and when."))
    return mails


def _decoded(content: bytes) -> str:
    for encoding in ("utf-8-sig", *(("utf-16",) if content[:2] in (b"\xff\xfe", b"\xfe\xff") else ())):
        try:
            return content.decode(encoding)
        except UnicodeDecodeError:
            continue
    found = from_bytes(content[:200_000]).best()
    try:
        return content.decode(found.encoding if found else "utf-8")
    except (UnicodeDecodeError, LookupError) as error:
        raise FileProblem(_("The encoding of this text is not known. Save it as UTF-8.")) from error


def _csv_rows(text: str) -> Iterator[RawRow]:
    first = text.partition("\n")[0]
    reader = csv.reader(text.splitlines(keepends=True), delimiter=max(",;\t", key=first.count))
    csv.field_size_limit(1_000_000)
    try:
        columns = _columns(next(reader, []))
        for row in reader:
            if any(cell.strip() for cell in row):
                cells = {name: row[place] if place < len(row) else "" for name, place in columns.items()}
                yield _raw(reader.line_num, cells)
    except csv.Error as error:
        words = _("Line %(line)d is no line of a CSV file. Look for a quotation mark that never ends.")
        raise FileProblem(words % {"line": reader.line_num}) from error


def _json_rows(text: str) -> Iterator[RawRow]:
    """A list of objects, an object with such a list, or one object a line."""
    try:
        told = json.loads(text)
    except (ValueError, RecursionError):
        told = _json_lines(text)
    if isinstance(told, dict):
        told = next((value for value in told.values() if isinstance(value, list)), [told])
    if not isinstance(told, list) or not all(isinstance(one, dict) for one in told):
        raise FileProblem(_("The JSON is no list of objects. Look at the sample."))
    if told:
        _columns(list(told[0]))
    for place, one in enumerate(told, start=1):
        names = columns_of([*one])
        values = [*one.values()]
        yield _raw(place, {name: _spaced(values[at]) for name, at in names.items()})


def _json_lines(text: str) -> list[Any]:
    found = []
    for line, part in enumerate(text.splitlines(), start=1):
        try:
            found += [json.loads(part)] if part.strip() else []
        except (ValueError, RecursionError) as error:
            raise FileProblem(_("Line %(line)d is no JSON. Look at the sample.") % {"line": line}) from error
    return found


def _spaced(value: Any) -> Any:
    """Entries name their parts with underscores or blanks."""
    return [_renamed(one) for one in value] if isinstance(value, list) else _renamed(value)


def _renamed(value: Any) -> Any:
    return {key.replace("_", " "): part for key, part in value.items()} if isinstance(value, dict) else value


def _columns(header: Sequence[str]) -> dict[str, int]:
    columns = columns_of(header)
    missing = [name for name in ("id", "subject") if name not in columns]
    if missing:
        words = _("The columns are not named, or these are missing: %(missing)s. Known are: %(known)s.")
        raise FileProblem(words % {"missing": ", ".join(missing), "known": ", ".join(HEADERS)})
    return columns


def _raw(place: int, cells: Mapping[str, Any]) -> RawRow:
    return RawRow(place=place, external_id=str(cells.get("id") or "").replace("\x00", "").strip(), cells=cells)
