"""The audit as a person searches it: from the address to the entries."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from typing import Any
from uuid import UUID

from django.db.models import Q, QuerySet
from django.utils.dateparse import parse_date

from csp_portal.audit.actions import Action
from csp_portal.audit.models import Entry

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

    @classmethod
    def from_address(cls, query: Mapping[str, Any]) -> "AuditFilters":
        action = query.get("action", "")
        return cls(
            words=query.get("q", "").replace("\x00", "").strip()[:LONGEST_SEARCH],
            action=action if action in Action.values else "",
            since=_day(query.get("since", "")),
            until=_day(query.get("until", "")),
            customer=_uuid(query.get("customer", "")),
        )

    @property
    def are_set(self) -> bool:
        return bool(self.words or self.action or self.since or self.until or self.customer)

    def find(self) -> QuerySet[Entry]:
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
