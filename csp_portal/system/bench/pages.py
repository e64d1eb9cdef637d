"""The budgets of the pages (8, 9 and 12) on seeded data, each held against a floor measured in the same run."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

from csp_portal.system.bench.page_probe import LISTS
from csp_portal.system.bench.stage import Stage, own_env
from csp_portal.system.bench.table import Row

CUSTOMERS = 10_000
MOST_STATEMENTS, MOST_OF_A_TICKET = 12, 15
# Pages of one thing with all its parts, which the budget of a ticket's page holds for.
ONE_THING = {"ticket", "relationship", "capabilities of a customer"}


def rows(state: Path, *, customers: int = CUSTOMERS, say: Callable[[str], object]) -> list[Row]:
    """Measure every page; takes a few minutes for 10,000 customers."""
    say(f"pages with {customers // 10:,} and {customers:,} customers, then the dashboard in a browser …")
    found = Stage(env=own_env(state / "bench" / "pages"), sandbox={}).probe("pages", tenants=customers)
    return [*_page_rows(found), *_list_rows(found), *_growth_rows(found), *_browser_rows(found["browser"])]


def _page_rows(found: dict[str, Any]) -> list[Row]:
    floor = found["large"]["floor"]
    table = []
    for page, milliseconds in found["large"].items():
        if page == "floor" or page in LISTS:
            continue
        budget, times, most = _budget_of(page)
        table.append(Row.at_most(f"{budget} {page}: p95 ÷ floor ({floor:.1f} ms)", milliseconds / floor, times))
        table.append(Row.at_most(f"8 {page}: statements", found["statements"][page], most))
        more = found["statements"][page] - found["statements_small"][page]
        table.append(Row.at_most(f"8 {page}: more statements with ten times the customers", more, 0))
    return table


def _list_rows(found: dict[str, Any]) -> list[Row]:
    large = found["large"]
    return [
        Row.at_most(
            f"11 API, 100 {what}: p95 ÷ plain DRF", large[f"list of {what}"] / large[f"plain list of {what}"], 1
        )
        for what in ("tickets", "customers")
    ]


def _budget_of(page: str) -> tuple[int, int, int]:
    """Which budget a page is held against, how many times the floor it may take, and how many statements."""
    if page in ONE_THING:
        return 8, 4, MOST_OF_A_TICKET
    return (10, 5, MOST_STATEMENTS) if page.startswith("search") else (8, 3, MOST_STATEMENTS)


def _growth_rows(found: dict[str, Any]) -> list[Row]:
    """Both sizes are told in floors of their own moment, because the machine may have been busier at one of them."""
    small, large = found["small"], found["large"]
    table = [
        Row.at_most(
            f"9 {page}: p95 with ten times the customers ÷ before",
            (large[page] / large["floor"]) / (small[page] / small["floor"]),
            1.3,
        )
        for page in large
        if page != "floor" and page not in LISTS and not page.endswith("a deep page")
    ]
    for page in ("customers", "relationships", "capabilities", "tickets"):
        deep = large[f"{page}, a deep page"] / large[page]
        table.append(Row.at_most(f"9 {page}: a deep page ÷ the first", deep, 1.3))
    return table


def _browser_rows(seen: dict[str, float] | None) -> list[Row]:
    """Without a Chromium nothing was seen, and a row says so instead of looking met."""
    if seen is None:
        return [Row(budget="12 no Chromium on this machine: not measured", figure=0, limit="–", met=False)]
    return [
        Row.at_most("12 dashboard: largest contentful paint, ms", seen["lcp"], 1000),
        Row.at_most("12 dashboard: layout shift", seen["cls"], 0.02),
        Row.at_most("12 dashboard: total blocking time, ms", seen["tbt"], 100),
        Row.at_most("12 dashboard: first load, KB", seen["kilobytes"], 150),
        Row.at_most("12 dashboard: of it JavaScript, KB", seen["script_kilobytes"], 50),
    ]
