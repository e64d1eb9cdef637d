"""A file's name is only ever a name: it leads nowhere, hides nothing and turns nothing around."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from csp_portal.attachments.names import LONGEST, plain_name


@pytest.mark.parametrize(
    ("name", "plain"),
    [
        ("contract.pdf", "contract.pdf"),
        ("合約 2026.pdf", "合約 2026.pdf"),
        ("../../etc/passwd", "passwd"),
        ("..\\..\\boot.ini", "boot.ini"),
        ("C:\\Users\\x\\a.pdf", "a.pdf"),
        ("a\x00.pdf", "a.pdf"),
        ("a\r\nSet-Cookie: x=y.pdf", "aSet-Cookie_ x=y.pdf"),
        ("invoice\u202efdp.exe", "invoicefdp.exe"),
        ("a\u200b\u2066.pdf", "a.pdf"),
        ("\ud800a.pdf", "a.pdf"),
        ("...", "file"),
        ("", "file"),
        (".htaccess", "htaccess"),
        ('a";filename=b.pdf', "a_;filename=b.pdf"),
        ("a.pdf. . ", "a.pdf"),
        ("  two   words .txt ", "two words .txt"),
    ],
)
def test_a_name_loses_what_leads_hides_or_misleads(name: str, plain: str) -> None:
    assert plain_name(name) == plain


def test_a_long_name_keeps_its_ending() -> None:
    assert plain_name("x" * 500 + ".pdf") == "x" * (LONGEST - 4) + ".pdf"


@given(st.text())
def test_whatever_it_was_it_is_a_short_name_without_slashes(name: str) -> None:
    plain = plain_name(name)

    assert 0 < len(plain) <= LONGEST
    assert not set(plain) & set('/\\\x00\r\n"')
    assert plain.encode()
