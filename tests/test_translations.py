"""Every sentence a person reads exists in Traditional Chinese."""

from pathlib import Path

import pytest
from babel.messages.pofile import read_po

CATALOG = Path(__file__).resolve().parent.parent / "csp_portal/locale/zh_Hant/LC_MESSAGES/django.po"


def test_no_sentence_of_the_catalog_is_missing_fuzzy_or_broken():
    with CATALOG.open("rb") as file:
        messages = [message for message in read_po(file, locale="zh_Hant") if message.id]

    texts = [(m, m.string if isinstance(m.string, (tuple, list)) else [m.string]) for m in messages]
    bad = [m.id for m, strings in texts if m.fuzzy or not all(strings) or list(m.check())]

    assert len(messages) > 500
    assert bad == []


@pytest.mark.parametrize(
    ("path", "words"),
    [("/", "儀表板"), ("/customers/", "客戶"), ("/issues/", "問題"), ("/settings/", "設定"), ("/system/", "系統")],
)
def test_a_page_speaks_chinese_to_who_reads_it(as_owner, path, words):
    page = as_owner.get(path, headers={"Accept-Language": "zh-TW"})

    assert words in page.content.decode()
