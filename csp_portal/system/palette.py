"""The palette: everything that can be found or done, joined from all apps, and only what the person may open."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cache
from urllib.parse import urlsplit
from uuid import UUID

from django.urls import NoReverseMatch, Resolver404, ResolverMatch, resolve, reverse
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from csp_portal.accounts.models import User
from csp_portal.accounts.rights import Capability, may
from csp_portal.found import Found, Search
from csp_portal.saved_views.palette import find_views
from customers.palette import find_customers, find_marks
from health.palette import find_alerts, find_issues, find_messages, find_suspicions
from support.palette import find_tickets

MOST_PAGES = 8


@dataclass(frozen=True, kw_only=True, slots=True)
class Section:
    title: str | Promise
    found: list[Found]


@dataclass(frozen=True, kw_only=True, slots=True)
class Entry:
    """A page or a form that can be named; its view says who may open it. A view that is not there has no entry."""

    view: str
    title: str | Promise
    symbol: str


PAGES = (
    Entry(view="health:dashboard", title=_("Dashboard"), symbol="layout-dashboard"),
    Entry(view="customers:customer_list", title=_("Customers"), symbol="building-skyscraper"),
    Entry(view="health:matrix", title=_("Matrix"), symbol="table"),
    Entry(view="health:issue_list", title=_("Issues"), symbol="alert-triangle"),
    Entry(view="support:ticket_list", title=_("Tickets"), symbol="ticket"),
    Entry(view="support:runbook_list", title=_("Runbooks"), symbol="book"),
    Entry(view="support:report", title=_("Reports of the desk"), symbol="chart-bar"),
    Entry(view="support:offer_list", title=_("Support offers"), symbol="certificate"),
    Entry(view="support:insight_list", title=_("What would help customers"), symbol="bulb"),
    Entry(view="alerts:inbox", title=_("Alerts"), symbol="inbox"),
    Entry(view="health:message_list", title=_("Messages"), symbol="message"),
    Entry(view="health:suspicion_list", title=_("Suspected incidents"), symbol="zoom-question"),
    Entry(view="shifts:handover", title=_("Hand-over"), symbol="switch-horizontal"),
    Entry(view="shares:list", title=_("Signed links"), symbol="link"),
    Entry(view="health:downtime_list", title=_("Reports: downtime and service credits"), symbol="chart-bar"),
    Entry(view="health:promises", title=_("Promised availability"), symbol="adjustments-horizontal"),
    Entry(view="saved_views:views", title=_("Saved views"), symbol="bookmark"),
    Entry(view="accounts:profile", title=_("Your profile"), symbol="user-circle"),
    Entry(view="mfa_index", title=_("Sign-in and security"), symbol="shield-lock"),
    Entry(view="settings:overview", title=_("Settings"), symbol="settings"),
    Entry(view="settings:groups", title=_("Customer groups"), symbol="users"),
    Entry(view="settings:links", title=_("Portal links"), symbol="link"),
    Entry(view="support:desk_promises", title=_("Promises of the desk"), symbol="hourglass"),
    Entry(view="settings:calendars", title=_("Calendars"), symbol="clock-exclamation"),
    Entry(view="alert_settings:rules", title=_("Alerts: who is told"), symbol="inbox"),
    Entry(view="health:template_list", title=_("Texts of notices"), symbol="mail"),
    Entry(view="accounts:people", title=_("People"), symbol="users"),
    Entry(view="accounts:all_tokens", title=_("API tokens"), symbol="key"),
    Entry(view="health:run_list", title=_("Notices to customers"), symbol="mail"),
    Entry(view="system:overview", title=_("System"), symbol="activity-heartbeat"),
    Entry(view="system:stop", title=_("Stop switch"), symbol="hand-stop"),
    Entry(view="system:audit_list", title=_("Audit"), symbol="list-check"),
)
ACTIONS = (
    Entry(view="health:suspicion_new", title=_("Report a suspected incident"), symbol="zoom-question"),
    Entry(view="shares:new", title=_("Make a signed link"), symbol="link"),
    Entry(view="settings:connection_new", title=_("Add a connection"), symbol="plug-connected"),
    Entry(view="settings:group_new", title=_("Add a group"), symbol="plus"),
    Entry(view="accounts:person_new", title=_("Add a person"), symbol="user-plus"),
)


def find_pages(search: Search) -> list[Found]:
    return list(_named(PAGES, search))[:MOST_PAGES]


def find_actions(search: Search) -> list[Found]:
    marks = [found for found in find_marks(search) if _has_all(str(found.title), search)]
    return [*marks, *_named(ACTIONS, search)]


# What is found, in the order in which it is shown; an app that has something to find adds its line.
FINDERS: tuple[tuple[Promise, Callable[[Search], list[Found]]], ...] = (
    (_("Customers"), find_customers),
    (_("Issues"), find_issues),
    (_("Tickets"), find_tickets),
    (_("Alerts"), find_alerts),
    (_("Messages"), find_messages),
    (_("Suspected incidents"), find_suspicions),
    (_("Saved views"), find_views),
    (_("Actions"), find_actions),
    (_("Pages"), find_pages),
)


def find(user: User, words: str, *, behind: str) -> list[Section]:
    """What these words find; `behind` is the path of the page that the palette was opened on."""
    match = _match(behind)
    tenant_id = match.kwargs.get("tenant_id") if match else None
    search = Search(
        user=user,
        words=words,
        view=match.view_name if match else "",
        tenant_id=tenant_id if isinstance(tenant_id, UUID) else None,
    )
    sections = (Section(title=title, found=finder(search)) for title, finder in FINDERS)
    return [section for section in sections if section.found]


def _named(entries: tuple[Entry, ...], search: Search) -> Iterator[Found]:
    for entry in entries:
        place = _place_of(entry.view)
        if place is None or not _has_all(str(entry.title), search):
            continue
        address, capability = place
        if capability is None or may(search.user, capability):
            yield Found(title=entry.title, symbol=entry.symbol, address=address)


@cache
def _place_of(view: str) -> tuple[str, Capability | None] | None:
    """The address of a view, and what `@requires` says of it."""
    try:
        address = reverse(view)
    except NoReverseMatch:
        return None
    return address, getattr(resolve(address).func, "capability", None)


def _has_all(title: str, search: Search) -> bool:
    """Every word in the reader's language, or in the English that documents and colleagues use."""
    known = title.casefold()
    return all(part.casefold() in known for part in search.parts)


def _match(path: str) -> ResolverMatch | None:
    try:
        return resolve(urlsplit(path).path)
    except (Resolver404, ValueError):
        return None
