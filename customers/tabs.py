"""The tabs of a customer's page, for every app that fills one."""

from dataclasses import dataclass

from django.urls import NoReverseMatch, reverse
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from customers.models import Customer

# View, label, icon; a view of an app above is known here by its name only.
_TABS = (
    ("customers:customer_page", _("Overview"), "building-skyscraper"),
    ("health:customer_health", _("Service health"), "activity"),
    ("support:customer_tickets", _("Tickets"), "messages"),
    ("support:customer_offers", _("Support"), "certificate"),
    ("support:customer_insight", _("Insight"), "bulb"),
    ("health:customer_history", _("History"), "chart-bar"),
    ("health:customer_messages", _("Messages"), "mail"),
    ("customers:customer_services", _("Service management"), "tools"),
    ("gdap:customer_relationships", _("Delegated access"), "shield-check"),
    ("customers:customer_contacts", _("Contacts"), "users"),
    ("health:customer_notices", _("Notices"), "mail"),
    ("customers:customer_files", _("Files"), "paperclip"),
)


@dataclass(frozen=True, kw_only=True, slots=True)
class Tab:
    label: str | Promise
    url: str
    icon: str
    is_current: bool
    count: int | None = None


# Pages that stand behind a tab without having one themselves.
_BEHIND = {
    "support:service_requests": "support:customer_tickets",
    "support:service_request": "support:customer_tickets",
}


def is_tab(view: str) -> bool:
    return any(view == name for name, _label, _icon in _TABS)


def tabs_of(customer: Customer, *, current: str) -> list[Tab]:
    """The tabs in order; `current` is the name of the view that is shown. A view that is not there has no tab."""
    tabs, current = [], _BEHIND.get(current, current)
    for view, label, icon in _TABS:
        try:
            url = reverse(view, args=[customer.tenant_id])
        except NoReverseMatch:
            continue
        is_counted = view == "health:customer_health" and not customer.is_gone
        count = customer.open_incidents + customer.open_advisories if is_counted else 0
        tabs.append(Tab(label=label, url=url, icon=icon, is_current=view == current, count=count or None))
    return tabs
