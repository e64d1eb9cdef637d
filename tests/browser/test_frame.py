"""The frame around every page: the theme, the keys, and sign-in at a partner of several clouds."""

import pytest
from playwright.sync_api import expect

pytestmark = pytest.mark.browser


def _background(page):
    return page.evaluate("getComputedStyle(document.body).backgroundColor")


def test_a_chosen_theme_shows_at_once_and_is_kept_for_the_person(sign_in):
    page = sign_in("Viewer")
    page.emulate_media(color_scheme="light")
    page.goto("/issues/")
    light = _background(page)

    page.locator("summary:has(.face)").click()
    with page.expect_response(lambda answer: answer.request.method == "POST"):
        page.locator("button[name=theme][value=DARK]").click()

    expect(page.locator("body")).not_to_have_css("background-color", light)
    page.reload()
    assert _background(page) != light


def test_keys_lead_to_the_search_field_and_to_another_page_but_not_while_typing(sign_in):
    page = sign_in("Owner")
    page.goto("/customers/")

    page.keyboard.press("/")
    assert page.evaluate("document.activeElement.name") == "q"
    page.keyboard.type("gi")
    assert page.evaluate("document.activeElement.value") == "gi"

    page.evaluate("document.activeElement.blur()")
    page.keyboard.press("g")
    page.keyboard.press("i")
    page.wait_for_url("**/issues/")
