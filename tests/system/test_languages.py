"""The language of pages, chosen by the browser, before sign-in, and per person."""

import pytest


@pytest.mark.django_db
def test_the_browser_chooses_the_language_of_the_sign_in_page(client):
    page = client.get("/accounts/login/", headers={"Accept-Language": "zh-TW,zh;q=0.9"})

    assert 'lang="zh-hant"' in page.content.decode()


@pytest.mark.django_db
def test_the_switch_on_the_sign_in_page_is_remembered_and_leads_back(client):
    answer = client.post("/language/", {"language": "zh-hant", "next": "/accounts/login/?next=/issues/"})

    assert answer["Location"] == "/accounts/login/?next=/issues/"
    assert 'lang="zh-hant"' in client.get("/accounts/login/").content.decode()


@pytest.mark.django_db
def test_the_switch_leads_to_no_other_host(client):
    answer = client.post("/language/", {"language": "en", "next": "//evil.example/"})

    assert "evil" not in answer["Location"]


def test_a_persons_own_language_goes_before_the_browsers(as_viewer, viewer):
    viewer.keep_preferences(language="zh-hant")

    assert 'lang="zh-hant"' in as_viewer.get("/people/me/", headers={"Accept-Language": "en"}).content.decode()
