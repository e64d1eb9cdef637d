"""The list of relationships as a person filters it: from the address to the rows."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from django.db.models import Q, QuerySet
from django.http import QueryDict
from django.utils.dateparse import parse_date
from django.utils.functional import Promise
from django.utils.timezone import get_current_timezone
from django.utils.translation import gettext_lazy as _

from csp_portal.accounts.models import User
from customers.access import visible_connections
from customers.gdap.role_templates import visible_templates
from customers.group_filter import Chip, GroupFilter, address_without, group_chips
from customers.models import GLOBAL_ADMINISTRATOR, Connection, Relationship, RoleTemplate
from customers.models.relationship import NO_EXTENSION

LONGEST_SEARCH = 200
Status = Relationship.Status
PENDING = (Status.CREATED, Status.APPROVAL_PENDING, Status.APPROVED, Status.ACTIVATING)
ENDED = (Status.EXPIRED, Status.TERMINATED, Status.TERMINATING, Status.TERMINATION_REQUESTED)

# What `status` may say beside Microsoft's own words.
STATES: dict[str, str | Promise] = {
    "all": _("Every status"),
    "current": _("Active or under way"),
    **{str(value): label for value, label in Status.choices},
    "gone": _("No longer reported"),
}
MARKS: dict[str, str | Promise] = {
    "extends": _("Extends by itself"),
    "ends": _("Does not extend"),
    "global": _("With Global Administrator"),
    "unassigned": _("Without a group"),
    "problem": _("Could not be read"),
    "loose": _("Of no customer of ours"),
}


@dataclass(frozen=True, kw_only=True)
class RelationshipFilters:
    """What the address asks for; what it can't mean is left out."""

    status: str
    mark: str
    within: int | None  # days until the end, at most
    ends_after: datetime | None
    ends_before: datetime | None
    words: str
    connection: Connection | None
    template: RoleTemplate | None
    groups: GroupFilter

    @classmethod
    def from_address(cls, query: QueryDict, *, user: User) -> "RelationshipFilters":
        within = query.get("within", "")
        return cls(
            status=query.get("status", "") if query.get("status", "") in STATES else "current",
            mark=query.get("mark", "") if query.get("mark", "") in MARKS else "",
            within=int(within) if within.isascii() and within.isdigit() and len(within) <= 4 else None,
            ends_after=_midnight(query.get("ends_after", "")),
            ends_before=_midnight(query.get("ends_before", "")),
            words=query.get("q", "").replace("\x00", "").strip()[:LONGEST_SEARCH],
            connection=_one_of(visible_connections(user), query.get("connection", "")),
            template=_template(query.get("template", ""), user=user),
            groups=GroupFilter.from_query(query, user=user),
        )

    @property
    def are_set(self) -> bool:
        return bool(self.to_query())

    def to_query(self) -> dict[str, str | list[str]]:
        """The parameters of the address that asks for just this."""
        values = {
            "q": self.words,
            "status": self.status if self.status != "current" else "",
            "mark": self.mark,
            "within": "" if self.within is None else str(self.within),
            "ends_after": _day(self.ends_after),
            "ends_before": _day(self.ends_before),
            "connection": str(self.connection.pk) if self.connection else "",
            "template": str(self.template.pk) if self.template else "",
        }
        return {**{name: value for name, value in values.items() if value}, **self.groups.to_query()}

    def chips(self) -> Iterator[Chip]:
        """What narrows the list now, in words, each to be taken away with one click."""
        shown = (
            ("q", _("Search"), self.words),
            ("status", _("Status"), STATES[self.status]),
            ("mark", _("Only"), MARKS.get(self.mark, "")),
            ("within", _("Days left, at most"), str(self.within)),
            ("ends_after", _("Ends from"), _day(self.ends_after)),
            ("ends_before", _("Ends before"), _day(self.ends_before)),
            ("connection", _("Connection"), str(self.connection or "")),
            ("template", _("Role template"), str(self.template or "")),
        )
        asked = self.to_query()
        for name, label, value in shown:
            if name in asked:
                yield Chip(label=label, value=value, address=address_without(asked, taken={name: None}))
        yield from group_chips(self.groups, asked=asked)

    def apply(self, rows: QuerySet[Relationship], *, user: User, now: datetime) -> QuerySet[Relationship]:
        found = self.groups.narrow_rows(rows, user=user)
        found = self._by_status(found)
        if self.within is not None:
            found = found.filter(ends_at__gt=now, ends_at__lte=now + timedelta(days=self.within))
        if self.ends_after:
            found = found.filter(ends_at__gte=self.ends_after)
        if self.ends_before:
            found = found.filter(ends_at__lt=self.ends_before)
        if self.connection:
            found = found.filter(connection=self.connection)
        if self.template:
            found = found.filter(template=self.template)
        for word in self.words.split():
            found = found.filter(
                Q(name__icontains=word)
                | Q(customer_name__icontains=word)
                | Q(customer__name__icontains=word)
                | Q(microsoft_id__istartswith=word)
                | Q(reference__icontains=word)
            )
        return found.filter(_of_mark(self.mark)) if self.mark else found

    def _by_status(self, rows: QuerySet[Relationship]) -> QuerySet[Relationship]:
        if self.status == "all":
            return rows
        if self.status == "gone":
            return rows.filter(gone_at__isnull=False)
        here = rows.filter(gone_at__isnull=True)
        return here.exclude(status__in=ENDED) if self.status == "current" else here.filter(status=self.status)


def _of_mark(mark: str) -> Q:
    return {
        "extends": ~Q(auto_extend_duration__in=NO_EXTENSION),
        "ends": Q(auto_extend_duration__in=NO_EXTENSION, status=Status.ACTIVE),
        "global": Q(role_ids__contains=[GLOBAL_ADMINISTRATOR]),
        "unassigned": Q(status=Status.ACTIVE) & ~Q(assignments__gone_at=None, assignments__status="active"),
        "problem": ~Q(parts_problem=""),
        "loose": Q(customer__isnull=True),
    }[mark]


def _one_of(rows: QuerySet[Connection], text: str) -> Connection | None:
    try:
        return rows.filter(pk=UUID(text)).first()
    except ValueError:
        return None


def _template(text: str, *, user: User) -> RoleTemplate | None:
    is_number = text.isascii() and text.isdigit() and len(text) < 10
    return visible_templates(user).filter(pk=int(text)).first() if is_number else None


def _midnight(text: str) -> datetime | None:
    try:
        day = parse_date(text)
    except ValueError:
        return None
    return datetime(day.year, day.month, day.day, tzinfo=get_current_timezone()) if day else None


def _day(moment: datetime | None) -> str:
    return moment.date().isoformat() if moment else ""
