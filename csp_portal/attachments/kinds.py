"""Which kinds of files are taken: told by their content, and only where the name says the same."""

import zipfile
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import PurePath
from typing import IO

import puremagic
from django.utils.translation import gettext as _

MOST_ENTRIES = 2_000
LARGEST_UNPACKED = 400_000_000
LARGEST_RATIO = 200
_HEAD = 4_096
_NO_TEXT = frozenset(range(32)) - {9, 10, 12, 13}  # control characters other than tab, line feed, form feed, return


class AttachmentError(ValueError):
    """The file is not taken; the sentence says why."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Kind:
    """A kind of file: `check` raises AttachmentError where the content is not of it."""

    endings: tuple[str, ...]
    media_type: str
    check: Callable[["Kind", IO[bytes]], None]
    inside: str = ""  # an archive's entries begin so


def kind_of(name: str, content: IO[bytes]) -> Kind:
    """The kind that both name and content are of; what the browser claimed of it is never asked."""
    ending = PurePath(name).suffix.lower()
    kind = next((kind for kind in KINDS if ending in kind.endings), None)
    if kind is None:
        text = _("Files of this kind (%(ending)s) are not taken. Taken are: %(endings)s")
        endings = ", ".join(ending.removeprefix(".") for kind in KINDS for ending in kind.endings)
        raise AttachmentError(text % {"ending": ending or _("no ending"), "endings": endings})
    kind.check(kind, content)
    return kind


def _seen_in(content: IO[bytes]) -> set[str]:
    """The endings that puremagic knows files of this beginning by."""
    content.seek(0)
    try:
        return {match.extension for match in puremagic.magic_string(content.read(_HEAD)) if match.offset == 0}
    except (puremagic.PureError, ValueError):
        return set()


def _mismatch(kind: Kind) -> AttachmentError:
    text = _("The content of this file is not what its name (%(ending)s) says. Save it again in its own program.")
    return AttachmentError(text % {"ending": kind.endings[0]})


def _is_seen(kind: Kind, content: IO[bytes]) -> None:
    if not _seen_in(content) & set(kind.endings):
        raise _mismatch(kind)


def _is_text(kind: Kind, content: IO[bytes]) -> None:
    """Any encoding that has no control characters; and not what a browser would take for a page."""
    content.seek(0)
    if content.read(_HEAD).lstrip(b"\xef\xbb\xbf \t\r\n").startswith(b"<") or _seen_in(content) & {".html", ".svg"}:
        raise _mismatch(kind)
    content.seek(0)
    while part := content.read(65_536):
        if _NO_TEXT & set(part):
            raise _mismatch(kind)


def _is_archive(kind: Kind, content: IO[bytes]) -> None:
    """Of few entries that do not blow up, readable to a scanner, and of the program that the name says."""
    if ".zip" not in _seen_in(content):
        raise _mismatch(kind)
    try:
        with zipfile.ZipFile(content) as archive:
            entries = archive.infolist()
    except (zipfile.BadZipFile, NotImplementedError, ValueError) as error:
        raise _mismatch(kind) from error
    unpacked = sum(entry.file_size for entry in entries)
    packed = sum(entry.compress_size for entry in entries)
    if len(entries) > MOST_ENTRIES or unpacked > LARGEST_UNPACKED or unpacked > LARGEST_RATIO * max(packed, 10_000):
        raise AttachmentError(_("Unpacked this archive would be too large. Send its files one by one."))
    if any(entry.flag_bits & 1 for entry in entries):
        raise AttachmentError(_("This archive has a password, so nobody can scan it. Send it without one."))
    names = [entry.filename for entry in entries]
    if any(name.lower().endswith("vbaproject.bin") for name in names):
        raise AttachmentError(_("This document holds macros. Save it without them."))
    if kind.inside and not any(name.startswith(kind.inside) for name in names):
        raise _mismatch(kind)


_OFFICE = "application/vnd.openxmlformats-officedocument"
KINDS = (
    Kind(endings=(".pdf",), media_type="application/pdf", check=_is_seen),
    Kind(endings=(".png",), media_type="image/png", check=_is_seen),
    Kind(endings=(".jpg", ".jpeg"), media_type="image/jpeg", check=_is_seen),
    Kind(endings=(".gif",), media_type="image/gif", check=_is_seen),
    Kind(endings=(".webp",), media_type="image/webp", check=_is_seen),
    Kind(endings=(".txt", ".log", ".md"), media_type="text/plain", check=_is_text),
    Kind(endings=(".csv",), media_type="text/csv", check=_is_text),
    Kind(endings=(".docx",), media_type=f"{_OFFICE}.wordprocessingml.document", check=_is_archive, inside="word/"),
    Kind(endings=(".xlsx",), media_type=f"{_OFFICE}.spreadsheetml.sheet", check=_is_archive, inside="xl/"),
    Kind(endings=(".pptx",), media_type=f"{_OFFICE}.presentationml.presentation", check=_is_archive, inside="ppt/"),
    Kind(endings=(".zip",), media_type="application/zip", check=_is_archive),
)
MEDIA_TYPES = frozenset(kind.media_type for kind in KINDS)
