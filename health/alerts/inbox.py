"""The inbox: what is active over all customers a person may see, worst first."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db.models import Count, QuerySet
from django.http import Http404, QueryDict
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from csp_portal.accounts.models import Role, User
from csp_portal.accounts.rights import CAPABILITIES, Capability
from csp_portal.keyset import Page, page_of
from csp_portal.notices.kinds import EventKind, Severity
from csp_portal.notices.models import Event, EventQuerySet
from customers.access import of_visible_customers
from customers.group_filter import GroupFilter
from customers.models import CloudChoice
from health.alerts.scope import about_any, visible_events, with_seen
from health.models import Exposure

WORST_FIRST = ("severity", "-first_seen_at", "id")
STATES = {
    "active": gettext_lazy("Active"),
    "open": gettext_lazy("Active, acknowledged by nobody"),
    "mine": gettext_lazy("Active, assigned to me"),
    "snoozed": gettext_lazy("Snoozed"),
    "closed": gettext_lazy("Over"),
    "news": gettext_lazy("News"),
}
LONGEST_SEARCH = 200


@dataclass(frozen=True, kw_only=True, slots=True)
class AlertFilters:
    """What the address asks for; what it can't mean is left out."""

    state: str
    severity: Severity | None
    kind: str
    cloud: str
    words: str
    groups: GroupFilter

    @classmethod
    def from_address(cls, query: QueryDict, *, user: User) -> "AlertFilters":
        state, kind, cloud = (query.get(name, "") for name in ("state", "kind", "cloud"))
        severities = {severity.name.lower(): severity for severity in Severity}
        return cls(
            state=state if state in STATES else "active",
            severity=severities.get(query.get("severity", "")),
            kind=kind if kind in EventKind.values else "",
            cloud=cloud if cloud in CloudChoice.values else "",
            words=query.get("q", "").replace("\x00", "").strip()[:LONGEST_SEARCH],
            groups=GroupFilter.from_query(query, user=user),
        )

    @property
    def are_set(self) -> bool:
        chosen = (self.severity is not None, self.kind, self.cloud, self.words, self.groups.is_set)
        return self.state != "active" or any(chosen)

    def apply(self, events: EventQuerySet, *, user: User, now: datetime) -> EventQuerySet:
        found = _in_state(events, state=self.state, user=user, now=now)
        exact = {"severity": self.severity, "kind": self.kind or None, "cloud": self.cloud or None}
        found = found.filter(**{column: value for column, value in exact.items() if value is not None})
        for word in self.words.split():
            found = found.filter(facts__title__icontains=word)
        return about_any(found, self.groups.customers_of(user)) if self.groups.is_set else found


def _in_state(events: EventQuerySet, *, state: str, user: User, now: datetime) -> EventQuerySet:
    if state == "news":
        return events.filter(is_news=True)
    if state == "closed":
        return events.filter(is_news=False, closed_at__isnull=False)
    if state == "snoozed":
        return events.active().filter(snoozed_until__gt=now)
    awake = events.active().awake(now=now)
    if state == "open":
        return awake.filter(acknowledged_at__isnull=True)
    return awake.filter(assigned_to=user) if state == "mine" else awake


def filtered_events(user: User, filters: AlertFilters, *, now: datetime) -> QuerySet[Any]:
    return with_seen(filters.apply(visible_events(user), user=user, now=now), user=user)


def inbox_page(user: User, filters: AlertFilters, *, mark: str, now: datetime) -> Page[Event]:
    """One page, worst first; of what is over and of news the newest first."""
    rows = filtered_events(user, filters, now=now).select_related("issue", "assigned_to", "acknowledged_by")
    order = ("-first_seen_at", "id") if filters.state in {"closed", "news"} else WORST_FIRST
    return page_of(rows, order=order, mark=mark)


def hit_by(events: Sequence[Event], *, user: User) -> Mapping[int, int]:
    """How many customers each event is about, of those this person may see; two statements for all of them."""
    issues = {event.issue_id for event in events if event.issue_id}
    exposures = of_visible_customers(
        Exposure.objects.open().filter(issue__in=issues, customer__gone_at__isnull=True), user=user
    )
    by_issue = dict(exposures.order_by().values_list("issue").annotate(count=Count("*")))
    through: QuerySet[Any] = Event.customers.through.objects.filter(event__in=[event.pk for event in events])
    named = of_visible_customers(through, user=user).values_list("event").annotate(count=Count("*"))
    counts = Counter(dict(named))
    for event in events:
        if event.issue_id:
            counts[event.pk] += by_issue.get(event.issue_id, 0)
    return counts


def get_event(user: User, pk: int) -> Event:
    rows = with_seen(visible_events(user), user=user).select_related("issue", "assigned_to", "acknowledged_by")
    found: Event | None = rows.filter(pk=pk).first()
    if found is None:
        raise Http404(_("There is no such alert, or it is about customers that you may not see."))
    return found


def people_to_assign() -> QuerySet[User]:
    """Who may do something about an alert."""
    roles = [role for role in Role if Capability.EDIT_CUSTOMERS in CAPABILITIES[role]]
    return User.objects.filter(is_active=True, role__in=roles).order_by("name", "pk")
