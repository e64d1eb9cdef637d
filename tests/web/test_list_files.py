"""Every list can be had as a file for a spreadsheet, or says here why not."""

import re
from collections.abc import Mapping
from pathlib import Path

import pytest
from django.conf import settings

TEMPLATES = Path(settings.BASE_DIR) / "templates"
# Fragments that a view draws by themselves, and the page in which they stand.
DRAWN_INTO = {
    "gdap/_customer_relationships.html": "gdap/customer_relationships.html",
    "health/_customer_board.html": "health/customer_health.html",
    "health/_dashboard.html": "health/dashboard.html",
    "health/_issue_list.html": "health/issue_list.html",
    "health/_issue_page.html": "health/issue_page.html",
    "health/_matrix.html": "health/matrix.html",
    "customers/_customer_list.html": "customers/customer_list.html",
    "gdap/_capabilities.html": "gdap/capabilities.html",
    "gdap/_forecast.html": "gdap/expiry.html",
    "gdap/_relationship_list.html": "gdap/relationship_list.html",
}
SETTING = "a few rows that owners made by hand, with nothing to reckon"
PART = "parts of one thing, whose list has a file"
# Lists without a file, and why.
REASONS = {
    "support/erasing/data_deletions.html": "a few rows; every one is in the audit, which has a file",
    "accounts/all_tokens.html": SETTING,
    "accounts/people.html": SETTING,
    "downtime/page.html": PART,
    "gdap/abilities.html": PART,
    "gdap/customer_relationships.html": "the file of relationships holds them",
    "gdap/invitation.html": PART,
    "gdap/order_actions.html": "a choice in a form",
    "gdap/order_list.html": "the rows of each order are a file",
    "gdap/order_new.html": "a choice in a form",
    "gdap/order_told.html": PART,
    "gdap/_relationship_board.html": PART,
    "gdap/tell.html": "a choice in a form",
    "gdap/template_list.html": SETTING,
    "gdap/template_page.html": PART,
    "gdap/what_if.html": "a reckoning that nothing keeps",
    "health/customer_health.html": "the files of the matrix and of the issues hold them",
    "health/customer_history.html": "the file of downtime holds what it sums up",
    "health/dashboard.html": "the worst of three lists, each of which has a file",
    "messages/customer_messages.html": "the file of messages holds them",
    "saved_views/views.html": "names for addresses, one person's own",
    "settings/calendars.html": SETTING,
    "settings/desk_promise.html": PART,
    "settings/desk_promises.html": SETTING,
    "settings/desk_escalations.html": SETTING,
    "settings/links.html": SETTING,
    "settings/ticket_imports.html": "a few files, each of which has its own list with a file",
    "settings/mailboxes.html": SETTING,
    "settings/notice_texts.html": SETTING,
    "settings/overview.html": SETTING,
    "settings/offer_patterns.html": SETTING,
    "settings/promises.html": SETTING,
    "settings/role_groups.html": SETTING,
    "shares/status.html": "for people of a customer, without an account",
    "support/bulk_page.html": PART,
    "support/customer_offers.html": PART,
    "support/quarantine.html": "each mail is a file, and waits only for somebody to decide",
    "support/suspicion_rules.html": SETTING,
    "customer_side/health.html": "for people of a customer, who read it here",
    "settings/macros.html": "a few that owners put together by hand, with nothing to reckon",
    "settings/canned_replies.html": "texts that owners wrote by hand, with nothing to reckon",
    "support/customer_people.html": "a few people of one customer, to switch on and off",
    "support/escalate.html": "the rules that hold for one ticket; programs read them",
    "support/ticket_stale.html": "a choice in a form",
    "system/overview.html": "gauges of this moment",
}
_INCLUDES = re.compile(r"""\{%\s*include\s+["']([^"']+)["']""")
_EXPORT = re.compile(r"""\{%\s*url\s+["'][\w:]*export""")
_TABLE = re.compile(r"""class="data\b""")


def texts() -> dict[str, str]:
    return {str(path.relative_to(TEMPLATES)): path.read_text() for path in TEMPLATES.rglob("*.html")}


def closure_of(page: str, includes: Mapping[str, set[str]]) -> set[str]:
    """Everything that stands in the page."""
    found, waiting = set(), [page]
    while waiting:
        name = waiting.pop()
        if name not in found:
            found.add(name)
            waiting += includes.get(name, ())
    return found


def pages() -> dict[str, str]:
    """Page → all the text that may stand in it."""
    known = texts()
    includes = {name: {other for other in _INCLUDES.findall(text) if other in known} for name, text in known.items()}
    for fragment, page in DRAWN_INTO.items():
        includes[page].add(fragment)
    inner = set().union(*includes.values())
    return {page: "".join(known[name] for name in closure_of(page, includes)) for page in set(known) - inner}


LISTS = {page: text for page, text in pages().items() if _TABLE.search(text)}


@pytest.mark.parametrize("page", sorted(LISTS))
def test_a_list_has_a_file_or_a_reason(page):
    has_file = bool(_EXPORT.search(LISTS[page]) or "components/_csv.html" in LISTS[page])

    assert has_file != (page in REASONS), "let it be exported (csp_portal.accounts.exports), or say above why not"


def test_no_reason_outlives_its_list():
    assert set(REASONS) <= set(LISTS)
    assert set(DRAWN_INTO) | set(DRAWN_INTO.values()) <= set(texts())
