"""Which customers an event is about, and who may see it."""

from collections.abc import Sequence
from typing import Any

from django.db.models import BigIntegerField, Case, Count, Exists, F, OuterRef, Q, QuerySet, Subquery, When
from django.db.models.functions import Cast, Coalesce, Least

from csp_portal.accounts.models import User
from csp_portal.accounts.rights import Capability, may
from csp_portal.notices.kinds import EventKind
from csp_portal.notices.models import Event, EventQuerySet, Rule
from customers.access import of_visible_customers, visible_customers
from customers.groups import narrowed_to, without
from customers.models import Customer
from customers.models.customer import CustomerQuerySet
from health.models import Exposure, MessageSighting

_MESSAGE = EventKind.MESSAGE_POSTED  # its facts name the message, which tells at any time who sees it
_OF_PORTAL = (
    Q(issue__isnull=True) & ~Q(kind=_MESSAGE) & ~Q(Exists(Event.customers.through.objects.filter(event=OuterRef("pk"))))
)


def about_any(events: EventQuerySet, customers: QuerySet[Customer]) -> EventQuerySet:
    """Events about at least one of these customers; an issue is also about those it no longer hits."""
    keys = customers.order_by().values("pk")
    named = Event.customers.through.objects.filter(event=OuterRef("pk"), customer__in=keys)
    hit = Exposure.objects.filter(issue=OuterRef("issue"), customer__in=keys)
    message = Cast(OuterRef("facts__message"), BigIntegerField())
    told = MessageSighting.objects.filter(message=message, customer__in=keys)
    return events.filter(Exists(named) | Exists(hit) | Q(Exists(told), kind=_MESSAGE))


def customers_of(event: Event) -> CustomerQuerySet:
    """Whom it is about: of an issue that goes on whom it hits now, of one that is over whom it has hit."""
    exposures = Exposure.objects.filter(issue=event.issue_id)
    if event.closed_at is None and event.kind != EventKind.ISSUE_RESOLVED:
        exposures = exposures.open()
    named = Event.customers.through.objects.filter(event=event.pk).values("customer")
    everyone = CustomerQuerySet(Customer)
    if event.kind == _MESSAGE:
        told = MessageSighting.objects.filter(message=event.facts.get("message"), dropped_at=None)
        return everyone.current().filter(pk__in=told.values("customer"))
    return everyone.current().filter(Q(pk__in=exposures.values("customer")) | Q(pk__in=Subquery(named)))


def visible_events(user: User) -> EventQuerySet:
    """Events about a customer this person may see; what is about none at all is for who sees all customers."""
    events = EventQuerySet(Event)
    if not may(user, Capability.SEE_CUSTOMERS):
        return events.none()
    if user.sees == User.Sees.ALL:
        return events.all()
    return about_any(events, visible_customers(user))


def with_seen(events: QuerySet[Any], *, user: User) -> QuerySet[Any]:
    """Annotate `seen`, how often.

    An issue is counted once for each customer that it hits: to whom sees a part of them the number says no more.
    """
    if user.sees == User.Sees.ALL:
        found: QuerySet[Any] = events.annotate(seen=F("count"))
        return found
    ours = of_visible_customers(Exposure.objects.filter(issue=OuterRef("issue")), user=user)
    hits = Subquery(ours.order_by().values("issue").annotate(n=Count("*")).values("n"))
    seen = Case(When(issue=None, then=F("count")), default=Least(F("count"), Coalesce(hits, 1)))
    found = events.annotate(seen=seen)
    return found


def customers_in(rule: Rule) -> CustomerQuerySet:
    """The customers of a rule's scope, worked out anew each time: who enters a group is in it at once."""
    found = CustomerQuerySet(Customer).current()
    if only := list(rule.only_groups.all()):
        found = narrowed_to(found, only)
    if left_out := list(rule.except_groups.all()):
        found = without(found, left_out)
    return found


def in_scope(events: Sequence[Event], *, rule: Rule) -> set[int]:
    """Of these events, those the rule is about; two statements at most, however many events."""
    fitting = [event.pk for event in events if _fits(event, rule=rule)]
    only, left_out = list(rule.only_groups.all()), list(rule.except_groups.all())
    if not fitting or not (only or left_out):
        return set(fitting)
    ours = EventQuerySet(Event).filter(pk__in=fitting)
    found = set(about_any(ours, customers_in(rule)).values_list("pk", flat=True))
    if not only:
        found |= set(ours.filter(_OF_PORTAL).values_list("pk", flat=True))
    return found


def _fits(event: Event, *, rule: Rule) -> bool:
    return (
        event.kind in rule.kinds
        and event.severity <= rule.least
        and (not rule.clouds or event.cloud in rule.clouds)
        and (not rule.services or event.service in rule.services)
        and event.first_seen_at >= rule.since_at
    )
