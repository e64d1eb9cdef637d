"""Habits for people: of the customers they may see, as a list that an address narrows."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from urllib.parse import urlencode
from uuid import UUID

from django.db.models import QuerySet
from django.http import QueryDict
from django.urls import reverse
from django.utils.functional import Promise
from django.utils.translation import gettext as _

from csp_portal.accounts.models import User
from customers.access import of_visible_customers
from customers.group_filter import Chip, GroupFilter, address_without, group_chips
from support.insight.rules import BY_KEY
from support.models import Habit, Help, Kind

ORDER = ("-excess", "-count", "-id")


def visible_habits(user: User) -> "QuerySet[Habit]":
    return of_visible_customers(Habit.objects.select_related("customer", "service"), user=user)


@dataclass(frozen=True, kw_only=True, slots=True)
class InsightFilter:
    """What would help whom; only habits that a rule has something to say about."""

    help: str = ""
    kind: str = ""
    customer: UUID | None = None
    groups: GroupFilter = field(default_factory=GroupFilter)

    @classmethod
    def from_query(cls, query: QueryDict, *, user: User) -> "InsightFilter":
        kind, wanted = query.get("kind", "").upper(), query.get("help", "").upper()
        return cls(
            help=wanted if wanted in Help.values else "",
            kind=kind if kind in Kind.values else "",
            customer=_uuid(query.get("customer", "")),
            groups=GroupFilter.from_query(query, user=user),
        )

    def to_query(self) -> dict[str, str | list[str]]:
        values: dict[str, str | list[str]] = {"help": self.help, "kind": self.kind, **self.groups.to_query()}
        values["customer"] = str(self.customer or "")
        return {name: value for name, value in values.items() if value}

    def rows(self, user: User) -> "QuerySet[Habit]":
        rows = visible_habits(user).exclude(advice="").filter(customer__gone_at__isnull=True)
        rows = rows.filter(help=self.help) if self.help else rows
        rows = rows.filter(kind=self.kind) if self.kind else rows
        rows = rows.filter(customer__tenant_id=self.customer) if self.customer else rows
        return self.groups.narrow_rows(rows, user=user)

    def chips(self) -> Iterator[Chip]:
        asked = self.to_query()
        if self.help:
            yield Chip(
                label=_("What would help"),
                value=Help(self.help).label,
                address=address_without(asked, taken={"help": None}),
            )
        if self.kind:
            yield Chip(
                label=_("Kind"), value=Kind(self.kind).label, address=address_without(asked, taken={"kind": None})
            )
        yield from group_chips(self.groups, asked=asked)


def sentence_of(habit: Habit) -> str | Promise:
    """What would help, of the rule that spoke; empty where that rule is gone."""
    rule = BY_KEY.get(habit.advice)
    return rule.sentence if rule else ""


def evidence_of(habit: Habit) -> str:
    """The list of just these tickets."""
    return f"{reverse('support:ticket_list')}?{urlencode({'state': 'all', 'among': f'habit.{habit.pk}'})}"


def _uuid(text: str) -> UUID | None:
    try:
        return UUID(text)
    except ValueError:
        return None
