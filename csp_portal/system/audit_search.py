"""The audit as a person searches it: from the address to the entries."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta
from uuid import UUID

from django.db.models import Q, QuerySet
from django.http import QueryDict
from django.utils.dateparse import parse_date

from csp_portal.accounts.models import User
from csp_portal.audit.actions import Action
from csp_portal.audit.models import Entry
from customers.group_filter import GroupFilter

LONGEST_SEARCH = 200
NEWEST_FIRST = ("-number",)


@dataclass(frozen=True, kw_only=True, slots=True)
class AuditFilters:
    """What the address asks for; what it can't mean is left out. Days are of UTC, as the entries show them."""

    words: str = ""
    action: str = ""
    since: date | None = None
    until: date | None = None
    customer: UUID | None = None
    groups: GroupFilter = field(default_factory=GroupFilter)  # entries about one of their customers

    @classmethod
    def from_address(cls, query: QueryDict, *, user: User) -> "AuditFilters":
        action = query.get("action", "")
        return cls(
            words=query.get("q", "").replace("\x00", "").strip()[:LONGEST_SEARCH],
            action=action if action in Action.values else "",
            since=_day(query.get("since", "")),
            until=_day(query.get("until", "")),
            customer=_uuid(query.get("customer", "")),
            groups=GroupFilter.from_query(query, user=user),
        )

    @property
    def are_set(self) -> bool:
        return any((self.words, self.action, self.since, self.until, self.customer, self.groups.is_set))

    def find(self, *, user: User) -> QuerySet[Entry]:
        """Of all customers: who may read the audit is an owner or an auditor, and those see every customer."""
        entries = Entry.objects.all()
        for word in self.words.split():
            entries = entries.filter(
                Q(person__icontains=word) | Q(about__icontains=word) | Q(request_id=word) | Q(about_id=word)
            )
        if self.action:
            entries = entries.filter(action=self.action)
        if self.since:
            entries = entries.filter(at__gte=_midnight(self.since))
        if self.until:
            entries = entries.filter(at__lt=_midnight(self.until) + timedelta(days=1))
        if self.groups.is_set:
            entries = entries.filter(customer__in=self.groups.customers_of(user).values("tenant_id"))
        return entries.filter(customer=self.customer) if self.customer else entries


def lines_of(entry: Entry) -> Iterator[tuple[str, object, object]]:
    """What changed, name by name: before and after, None where there was nothing."""
    for name in sorted({*entry.before, *entry.after}):
        yield name.replace("_", " "), entry.before.get(name), entry.after.get(name)


def _midnight(day: date) -> datetime:
    return datetime.combine(day, time.min, tzinfo=UTC)


def _day(text: str) -> date | None:
    try:
        return parse_date(text)
    except ValueError:  # the 31st of February
        return None


def _uuid(text: str) -> UUID | None:
    try:
        return UUID(text)
    except ValueError:
        return None
