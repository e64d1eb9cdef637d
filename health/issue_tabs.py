"""Tabs of an issue's page that apps above health fill: each is a view of its own, known here by its name only."""

from dataclasses import dataclass

from django.urls import NoReverseMatch, reverse
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from health.models import Issue

# View (of cloud and Microsoft's id), label, icon.
_BESIDE = (("support:issue_tickets", _("Tickets"), "messages"),)


@dataclass(frozen=True, kw_only=True, slots=True)
class IssueTab:
    label: str | Promise
    url: str
    icon: str


def tabs_beside(issue: Issue) -> list[IssueTab]:
    """A view that is not there has no tab."""
    tabs = []
    for view, label, icon in _BESIDE:
        try:
            url = reverse(view, args=[issue.cloud, issue.microsoft_id])
        except NoReverseMatch:
            continue
        tabs.append(IssueTab(label=label, url=url, icon=icon))
    return tabs
