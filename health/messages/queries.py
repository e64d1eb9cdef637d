"""What pages and files read of messages: only those that a customer sees, or saw, whom the person may see."""

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from django.db.models import Case, Count, DateTimeField, Exists, F, OuterRef, Q, QuerySet, Subquery, Value, When
from django.db.models.functions import Coalesce
from django.http import Http404, QueryDict
from django.utils.translation import gettext as _

from csp_portal.accounts.models import User
from customers.access import of_visible_customers
from customers.group_filter import GroupFilter
from health.models import Message, MessageSighting

NEVER = datetime(9999, 1, 1, tzinfo=UTC)  # sorts what asks for nothing after all that does
ACT_FIRST = ("act_key", "-modified_at", "id")
SHOWS = ("current", "action", "planned", "dropped")


@dataclass(frozen=True, kw_only=True)
class MessageFilters:
    """`show`: what customers see now, of this what asks for action or is planned, or what Microsoft dropped."""

    show: str
    service: str
    words: str
    groups: GroupFilter

    @classmethod
    def from_address(cls, query: QueryDict, *, user: User) -> "MessageFilters":
        show = query.get("show", "")
        return cls(
            show=show if show in SHOWS else "current",
            service=query.get("service", "").replace("\x00", "")[:200],
            words=query.get("q", "").replace("\x00", "").strip()[:200],
            groups=GroupFilter.from_query(query, user=user),
        )

    @property
    def are_set(self) -> bool:
        return self.show != "current" or bool(self.service or self.words or self.groups.is_set)


def sightings_of(user: User) -> QuerySet[MessageSighting]:
    return of_visible_customers(MessageSighting.objects.filter(customer__gone_at=None), user=user)


def visible_messages(user: User, filters: MessageFilters, *, now: datetime) -> QuerySet[Any]:
    """Messages with `customers`, how many of the visible ones see them, and `act_key`, by which action sorts first."""
    theirs = filters.groups.narrow_rows(sightings_of(user).filter(message=OuterRef("pk")), user=user)
    current = theirs.filter(dropped_at=None)
    found: QuerySet[Any] = Message.objects.filter(Exists(theirs))
    found = found.filter(~Exists(current) if filters.show == "dropped" else Exists(current))
    if filters.show == "action":
        found = found.filter(act_by__gte=now)
    if filters.show == "planned":
        found = found.filter(category=Message.Category.PLAN)
    if filters.service:
        found = found.filter(services__contains=[filters.service])
    for word in filters.words.split():
        found = found.filter(Q(title__icontains=word) | Q(microsoft_id__icontains=word))
    counted = (theirs if filters.show == "dropped" else current).order_by().values("message").annotate(n=Count("*"))
    found = with_act_key(found.defer("html"), now=now).annotate(customers=Coalesce(Subquery(counted.values("n")), 0))
    return found


def with_act_key(messages: QuerySet[Any], *, now: datetime) -> QuerySet[Any]:
    act = Case(When(act_by__gte=now, then=F("act_by")), default=Value(NEVER), output_field=DateTimeField())
    found: QuerySet[Any] = messages.annotate(act_key=act)
    return found


def get_message(user: User, pk: int) -> Message:
    """The message, or 404 where no customer that this person may see has seen it."""
    message = Message.objects.filter(Exists(sightings_of(user).filter(message=OuterRef("pk"))), pk=pk).first()
    if message is None:
        raise Http404(_("There is no such message, or no customer that you may see has it."))
    return message


def services_with_messages(user: User) -> list[str]:
    """The names to choose from."""
    seen = Message.objects.filter(Exists(sightings_of(user).filter(message=OuterRef("pk"))))
    return sorted({name for names in seen.values_list("services", flat=True) for name in names})
