"""The matrix in a browser: by keyboard alone, and without color."""

import re

import pytest
from playwright.sync_api import expect

pytestmark = pytest.mark.browser


def focused_cell(page) -> str:
    return str(page.evaluate("document.activeElement.closest('th, td')?.parentElement.id ?? ''"))


def test_a_problem_is_reached_and_opened_by_the_keyboard_alone(sign_in, portal):
    portal.script_sandbox(
        "issues",
        service="Planner",
        fraction=1.0,
        title="Plans come late without a mouse",
        classification="incident",
    )
    page = sign_in("Viewer")
    page.keyboard.press("g")
    page.keyboard.press("m")
    expect(page.get_by_role("heading", name="Matrix")).to_be_visible()
    expect(page.locator("[data-matrix] tbody tr").nth(1)).to_be_attached(timeout=180_000)

    for _ in range(60):
        page.keyboard.press("Tab")
        if focused_cell(page):
            break
    first = focused_cell(page)
    page.keyboard.press("ArrowDown")
    second = focused_cell(page)
    page.keyboard.press("End")
    told = page.evaluate("document.activeElement.innerText")
    page.keyboard.press("Enter")

    assert first.startswith("row-")
    assert second.startswith("row-")
    assert first != second
    assert re.search(r"Incident|Degraded|Unknown|Healthy", told)
    page.wait_for_url(re.compile(r"/customers/[0-9a-f-]{36}/health/#service-\d+$"))


def test_states_are_told_apart_without_color(sign_in):
    page = sign_in("Viewer")
    page.goto("/matrix/?show=all")
    looks = page.evaluate(
        """() => [...document.querySelectorAll('.census .state, [data-matrix] .cell')].map(one => [
            [...one.classList].find(name => name.startsWith('is-')),
            one.querySelector('use').getAttribute('href').split('#')[1],
            (one.querySelector('span') ?? one).innerText.trim(),
            one.querySelector('svg').getBoundingClientRect().width > 0,
        ])"""
    )
    by_state = {look[0]: (look[1], look[2]) for look in looks}

    assert set(by_state) == {"is-incident", "is-degraded", "is-unknown", "is-healthy"}
    assert all(is_visible for *_rest, is_visible in looks)
    assert {(look[0], look[1], look[2]) for look in looks} == {(state, *look) for state, look in by_state.items()}
    assert len({icon for icon, _ in by_state.values()}) == len({word for _, word in by_state.values()}) == 4


def test_the_file_is_of_what_the_filters_show_now(sign_in):
    page = sign_in("Support agent")
    page.goto("/issues/")
    page.locator("main form select[name=state]").first.select_option("all")

    expect(page.get_by_role("link", name="CSV")).to_have_attribute("href", re.compile(r"state=all"))
