"""A file is what its content shows; what it or its name pretends to be is refused."""

import io
import zipfile

import pytest

from csp_portal.attachments.kinds import AttachmentError, kind_of
from tests.attachments.conftest import GIF, JPEG, PDF, PNG, WEBP, archive, docx


@pytest.mark.parametrize(
    ("name", "content", "media_type"),
    [
        ("a.pdf", PDF, "application/pdf"),
        ("a.PNG", PNG, "image/png"),
        ("a.jpg", JPEG, "image/jpeg"),
        ("a.jpeg", JPEG, "image/jpeg"),
        ("a.gif", GIF, "image/gif"),
        ("a.webp", WEBP, "image/webp"),
        ("a.txt", "晨曦, grüße\n".encode(), "text/plain"),
        ("a.log", "=1+1 晨曦".encode("big5"), "text/plain"),
        ("a.csv", b"name,tenant\nContoso,1\n", "text/csv"),
        ("a.docx", docx(), "application/vnd.openxmlformats-officedocument.wordprocessingml.document"),
        ("a.zip", archive("a.txt"), "application/zip"),
    ],
)
def test_files_of_the_listed_kinds_are_taken(name: str, content: bytes, media_type: str) -> None:
    assert kind_of(name, io.BytesIO(content)).media_type == media_type


HTML = b"<!doctype html><script>alert(1)</script>"
SVG = b'<svg xmlns="http://www.w3.org/2000/svg" onload="alert(1)"/>'


@pytest.mark.parametrize("name", ["a.html", "a.htm", "a.svg", "a.xhtml", "a.xml", "a.js", "a.exe", "a.docm", "a", "a."])
def test_every_other_kind_is_refused_with_the_list(name: str) -> None:
    with pytest.raises(AttachmentError, match="Taken are: pdf, png"):
        kind_of(name, io.BytesIO(PDF))


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("page.txt", HTML),
        ("page.txt", b"\xef\xbb\xbf  \n" + HTML),
        ("page.csv", SVG),
        ("page.md", b"<?xml version='1.0'?>" + SVG),
        ("page.pdf", HTML),
        ("page.pdf", HTML + PDF),
        ("page.png", SVG),
        ("page.png", GIF),
        ("page.gif", b"GIF" + HTML),
        ("page.docx", archive("index.html")),
        ("page.docx", PDF),
        ("page.xlsx", docx()),
        ("page.zip", b"PK\x03\x04" + b"not an archive"),
        ("program.txt", b"MZ\x90\x00\x03\x00\x00\x00"),
        ("nul.txt", b"words\x00words"),
        ("late.txt", b"x" * 100_000 + b"\x1b[2J"),
    ],
)
def test_content_that_is_not_what_the_name_says_is_refused(name: str, content: bytes) -> None:
    with pytest.raises(AttachmentError, match="is not what its name"):
        kind_of(name, io.BytesIO(content))


def test_an_archive_that_blows_up_is_refused() -> None:
    with pytest.raises(AttachmentError, match="too large"):
        kind_of("a.zip", io.BytesIO(archive("a.txt", content=bytes(50_000_000))))


def test_an_archive_of_very_many_files_is_refused() -> None:
    with pytest.raises(AttachmentError, match="too large"):
        kind_of("a.zip", io.BytesIO(archive(*(f"{n}.txt" for n in range(2_001)))))


def test_an_archive_with_a_password_is_refused() -> None:
    sealed = bytearray(archive("a.txt"))
    entry = sealed.index(b"PK\x01\x02")
    sealed[entry + 8] |= 1

    with pytest.raises(AttachmentError, match="password"):
        kind_of("a.zip", io.BytesIO(bytes(sealed)))


def test_macros_are_refused() -> None:
    with pytest.raises(AttachmentError, match="macros"):
        kind_of("a.docx", io.BytesIO(docx("word/vbaProject.bin")))


def test_an_archive_that_lies_about_its_sizes_stays_an_archive_that_nobody_unpacks_here() -> None:
    held = bytearray(archive("a.txt", content=bytes(1_000_000)))
    entry = held.index(b"PK\x01\x02")
    held[entry + 24 : entry + 28] = (10).to_bytes(4, "little")

    assert kind_of("a.zip", io.BytesIO(bytes(held))).media_type == "application/zip"
    assert zipfile.is_zipfile(io.BytesIO(bytes(held)))
