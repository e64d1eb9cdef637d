"""Every sentence a person reads exists in Traditional Chinese."""

import re
from io import BytesIO
from pathlib import Path

import pytest
from babel.messages.mofile import read_mo, write_mo
from babel.messages.pofile import read_po

CATALOG = Path(__file__).resolve().parent.parent / "csp_portal/locale/zh_Hant/LC_MESSAGES/django.po"


def test_no_sentence_of_the_catalog_is_missing_fuzzy_or_broken():
    with CATALOG.open("rb") as file:
        messages = [message for message in read_po(file, locale="zh_Hant") if message.id]

    texts = [(m, m.string if isinstance(m.string, (tuple, list)) else [m.string]) for m in messages]
    bad = [m.id for m, strings in texts if m.fuzzy or not all(strings) or list(m.check())]

    assert len(messages) > 500
    assert bad == []


def test_the_catalog_compiles_and_loses_no_sentence():
    with CATALOG.open("rb") as file:
        catalog = read_po(file, locale="zh_Hant", abort_invalid=True)
    compiled = BytesIO()

    write_mo(compiled, catalog)
    compiled.seek(0)

    assert len(read_mo(compiled)) == len(catalog) > 500


@pytest.mark.parametrize(
    ("path", "heading"),
    [
        ("/", "連線您的合作夥伴租用戶"),
        ("/customers/", "客戶"),
        ("/issues/", "問題"),
        ("/settings/", "設定"),
        ("/settings/connections/new/", "新增連線"),
        ("/settings/links/", "系統管理入口網站"),
        ("/people/", "人員"),
        ("/system/", "系統"),
    ],
)
def test_the_heading_of_a_page_is_chinese_for_who_reads_chinese(as_owner, path, heading):
    page = as_owner.get(path, headers={"Accept-Language": "zh-TW"}).content.decode()

    assert re.search(rf"<h1[^>]*>\s*{heading}\s*</h1>", page)
    assert '<html lang="zh-hant"' in page


@pytest.mark.django_db
def test_a_stranger_signs_in_on_a_chinese_page(client):
    page = client.get("/accounts/login/", headers={"Accept-Language": "zh-TW"}, follow=True).content.decode()

    assert re.search(r"<h[12][^>]*>\s*登入\s*</h[12]>", page)
